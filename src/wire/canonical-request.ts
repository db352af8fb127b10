/**
 * The canonical form of a request that Signature Version 4 signs, as the hash of its bytes. Signer and verifier share it, so the
 * two cannot drift apart. It is put together in memory that is used again and again: as texts it would be a few dozen objects a
 * call, and with `--auth sigv4` it stands on the path of every hit.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { hash } from 'node:crypto';
import { memo } from '../base/memo.ts';

/** An HTTP request as far as a signature covers it, but for its header fields. */
export interface RequestShape {
  readonly method: string;
  /** Path as sent, before any `?`. */
  readonly path: string;
  /** What follows the `?`, as sent; '' without one. */
  readonly query: string;
  readonly body: Uint8Array;
}

/** Header fields by lower-case name, as a `Map` or a reader of bytes gives them. */
export interface HeaderFields {
  /** A field that came several times is one, with commas. */
  get(name: string): string | undefined;
  /**
   * Copies the value of a field that came once, and is signed as it stands: ASCII without control characters, and no white space
   * but single spaces within. Returns where it ends; -1 where there is no such value, or no room for it.
   */
  copyTo?(name: string, memory: Uint8Array, start: number): number;
}

/** The names of the fields that a request has signed, lower case. */
export class SignedNames {
  /** With semicolons. */
  readonly text: string;
  readonly names: readonly string[];
  #labels: readonly Uint8Array[] | undefined;
  #end: Uint8Array | undefined;

  /** @param text as in a request's `SignedHeaders`. */
  constructor(text: string) {
    this.text = text.toLowerCase();
    this.names = this.text.split(';');
  }

  /**
   * What stands before each value: the end of the line before, and the name. Made only when it is asked for: a stranger without
   * a key may send a long list, and is refused before that.
   */
  get labels(): readonly Uint8Array[] {
    return (this.#labels ??= this.names.map((name) => Buffer.from(`\n${name}:`)));
  }

  /** What stands behind the last value: the end of its line, an empty line, and the names. */
  get end(): Uint8Array {
    return (this.#end ??= Buffer.from(`\n\n${this.text}\n`));
  }
}

/** Clients sign the same few lists of names with every call. */
const LISTS_MAX = 256;

/** @param text as in a request's `SignedHeaders`. */
export const signedNamesOf = memo(LISTS_MAX, (text) => new SignedNames(text));

/** Hexadecimal digits of SHA-256. */
export function canonicalHash(request: RequestShape, fields: HeaderFields, signed: SignedNames): string {
  const { method, path, query, body } = request;
  canonical.clear();
  if (method === 'POST' && path === '/' && query === '') canonical.addBytes(USUAL_START);
  else canonical.addText(`${method}\n${canonicalPath(path)}\n${canonicalQuery(query)}`);
  const { names, labels } = signed;
  for (let place = 0; place < names.length; place++) {
    canonical.addBytes(labels[place] as Uint8Array);
    canonical.addValue(fields, names[place] as string);
  }
  canonical.addBytes(signed.end);
  canonical.addText(hash('sha256', body, 'hex'));
  return hash('sha256', canonical.written, 'hex');
}

/** That of every call of DynamoDB's. */
const USUAL_START = Buffer.from('POST\n/\n');
const USUAL_BYTES = 4096;
/** Of one UTF-16 unit in UTF-8. */
const UNIT_BYTES_MAX = 3;

class CanonicalBytes {
  #memory: Buffer = Buffer.alloc(USUAL_BYTES);
  #end = 0;
  #written: Buffer = this.#memory;

  /** It holds until the next change. Most requests of a client are as long as the one before. */
  get written(): Uint8Array {
    if (this.#written.length !== this.#end) this.#written = this.#memory.subarray(0, this.#end);
    return this.#written;
  }

  clear(): void {
    this.#end = 0;
  }

  /** A few of them: for many, a call into the engine would cost less. */
  addBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    const memory = this.#memory;
    let end = this.#end;
    for (let at = 0; at < bytes.length; at++) memory[end++] = bytes[at] as number;
    this.#end = end;
  }

  addText(text: string): void {
    if (text.length === 0) return;
    this.#makeRoom(text.length * UNIT_BYTES_MAX);
    this.#end += this.#memory.write(text, this.#end, 'utf8');
  }

  addValue(fields: HeaderFields, name: string): void {
    const end = fields.copyTo?.(name, this.#memory, this.#end) ?? -1;
    if (end === -1) this.addText(canonicalValue(fields.get(name) ?? ''));
    else this.#end = end;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#memory.length) return;
    const larger = Buffer.alloc(needed * 2);
    larger.set(this.written);
    this.#memory = larger;
    this.#written = larger;
  }
}

const canonical = new CanonicalBytes();

function canonicalValue(value: string): string {
  const trimmed = value.trim();
  return /[^\S ]|  /.test(trimmed) ? trimmed.replaceAll(/\s+/g, ' ') : trimmed;
}

/** Dot segments are resolved and what is left is encoded once more, as every service but S3 wants it. */
function canonicalPath(path: string): string {
  if (path === '/' || path === '') return '/';
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(escapeUri(segment));
  }
  return segments.length === 0 ? '/' : `/${segments.join('/')}${path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs: (readonly [string, string])[] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    pairs.push([escapeUri(unescapeUri(name)), equals < 0 ? '' : escapeUri(unescapeUri(part.slice(equals + 1)))]);
  }
  pairs.sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function escapeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A percent sign that begins no escape stands for itself: what a caller sent must never throw here. */
function unescapeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
