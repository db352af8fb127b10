/**
 * The change feed over DynamoDB Streams, of any store that has them. One reader a shard, so that the stream's other place
 * stays free.
 */
import type { BackingStore } from '../backing/backing-store.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import { assert } from '../base/errors.ts';
import type { ChangeFeed, FeedListener, FeedState } from './change-feed.ts';
import { StreamCalls, type StreamCallsOptions } from './stream-calls.ts';
import { TableFollower, type TableFollowerOptions } from './table-follower.ts';

type Tuning = TableFollowerOptions & StreamCallsOptions;

export interface StreamsFeedOptions extends Partial<Tuning> {
  readonly backing: BackingStore;
  readonly clock?: Clock | undefined;
  /** Tables followed at once; one more is reported as lost, and its reads pass through. */
  readonly tablesMax?: number | undefined;
}

export const streamsFeedDefaults: Tuning & { readonly tablesMax: number } = {
  tablesMax: 1_000,
  enableStreams: false,
  pollMinMs: 200,
  pollMaxMs: 500,
  recordsLimit: 1_000,
  retryMinMs: 400,
  retryMaxMs: 10_000,
  emptyPagesMin: 3,
  siblingWaitMs: 3_000,
  relativeWaitMs: 60_000,
  forgetMs: 3_600_000,
  tableCheckMs: 4_000,
  discoverMs: 60_000,
  discoverSoonMs: 1_000,
  propagationMs: 1_000,
  retentionMs: 23 * 3_600_000,
  openParallel: 16,
  streamlessCheckMs: 60_000,
  lostAfterMs: 15_000,
  describesPerSecondMax: 5,
  describePagesMax: 1_000,
};

export function createStreamsFeed(options: StreamsFeedOptions): ChangeFeed {
  return new StreamsFeed(options);
}

class StreamsFeed implements ChangeFeed {
  readonly #clock: Clock;
  readonly #options: Tuning & { readonly tablesMax: number };
  readonly #calls: StreamCalls;
  readonly #followers = new Map<string, TableFollower>();
  readonly #closing = new Set<Promise<void>>();
  #listener: FeedListener | undefined;
  #closed = false;

  constructor({ backing, clock, ...tuning }: StreamsFeedOptions) {
    const given = Object.fromEntries(Object.entries(tuning).filter(([, value]) => value !== undefined));
    this.#clock = clock ?? systemClock;
    this.#options = { ...streamsFeedDefaults, ...given };
    this.#calls = new StreamCalls(backing, this.#clock, this.#options);
  }

  subscribe(listener: FeedListener): void {
    assert(this.#listener === undefined, 'a feed has one listener');
    this.#listener = listener;
  }

  watch(tableName: string): Promise<FeedState> {
    assert(this.#listener !== undefined, 'subscribe comes before watch');
    let follower = this.#followers.get(tableName);
    if (follower === undefined) {
      if (this.#closed || this.#followers.size >= this.#options.tablesMax) return Promise.resolve('lost');
      follower = new TableFollower(tableName, this.#calls, this.#clock, this.#options, this.#listener);
      this.#followers.set(tableName, follower);
    }
    return follower.settled;
  }

  unwatch(tableName: string): void {
    const follower = this.#followers.get(tableName);
    if (follower === undefined) return;
    this.#followers.delete(tableName);
    const closing = follower.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  state(tableName: string): FeedState {
    return this.#followers.get(tableName)?.state ?? 'none';
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const tableName of this.#followers.keys()) this.unwatch(tableName);
    await Promise.all(this.#closing);
  }
}
