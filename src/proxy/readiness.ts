/**
 * May a load balancer send calls here? The backing store answers, the feeds of all tables are caught up, and the proxy is
 * not draining. A probe of the store is shared by all who ask within its lifetime, so that probes cost it nothing.
 */
import type { TableStatus } from '../accelerator/accelerator.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import type { Clock } from '../base/clock.ts';
import { ServiceRequest } from '../model/service-call.ts';

export interface ReadinessReport {
  readonly ready: boolean;
  /** Why not, one sentence each; empty when ready. */
  readonly reasons: readonly string[];
  readonly tables: readonly TableStatus[];
}

export interface ReadinessOptions {
  readonly backing: BackingStore;
  readonly tables: () => readonly TableStatus[];
  readonly draining: () => boolean;
  /** What else keeps the proxy from serving, one sentence each. */
  readonly otherReasons?: (() => readonly string[]) | undefined;
  readonly clock: Clock;
  /** How long one probe's verdict holds. */
  readonly probeTtlMs?: number | undefined;
  readonly probeTimeoutMs?: number | undefined;
}

export const readinessDefaults = { probeTtlMs: 1_000, probeTimeoutMs: 2_000 } as const;

export class Readiness {
  readonly #options: ReadinessOptions;
  #probe: { readonly atMs: number; readonly verdict: Promise<string | undefined> } | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  async check(): Promise<ReadinessReport> {
    const reasons: string[] = [];
    if (this.#options.draining()) reasons.push('draining');
    reasons.push(...(this.#options.otherReasons?.() ?? []));
    const fault = await this.#probeOnce();
    if (fault !== undefined) reasons.push(fault);
    const tables = this.#options.tables();
    for (const table of tables) {
      if (table.feed === 'lost') reasons.push(`the feed of table ${table.name} is lost; it keeps trying`);
      else if (table.feed === 'starting') reasons.push(`the feed of table ${table.name} is starting`);
      else if (!table.serving) reasons.push(`the feed of table ${table.name} is behind; its reads pass through`);
    }
    return { ready: reasons.length === 0, reasons, tables };
  }

  #probeOnce(): Promise<string | undefined> {
    const { clock, probeTtlMs = readinessDefaults.probeTtlMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#probe === undefined || nowMs - this.#probe.atMs >= probeTtlMs) {
      this.#probe = { atMs: nowMs, verdict: this.#askStore() };
    }
    return this.#probe.verdict;
  }

  /** What is wrong with the store, or undefined. Any answer below 500 proves that it is there: a refusal is an answer. */
  async #askStore(): Promise<string | undefined> {
    const { backing, clock, probeTimeoutMs = readinessDefaults.probeTimeoutMs } = this.#options;
    const timeout = new AbortController();
    const timer = clock.after(probeTimeoutMs, () => timeout.abort());
    try {
      const late = new Promise<string>((resolve) => {
        timeout.signal.addEventListener('abort', () =>
          resolve(`the backing store did not answer within ${probeTimeoutMs} ms`),
        );
      });
      const asked = this.#ask(backing, timeout.signal);
      return await Promise.race([asked, late]);
    } finally {
      timer.cancel();
    }
  }

  async #ask(backing: BackingStore, signal: AbortSignal): Promise<string | undefined> {
    try {
      const reply = await backing.send(ServiceRequest.fromInput('ListTables', { Limit: 1 }), { signal });
      return reply.status < 500 ? undefined : `the backing store answers with status ${reply.status}`;
    } catch (error) {
      return `the backing store cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
