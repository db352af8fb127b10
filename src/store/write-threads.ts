/**
 * The threads in which LMDB makes commits; closing an environment has to wait for them. LMDB does not: it waits for the
 * newest one only, and tells of a commit before the thread that made it has left the environment. So: two commits
 * overlap, the first one's thread is stopped by the system just after it has marked its commit, the second one ends, both
 * are reported, `close` frees the environment, and the first thread goes on in freed memory, which kills the process.
 */
import type { RootDatabase } from 'lmdb';
import { assert } from '../base/errors.ts';

/** What LMDB's own code calls to start a thread. It calls back as the thread goes along, and once when it has ended. */
interface ThreadStarter {
  startWriting(address: number, callback: (status: number) => unknown): void;
}

/** Statuses of a thread that goes on: its commit is visible; it waits for callbacks. Any other one is its last. */
const GOES_ON: ReadonlySet<number> = new Set([1, 2]);

export class WriteThreads {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(database: RootDatabase<Buffer, string>) {
    const { env } = database as unknown as { readonly env: ThreadStarter };
    assert(typeof env.startWriting === 'function', 'LMDB starts its threads as it did in version 3.5');
    const start = env.startWriting.bind(env);
    const counted: ThreadStarter['startWriting'] = (address, callback) => {
      start(address, (status) => {
        const result = callback(status);
        if (!GOES_ON.has(status)) this.#end();
        return result;
      });
      this.#running++;
    };
    // On the object itself, and not by assignment: the prototype's method is read-only.
    Object.defineProperty(env, 'startWriting', { value: counted });
  }

  /** Resolves when none is running. */
  ended(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #end(): void {
    this.#running--;
    if (this.#running > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
