/**
 * Signs calls to one address. All that a signature covers is the same for every call of one operation in one second, but for
 * the body: the fields, their names in order and the key are made once a second, and a call costs its hashes and little else.
 */
import { AWS_JSON } from '../wire/aws-json.ts';
import { canonicalHash, signedNamesOf, type HeaderFields, type SignedNames } from '../wire/canonical-request.ts';
import { ALGORITHM, type SigningKey } from '../wire/signing-key.ts';
import { basicTime, scopeText, SigningKeys, type Credentials } from '../wire/sigv4.ts';

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
  readonly key: SigningKey;
  readonly signed: SignedNames;
  readonly values: FieldValues;
  /** The same, names and values by turns. */
  readonly fields: readonly string[];
  readonly authorization: string;
}

/** Without spaces, so that they are signed as they stand. */
const PLAIN = /^[\x21-\x7e]*$/;

/** The values lie ready as bytes, too: to encode them anew would be half of what there is to do for a canonical request. */
class FieldValues implements HeaderFields {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #bytes = new Map<string, Buffer>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
    for (const [name, text] of texts) if (PLAIN.test(text)) this.#bytes.set(name, Buffer.from(text, 'latin1'));
  }

  get(name: string): string | undefined {
    return this.#texts.get(name);
  }

  copyTo(name: string, memory: Uint8Array, start: number): number {
    const bytes = this.#bytes.get(name);
    if (bytes === undefined || start + bytes.length > memory.length) return -1;
    for (let at = 0; at < bytes.length; at++) memory[start + at] = bytes[at] as number;
    return start + bytes.length;
  }
}

/** A caller may send the name of any operation. */
const OUTLINES_MAX = 64;

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
    const { key, signed, values, fields, authorization } = outline;
    const digest = canonicalHash({ method: 'POST', path: this.#address.path, query: '', body }, values, signed);
    return [...fields, 'authorization', authorization + key.sign(time, digest)];
  }

  #outlineOf(target: string, credentials: Credentials, time: string): Outline {
    const { host, region, via } = this.#address;
    const values = new Map([
      ['host', host],
      ['content-type', AWS_JSON],
      ['x-amz-date', time],
      ['x-amz-target', target],
    ]);
    if (credentials.sessionToken !== undefined) values.set('x-amz-security-token', credentials.sessionToken);
    if (via !== undefined) values.set('x-slipstream-via', via);
    const signed = signedNamesOf([...values.keys()].sort().join(';'));
    const credential = `${credentials.accessKeyId}/${scopeText(time, { region, service: 'dynamodb' })}`;
    return {
      time,
      credentials,
      key: this.#keys.keyOf(credential, credentials.secretAccessKey),
      signed,
      values: new FieldValues(values),
      fields: [...values].flat(),
      authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${signed.text}, Signature=`,
    };
  }
}
