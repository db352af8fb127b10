/**
 * Checks the signature of a request as DynamoDB does, in its order and with its exceptions (I12 stands on this).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
import { timingSafeEqual } from 'node:crypto';
import { memo } from '../base/memo.ts';
import { ServiceError } from '../model/service-error.ts';
import {
  canonicalHash,
  signedNamesOf,
  type HeaderFields,
  type RequestShape,
  type SignedNames,
} from './canonical-request.ts';
import { basicTime, TERMINATOR, type Credentials, type Scope, type SigningKeys } from './sigv4.ts';
import { ALGORITHM } from './signing-key.ts';

/** An HTTP request as it was received. */
export interface SignedRequest extends RequestShape {
  readonly headers: HeaderFields;
}

export interface VerifyOptions {
  /** The credentials that go with an access key id; undefined when nobody knows it. */
  readonly credentialsOf: (accessKeyId: string) => Credentials | undefined;
  readonly wallMs: number;
  readonly keys: SigningKeys;
  /** Signatures of any region are taken without it. */
  readonly region?: string | undefined;
  /** `dynamodb` unless told otherwise. */
  readonly service?: string | undefined;
  /** How far the caller's clock may be off; 15 minutes unless told otherwise. */
  readonly clockSkewMs?: number | undefined;
}

/** Who signed a request. */
export interface VerifiedCaller extends Scope {
  readonly accessKeyId: string;
}

interface Credential extends VerifiedCaller {
  readonly date: string;
  readonly term: string;
  /** The whole of it, as keys are known by. */
  readonly text: string;
}

/** What a request says of its signature, but for the signature. */
interface Claim {
  readonly algorithm: string;
  readonly credential: string;
  readonly signed: SignedNames;
  readonly signsHost: boolean;
  readonly signsTarget: boolean;
}

interface Authorization {
  readonly claim: Claim;
  readonly signature: string;
  readonly time: string;
}

const DEFAULT_SKEW_MS = 15 * 60 * 1000;
const DATE_CHARACTERS = 8;
const SIGNATURE_DIGITS = 64;
const INVALID_TOKEN = 'The security token included in the request is invalid.';
const NO_MATCH =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/**
 * @throws {ServiceError} MissingAuthenticationTokenException, IncompleteSignatureException, InvalidSignatureException or
 *   UnrecognizedClientException.
 */
export function verifyRequest(request: SignedRequest, options: VerifyOptions): VerifiedCaller {
  const { headers } = request;
  const { claim, time, signature } = authorizationOf(request);
  checkTime(time, options.wallMs, options.clockSkewMs ?? DEFAULT_SKEW_MS);
  checkSignedNames(headers, claim);
  if (claim.algorithm !== ALGORITHM) {
    throw incomplete(`Unsupported AWS 'algorithm': '${claim.algorithm}' (only AWS4-HMAC-SHA256 for now). `);
  }
  const credential = checkCredential(claim.credential, time, options);
  const credentials = options.credentialsOf(credential.accessKeyId);
  // A temporary key is only valid together with its token, and a lasting one only without.
  if (credentials === undefined || headers.get('x-amz-security-token') !== credentials.sessionToken) {
    throw new ServiceError('UnrecognizedClientException', INVALID_TOKEN);
  }
  const digest = canonicalHash(request, headers, claim.signed);
  const expected = options.keys.keyOf(credential.text, credentials.secretAccessKey).sign(time, digest);
  if (!equalInConstantTime(expected, signature)) throw invalid(NO_MATCH);
  const { accessKeyId, region, service } = credential;
  return { accessKeyId, region, service };
}

/**
 * The access key id that a request claims, without any check: for logs and for stores that take every key.
 */
export function claimedAccessKeyId(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /Credential=([^/,\s]+)\//.exec(authorization)?.[1];
}

/** Callers repeat all of it but the signature: a handful of scopes a day, of lists of names, and one time a second. */
const REMEMBERED = 256;

/** As SDKs write what stands before the signature; other forms are good as well, and take longer to read. */
const USUAL_FORM = /^AWS4-HMAC-SHA256 Credential=([^\s,=]+), ?SignedHeaders=([^\s,=]+), ?Signature=$/;

/** Null of any other form. */
const usualClaimOf = memo(REMEMBERED, (text): Claim | null => {
  const usual = USUAL_FORM.exec(text);
  return usual === null ? null : claimOf(ALGORITHM, usual[1] as string, usual[2] as string);
});

function claimOf(algorithm: string, credential: string, signedNames: string): Claim {
  const signed = signedNamesOf(signedNames);
  const { names } = signed;
  return {
    algorithm,
    credential,
    signed,
    signsHost: names.includes('host'),
    signsTarget: names.includes('x-amz-target'),
  };
}

/** Milliseconds since 1970; NaN of what is no time. */
const timeMsOf = memo(REMEMBERED, (time) => {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
});

