/**
 * One derived key of Signature Version 4, in the form in which a signature needs it: HMAC (RFC 2104) spelled out as its two
 * hashes. An object of `createHmac` is one of the engine's own, whose end the garbage collector has to see to, and that costs
 * more than all the hashing of a signature.
 */
import { createHmac, hash } from 'node:crypto';

/** Block and digest of SHA-256. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Longer texts than any real scope makes are hashed in memory of their own. */
const TEXT_BYTES_MAX = 1024;

const innerMessage = Buffer.alloc(BLOCK_BYTES + TEXT_BYTES_MAX);
const outerMessage = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

export class SigningKey {
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  /** @param scope the parts of `20261122/eu-west-1/dynamodb/aws4_request`. */
  constructor(secretAccessKey: string, scope: readonly string[]) {
    let key = Buffer.from(`AWS4${secretAccessKey}`);
    for (const part of scope) key = createHmac('sha256', key).update(part).digest();
    this.#inner = padOf(key, INNER_PAD);
    this.#outer = padOf(key, OUTER_PAD);
  }

  /** 64 hexadecimal digits. */
  signatureOf(text: string): string {
    const textBytes = Buffer.byteLength(text);
    const message = textBytes <= TEXT_BYTES_MAX ? innerMessage : Buffer.alloc(BLOCK_BYTES + textBytes);
    message.set(this.#inner);
    message.write(text, BLOCK_BYTES, 'utf8');
    outerMessage.set(this.#outer);
    outerMessage.write(hash('sha256', message.subarray(0, BLOCK_BYTES + textBytes), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outerMessage, 'hex');
  }
}

/** The key is as long as a digest, and filled up with zeros to a block. */
function padOf(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, pad);
  for (let i = 0; i < key.length; i++) block[i] = (key[i] as number) ^ pad;
  return block;
}
