/**
 * Reads CBOR (RFC 7049) from bytes that are all there. No count is believed before the bytes that it needs are seen to be
 * there, so that nothing can be allocated by a lie; what is not CBOR, or not of the kind asked for, is a `MalformedFrame`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7049.html#section-2.1
 */
import { MalformedFrame } from './malformed.ts';

export const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

const INDEFINITE = 31;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const BREAK = 0xff;

export class CborReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Where the next item begins. */
  get position(): number {
    return this.#at;
  }

  /** Major type of the next item. */
  get nextMajor(): number {
    return this.#peek() >> 5;
  }

  /** All that is left, as a view. */
  rest(): Buffer {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  takeNull(): boolean {
    if (this.#peek() !== NULL) return false;
    this.#at++;
    return true;
  }

  /** A whole number; a bigint where a double would not hold it. */
  integer(): number | bigint {
    const initial = this.#next();
    const kind = initial >> 5;
    if (kind > major.negative) throw this.#unexpected('an integer', initial);
    if ((initial & 31) === 27) {
      const wide = this.#view(8).readBigUInt64BE();
      const value = kind === major.unsigned ? wide : -1n - wide;
      const short = Number(value);
      return Number.isSafeInteger(short) ? short : value;
    }
    const argument = this.#argument(initial & 31);
    return kind === major.unsigned ? argument : -1 - argument;
  }

  /** A whole number of the protocol itself, such as a method's or an option's. */
  smallInteger(): number {
    const value = this.integer();
    if (typeof value === 'bigint') throw new MalformedFrame(`the integer ${value} is out of range`);
    return value;
  }

  get isBooleanNext(): boolean {
    const initial = this.#peek();
    return initial === FALSE || initial === TRUE;
  }

  /** A boolean; clients also send 0 and 1 for one. */
  boolean(): boolean {
    return this.isBooleanNext ? this.#next() === TRUE : this.smallInteger() !== 0;
  }

  /** A view of a byte string's content. */
  bytes(): Buffer {
    return this.#string(major.bytes, 'a byte string');
  }

  text(): string {
    return this.#string(major.text, 'a text').toString('utf8');
  }

  /** Text in either kind of string. */
  name(): string {
    return this.nextMajor === major.text ? this.text() : this.bytes().toString('utf8');
  }

  tag(): number {
    const initial = this.#next();
    if (initial >> 5 !== major.tag) throw this.#unexpected('a tag', initial);
    return this.#argument(initial & 31);
  }

  /** A floating-point number of any size. */
  float(): number {
    const initial = this.#next();
    if (initial === 0xfb) return this.#view(8).readDoubleBE();
    if (initial === 0xfa) return this.#view(4).readFloatBE();
    throw this.#unexpected('a float', initial);
  }

  /** Calls `each` for every element of an array, which may be of indefinite length. */
  eachElement(each: (index: number) => void): void {
    const initial = this.#next();
    if (initial >> 5 !== major.array) throw this.#unexpected('an array', initial);
    this.#elements(initial & 31, each);
  }

  /** The same for a map; `each` reads the key and the value. */
  eachEntry(each: (index: number) => void): void {
    const initial = this.#next();
    if (initial >> 5 !== major.map) throw this.#unexpected('a map', initial);
    this.#elements(initial & 31, each);
  }

  /** @throws {MalformedFrame} unless an array of that many elements begins here. */
  arrayOf(length: number): void {
    const found = this.arrayLength();
    if (found !== length) throw new MalformedFrame(`an array of ${found}, not of ${length}`);
  }

  /** Length of the array of definite length that begins here. */
  arrayLength(): number {
    const initial = this.#next();
    if (initial >> 5 !== major.array) throw this.#unexpected('an array', initial);
    return this.#argument(initial & 31);
  }

  /** Passes over an item, which nests at most so deep. */
  skip(depthMax: number): void {
    if (depthMax < 0) throw new MalformedFrame('items nested too deep');
    const each = (): void => this.skip(depthMax - 1);
    switch (this.nextMajor) {
      case major.array:
        this.eachElement(each);
        return;
      case major.map:
        this.eachEntry(() => {
          each();
          each();
        });
        return;
      case major.tag:
        this.tag();
        each();
        return;
      case major.bytes:
        this.bytes();
        return;
      case major.text:
        this.#string(major.text, 'a text');
        return;
      case major.simple:
        if (this.isBooleanNext || this.#peek() === NULL) this.#at++;
        else this.float();
        return;
      default:
        this.integer();
    }
  }

  #elements(count: number, each: (index: number) => void): void {
    if (count === INDEFINITE) {
      for (let i = 0; this.#peek() !== BREAK; i++) each(i);
      this.#at++;
      return;
    }
    const length = this.#argument(count);
    // Every element takes a byte at least.
    if (length > this.#bytes.length - this.#at) throw new MalformedFrame(`${length} elements in too few bytes`);
    for (let i = 0; i < length; i++) each(i);
  }

  #string(kind: number, what: string): Buffer {
    const initial = this.#next();
    if (initial >> 5 !== kind) throw this.#unexpected(what, initial);
    return this.#view(this.#argument(initial & 31));
  }

  #argument(short: number): number {
    if (short < 24) return short;
    switch (short) {
      case 24:
        return this.#next();
      case 25:
        return this.#view(2).readUInt16BE();
      case 26:
        return this.#view(4).readUInt32BE();
      case 27: {
        const wide = Number(this.#view(8).readBigUInt64BE());
        if (Number.isSafeInteger(wide)) return wide;
        throw new MalformedFrame('a length of 64 bits');
      }
      default:
        throw new MalformedFrame(`an item of additional type ${short}`);
    }
  }

  #view(length: number): Buffer {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new MalformedFrame('an item ends behind its container');
    this.#at = start + length;
    return this.#bytes.subarray(start, this.#at);
  }

  #peek(): number {
    if (this.#at >= this.#bytes.length) throw new MalformedFrame('an item is missing');
    return this.#bytes[this.#at] as number;
  }

  #next(): number {
    const initial = this.#peek();
    this.#at++;
    return initial;
  }

  #unexpected(wanted: string, initial: number): MalformedFrame {
    return new MalformedFrame(`${wanted} was due, and 0x${initial.toString(16)} came`);
  }
}
