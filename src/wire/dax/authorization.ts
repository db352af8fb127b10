/**
 * The signature of a connection: Signature Version 4 of an empty request to DAX, of which the client sends the string that it
 * signed. Clients do not agree on the host that they sign, so both are good. The session token is sent and not signed.
 */
import { ServiceError } from '../../model/service-error.ts';
import { canonicalHash, signedNamesOf } from '../canonical-request.ts';
import { verifyRequest, type SignedRequest, type VerifiedCaller, type VerifyOptions } from '../sigv4-verify.ts';
import type { CborReader } from './cbor-reader.ts';

export interface DaxAuthorization {
  readonly accessKeyId: string;
  readonly signature: string;
  readonly stringToSign: string;
  readonly sessionToken: string | undefined;
}

/** JavaScript and Python sign the first, Go the second. */
const HOSTS = ['dax.amazonaws.com', 'https://dax.amazonaws.com'] as const;
const SIGNED_NAMES = signedNamesOf('host;x-amz-date');
const NO_BODY = new Uint8Array(0);

export function readAuthorization(reader: CborReader): DaxAuthorization {
  const accessKeyId = reader.text();
  const signature = reader.text();
  const stringToSign = reader.bytes().toString('utf8');
  const sessionToken = reader.takeNull() ? undefined : reader.text();
  return { accessKeyId, signature, stringToSign, sessionToken };
}

/** @throws {ServiceError} as `verifyRequest` does. */
export function verifyAuthorization(
  { accessKeyId, signature, stringToSign, sessionToken }: DaxAuthorization,
  options: VerifyOptions,
): VerifiedCaller {
  const [algorithm = '', time = '', scope = '', digest] = stringToSign.split('\n');
  const requests = HOSTS.map((host): SignedRequest => {
    const headers = new Map([
      ['host', host],
      ['x-amz-date', time],
      [
        'authorization',
        `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${SIGNED_NAMES.text}, Signature=${signature}`,
      ],
    ]);
    if (sessionToken !== undefined) headers.set('x-amz-security-token', sessionToken);
    return { method: 'POST', path: '/', query: '', headers, body: NO_BODY };
  });
  const signed = requests.find((request) => canonicalHash(request, request.headers, SIGNED_NAMES) === digest);
  if (signed === undefined) {
    throw new ServiceError('InvalidSignatureException', 'What the client signed is no request to DAX');
  }
  return verifyRequest(signed, { ...options, service: 'dax' });
}
