/**
 * AWS Signature Version 4 on `node:crypto`: the signer and the signing keys. Verifying (`sigv4-verify.ts`) uses the same canonical
 * form (`canonical-request.ts`) and the same keys, so the two cannot drift apart. A signature stands on the path of every miss,
 * and with `--auth sigv4` of every hit; deriving the key takes four of its six HMACs, so keys are kept.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { memo } from '../base/memo.ts';
import { canonicalHash, signedNamesOf, type RequestShape } from './canonical-request.ts';
import { ALGORITHM, SigningKey } from './signing-key.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignableRequest extends RequestShape {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Scope {
  readonly region: string;
  readonly service: string;
}

export const TERMINATOR = 'aws4_request';

/** Date, region, service and terminator. */
const SCOPE_PARTS = 4;

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

/** Keeps the derived keys of the last `limit` scopes. */
export class SigningKeys {
  readonly #keys = new Map<string, { readonly secret: string; readonly key: SigningKey }>();
  readonly #limit: number;

  constructor(limit = 256) {
    this.#limit = limit;
  }

  /** @param credential `AKIDEXAMPLE/20261122/eu-west-1/dynamodb/aws4_request`: the key's id and the scope. */
  keyOf(credential: string, secretAccessKey: string): SigningKey {
    let known = this.#keys.get(credential);
    // A local store may give one access key a new secret, which AWS never does.
    if (known?.secret !== secretAccessKey) {
      const scope = credential.split('/').slice(-SCOPE_PARTS);
      known = { secret: secretAccessKey, key: new SigningKey(secretAccessKey, scope) };
      this.#keys.delete(credential);
      this.#keys.set(credential, known);
      if (this.#keys.size > this.#limit) this.#keys.delete(this.#keys.keys().next().value as string);
    }
    return known.key;
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
  const signed = sortedNamesOf(Object.keys(headers).join(';'));
  const credential = `${credentials.accessKeyId}/${scopeText(time, scope)}`;
  const digest = canonicalHash(request, { get: (name) => headers[name] }, signed);
  const signature = keys.keyOf(credential, credentials.secretAccessKey).sign(time, digest);
  headers['authorization'] =
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${signed.text}, Signature=${signature}`;
  return headers;
}

/** Whoever signs has the same few sets of fields all the time. */
const SETS_MAX = 64;

const sortedNamesOf = memo(SETS_MAX, (names) => signedNamesOf(names.split(';').sort().join(';')));
