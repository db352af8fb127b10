/**
 * The processes of `serve --workers`: one after the other is started, one that ends by itself is replaced, and all are drained
 * together.
 */
import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { sleep } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { SlipstreamErrorCode } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { OK } from './exit-code.ts';
import type { ProxyAddresses } from '../proxy/proxy.ts';
import type { WorkerHub } from '../proxy/worker-hub.ts';
import type { FromWorker, ToWorker } from '../proxy/worker-messages.ts';

/** The variable that tells a worker the proxy's id: all have one, so that each knows a call that one of them has sent. */
export const INSTANCE = 'SLIPSTREAM_WORKER_INSTANCE';

export interface WorkerPoolOptions {
  readonly hub: WorkerHub;
  readonly count: number;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A worker that ends again and again is started anew more and more slowly. */
const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 5_000;
/** One that has run for so long did not end because it was started. */
const SETTLED_MS = 10_000;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #running = new Map<number, Worker>();
  #ready = 0;
  #restartMs = RESTART_MIN_MS;
  #addresses: ProxyAddresses = {};
  #isDraining = false;
  #fail: (error: Error) => void = () => {};
  /** Rejects when the workers cannot go on. */
  readonly failed: Promise<never>;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.failed = new Promise((_, reject) => (this.#fail = reject));
    this.failed.catch(() => {});
  }

  /** Why not all is well, one sentence each. */
  get reasons(): readonly string[] {
    const { count } = this.#options;
    return this.#ready === count ? [] : [`${this.#ready} of ${count} workers are ready`];
  }

  /**
   * Resolves with the addresses when all are ready.
   *
   * @throws {SlipstreamError} What kept one of them from it.
   */
  async start(): Promise<ProxyAddresses> {
    for (let index = 0; index < this.#options.count; index++) await this.#start();
    return this.#addresses;
  }

  /** Lets every worker answer what it has begun; one that takes longer than `timeoutMs` is ended. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true;
    const workers = [...this.#running.values()];
    const ended = Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
    for (const worker of workers) send(worker, { type: 'drain' });
    const timer = this.#options.clock.after(timeoutMs, () => {
      for (const worker of this.#running.values()) worker.process.kill('SIGKILL');
    });
    await ended;
    timer.cancel();
  }

  #start(): Promise<void> {
    const { hub, instance, clock, log } = this.#options;
    const worker = cluster.fork({ [INSTANCE]: instance });
    const startedMs = clock.monotonicMs();
    let isReady = false;
    this.#running.set(worker.id, worker);
    const receive = hub.join({
      id: worker.id,
      send: (message) => send(worker, message),
      kill: () => worker.process.kill('SIGKILL'),
    });
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') {
          isReady = true;
          this.#ready++;
          log.info({ pid: worker.process.pid }, 'a worker is ready');
          this.#noteAddresses(message.addresses);
          resolve();
        } else if (message.type === 'failed') {
          reject(errorOf(message.code, message.message));
        } else receive(message);
      });
      worker.once('exit', (code: number | null, signal: string | null) => {
        this.#running.delete(worker.id);
        hub.leave(worker.id, code === OK);
        if (isReady) this.#ready--;
        reject(new Error(`a worker ended with ${code ?? signal}`));
        if (!isReady || this.#isDraining) return;
        if (clock.monotonicMs() - startedMs >= SETTLED_MS) this.#restartMs = RESTART_MIN_MS;
        void this.#replace(worker.process.pid, code ?? signal);
      });
    });
  }

  async #replace(pid: number | undefined, end: number | string | null): Promise<void> {
    const { clock, log } = this.#options;
    log.error({ pid, end }, 'a worker has ended and is replaced');
    while (!this.#isDraining) {
      await sleep(clock, this.#restartMs);
      this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MAX_MS);
      try {
        if (!this.#isDraining) await this.#start();
        return;
      } catch (error) {
        log.error({ err: error }, 'a worker could not be started');
      }
    }
  }

  /** A free port that was picked once has to be that of a worker's successor, or clients would never find it. */
  #noteAddresses(addresses: ProxyAddresses): void {
    const all = { ...addresses, ...this.#addresses };
    for (const door of ['http', 'dax', 'daxs'] as const) {
      if (addresses[door] !== undefined && addresses[door] !== all[door]) {
        this.#fail(new SlipstreamError('SLIPSTREAM_PORT_IN_USE', `${all[door]} was lost with its worker`));
      }
    }
    this.#addresses = all;
  }
}

function send(worker: Worker, message: ToWorker): void {
  // A worker that has just ended is known by its 'exit'; what was meant for it is nobody's loss.
  if (worker.isConnected()) worker.send(message, () => {});
}

function errorOf(code: string | undefined, message: string): Error {
  return code === undefined ? new Error(message) : new SlipstreamError(code as SlipstreamErrorCode, message);
}
