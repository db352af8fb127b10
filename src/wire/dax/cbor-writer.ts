/**
 * Writes CBOR: shortest heads and definite lengths, which is what every DAX client reads (the Go client takes an indefinite
 * length for the length 31). One writer makes one answer after the other in the same memory; `take` copies an answer out.
 */
const SMALLEST = 4 * 1024;
/** Memory that a large answer needed is not kept for the small ones behind it. */
const KEPT_BYTES_MAX = 256 * 1024;
/** Longest head of a string. */
const HEAD_BYTES_MAX = 5;

const UINT32 = 2 ** 32;

export class CborWriter {
  #bytes = Buffer.allocUnsafeSlow(SMALLEST);
  #length = 0;

  /** What has been written since the last time. */
  take(): Buffer {
    const taken = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(taken, 0, 0, this.#length);
    this.clear();
    return taken;
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = Buffer.allocUnsafeSlow(SMALLEST);
  }

  integer(value: number | bigint): void {
    if (typeof value === 'bigint') this.#wideInteger(value);
    else if (value < 0) this.#head(0x20, -1 - value);
    else this.#head(0, value);
  }

  bytes(value: Uint8Array): void {
    this.#head(0x40, value.length);
    this.raw(value);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#head(0x60, length);
    this.rawText(value, length);
  }

  arrayHead(length: number): void {
    this.#head(0x80, length);
  }

  mapHead(length: number): void {
    this.#head(0xa0, length);
  }

  tag(value: number): void {
    this.#head(0xc0, value);
  }

  float(value: number): void {
    this.#reserve(9);
    this.#bytes[this.#length++] = 0xfb;
    this.#length = this.#bytes.writeDoubleBE(value, this.#length);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xf5 : 0xf4);
  }

  null(): void {
    this.#byte(0xf6);
  }

  /** A map of indefinite length: the one place where the Go client wants it is a compound LastEvaluatedKey. */
  openMap(): void {
    this.#byte(0xbf);
  }

  closeMap(): void {
    this.#byte(0xff);
  }

  /** A byte string whose content `write` writes. */
  bytesOf(write: () => void): void {
    const start = this.#length;
    this.#reserve(HEAD_BYTES_MAX);
    this.#length += HEAD_BYTES_MAX;
    write();
    const contentStart = start + HEAD_BYTES_MAX;
    const contentEnd = this.#length;
    this.#length = start;
    this.#head(0x40, contentEnd - contentStart);
    this.#bytes.copyWithin(this.#length, contentStart, contentEnd);
    this.#length += contentEnd - contentStart;
  }

  /** Bytes as they are, without a head. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Text as it is, without a head; `length` is that of its UTF-8 bytes. */
  rawText(value: string, length = Buffer.byteLength(value)): void {
    this.#reserve(length);
    this.#length += this.#bytes.write(value, this.#length, 'utf8');
  }

  #wideInteger(value: bigint): void {
    const isNegative = value < 0n;
    const argument = isNegative ? -1n - value : value;
    if (argument < BigInt(Number.MAX_SAFE_INTEGER)) {
      this.#head(isNegative ? 0x20 : 0, Number(argument));
      return;
    }
    this.#reserve(9);
    this.#bytes[this.#length++] = (isNegative ? 0x20 : 0) | 27;
    this.#length = this.#bytes.writeBigUInt64BE(argument, this.#length);
  }

  #head(kind: number, argument: number): void {
    this.#reserve(9);
    const bytes = this.#bytes;
    if (argument < 24) bytes[this.#length++] = kind | argument;
    else if (argument < 0x100) {
      bytes[this.#length++] = kind | 24;
      bytes[this.#length++] = argument;
    } else if (argument < 0x10000) {
      bytes[this.#length++] = kind | 25;
      this.#length = bytes.writeUInt16BE(argument, this.#length);
    } else if (argument < UINT32) {
      bytes[this.#length++] = kind | 26;
      this.#length = bytes.writeUInt32BE(argument, this.#length);
    } else {
      bytes[this.#length++] = kind | 27;
      this.#length = bytes.writeBigUInt64BE(BigInt(argument), this.#length);
    }
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
