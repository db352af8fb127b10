/** What the functions of the data path share: the caches, the store, the tables and the clock of one accelerator. */
import type { BackingStore } from '../backing/backing-store.ts';
import type { Clock } from '../base/clock.ts';
import type { EntryCache } from '../cache/entry-cache.ts';
import type { SingleFlight } from '../cache/single-flight.ts';
import type { ItemPacker } from '../model/item-packer.ts';
import type { ServiceReply } from '../model/service-call.ts';
import type { KeptAnswer } from './keep.ts';
import type { KnownReads } from './known-reads.ts';
import type { CachedPage } from './page-rules.ts';
import type { ResolvedTuning } from './options.ts';
import type { Tables } from './tables.ts';

export interface DropCounters {
  write: number;
  feed: number;
  gap: number;
  request: number;
}

export interface Parts {
  readonly backing: BackingStore;
  readonly clock: Clock;
  readonly tuning: ResolvedTuning;
  readonly tables: Tables;
  /** Whole GetItem answers, absences included, by table prefix and key text. */
  readonly items: EntryCache<KeptAnswer>;
  readonly pages: EntryCache<CachedPage>;
  readonly known: KnownReads;
  /** Makes the form in which answers are kept; undefined where that is their bytes. */
  readonly packer: ItemPacker | undefined;
  readonly itemFlights: SingleFlight<ServiceReply>;
  readonly pageFlights: SingleFlight<ServiceReply>;
  readonly drops: DropCounters;
}

/** A lifetime shortened at random, so that entries that were filled together do not end together. */
export function expiryOf(parts: Parts, nowMs: number, ttlMs: number): number {
  return nowMs + ttlMs * (1 - parts.tuning.ttlJitter * parts.clock.random());
}
