/**
 * AWS Signature Version 4 on `node:crypto`: the canonical form, the signing keys and the signer. Verifying
 * (`sigv4-verify.ts`) uses the same canonical form, so the two cannot drift apart. A signature stands on the path of
 * every miss; deriving the key takes four of its six HMACs, so keys are kept per access key, day, region and service.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, hash } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** An HTTP request as far as a signature covers it. */
export interface SignableRequest {
  readonly method: string;
  /** Path as sent, before any `?`. */
  readonly path: string;
  /** What follows the `?`, as sent; '' without one. */
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Scope {
  readonly region: string;
  readonly service: string;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const TERMINATOR = 'aws4_request';

/** ISO 8601's basic format, as `X-Amz-Date` has it: `20261122T083000Z`. */
export function basicTime(wallMs: number): string {
  const iso = new Date(wallMs).toISOString();
  const date = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10);
  return `${date}T${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** `signedNames` are lower case and sorted. */
export function canonicalRequest(request: SignableRequest, signedNames: readonly string[]): string {
  let headers = '';
  for (const name of signedNames) headers += `${name}:${canonicalHeaderValue(request.headers[name] ?? '')}\n`;
  return (
    `${request.method}\n${canonicalPath(request.path)}\n${canonicalQuery(request.query)}\n` +
    `${headers}\n${signedNames.join(';')}\n${hash('sha256', request.body, 'hex')}`
  );
}

export function stringToSign(canonical: string, time: string, scope: Scope): string {
  const { region, service } = scope;
  return `${ALGORITHM}\n${time}\n${time.slice(0, 8)}/${region}/${service}/${TERMINATOR}\n${hash('sha256', canonical, 'hex')}`;
}

/** Keeps the derived keys of the last `limit` scopes. */
export class SigningKeys {
  readonly #keys = new Map<string, { readonly secret: string; readonly key: Buffer }>();
  readonly #limit: number;

  constructor(limit = 256) {
    this.#limit = limit;
  }

  signature(credentials: Credentials, text: string, date: string, scope: Scope): string {
    return createHmac('sha256', this.#keyFor(credentials, date, scope))
      .update(text)
      .digest('hex');
  }

  #keyFor(credentials: Credentials, date: string, scope: Scope): Buffer {
    const name = `${credentials.accessKeyId}/${date}/${scope.region}/${scope.service}`;
    const known = this.#keys.get(name);
    // A local store may give one access key a new secret, which AWS never does.
    if (known?.secret === credentials.secretAccessKey) return known.key;
    this.#keys.delete(name);
    let key = hmac(`AWS4${credentials.secretAccessKey}`, date);
    for (const part of [scope.region, scope.service, TERMINATOR]) key = hmac(key, part);
    this.#keys.set(name, { secret: credentials.secretAccessKey, key });
    if (this.#keys.size > this.#limit) this.#keys.delete(this.#keys.keys().next().value as string);
    return key;
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
  const canonical = canonicalRequest({ ...request, headers }, names);
  const signature = keys.signature(credentials, stringToSign(canonical, time, scope), time.slice(0, 8), scope);
  const credential = `${credentials.accessKeyId}/${time.slice(0, 8)}/${scope.region}/${scope.service}/${TERMINATOR}`;
  headers['authorization'] =
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
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
