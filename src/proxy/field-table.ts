/**
 * Where the fields of one request's head lie in its bytes. Nothing is made of them before it is asked for: a call without a
 * signature needs none of their texts, and a signed one those that were signed.
 */
import type { HeaderFields } from '../wire/canonical-request.ts';

/** A head with more of them is nothing that an SDK sends. */
const FIELDS_MAX = 64;
/** Start and end of the name, start and end of the value. */
export const PLACES_A_FIELD = 4;

const SPACE = 0x20;
/** The last character of ASCII that is none of control. */
const TILDE = 0x7e;

const LOWER_CASE = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** The fields of a head that has been read, as `FieldTable.places` has them. */
export interface KnownPlaces {
  readonly places: Int32Array;
  /** Where the body's length ends; what lies from there on may lie elsewhere in another head. */
  readonly lengthEnd: number;
  readonly moved: number;
}

export class FieldTable implements HeaderFields {
  readonly #places = new Int32Array(FIELDS_MAX * PLACES_A_FIELD);
  #used = 0;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the fields are, as long as nobody has asked for one. */
  #known: KnownPlaces | undefined;
  #start = 0;
  #moved = 0;
  /** The bytes from the first field's name to the last one's value, as text. */
  #text: string | undefined;

  /** Forgets the fields before; those to come lie in `bytes`. */
  reset(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#used = 0;
    this.#text = undefined;
    this.#known = undefined;
  }

  /** The fields lie in `bytes` as they lay in a head before, `start` later, and those behind its length `moved` further. */
  resetTo(bytes: Buffer, start: number, known: KnownPlaces): void {
    this.reset(bytes);
    this.#start = start;
    this.#known = known;
    this.#moved = known.moved;
  }

  /** Of each field where its name starts and ends, and its value, counted from `start`. */
  places(start: number): Int32Array {
    return this.#places.slice(0, this.#used).map((place) => place - start);
  }

  /** False when there is no room for one more. */
  add(nameStart: number, nameEnd: number, from: number, to: number): boolean {
    const places = this.#places;
    const at = this.#used;
    if (at === places.length) return false;
    places[at] = nameStart;
    places[at + 1] = nameEnd;
    places[at + 2] = from;
    places[at + 3] = to;
    this.#used = at + PLACES_A_FIELD;
    return true;
  }

  get(name: string): string | undefined {
    let found: string | undefined;
    for (let at = this.#next(name, 0); at !== -1; at = this.#next(name, at + PLACES_A_FIELD)) {
      const value = this.#slice(this.#places[at + 2] as number, this.#places[at + 3] as number);
      found = found === undefined ? value : `${found}, ${value}`;
    }
    return found;
  }

  copyTo(name: string, memory: Uint8Array, start: number): number {
    const place = this.#next(name, 0);
    if (place === -1 || this.#next(name, place + PLACES_A_FIELD) !== -1) return -1;
    const from = this.#places[place + 2] as number;
    const to = this.#places[place + 3] as number;
    if (to - from > memory.length - start) return -1;
    const bytes = this.#bytes;
    let end = start;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      // There is no white space at either end: a space that another follows is one of several.
      if (byte > TILDE || (byte <= SPACE && (byte < SPACE || bytes[at + 1] === SPACE))) return -1;
      memory[end++] = byte;
    }
    return end;
  }

  /** Where the places of the next field of that name are, from `start` on; -1 where there is none. */
  #next(name: string, start: number): number {
    if (this.#known !== undefined) this.#takeKnown(this.#known);
    const places = this.#places;
    for (let at = start; at < this.#used; at += PLACES_A_FIELD) {
      const nameStart = places[at] as number;
      const nameBytes = (places[at + 1] as number) - nameStart;
      if (nameBytes === name.length && this.#isNamed(nameStart, name)) return at;
    }
    return -1;
  }

  #takeKnown({ places, lengthEnd }: KnownPlaces): void {
    this.#known = undefined;
    this.#used = places.length;
    for (let at = 0; at < places.length; at++) {
      const place = places[at] as number;
      this.#places[at] = this.#start + (place < lengthEnd ? place : place + this.#moved);
    }
  }

  #isNamed(start: number, name: string): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < name.length; i++) {
      if (LOWER_CASE[bytes[start + i] as number] !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Out of one text for all: a call into the engine costs more than the bytes between those that are wanted. */
  #slice(from: number, to: number): string {
    const first = this.#places[0] as number;
    this.#text ??= this.#bytes.toString('latin1', first, this.#places[this.#used - 1]);
    return this.#text.slice(from - first, to - first);
  }
}
