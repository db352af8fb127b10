/**
 * What can be set on an accelerator, with the defaults and limits that its own code, the option table of the command line
 * and the client share.
 */
import type { BackingStore } from '../backing/backing-store.ts';
import type { Clock } from '../base/clock.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';

/** Lifetimes of one table's or one index's entries, in milliseconds. */
export interface TtlOptions {
  /** 0: until evicted, as DAX's `record-ttl-millis`. */
  readonly itemTtlMs?: number | undefined;
  /** 0: query results are not cached, as DAX's `query-ttl-millis`. */
  readonly queryTtlMs?: number | undefined;
  /** Lifetime of a cached absence. 0: absences are not cached. */
  readonly negativeTtlMs?: number | undefined;
}

export interface AcceleratorTuning extends TtlOptions {
  readonly itemCacheBytes?: number | undefined;
  readonly queryCacheBytes?: number | undefined;
  /** Share of a TTL by which it may be shortened at random, so that entries of one moment do not end together. */
  readonly ttlJitter?: number | undefined;
  /** Largest answer that is cached. */
  readonly entryBytesMax?: number | undefined;
  /** How long a mutation stays in its table's log: longer than replica lag, index lag and the longest fill. */
  readonly mutationLogMs?: number | undefined;
  /** Bound of one table's mutation log; when it overflows, older tokens are refused and nothing is missed. */
  readonly mutationLogBytes?: number | undefined;
  readonly maxStalenessMs?: number | undefined;
  readonly onFeedLoss?: 'pass' | 'ttl' | undefined;
  /** Callers that may wait for one read of the store; one more reads by itself. */
  readonly flightWaitersMax?: number | undefined;
  /** Overrides by table name, or by `table/index` for query pages of one index. */
  readonly ttls?: Readonly<Record<string, TtlOptions>> | undefined;
}

export interface AcceleratorOptions extends AcceleratorTuning {
  readonly backing: BackingStore;
  /** Without one, entries live by TTL and own writes alone. */
  readonly feed?: ChangeFeed | undefined;
  readonly clock?: Clock | undefined;
}

export const acceleratorDefaults = {
  itemTtlMs: 300_000,
  queryTtlMs: 300_000,
  negativeTtlMs: 300_000,
  itemCacheBytes: 256 * 1024 * 1024,
  queryCacheBytes: 256 * 1024 * 1024,
  ttlJitter: 0.1,
  entryBytesMax: 2 * 1024 * 1024,
  mutationLogMs: 5_000,
  mutationLogBytes: 16 * 1024 * 1024,
  maxStalenessMs: 10_000,
  onFeedLoss: 'pass',
  flightWaitersMax: 10_000,
} as const;
