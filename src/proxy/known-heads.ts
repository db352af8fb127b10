/**
 * Heads as clients send them again and again: the same fields in the same order, of which a date, an id and a signature differ,
 * each as long as before, and the length of the body. A head that differs from a known one in nothing else is read as soon as
 * that is seen, in a fraction of the time.
 *
 * It is judged no more leniently than if it were read anew (`head-reader.ts`): every name stands where it stood, and so does
 * every value by which a head is judged; any other value is as long as it was, and of bytes that any value may have. What is not
 * so plain to see is read anew.
 */
import type { JsonContentType } from '../wire/aws-json.ts';
import { NODE_HEADER } from '../wire/feed-messages.ts';
import { PLACES_A_FIELD, type FieldTable } from './field-table.ts';
import { isPlainValue, isSameText, viewOf } from './value-bytes.ts';

/** What was read of a head, but for its fields and the length of its body. */
export interface ReadHead {
  readonly target: string | undefined;
  readonly control: string | undefined;
  readonly via: string | undefined;
  readonly node: string | undefined;
  readonly contentType: JsonContentType;
}

/** Each client has one for each of its operations; a few of them are most of a door's calls. */
const HEADS_MAX = 8;
/** One in so many heads that were read anew is taken: one that never comes again costs next to nothing. */
const TAKEN_EVERY = 8;

export class KnownHeads {
  /** What was asked for often lies in front. */
  readonly #heads: KnownHead[] = [];
  #offers = 0;

  /** The head that the bytes from `start` to before `end` begin with, matched with them; undefined where it has to be read. */
  find(words: DataView, start: number, end: number): KnownHead | undefined {
    const heads = this.#heads;
    for (let place = 0; place < heads.length; place++) {
      const head = heads[place] as KnownHead;
      if (!head.matches(words, start, end)) continue;
      if (place > 0) {
        heads[place] = heads[place - 1] as KnownHead;
        heads[place - 1] = head;
      }
      return head;
    }
    return undefined;
  }

  /** A head of an ordinary call was read, from `start` to before `end`. */
  note(read: ReadHead, bytes: Buffer, start: number, end: number, fields: FieldTable): void {
    if (this.#offers++ % TAKEN_EVERY !== 0) return;
    if (this.#heads.length === HEADS_MAX) this.#heads.pop();
    this.#heads.push(new KnownHead(read, bytes.subarray(start, end), fields.places(start)));
  }
}

/** By which a head is judged: they have to say the same. */
const JUDGED = new Set([
  'connection',
  'content-type',
  'x-amz-target',
  'x-slipstream-control',
  'x-slipstream-via',
  NODE_HEADER,
]);
const LENGTH = 'content-length';
/** Longer bodies are none of an ordinary call. */
const LENGTH_DIGITS_MAX = 6;
const DIGIT_0 = 0x30;
/** Values that are shorter have to say the same: no shorter piece is looked at. */
const FREE_BYTES_MIN = 4;

export class KnownHead {
  readonly read: ReadHead;
  /** As `FieldTable.places`, of the head that was read; those from `lengthEnd` on lie `moved` bytes further in this one. */
  readonly places: Int32Array;
  readonly lengthEnd: number;
  /** What the last match found. */
  moved = 0;
  headBytes = 0;
  bodyBytes = 0;
  readonly #words: DataView;
  readonly #bytes: number;
  /** Start and end of each value that may differ, in their order; that of the length is among them. */
  readonly #free: Int32Array;
  readonly #lengthStart: number;

  constructor({ target, control, via, node, contentType }: ReadHead, bytes: Buffer, places: Int32Array) {
    this.read = { target, control, via, node, contentType };
    this.places = places;
    // What comes from a socket lies in a buffer that is used for more than this.
    const own = Buffer.from(bytes);
    this.#words = viewOf(own);
    this.#bytes = own.length;
    const free: number[] = [];
    let length = { from: 0, to: 0 };
    for (let at = 0; at < places.length; at += PLACES_A_FIELD) {
      const from = places[at + 2] as number;
      const to = places[at + 3] as number;
      const name = own.toString('latin1', places[at], places[at + 1]).toLowerCase();
      if (name === LENGTH) length = { from, to };
      else if (JUDGED.has(name) || to - from < FREE_BYTES_MIN) continue;
      free.push(from, to);
    }
    this.#free = Int32Array.from(free);
    this.#lengthStart = length.from;
    this.lengthEnd = length.to;
  }

  /** Whether the bytes from `start` to before `limit` begin with such a head; then the members tell of it. */
  matches(words: DataView, start: number, limit: number): boolean {
    const free = this.#free;
    let shift = start;
    let same = 0;
    for (let at = 0; at < free.length; at += 2) {
      const from = free[at] as number;
      const to = free[at + 1] as number;
      if (from + shift > limit || !isSameText(words, same + shift, this.#words, same, from)) return false;
      if (from === this.#lengthStart) {
        const end = this.#readLength(words, from + shift, limit);
        if (end === -1) return false;
        shift = end - to;
      } else if (to + shift > limit || !isPlainValue(words, from + shift, to + shift)) {
        return false;
      }
      same = to;
    }
    const end = this.#bytes;
    if (end + shift > limit || !isSameText(words, same + shift, this.#words, same, end)) return false;
    this.moved = shift - start;
    this.headBytes = end + this.moved;
    return true;
  }

  /** Where the digits end; -1 where there is none. */
  #readLength(words: DataView, from: number, limit: number): number {
    const end = Math.min(from + LENGTH_DIGITS_MAX, limit);
    let length = 0;
    let at = from;
    for (; at < end; at++) {
      const digit = words.getUint8(at) - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    this.bodyBytes = length;
    return at === from ? -1 : at;
  }
}
