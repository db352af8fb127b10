/**
 * Where the accelerator learns of writes that did not go through it (and, again, of those that did): DynamoDB Streams,
 * the embedded store's commits, a Slipstream node.
 */
import type { Item } from '../model/attribute-value.ts';
import type { StreamViewType } from '../model/table-schema.ts';

/** One change of one item, in the order of that item's changes. */
export interface FeedRecord {
  readonly tableName: string;
  /** The table's primary key attributes. */
  readonly key: Item;
  /** Absent when the item did not exist, or when `viewType` leaves it out. */
  readonly oldImage: Item | undefined;
  readonly newImage: Item | undefined;
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE';
  /** Tells an absent image from one that the stream does not carry. */
  readonly viewType: StreamViewType;
}

/** `feed-lost`: it ends here, and says nothing more until it is caught up again. */
export type GapReason =
  | 'trimmed'
  | 'new-stream'
  | 'table-deleted'
  | 'table-created'
  | 'overflow'
  | 'restart'
  | 'feed-lost';

export interface FeedListener {
  onRecord(record: FeedRecord): void;
  /**
   * A write of another process that shares its caches' promises with this one, told before its client is answered. It keeps no
   * order with the records, among which it comes again.
   */
  onWrite?(record: FeedRecord): void;
  /**
   * Every change that was acknowledged before `asOfMs` (the clock's monotonic time) has been delivered. Freshness
   * (invariant I8) is counted from here; `Infinity` from a feed that delivers before a write is acknowledged.
   */
  onCaughtUp(tableName: string, asOfMs: number): void;
  /** Records may have been missed: everything of that table must become unreachable (invariant I9). */
  onGap(tableName: string, reason: GapReason): void;
}

export type FeedState = 'live' | 'starting' | 'lost' | 'none';

export interface ChangeFeed {
  /** Must be called once, before `watch`. */
  subscribe(listener: FeedListener): void;
  /**
   * Follows a table from now on. Resolves once the feed is live, or once it is known that there is none ('none': the
   * table has no stream) or that it cannot be reached now ('lost': it keeps trying). Calling it again is harmless.
   */
  watch(tableName: string): Promise<FeedState>;
  unwatch(tableName: string): void;
  state(tableName: string): FeedState;
  close(): Promise<void>;
}
