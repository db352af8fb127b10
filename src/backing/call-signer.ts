/**
 * Signs calls to one address. All that a signature covers is the same for every call of one operation in one second, but for
 * the body: that part is spelled once a second, by the one canonical form that there is (`wire/sigv4.ts`), and a call costs
 * its hashes and little else.
 */
import { hash } from 'node:crypto';
import { AWS_JSON } from '../wire/aws-json.ts';
import {
  ALGORITHM,
  basicTime,
  canonicalRequest,
  scopeText,
  SigningKeys,
  stringToSign,
  type Credentials,
} from '../wire/sigv4.ts';

export interface SignedAddress {
  readonly host: string;
  readonly path: string;
  readonly region: string;
  /** Sent with every call, and signed. */
  readonly via: string | undefined;
}

/** What the calls of one operation in one second have in common. */
interface Outline {
  readonly time: string;
  readonly credentials: Credentials;
  readonly scope: string;
  /** The canonical request up to the hash of its body, which ends it. */
  readonly canonical: string;
  readonly authorization: string;
  /** Names and values by turns, all but the authorization. */
  readonly fields: readonly string[];
}

/** A caller may send the name of any operation. */
const OUTLINES_MAX = 64;
const HASH_DIGITS = 64;
const NO_BODY = new Uint8Array();

export class CallSigner {
  readonly #address: SignedAddress;
  readonly #keys = new SigningKeys();
  readonly #outlines = new Map<string, Outline>();

  constructor(address: SignedAddress) {
    this.#address = address;
  }

  /** The header fields of a signed call, names and values by turns. */
  sign(target: string, body: Uint8Array, credentials: Credentials, wallMs: number): string[] {
    const time = basicTime(wallMs);
    let outline = this.#outlines.get(target);
    if (outline === undefined || outline.time !== time || outline.credentials !== credentials) {
      outline = this.#outlineOf(target, credentials, time);
      if (this.#outlines.size >= OUTLINES_MAX) this.#outlines.clear();
      this.#outlines.set(target, outline);
    }
    const { canonical, scope, authorization, fields } = outline;
    const text = stringToSign(canonical + hash('sha256', body, 'hex'), time, scope);
    return [...fields, 'authorization', authorization + this.#keys.signature(credentials, scope, text)];
  }

  #outlineOf(target: string, credentials: Credentials, time: string): Outline {
    const { host, path, region, via } = this.#address;
    const values = new Map([
      ['host', host],
      ['content-type', AWS_JSON],
      ['x-amz-date', time],
      ['x-amz-target', target],
    ]);
    if (credentials.sessionToken !== undefined) values.set('x-amz-security-token', credentials.sessionToken);
    if (via !== undefined) values.set('x-slipstream-via', via);
    const names = [...values.keys()].sort();
    const whole = canonicalRequest({ method: 'POST', path, query: '', body: NO_BODY }, values, names);
    const scope = scopeText(time, { region, service: 'dynamodb' });
    return {
      time,
      credentials,
      scope,
      canonical: whole.slice(0, -HASH_DIGITS),
      authorization: `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=`,
      fields: [...values].flat(),
    };
  }
}
