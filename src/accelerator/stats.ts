import type { EntryCache } from '../cache/entry-cache.ts';

/** A cache's counters (`cache/stats.ts` says what each counts) with its size. */
export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly fills: number;
  readonly fillsRefused: number;
  readonly removedBySize: number;
  readonly removedByExpiry: number;
  readonly removedByInvalidation: number;
  readonly entries: number;
  readonly sizeBytes: number;
  readonly limitBytes: number;
}

export function statsOf<V>({ counters, size, sizeBytes, limitBytes }: EntryCache<V>): CacheStats {
  return {
    hits: counters.hits,
    misses: counters.misses,
    fills: counters.fills,
    fillsRefused: counters.fillsRefused,
    removedBySize: counters.removedBySize,
    removedByExpiry: counters.removedByExpiry,
    removedByInvalidation: counters.removedByInvalidation,
    entries: size,
    sizeBytes,
    limitBytes,
  };
}
