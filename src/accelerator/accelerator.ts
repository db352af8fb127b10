/**
 * Accelerator = caches + a backing store + a change feed. Doors (client, HTTP, DAX) call `execute`.
 */
import type { ServiceRequest } from '../model/service-call.ts';
import type { FeedState } from '../feed/change-feed.ts';
import type { Item } from '../model/attribute-value.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import type { AcceleratorOptions } from './options.ts';

export interface CacheStats {
  hits: number;
  misses: number;
  /** Fills stored; refused ones are counted in `fillsRefused`. */
  fills: number;
  fillsRefused: number;
  entries: number;
  sizeBytes: number;
  limitBytes: number;
  removedBySize: number;
  removedByExpiry: number;
  removedByInvalidation: number;
}

export interface AcceleratorStats {
  item: CacheStats;
  query: CacheStats;
  coalesced: number;
  /** Entries and pages dropped, by what caused it. */
  drops: { write: number; feed: number; gap: number; request: number };
  feedRecords: number;
}

export interface TableStatus {
  readonly name: string;
  readonly feed: FeedState;
  /** Milliseconds since the feed was last known to be caught up: 0 for a direct feed, undefined without a feed. */
  readonly feedAgeMs: number | undefined;
  /** False while reads of the table pass through because its feed is not trusted (I8). */
  readonly serving: boolean;
}

export interface Accelerator {
  /**
   * Answers one call. Synchronous on a hit. Refusals of the store are answers, not exceptions.
   *
   * @throws {SlipstreamError} when the store gave no answer.
   */
  execute(request: ServiceRequest, options?: ExecuteOptions): Answer | Promise<Answer>;
  stats(): AcceleratorStats;
  tables(): readonly TableStatus[];
  /** Drops one item (its entry and every page it may be on), or all of a table. Returns how many entries went. */
  invalidate(tableName: string, key?: Item): number;
  /** Drops everything. */
  flush(): void;
  /** Stops the feed's listener. Neither the store nor the feed is closed: whoever made them does that. */
  close(): Promise<void>;
}

export function createAccelerator(_options: AcceleratorOptions): Accelerator {
  throw new Error('not yet');
}
