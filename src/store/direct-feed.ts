/**
 * The embedded store's own feed: every committed change of a watched table, delivered before the write is answered and
 * in commit order. So nobody can have seen an answer that the feed has not told yet, and a watched table is always caught
 * up (I8). Records carry both images, whatever the table's stream carries, and a write that changed nothing leaves none.
 */
import type { ChangeFeed, FeedListener, FeedRecord, FeedState, GapReason } from '../feed/change-feed.ts';

export class DirectFeed implements ChangeFeed {
  readonly #listeners = new Set<FeedListener>();
  readonly #watched = new Set<string>();

  subscribe(listener: FeedListener): void {
    this.#listeners.add(listener);
  }

  /** A table that does not exist yet is followed as well: it has no changes until it is created. */
  watch(tableName: string): Promise<FeedState> {
    this.#watched.add(tableName);
    for (const listener of this.#listeners) listener.onCaughtUp(tableName, Infinity);
    return Promise.resolve('live');
  }

  unwatch(tableName: string): void {
    this.#watched.delete(tableName);
  }

  state(tableName: string): FeedState {
    return this.#watched.has(tableName) ? 'live' : 'none';
  }

  isWatched(tableName: string): boolean {
    return this.#watched.has(tableName);
  }

  deliver(record: FeedRecord): void {
    for (const listener of this.#listeners) {
      try {
        listener.onRecord(record);
      } catch {
        // A listener that fails has missed this record; the write stands (I13), so it is told of a gap (I9).
        listener.onGap(record.tableName, 'overflow');
      }
    }
  }

  /** The table under this name is another one now, or none. */
  announceGap(tableName: string, reason: GapReason): void {
    if (!this.#watched.has(tableName)) return;
    for (const listener of this.#listeners) {
      listener.onGap(tableName, reason);
      listener.onCaughtUp(tableName, Infinity);
    }
  }

  close(): Promise<void> {
    this.#listeners.clear();
    this.#watched.clear();
    return Promise.resolve();
  }
}
