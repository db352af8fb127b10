/**
 * The SDK's request handler where calls go to a Slipstream node or past it: those addressed to the node go over connections
 * of ours, which are cut when the link to it is lost, so that no call hangs on a node that is gone. All others are the user's
 * own handler's.
 */
import type { Pool } from 'undici';
import { exchange } from '../backing/exchange.ts';
import { poolTo, remoteStoreDefaults } from '../backing/remote-store.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { RequestBody } from './request-body.ts';
import { bytesOfBody } from './request-body.ts';

interface HttpRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: RequestBody;
}

interface HandlerOptions {
  readonly abortSignal?: unknown;
  /** For one attempt, in milliseconds; 0: as long as it takes. */
  readonly requestTimeout?: number | undefined;
}

interface HandlerReply {
  readonly response: object;
}

/** A request handler of the SDK, which does not state all that it asks of one. */
export interface SdkRequestHandler {
  handle(request: HttpRequest, options?: HandlerOptions): Promise<HandlerReply>;
  destroy?(): void;
  updateHttpClientConfig?(key: string, value: unknown): void;
  httpHandlerConfigs?(): object;
}

export interface NodeHandlerOptions {
  readonly url: URL;
  /** The user's. */
  readonly other: SdkRequestHandler;
  readonly clock: Clock;
}

export class NodeHandler implements SdkRequestHandler {
  readonly #options: NodeHandlerOptions;
  #pool: Pool;
  /** Those with calls to a node that has ended the link, until they are abandoned. */
  readonly #leaving = new Map<Pool, Timer>();

  constructor(options: NodeHandlerOptions) {
    this.#options = options;
    this.#pool = poolTo(options.url);
  }

  handle(request: HttpRequest, options?: HandlerOptions): Promise<HandlerReply> {
    const { url, other } = this.#options;
    return isFor(url, request) ? this.#askNode(request, options) : other.handle(request, options);
  }

  /** Ends all calls to the node that have no answer; they fail as calls do whose connection was lost. */
  abandon(why: Error): void {
    for (const [pool, timer] of this.#leaving) {
      timer.cancel();
      void pool.destroy(why);
    }
    this.#leaving.clear();
    const pool = this.#pool;
    this.#pool = poolTo(this.#options.url);
    void pool.destroy(why);
  }

  /** The same, unless `keep` is called before that time is over. */
  abandonAfter(graceMs: number, why: Error): void {
    const pool = this.#pool;
    const timer = this.#options.clock.after(graceMs, () => {
      this.#leaving.delete(pool);
      if (this.#pool === pool) this.#pool = poolTo(this.#options.url);
      void pool.destroy(why);
    });
    this.#leaving.set(pool, timer);
  }

  /** The same node is there again, and answers what it was asked. */
  keep(): void {
    this.#leaving.get(this.#pool)?.cancel();
    this.#leaving.delete(this.#pool);
  }

  /**
   * Another node is there, which is asked over connections of its own: calls to the one before must not hang on it when it is
   * gone without a word, and are abandoned as was said.
   */
  moveOn(): void {
    if (this.#leaving.has(this.#pool)) this.#pool = poolTo(this.#options.url);
  }

  /** The SDK goes on working after this, and so does the pool. */
  destroy(): void {
    this.abandon(new Error('the client was destroyed'));
    this.#options.other.destroy?.();
  }

  updateHttpClientConfig(key: string, value: unknown): void {
    this.#options.other.updateHttpClientConfig?.(key, value);
  }

  httpHandlerConfigs(): object {
    return this.#options.other.httpHandlerConfigs?.() ?? {};
  }

  async #askNode(request: HttpRequest, options: HandlerOptions | undefined): Promise<HandlerReply> {
    const { clock } = this.#options;
    const signal = options?.abortSignal instanceof AbortSignal ? options.abortSignal : undefined;
    const sent = {
      method: 'POST',
      path: request.path,
      headers: request.headers,
      body: bytesOfBody(request.body),
      signal,
    } as const;
    const headersTimeoutMs = options?.requestTimeout || LIMITS.headersTimeoutMs;
    const reply = await exchange(this.#pool, sent, { ...LIMITS, headersTimeoutMs }, clock);
    return { response: { statusCode: reply.status, headers: reply.headers, body: new Uint8Array(reply.body) } };
  }
}

/** How long the node may take is said by the store behind it; that the node is alive is known by the link. */
const LIMITS = { ...remoteStoreDefaults, headersTimeoutMs: 300_000, bodyTimeoutMs: 300_000 };

function isFor(url: URL, { hostname, port, protocol }: HttpRequest): boolean {
  return hostname === url.hostname && protocol === url.protocol && (port ?? 0) === portOf(url);
}

/** 0 for the protocol's own. */
export function portOf(url: URL): number {
  return url.port === '' ? 0 : Number(url.port);
}
