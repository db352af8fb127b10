/** The change feed of a worker: what the primary's own tells, passed on, and what other workers' writes did. */
import type { ChangeFeed, FeedListener, FeedRecord, FeedState, GapReason } from '../feed/change-feed.ts';
import type { FromWorker } from './worker-messages.ts';

interface Watched {
  state: FeedState;
  readonly waiting: ((state: FeedState) => void)[];
}

export class WorkerFeed implements ChangeFeed {
  readonly #send: (message: FromWorker) => void;
  readonly #tables = new Map<string, Watched>();
  #listener: FeedListener | undefined;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  subscribe(listener: FeedListener): void {
    this.#listener = listener;
  }

  watch(table: string): Promise<FeedState> {
    let watched = this.#tables.get(table);
    if (watched === undefined) {
      watched = { state: 'starting', waiting: [] };
      this.#tables.set(table, watched);
      this.#send({ type: 'watch', table });
    }
    const { state, waiting } = watched;
    return state === 'starting' ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(state);
  }

  unwatch(table: string): void {
    const watched = this.#tables.get(table);
    if (watched === undefined) return;
    this.#tables.delete(table);
    for (const resolve of watched.waiting) resolve('lost');
    this.#send({ type: 'unwatch', table });
  }

  state(table: string): FeedState {
    return this.#tables.get(table)?.state ?? 'none';
  }

  close(): Promise<void> {
    for (const table of this.#tables.keys()) this.unwatch(table);
    return Promise.resolve();
  }

  /** True from when the accelerator has described the table until it forgets it: only then can a record be placed. */
  watches(table: string): boolean {
    return this.#tables.has(table);
  }

  noteWatching(table: string, state: FeedState): void {
    const watched = this.#tables.get(table);
    if (watched === undefined) return;
    // The primary may have read a record just before it knew that this worker wants them.
    this.#listener?.onGap(table, 'restart');
    watched.state = state;
    for (const resolve of watched.waiting.splice(0)) resolve(state);
  }

  noteWrite(record: FeedRecord): void {
    if (this.watches(record.tableName)) this.#listener?.onWrite?.(record);
  }

  noteRecord(record: FeedRecord): void {
    if (this.watches(record.tableName)) this.#listener?.onRecord(record);
  }

  noteGap(table: string, reason: GapReason): void {
    if (this.watches(table)) this.#listener?.onGap(table, reason);
  }

  noteCaughtUp(table: string, asOfMs: number): void {
    if (this.watches(table)) this.#listener?.onCaughtUp(table, asOfMs);
  }
}
