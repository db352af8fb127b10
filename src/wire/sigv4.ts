/**
 * AWS Signature Version 4 on `node:crypto`: the canonical form, the signing keys and the signer. Verifying
 * (`sigv4-verify.ts`) uses the same canonical form, so the two cannot drift apart. A signature stands on the path of every
 * miss, and with `--auth sigv4` of every hit; deriving the key takes four of its six HMACs, so keys are kept.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { hash } from 'node:crypto';
import { SigningKey } from './signing-key.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** An HTTP request as far as a signature covers it, but for its header fields. */
export interface RequestShape {
  readonly method: string;
  /** Path as sent, before any `?`. */
  readonly path: string;
  /** What follows the `?`, as sent; '' without one. */
  readonly query: string;
  readonly body: Uint8Array;
}

export interface SignableRequest extends RequestShape {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Header fields by lower-case name, as a `Map` or a reader of bytes gives them. */
export interface HeaderFields {
  /** A field that came several times is one, with commas. */
  get(name: string): string | undefined;
}

export interface Scope {
  readonly region: string;
  readonly service: string;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const TERMINATOR = 'aws4_request';

/** The second that was spelled last: all calls of one second are signed with one text. */
let lastS = Number.NaN;
let lastTime = '';

/** ISO 8601's basic format, as `X-Amz-Date` has it: `20261122T083000Z`. */
export function basicTime(wallMs: number): string {
  const wallS = Math.floor(wallMs / 1000);
  if (wallS !== lastS) {
    lastTime = `${new Date(wallS * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
    lastS = wallS;
  }
  return lastTime;
}

/** `20261122/eu-west-1/dynamodb/aws4_request`: what a signature made at `time` is good for. */
export function scopeText(time: string, { region, service }: Scope): string {
  return `${time.slice(0, 8)}/${region}/${service}/${TERMINATOR}`;
}

/** `signedNames` are lower case and sorted. */
export function canonicalRequest(
  { method, path, query, body }: RequestShape,
  fields: HeaderFields,
  signedNames: readonly string[],
): string {
  let lines = '';
  for (const name of signedNames) lines += `${name}:${canonicalHeaderValue(fields.get(name) ?? '')}\n`;
  return (
    `${method}\n${canonicalPath(path)}\n${canonicalQuery(query)}\n` +
    `${lines}\n${signedNames.join(';')}\n${hash('sha256', body, 'hex')}`
  );
}

export function stringToSign(canonical: string, time: string, scope: string): string {
  return `${ALGORITHM}\n${time}\n${scope}\n${hash('sha256', canonical, 'hex')}`;
}

/** Keeps the derived keys of the last `limit` scopes. */
export class SigningKeys {
  readonly #keys = new Map<string, { readonly secret: string; readonly key: SigningKey }>();
  readonly #limit: number;

  constructor(limit = 256) {
    this.#limit = limit;
  }

  /** @param scope as `scopeText` makes it. */
  signature({ accessKeyId, secretAccessKey }: Credentials, scope: string, text: string): string {
    const name = `${accessKeyId}/${scope}`;
    let known = this.#keys.get(name);
    // A local store may give one access key a new secret, which AWS never does.
    if (known?.secret !== secretAccessKey) {
      known = { secret: secretAccessKey, key: new SigningKey(secretAccessKey, scope.split('/')) };
      this.#keys.delete(name);
      this.#keys.set(name, known);
      if (this.#keys.size > this.#limit) this.#keys.delete(this.#keys.keys().next().value as string);
    }
    return known.key.signatureOf(text);
  }
}

/**
 * Signs every header that the request has, and returns them with `x-amz-date`, `authorization` and, where the
 * credentials are temporary, `x-amz-security-token`. `host` has to be among them.
 */
export function signRequest(
  request: SignableRequest,
  credentials: Credentials,
  scope: Scope,
  wallMs: number,
  keys: SigningKeys,
): Record<string, string> {
  const time = basicTime(wallMs);
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': time };
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const names = Object.keys(headers).sort();
  const canonical = canonicalRequest(request, { get: (name) => headers[name] }, names);
  const scoped = scopeText(time, scope);
  const signature = keys.signature(credentials, scoped, stringToSign(canonical, time, scoped));
  const credential = `${credentials.accessKeyId}/${scoped}`;
  headers['authorization'] =
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}

function canonicalHeaderValue(value: string): string {
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
