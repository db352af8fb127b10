/**
 * A cache with a byte budget and a lifetime for each entry: the item cache is one, the query cache another. It knows
 * neither DynamoDB nor mutations; whoever fills it has checked the fill token (I1) first.
 *
 * Expiry is checked on look-up, against a time that the caller read anyway. What lives on and has to make room is `Sieve`'s to say.
 */
import { EntryRows, type EntryColumns } from './entry-rows.ts';
import { KeyIndex } from './key-index.ts';
import { Sieve } from './sieve.ts';
import { CacheCounters } from './stats.ts';

export interface NewEntry<V> extends EntryColumns {
  readonly value: V;
}

/**
 * A value and how old it is. A value that the cache keeps in cells shows them as they lie there: it is good until the cache is
 * changed next, so whoever goes on later takes a copy.
 */
export interface Hit<V> {
  readonly value: V;
  readonly ageMs: number;
}

export interface StaleHit<V> extends Hit<V> {
  readonly expiresAtMs: number;
}

/** An entry that is asked for again and again, and where it was the last time. */
export interface Spot {
  key: string;
  place: number;
}

/** How values lie in cells; values that are one cell each need none. */
export interface CellForm<V> {
  cellsOf(value: V): readonly unknown[];
  /** The value whose cells are those from `first` to before `end`. */
  valueIn(cells: readonly unknown[], first: number, end: number): V;
}

export interface EntryCacheOptions<V> {
  readonly limitBytes: number;
  readonly form?: CellForm<V> | undefined;
  /** How long an entry is kept when its lifetime is over, for `stale`. */
  readonly graceMs?: number | undefined;
  /** Told of every entry that leaves, for whatever cause, replaced ones included. */
  readonly onRemoved?: ((value: V) => void) | undefined;
}

/** What an entry costs beside its bytes: the map's slot, the queue's links, the row's own columns. */
export const ENTRY_OVERHEAD_BYTES = 150;

export class EntryCache<V> {
  readonly counters = new CacheCounters();
  readonly limitBytes: number;
  readonly #graceMs: number;
  readonly #form: CellForm<V>;
  readonly #onRemoved: ((value: V) => void) | undefined;
  readonly #rows = new EntryRows();
  readonly #places = new KeyIndex(this.#rows);
  readonly #sieve = new Sieve();
  #sizeBytes = 0;

  constructor(options: EntryCacheOptions<V>) {
    this.limitBytes = options.limitBytes;
    this.#graceMs = options.graceMs ?? 0;
    this.#form = options.form ?? (oneCell as CellForm<V>);
    this.#onRemoved = options.onRemoved;
  }

  get size(): number {
    return this.#places.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Counts a hit or a miss; an expired entry is a miss and goes. */
  get(key: string, nowMs: number): Hit<V> | undefined {
    const hit = this.hit(key, nowMs);
    if (hit === undefined) this.counters.misses++;
    return hit;
  }

  /** The same for who will ask again, in another way, when there is none: a hit is counted, a miss is not. */
  hit(key: string, nowMs: number): Hit<V> | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#hitIn(place, nowMs);
  }

  /** Where the entry of the key is to be looked for first. */
  spotOf(key: string): Spot {
    const place = this.#places.get(key);
    // The row's own text of the key: the same text is the same without being looked at.
    return place === undefined ? { key, place: NOWHERE } : { key: this.#rows.key(place), place };
  }

  /** As `hit`, for an entry that mostly is where it was: the row of a key that still has it is the key's only one. */
  hitAt(spot: Spot, nowMs: number): Hit<V> | undefined {
    if (this.#rows.keyAt(spot.place) !== spot.key) {
      Object.assign(spot, this.spotOf(spot.key));
      if (spot.place === NOWHERE) return undefined;
    }
    return this.#hitIn(spot.place, nowMs);
  }

  #hitIn(place: number, nowMs: number): Hit<V> | undefined {
    if (nowMs < this.#rows.expiresAtMs(place)) {
      this.counters.hits++;
      this.#sieve.mark(place);
      return { value: this.#valueAt(place), ageMs: nowMs - this.#rows.askedAtMs(place) };
    }
    this.#removeIfOver(place, nowMs);
    return undefined;
  }

  /** When the entry was stored, if there is one that is alive; it is neither counted nor refreshed. */
  storedAtMs(key: string, nowMs: number): number | undefined {
    const place = this.#places.get(key);
    return place !== undefined && nowMs < this.#rows.expiresAtMs(place) ? this.#rows.storedAtMs(place) : undefined;
  }

  /** The entry as it is, also when its lifetime has been over for no longer than the grace. */
  stale(key: string, nowMs: number): StaleHit<V> | undefined {
    const place = this.#places.get(key);
    if (place === undefined || this.#isOver(place, nowMs)) return undefined;
    const expiresAtMs = this.#rows.expiresAtMs(place);
    return { value: this.#valueAt(place), ageMs: nowMs - this.#rows.askedAtMs(place), expiresAtMs };
  }

  /** Stores or replaces. False for an entry larger than the whole budget, which is not kept. */
  set(key: string, entry: NewEntry<V>): boolean {
    this.#removeKey(key);
    if (entry.sizeBytes > this.limitBytes) return false;
    // First room, then the entry: it has no mark yet, and must not be the one that goes.
    this.#makeRoom(this.limitBytes - entry.sizeBytes);
    const place = this.#rows.put(key, this.#form.cellsOf(entry.value), entry);
    this.#places.add(key, place);
    this.#sieve.add(place);
    this.#sizeBytes += entry.sizeBytes;
    this.counters.fills++;
    return true;
  }

  /** Removes an entry because of a mutation. Tells whether there was one. */
  invalidate(key: string): boolean {
    const removed = this.#removeKey(key);
    if (removed) this.counters.removedByInvalidation++;
    return removed;
  }

  clear(): void {
    this.counters.removedByInvalidation += this.#places.size;
    for (let place = this.#sieve.next(); place !== undefined; place = this.#sieve.next()) this.#remove(place);
  }

  #makeRoom(upToBytes: number): void {
    while (this.#sizeBytes > upToBytes) {
      this.#remove(this.#sieve.next() as number);
      this.counters.removedBySize++;
    }
  }

  #removeKey(key: string): boolean {
    const place = this.#places.get(key);
    if (place !== undefined) this.#remove(place);
    return place !== undefined;
  }

  #remove(place: number): void {
    this.#places.remove(this.#rows.key(place));
    this.#sieve.remove(place);
    this.#sizeBytes -= this.#rows.sizeBytes(place);
    this.#onRemoved?.(this.#valueAt(place));
    this.#rows.free(place);
  }

  #valueAt(place: number): V {
    const first = this.#rows.firstCell(place);
    return this.#form.valueIn(this.#rows.cells(place), first, first + this.#rows.width(place));
  }

  #isOver(place: number, nowMs: number): boolean {
    return nowMs - this.#graceMs >= this.#rows.expiresAtMs(place);
  }

  #removeIfOver(place: number, nowMs: number): void {
    if (!this.#isOver(place, nowMs)) return;
    this.#remove(place);
    this.counters.removedByExpiry++;
  }
}

/** No row's place. */
const NOWHERE = -1;

const oneCell: CellForm<unknown> = {
  cellsOf: (value) => [value],
  valueIn: (cells, first) => cells[first],
};
