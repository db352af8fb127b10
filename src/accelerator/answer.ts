import type { ServiceReply } from '../model/service-call.ts';

/**
 * Where an answer came from:
 * - `hit`: a cache, the store was not asked (for a batch: for none of its keys);
 * - `miss`: the store, and it may be a hit next time;
 * - `stale`: a cache, out of date by no more than `staleIfErrorMs`, because the store gave no answer;
 * - `coalesced`: the store, by another caller's read of the same thing;
 * - `bypass`: the store, because the caller asked for that;
 * - `pass`: the store, because this call is never answered from a cache: a write, a strong or transactional read, a
 *   table whose feed is not trusted now, an operation that is not known.
 */
export type CacheOutcome = 'hit' | 'miss' | 'pass' | 'bypass' | 'coalesced' | 'stale';

export interface Answer {
  readonly reply: ServiceReply;
  readonly cache: CacheOutcome;
  /** Milliseconds since the store was asked for a hit's bytes; undefined unless `cache` is `hit` or `stale`. */
  readonly ageMs: number | undefined;
}

export interface ExecuteOptions {
  /** `bypass` goes to the store and leaves the caches alone; `refresh` goes to the store and fills. */
  readonly control?: 'bypass' | 'refresh' | undefined;
  readonly signal?: AbortSignal | undefined;
}
