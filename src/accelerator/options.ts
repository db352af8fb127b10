/**
 * What can be set on an accelerator, with the defaults that its own code, the option table of the command line and the
 * client share.
 */
import type { BackingStore } from '../backing/backing-store.ts';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
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
  /** A table's entries are served only while its feed is known to be caught up within this time (I8). */
  readonly maxStalenessMs?: number | undefined;
  /** What happens to reads when it is not: `pass` through to the store, or go on by TTL alone. */
  readonly onFeedLoss?: 'pass' | 'ttl' | undefined;
  /**
   * For how long after its end an entry may be served while the store gives no answer (RFC 5861's `stale-if-error`), marked as
   * `stale`. 0: never. Reads of items and pages; what is known to be outdated is never served.
   */
  readonly staleIfErrorMs?: number | undefined;
  /** Callers that may wait for one read of the store; one more reads by itself. */
  readonly flightWaitersMax?: number | undefined;
  /** How often a table's description is read again, to notice what was changed without a feed that tells. */
  readonly schemaTtlMs?: number | undefined;
  /** How long the first call on a table waits for its feed to become live before it goes on without caching. */
  readonly feedStartMs?: number | undefined;
  /** Share of the hits that is compared with a strong read of the store; see `audit.ts`. */
  readonly auditRate?: number | undefined;
  /** Overrides by table name, or by `table/index` for query pages of one index. */
  readonly ttls?: Readonly<Record<string, TtlOptions>> | undefined;
}

export interface AcceleratorOptions extends AcceleratorTuning {
  readonly backing: BackingStore;
  /** Without one, entries live by TTL and own writes alone. */
  readonly feed?: ChangeFeed | undefined;
  readonly clock?: Clock | undefined;
  /**
   * How answers are kept: as the bytes that a server sends (default), or as values, from which objects are made at once, for
   * callers in this process.
   */
  readonly keep?: 'bytes' | 'values' | undefined;
  /** Told of tables that live by TTL alone, once each, and of gaps in the feed. Silent unless given. */
  readonly log?: Log | undefined;
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
  staleIfErrorMs: 0,
  flightWaitersMax: 10_000,
  schemaTtlMs: 60_000,
  feedStartMs: 2_000,
  auditRate: 0,
  ttls: {},
} as const satisfies Required<AcceleratorTuning>;

/** `TtlOptions` with its defaults filled in. */
export type Ttls = { readonly [K in keyof TtlOptions]-?: number };

export type ResolvedTuning = { readonly [K in keyof AcceleratorTuning]-?: NonNullable<AcceleratorTuning[K]> };

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION naming the option, the value and what is allowed. */
export function resolveTuning(options: AcceleratorTuning): ResolvedTuning {
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && name in acceleratorDefaults);
  const tuning = { ...acceleratorDefaults, ...Object.fromEntries(given) } as ResolvedTuning;
  for (const [name, value] of Object.entries(tuning)) {
    if (typeof value === 'number' && !(value >= 0)) badOption(name, value, 'a number of at least 0');
  }
  if (tuning.itemCacheBytes < 1) badOption('itemCacheBytes', tuning.itemCacheBytes, 'at least 1');
  if (tuning.queryCacheBytes < 1) badOption('queryCacheBytes', tuning.queryCacheBytes, 'at least 1');
  for (const name of ['ttlJitter', 'auditRate'] as const) {
    if (tuning[name] > 1) badOption(name, tuning[name], 'a share between 0 and 1');
  }
  if (tuning.onFeedLoss !== 'pass' && tuning.onFeedLoss !== 'ttl') {
    badOption('onFeedLoss', tuning.onFeedLoss, "'pass' or 'ttl'");
  }
  return tuning;
}

function badOption(name: string, value: unknown, allowed: string): never {
  throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', `${name}: ${String(value)} is not allowed; it must be ${allowed}`);
}

/** The lifetimes that hold for a table, or for one of its indexes. */
export function ttlOf(tuning: ResolvedTuning, tableName: string, indexName?: string): Ttls {
  const ofTable = tuning.ttls[tableName] ?? {};
  const ofIndex = indexName === undefined ? {} : (tuning.ttls[`${tableName}/${indexName}`] ?? {});
  return {
    itemTtlMs: ofTable.itemTtlMs ?? tuning.itemTtlMs,
    queryTtlMs: ofIndex.queryTtlMs ?? ofTable.queryTtlMs ?? tuning.queryTtlMs,
    negativeTtlMs: ofTable.negativeTtlMs ?? tuning.negativeTtlMs,
  };
}
