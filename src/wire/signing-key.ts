/**
 * One derived key of Signature Version 4, in the form in which a signature needs it: HMAC (RFC 2104) spelled out as its two
 * hashes, with what they hash lying ready but for what differs from call to call. An object of `createHmac` is one of the
 * engine's own, whose end the garbage collector has to see to, and that costs more than all the hashing of a signature.
 */
import { createHmac, hash } from 'node:crypto';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Block and digest of SHA-256. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const DIGEST_DIGITS = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** As `basicTime` writes it. */
const TIME_CHARACTERS = 16;
const TIME_START = BLOCK_BYTES + ALGORITHM.length + 1;

export class SigningKey {
  /** The inner pad, and the string to sign. */
  readonly #inner: Buffer;
  /** The outer pad, and the inner digest. */
  readonly #outer: Buffer;
  readonly #digestStart: number;
  #time = '';

  /** @param scope the parts of `20261122/eu-west-1/dynamodb/aws4_request`. */
  constructor(secretAccessKey: string, scope: readonly string[]) {
    let key = Buffer.from(`AWS4${secretAccessKey}`);
    for (const part of scope) key = createHmac('sha256', key).update(part).digest();
    const text = Buffer.from(`${ALGORITHM}\n${' '.repeat(TIME_CHARACTERS)}\n${scope.join('/')}\n`);
    this.#inner = Buffer.concat([padOf(key, INNER_PAD), text, Buffer.alloc(DIGEST_DIGITS)]);
    this.#outer = Buffer.concat([padOf(key, OUTER_PAD), Buffer.alloc(DIGEST_BYTES)]);
    this.#digestStart = BLOCK_BYTES + text.length;
  }

  /**
   * The signature, in hexadecimal digits.
   *
   * @param time as `basicTime` writes it.
   * @param digest of the canonical request, in hexadecimal digits.
   */
  sign(time: string, digest: string): string {
    // Calls of one second have one time.
    if (time !== this.#time) {
      this.#inner.write(time, TIME_START, TIME_CHARACTERS, 'latin1');
      this.#time = time;
    }
    this.#inner.write(digest, this.#digestStart, 'latin1');
    this.#outer.write(hash('sha256', this.#inner, 'binary'), BLOCK_BYTES, 'latin1');
    return hash('sha256', this.#outer, 'hex');
  }
}

/** The key is as long as a digest, and filled up with zeros to a block. */
function padOf(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, pad);
  for (let i = 0; i < key.length; i++) block[i] = (key[i] as number) ^ pad;
  return block;
}
