/**
 * Byte strings: bytes kept as a JavaScript string of code units 0–255. V8 stores them one byte a character, compares
 * them with `<` in byte order and hashes them once, so one representation serves as map key, as interval end and, written
 * with 'latin1', as a key in LMDB.
 */
import { crc32 as zlibCrc32 } from 'node:zlib';

export type ByteString = string;

const ASCII_ONLY = /^[\x00-\x7f]*$/; // oxlint-disable-line no-control-regex

/** The UTF-8 bytes of a text. */
export function byteStringOfText(text: string): ByteString {
  return ASCII_ONLY.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

const ONE_BYTE_ONLY = /^[\x00-\xff]*$/; // oxlint-disable-line no-control-regex

/**
 * The same text as one piece, to be kept. One that was put together is a tree of its pieces to V8: it takes more memory, keeps
 * what it was made of alive, and is slow to compare as a key.
 */
export function onePiece(text: string): string {
  const encoding = ONE_BYTE_ONLY.test(text) ? 'latin1' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}

export function byteStringOfBytes(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function bytesOfByteString(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

/** The checksum that DynamoDB sends as `x-amz-crc32` with every reply, of the body's bytes. */
export function crc32(bytes: Uint8Array): number {
  return zlibCrc32(bytes);
}

/**
 * Joins parts so that byte order of the result is the order of the tuples: a zero byte inside a part becomes 00 FF, and
 * every part but the last ends with 00 01. A single part is left as it is.
 */
export function joinOrdered(parts: readonly ByteString[]): ByteString {
  if (parts.length === 1) return parts[0] as ByteString;
  let joined = '';
  for (let i = 0; i < parts.length; i++) {
    const escaped = (parts[i] as ByteString).replaceAll('\x00', '\x00\xff');
    joined += i + 1 < parts.length ? `${escaped}\x00\x01` : escaped;
  }
  return joined;
}

/** The smallest byte string greater than every one that begins with `prefix`; undefined when there is none (all FF). */
export function successorOfPrefix(prefix: ByteString): ByteString | undefined {
  for (let end = prefix.length; end > 0; end--) {
    const last = prefix.charCodeAt(end - 1);
    if (last < 0xff) return prefix.slice(0, end - 1) + String.fromCharCode(last + 1);
  }
  return undefined;
}
