/**
 * Two feeds straight from the model store's commits. `direct` tells of each change before its write is answered, as the
 * embedded store's does. `delayed` tells of it a while later, in order per item, and can be stalled or lose what it has not
 * told yet: the promises of a stream without its machinery.
 */
import type { Clock } from '../../src/base/clock.ts';
import { assert } from '../../src/base/errors.ts';
import type { ChangeFeed, FeedListener, FeedRecord, FeedState, GapReason } from '../../src/feed/change-feed.ts';
import type { Commit } from './history.ts';
import { hashText, type Random } from './random.ts';

export interface DelayedFeedOptions {
  readonly delayMaxMs: number;
  /** How often it says how far it has come. */
  readonly tickMs: number;
}

interface Pending {
  readonly commit: Commit;
  readonly dueMs: number;
}

const LANES = 2;

export class ModelFeed implements ChangeFeed {
  readonly #clock: Clock;
  readonly #random: Random;
  /** Undefined: direct. */
  readonly #delayed: DelayedFeedOptions | undefined;
  readonly #watched = new Map<string, Pending[][]>();
  #listener: FeedListener | undefined;
  #stalledUntilMs = 0;

  constructor(clock: Clock, random: Random, delayed?: DelayedFeedOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#delayed = delayed;
    if (delayed !== undefined) this.#tick(delayed);
  }

  subscribe(listener: FeedListener): void {
    this.#listener = listener;
  }

  watch(tableName: string): Promise<FeedState> {
    if (!this.#watched.has(tableName)) {
      this.#watched.set(
        tableName,
        Array.from({ length: LANES }, () => []),
      );
      // What was cached or written before it is not followed.
      this.#listenerOf().onGap(tableName, 'restart');
      this.#listenerOf().onCaughtUp(tableName, this.#delayed === undefined ? Infinity : this.#clock.monotonicMs());
    }
    return Promise.resolve('live');
  }

  unwatch(tableName: string): void {
    this.#watched.delete(tableName);
  }

  state(tableName: string): FeedState {
    return this.#watched.has(tableName) ? 'live' : 'none';
  }

  close(): Promise<void> {
    this.#watched.clear();
    return Promise.resolve();
  }

  take(commit: Commit): void {
    const { tableName, key } = commit.history;
    const lanes = this.#watched.get(tableName);
    if (lanes === undefined) return;
    if (this.#delayed === undefined) {
      this.#listenerOf().onRecord(recordOf(commit));
      return;
    }
    const lane = lanes[hashText((key['pk'] as { S: string }).S) % LANES] as Pending[];
    const dueMs = this.#clock.monotonicMs() + this.#random.next() * this.#delayed.delayMaxMs;
    lane.push({ commit, dueMs: Math.max(dueMs, lane.at(-1)?.dueMs ?? 0) });
    this.#clock.after(dueMs - this.#clock.monotonicMs(), () => this.#deliver(tableName));
  }

  /** Tells nothing for a while, and then everything. */
  stall(ms: number): void {
    this.#stalledUntilMs = this.#clock.monotonicMs() + ms;
  }

  /** Loses what it has not told yet, and says so. */
  lose(tableName: string, reason: GapReason): void {
    const lanes = this.#watched.get(tableName);
    if (lanes === undefined) return;
    for (const lane of lanes) lane.length = 0;
    this.#listenerOf().onGap(tableName, reason);
    if (this.#delayed === undefined && this.#watched.has(tableName)) {
      this.#listenerOf().onCaughtUp(tableName, Infinity);
    }
  }

  #tick(options: DelayedFeedOptions): void {
    this.#clock.after(options.tickMs, () => {
      for (const tableName of this.#watched.keys()) this.#deliver(tableName);
      this.#tick(options);
    });
  }

  #deliver(tableName: string): void {
    const nowMs = this.#clock.monotonicMs();
    const lanes = this.#watched.get(tableName);
    if (lanes === undefined || nowMs < this.#stalledUntilMs) return;
    for (const lane of lanes) {
      while (lane[0] !== undefined && lane[0].dueMs <= nowMs) {
        const { commit } = lane.shift() as Pending;
        this.#listenerOf().onRecord(recordOf(commit));
      }
    }
    // Every lane has told what was committed before the first that it has not told.
    const asOfMs = Math.min(nowMs, ...lanes.map((lane) => lane[0]?.commit.after.atMs ?? Infinity));
    this.#listenerOf().onCaughtUp(tableName, asOfMs);
  }

  #listenerOf(): FeedListener {
    assert(this.#listener !== undefined, 'subscribe comes before watch');
    return this.#listener;
  }
}

export function recordOf({ history, before, after }: Commit): FeedRecord {
  return {
    tableName: history.tableName,
    key: history.key,
    oldImage: before.image,
    newImage: after.image,
    kind: before.image === undefined ? 'INSERT' : after.image === undefined ? 'REMOVE' : 'MODIFY',
    viewType: 'NEW_AND_OLD_IMAGES',
  };
}
