/** A change feed that says what the test tells it to say. */
import type { ChangeFeed, FeedListener, FeedRecord, FeedState, GapReason } from '../../src/feed/change-feed.ts';
import type { Item } from '../../src/model/attribute-value.ts';
import { assert } from '../../src/base/errors.ts';

export class ScriptedFeed implements ChangeFeed {
  readonly watched = new Set<string>();
  #listener: FeedListener | undefined;
  #state: FeedState;
  /** What `onCaughtUp` says when a table is watched; undefined says nothing. */
  caughtUpAsOfMs: (() => number) | undefined;

  constructor(state: FeedState, caughtUpAsOfMs?: () => number) {
    this.#state = state;
    this.caughtUpAsOfMs = caughtUpAsOfMs;
  }

  subscribe(listener: FeedListener): void {
    this.#listener = listener;
  }

  watch(tableName: string): Promise<FeedState> {
    this.watched.add(tableName);
    if (this.caughtUpAsOfMs !== undefined) this.listener.onCaughtUp(tableName, this.caughtUpAsOfMs());
    return Promise.resolve(this.#state);
  }

  unwatch(tableName: string): void {
    this.watched.delete(tableName);
  }

  state(): FeedState {
    return this.#state;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get listener(): FeedListener {
    assert(this.#listener !== undefined, 'nobody subscribed');
    return this.#listener;
  }

  /** A record with both images, of a table whose key is `pk` and, where the images have it, `sk`. */
  record(tableName: string, oldImage: Item | undefined, newImage: Item | undefined): void {
    const image = (newImage ?? oldImage) as Item;
    const key = { pk: image['pk'], ...(image['sk'] !== undefined && { sk: image['sk'] }) } as Item;
    const kind = oldImage === undefined ? 'INSERT' : newImage === undefined ? 'REMOVE' : 'MODIFY';
    const record: FeedRecord = { tableName, key, oldImage, newImage, kind, viewType: 'NEW_AND_OLD_IMAGES' };
    this.listener.onRecord(record);
  }

  gap(tableName: string, reason: GapReason): void {
    this.listener.onGap(tableName, reason);
  }

  caughtUp(tableName: string, asOfMs: number): void {
    this.listener.onCaughtUp(tableName, asOfMs);
  }
}
