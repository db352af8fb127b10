/**
 * What the accelerator knows of one table: its schema, its mutation log, its own writes in flight, the footprints of its
 * cached pages, and until when its feed may be trusted. The object stays the same for the life of the process; `reset` makes
 * everything cached so far unreachable at once (I9).
 */
import { MutationLog, type FillToken } from '../cache/mutation-log.ts';
import { PageIndex } from '../cache/page-index.ts';
import { UnconfirmedWrites } from '../cache/unconfirmed-writes.ts';
import { WritesInFlight } from '../cache/writes-in-flight.ts';
import type { FeedState } from '../feed/change-feed.ts';
import type { Footprint } from '../cache/footprint.ts';
import type { TableSchema } from '../model/table-schema.ts';
import type { CachedPage } from './page-rules.ts';
import { topics, topicsOf, touches, mutationSizeBytes, type Mutation } from './mutation.ts';
import type { Ttls } from './options.ts';

/** A moment in the life of a table: the position in its log and the epoch it belongs to. */
export interface LogPosition {
  readonly token: FillToken;
  readonly epoch: number;
}

/** Permission to fill, given before the store is asked. */
export interface FillLease extends LogPosition {
  readonly takenMs: number;
  /** When the source of the answer was asked: before the lease was taken, where a node's cache gave it. */
  readonly askedAtMs: number;
}

/** The lease of an answer that was older than its question. Its lifetime counts from the source; the order of things does not. */
export function olderBy(lease: FillLease, ageMs: number): FillLease {
  return ageMs === 0 ? lease : { ...lease, askedAtMs: lease.takenMs - ageMs };
}

export interface TableOptions {
  readonly mutationLogMs: number;
  readonly mutationLogBytes: number;
  readonly maxStalenessMs: number;
  readonly onFeedLoss: 'pass' | 'ttl';
  readonly hasFeed: boolean;
  readonly ttl: Ttls;
}

/**
 * Another cache that stands in front of this one (I1–I9 hold for it as they do here): told of all that makes entries of the
 * table stale, in the same turn in which it takes effect here. So an answer that is given after it shows what it told.
 */
export interface TableFollower {
  onMutation(mutation: Mutation): void;
  /** All that was cached of the table is unreachable. `isChanged`: it has to be described anew, too. */
  onReset(isChanged: boolean): void;
}

/** Own writes a table whose records may be waited for: a minute of a thousand a second. */
const UNCONFIRMED_MAX = 60_000;

let lastEpoch = 0;

export class Table {
  readonly name: string;
  readonly options: TableOptions;
  readonly log: MutationLog<Mutation>;
  readonly writes = new WritesInFlight();
  readonly unconfirmed = new UnconfirmedWrites<Mutation>(UNCONFIRMED_MAX);
  pages = new PageIndex<CachedPage>();
  readonly followers = new Set<TableFollower>();
  /** Undefined until it was described, and again after the table was changed. */
  schema: TableSchema | undefined;
  describedAtMs = -Infinity;
  feedState: FeedState = 'starting';
  /** Set by the feed: every change acknowledged before it has been seen. */
  #caughtUpAsOfMs = -Infinity;
  #freshUntilMs: number;
  readonly #waiting: (() => void)[] = [];
  #epoch = ++lastEpoch;
  #prefix = `${this.#epoch}|`;

  constructor(name: string, options: TableOptions) {
    this.name = name;
    this.options = options;
    this.log = new MutationLog({ retentionMs: options.mutationLogMs, limitBytes: options.mutationLogBytes });
    this.#freshUntilMs = options.hasFeed && options.onFeedLoss === 'pass' ? -Infinity : Infinity;
  }

  /** What every cache key of this table begins with; another one in each epoch. */
  get prefix(): string {
    return this.#prefix;
  }

  /** May the table's entries be served now (I8)? The one comparison that each hit pays. */
  isServing(nowMs: number): boolean {
    return nowMs <= this.#freshUntilMs;
  }

  get freshUntilMs(): number {
    return this.#freshUntilMs;
  }

  /** A feed that delivers a change before its write is acknowledged has judged every page by then. */
  get hasDirectFeed(): boolean {
    return this.#caughtUpAsOfMs === Infinity;
  }

  /** True while a page of the table or of an index is cached. */
  get hasPages(): boolean {
    return !this.pages.isEmpty;
  }

  /** Milliseconds since the feed was last known to be caught up; undefined without a feed. */
  feedAgeMs(nowMs: number): number | undefined {
    if (this.feedState === 'none') return undefined;
    return this.hasDirectFeed ? 0 : nowMs - this.#caughtUpAsOfMs;
  }

