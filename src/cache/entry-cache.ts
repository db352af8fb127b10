/**
 * A cache with a byte budget and a lifetime for each entry: the item cache is one, the query cache another. It knows
 * neither DynamoDB nor mutations; whoever fills it has checked the fill token (I1) first.
 *
 * Expiry is checked on look-up against a time that the caller read anyway; `lru-cache`'s own TTL would read the clock again.
 */
import { LRUCache } from 'lru-cache';
import { CacheCounters } from './stats.ts';

export interface Entry<V> {
  readonly value: V;
  /** When the source was asked for it: what it answered may be as old as that, so age and lifetime count from here. */
  readonly askedAtMs: number;
  readonly storedAtMs: number;
  /** `Infinity` lives until it is evicted. */
  readonly expiresAtMs: number;
  readonly sizeBytes: number;
}

export interface EntryCacheOptions<V> {
  readonly limitBytes: number;
  /** How long an entry is kept when its lifetime is over, for `stale`. */
  readonly graceMs?: number | undefined;
  /** Told of every entry that leaves, for whatever cause, replaced ones included. */
  readonly onRemoved?: ((value: V) => void) | undefined;
}

/** What an entry costs beside its bytes: the map's slot, the list's links and the objects that hold it. */
export const ENTRY_OVERHEAD_BYTES = 200;

export class EntryCache<V> {
  readonly counters = new CacheCounters();
  readonly limitBytes: number;
  readonly #graceMs: number;
  readonly #entries: LRUCache<string, Entry<V>>;

  constructor(options: EntryCacheOptions<V>) {
    const { onRemoved } = options;
    this.limitBytes = options.limitBytes;
    this.#graceMs = options.graceMs ?? 0;
    this.#entries = new LRUCache<string, Entry<V>>({
      maxSize: options.limitBytes,
      sizeCalculation: (entry) => entry.sizeBytes,
      dispose: (entry, _key, reason) => {
        if (reason === 'evict') this.counters.removedBySize++;
        onRemoved?.(entry.value);
      },
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  get sizeBytes(): number {
    return this.#entries.calculatedSize;
  }

  /** Counts a hit or a miss; an expired entry is a miss and goes. */
  get(key: string, nowMs: number): Entry<V> | undefined {
    const entry = this.hit(key, nowMs);
    if (entry === undefined) this.counters.misses++;
    return entry;
  }

  /** The same for who will ask again, in another way, when there is none: a hit is counted, a miss is not. */
  hit(key: string, nowMs: number): Entry<V> | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      if (isAlive(entry, nowMs)) {
        this.counters.hits++;
        return entry;
      }
      this.#removeIfOver(entry, key, nowMs);
    }
    return undefined;
  }

  /** The entry as it is, without counting or refreshing it. */
  peek(key: string, nowMs: number): Entry<V> | undefined {
    const entry = this.#entries.peek(key);
    return entry !== undefined && isAlive(entry, nowMs) ? entry : undefined;
  }

  /** The entry as it is, also when its lifetime has been over for no longer than the grace. */
  stale(key: string, nowMs: number): Entry<V> | undefined {
    const entry = this.#entries.peek(key);
    return entry !== undefined && isAlive(entry, nowMs - this.#graceMs) ? entry : undefined;
  }

  /** Stores or replaces. False for an entry larger than the whole budget, which is not kept. */
  set(key: string, entry: Entry<V>): boolean {
    if (entry.sizeBytes > this.limitBytes) {
      this.#entries.delete(key);
      return false;
    }
    this.#entries.set(key, new StoredEntry(entry));
    this.counters.fills++;
    return true;
  }

  /** Removes an entry because of a mutation. Tells whether there was one. */
  invalidate(key: string): boolean {
    const removed = this.#entries.delete(key);
    if (removed) this.counters.removedByInvalidation++;
    return removed;
  }

  #removeIfOver(entry: Entry<V>, key: string, nowMs: number): void {
    if (isAlive(entry, nowMs - this.#graceMs)) return;
    this.#entries.delete(key);
    this.counters.removedByExpiry++;
  }

  clear(): void {
    this.counters.removedByInvalidation += this.#entries.size;
    this.#entries.clear();
  }
}

/** A whole number below this is kept in the object itself, which a hit reads anyway; any other is one more object to read. */
const SMALL_MAX = 2 ** 31 - 1;

/**
 * An entry as it lies in the cache, its times in whole milliseconds where that makes it seem a little older than it is;
 * `storedAtMs` stays, for it is compared with other times. A class, for the objects of two literals with the same names are of
 * one form to V8, and a fraction in one of them would have the times of all stand outside.
 */
class StoredEntry<V> implements Entry<V> {
  readonly value: V;
  readonly askedAtMs: number;
  readonly expiresAtMs: number;
  readonly sizeBytes: number;
  readonly storedAtMs: number;

  constructor({ value, askedAtMs, storedAtMs, expiresAtMs, sizeBytes }: Entry<V>) {
    this.value = value;
    this.askedAtMs = Math.floor(askedAtMs);
    this.expiresAtMs = expiresAtMs === Infinity ? SMALL_MAX : Math.floor(expiresAtMs);
    this.sizeBytes = sizeBytes;
    this.storedAtMs = storedAtMs;
  }
}

function isAlive({ expiresAtMs }: Entry<unknown>, nowMs: number): boolean {
  return nowMs < expiresAtMs || expiresAtMs === SMALL_MAX;
}
