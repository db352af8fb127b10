/**
 * Finds the row of a key. A `Map` of two hundred thousand texts looks at four or five places in memory that nobody has looked at
 * lately, among them texts of other keys; here it is two: the slot, which has the whole hash of the key beside the row's place,
 * and the row's own text of the key. Slots are taken in linear probing, and a removal closes the gap behind it.
 *
 * @see https://en.wikipedia.org/wiki/Linear_probing
 */
import { systemClock } from '../base/clock.ts';
import type { EntryRows } from './entry-rows.ts';

const SLOTS_AT_START = 1_024;
/** At most this share of the slots is taken. */
const FULL = 0.6;

/** Of each slot: the hash, and the place of the row; one more than the place, for 0 is an empty slot. */
const SLOT = 2;

export class KeyIndex {
  readonly #rows: Pick<EntryRows, 'key'>;
  #slots = new Int32Array(SLOT * SLOTS_AT_START);
  #mask = SLOTS_AT_START - 1;
  #size = 0;

  constructor(rows: Pick<EntryRows, 'key'>) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#size;
  }

  /** The place of the key's row. */
  get(key: string): number | undefined {
    const slot = this.#slotOf(key);
    return slot === undefined ? undefined : (this.#slots[SLOT * slot + 1] as number) - 1;
  }

  /** For a key that is not there yet; its row is. */
  add(key: string, place: number): void {
    if (this.#size >= FULL * (this.#mask + 1)) this.#grow();
    this.#fill(hashOf(key), place + 1);
    this.#size++;
  }

  /** While the row is still there. */
  remove(key: string): void {
    const slot = this.#slotOf(key);
    if (slot === undefined) return;
    this.#size--;
    this.#closeGap(slot);
  }

  #slotOf(key: string): number | undefined {
    const slots = this.#slots;
    const hash = hashOf(key);
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const filled = slots[SLOT * slot + 1] as number;
      if (filled === 0) return undefined;
      if (slots[SLOT * slot] === hash && this.#rows.key(filled - 1) === key) return slot;
    }
  }

  #fill(hash: number, filled: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[SLOT * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[SLOT * slot] = hash;
    this.#slots[SLOT * slot + 1] = filled;
  }

  /** A search ends at an empty slot, so what stands behind the gap and began in front of it moves up. */
  #closeGap(emptied: number): void {
    const slots = this.#slots;
    let gap = emptied;
    for (let slot = (gap + 1) & this.#mask; slots[SLOT * slot + 1] !== 0; slot = (slot + 1) & this.#mask) {
      const hash = slots[SLOT * slot] as number;
      if (this.#distance(hash, slot) < this.#distance(gap, slot)) continue;
      slots[SLOT * gap] = hash;
      slots[SLOT * gap + 1] = slots[SLOT * slot + 1] as number;
      gap = slot;
    }
    slots[SLOT * gap + 1] = 0;
  }

  /** Steps from where a search begins, or from another slot, on to a slot. */
  #distance(from: number, slot: number): number {
    return (slot - from) & this.#mask;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    this.#mask = 2 * this.#mask + 1;
    for (let at = 0; at < old.length; at += SLOT) {
      const filled = old[at + 1] as number;
      if (filled !== 0) this.#fill(old[at] as number, filled);
    }
  }
}

/** Drawn by each process, so that nobody can make up many keys of one hash, which all searches would have to pass. */
const [START = 0, DRAWN = 0] = new Int32Array(Uint8Array.from(systemClock.randomBytes(8)).buffer);
/** An odd one loses nothing. */
const FACTOR = DRAWN | 1;

function hashOf(text: string): number {
  const { length } = text;
  let hash = START ^ length;
  for (let at = 1; at < length; at += 2) {
    hash = Math.imul(hash ^ (text.charCodeAt(at - 1) | (text.charCodeAt(at) << 16)), FACTOR);
    hash ^= hash >>> 15;
  }
  if (length % 2 === 1) hash = Math.imul(hash ^ text.charCodeAt(length - 1), FACTOR);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return hash ^ (hash >>> 15);
}