/** The parts of a credential; null when it has not five. */
const credentialOf = memo(REMEMBERED, (text): Credential | null => {
  let end = text.length;
  while (text[end - 1] === '/') end--;
  const parts = text.slice(0, end).split('/');
  if (parts.length !== 5) return null;
  const [accessKeyId, date, region, service, term] = parts as [string, string, string, string, string];
  return { accessKeyId, date, region, service, term, text: parts.join('/') };
});

function authorizationOf({ headers, query }: SignedRequest): Authorization {
  const header = headers.get('authorization');
  if (header !== undefined && query !== '' && /(?:^|&)X-Amz-Algorithm=/.test(query)) {
    throw invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  }
  if (header === undefined || !header.trimStart().startsWith('AWS4-')) {
    throw new ServiceError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  const time = headers.get('x-amz-date');
  const claim = usualClaimOf(header.slice(0, -SIGNATURE_DIGITS));
  if (claim !== null && time !== undefined) return { claim, signature: header.slice(-SIGNATURE_DIGITS), time };
  return unusualAuthorizationOf(header, time ?? basicTimeOfDate(headers.get('date')));
}

function unusualAuthorizationOf(header: string, time: string | undefined): Authorization {
  const [algorithm = '', ...parts] = header.split(/[, ]+/).filter((part) => part !== '');
  const parameters = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters.set(part.slice(0, equals), part.slice(equals + 1));
  }
  let missing = '';
  for (const name of ['Credential', 'Signature', 'SignedHeaders']) {
    if (!parameters.get(name)) missing += `Authorization header requires '${name}' parameter. `;
  }
  if (time === undefined) {
    missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (time === undefined || missing !== '') throw incomplete(`${missing}Authorization=${header}`);
  const [credential, signedNames, signature] = ['Credential', 'SignedHeaders', 'Signature'].map((name) =>
    parameters.get(name),
  ) as [string, string, string];
  return { claim: claimOf(algorithm, credential, signedNames), signature, time };
}

function checkTime(time: string, wallMs: number, skewMs: number): void {
  const signedMs = timeMsOf(time);
  if (Number.isNaN(signedMs)) {
    throw incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${time}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  // The texts below are for the refusals alone, and are not made for a call that is in time.
  if (Math.abs(signedMs - wallMs) <= skewMs) return;
  const given = `(${basicTime(wallMs)} ${signedMs < wallMs ? '-' : '+'} ${skewMs / 60_000} min.)`;
  if (signedMs < wallMs) {
    throw invalid(`Signature expired: ${time} is now earlier than ${basicTime(wallMs - skewMs)} ${given}`);
  }
  throw invalid(`Signature not yet current: ${time} is still later than ${basicTime(wallMs + skewMs)} ${given}`);
}

function checkSignedNames(headers: HeaderFields, { signsHost, signsTarget }: Claim): void {
  if (!signsHost) throw invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  // Were it unsigned, whoever holds a signed request could turn it into another operation. Other headers may come from
  // a proxy on the way, and nothing here reads them.
  if (!signsTarget && headers.get('x-amz-target') !== undefined) {
    throw invalid("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

/** The credential of a call, when its scope is one that is served here. */
function checkCredential(text: string, time: string, options: VerifyOptions): Credential {
  const credential = credentialOf(text);
  if (credential === null) {
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`,
    );
  }
  const { date, region, service, term } = credential;
  const expectedService = options.service ?? 'dynamodb';
  const isDateSigned = time.startsWith(date) && date.length === DATE_CHARACTERS;
  let problem = '';
  if (options.region !== undefined && region !== options.region) {
    problem += `Credential should be scoped to a valid region, not '${region}'. `;
  }
  if (service !== expectedService) {
    problem += `Credential should be scoped to correct service: '${expectedService}'. `;
  }
  if (term !== TERMINATOR) {
    problem += `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${term}'. `;
  }
  if (!isDateSigned) {
    problem +=
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
      `'${date}' != '${time.slice(0, DATE_CHARACTERS)}', from '${time}'.`;
  }
  if (problem !== '') throw invalid(problem);
  return credential;
}

function basicTimeOfDate(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  const dateMs = Date.parse(date);
  return Number.isNaN(dateMs) ? date : basicTime(dateMs);
}

const expectedBytes = Buffer.alloc(SIGNATURE_DIGITS);
const givenBytes = Buffer.alloc(SIGNATURE_DIGITS);

function equalInConstantTime(expected: string, given: string): boolean {
  if (given.length !== SIGNATURE_DIGITS) return false;
  expectedBytes.write(expected, 'latin1');
  givenBytes.write(given, 'latin1');
  return timingSafeEqual(expectedBytes, givenBytes);
}

function incomplete(message: string): ServiceError {
  return new ServiceError('IncompleteSignatureException', message);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidSignatureException', message);
}
