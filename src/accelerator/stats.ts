import type { EntryCache } from '../cache/entry-cache.ts';
import type { CacheCounters } from '../cache/stats.ts';

/** A cache's counters (`cache/stats.ts`) with its size. */
export interface CacheStats extends Readonly<CacheCounters> {
  readonly entries: number;
  readonly sizeBytes: number;
  readonly limitBytes: number;
}

export function statsOf<V>(cache: EntryCache<V>): CacheStats {
  return { ...cache.counters, entries: cache.size, sizeBytes: cache.sizeBytes, limitBytes: cache.limitBytes };
}