  noteCaughtUp(asOfMs: number): void {
    this.feedState = 'live';
    if (asOfMs > this.#caughtUpAsOfMs) this.#caughtUpAsOfMs = asOfMs;
    this.unconfirmed.forgetBefore(asOfMs);
    if (this.options.onFeedLoss === 'pass') this.#freshUntilMs = this.#caughtUpAsOfMs + this.options.maxStalenessMs;
    this.#tellWaiting();
  }

  /** Resolves when the feed has caught up for the first time since the table was described, or the table was forgotten. */
  caughtUp(): Promise<void> {
    if (this.#caughtUpAsOfMs > -Infinity) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #tellWaiting(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  noteFeedState(state: FeedState): void {
    this.feedState = state;
    if (state === 'none') this.#freshUntilMs = Infinity;
  }

  /**
   * By how much a change may be missed in what is served, in milliseconds: 0 where entries live by TTL, or the feed is direct;
   * `Infinity` before the feed has caught up.
   */
  stalenessMs(nowMs: number): number {
    return this.#freshUntilMs === Infinity ? 0 : nowMs - this.#caughtUpAsOfMs;
  }

  /** Makes every entry and every flight of the table unreachable and refuses every lease given so far (I9). */
  reset(nowMs: number, isChanged = false): void {
    this.#epoch = ++lastEpoch;
    this.#prefix = `${this.#epoch}|`;
    this.pages = new PageIndex();
    this.unconfirmed.clear();
    this.log.reset(nowMs);
    for (const follower of this.followers) follower.onReset(isChanged);
  }

  /** The same, and the table must be described and its feed watched again before anything is cached. */
  forget(nowMs: number): void {
    this.reset(nowMs, true);
    this.schema = undefined;
    this.#distrust(this.options.hasFeed ? 'starting' : 'none');
  }

  /** The feed has gone: what others write from here on is not told, so nothing is served or kept until it is back (I8). */
  loseFeed(nowMs: number): void {
    this.reset(nowMs);
    this.#distrust('lost');
  }

  #distrust(feedState: FeedState): void {
    this.feedState = feedState;
    this.#caughtUpAsOfMs = -Infinity;
    if (this.options.hasFeed && this.options.onFeedLoss === 'pass') this.#freshUntilMs = -Infinity;
    this.#tellWaiting();
  }

  get epoch(): number {
    return this.#epoch;
  }

  position(): LogPosition {
    return { token: this.log.token(), epoch: this.#epoch };
  }

  lease(nowMs: number): FillLease {
    return { token: this.log.token(), epoch: this.#epoch, takenMs: nowMs, askedAtMs: nowMs };
  }

  record(mutation: Mutation, nowMs: number): void {
    const filed = topicsOf(mutation);
    this.log.append(filed, mutation, mutationSizeBytes(mutation, filed), nowMs);
    for (const follower of this.followers) follower.onMutation(mutation);
  }

  /** No mutation of the key came after the lease, and the log would know (I1). */
  itemLeaseHolds(lease: LogPosition, text: string): boolean {
    if (lease.epoch !== this.#epoch || !this.log.reaches(lease.token)) return false;
    return isEmpty(this.log.since(topics.item(text), lease.token));
  }

  isRecentItem(text: string, nowMs: number): boolean {
    return this.log.isBlurred(nowMs) || !isEmpty(this.log.recent(topics.item(text), nowMs));
  }

  /** No mutation touched the footprint after the lease, and the log would know (I1). */
  pageLeaseHolds(lease: LogPosition, indexName: string, footprint: Footprint): boolean {
    if (lease.epoch !== this.#epoch || !this.log.reaches(lease.token)) return false;
    if (!this.log.hasAnySince(lease.token)) return true;
    return !this.#anyTouches(indexName, footprint, (topic) => this.log.since(topic, lease.token));
  }

  isRecentFootprint(indexName: string, footprint: Footprint, nowMs: number): boolean {
    if (this.log.isBlurred(nowMs)) return true;
    if (!this.log.hasAnyRecent(nowMs)) return false;
    return this.#anyTouches(indexName, footprint, (topic) => this.log.recent(topic, nowMs));
  }

  /**
   * The mutations that an index which is asked now may not show yet (I2); undefined while the log has forgotten some. Asked
   * when the answer is there, the log would not remember those that were recent when the index was read.
   */
  unsettledIn(indexName: string, footprint: Footprint, nowMs: number): readonly Mutation[] | undefined {
    if (this.log.isBlurred(nowMs)) return undefined;
    const unsettled: Mutation[] = [];
    for (const topic of topicsIn(indexName, footprint)) {
      for (const mutation of this.log.recent(topic, nowMs)) {
        if (touches(mutation, indexName, footprint)) unsettled.push(mutation);
      }
    }
    return unsettled;
  }

  #anyTouches(indexName: string, footprint: Footprint, filed: (topic: string) => Iterable<Mutation>): boolean {
    for (const topic of topicsIn(indexName, footprint)) {
      for (const mutation of filed(topic)) if (touches(mutation, indexName, footprint)) return true;
    }
    return false;
  }
}

/** Where the log files what may touch a footprint. */
function topicsIn(indexName: string, { partition }: Footprint): readonly string[] {
  if (partition === undefined) return [topics.index(indexName)];
  return [topics.partition(indexName, partition), topics.anywhere(indexName)];
}

function isEmpty(mutations: Iterable<Mutation>): boolean {
  for (const _ of mutations) return false;
  return true;
}
