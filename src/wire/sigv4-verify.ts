/**
 * Checks the signature of a request as DynamoDB does, in its order and with its exceptions (I12 stands on this).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
import { timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../model/service-error.ts';
import {
  ALGORITHM,
  basicTime,
  canonicalRequest,
  stringToSign,
  TERMINATOR,
  type Credentials,
  type Scope,
  type SignableRequest,
  type SigningKeys,
} from './sigv4.ts';

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

interface Authorization {
  readonly algorithm: string;
  readonly credential: string;
  readonly signedNames: readonly string[];
  readonly signature: string;
  readonly time: string;
}

const DEFAULT_SKEW_MS = 15 * 60 * 1000;
const INVALID_TOKEN = 'The security token included in the request is invalid.';
const NO_MATCH =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/**
 * @throws {ServiceError} MissingAuthenticationTokenException, IncompleteSignatureException, InvalidSignatureException or
 *   UnrecognizedClientException.
 */
export function verifyRequest(request: SignableRequest, options: VerifyOptions): VerifiedCaller {
  const authorization = authorizationOf(request);
  checkTime(authorization.time, options.wallMs, options.clockSkewMs ?? DEFAULT_SKEW_MS);
  checkSignedNames(request, authorization.signedNames);
  if (authorization.algorithm !== ALGORITHM) {
    throw incomplete(`Unsupported AWS 'algorithm': '${authorization.algorithm}' (only AWS4-HMAC-SHA256 for now). `);
  }
  const caller = callerOf(authorization, options);
  const credentials = options.credentialsOf(caller.accessKeyId);
  // A temporary key is only valid together with its token, and a lasting one only without.
  if (credentials === undefined || request.headers['x-amz-security-token'] !== credentials.sessionToken) {
    throw new ServiceError('UnrecognizedClientException', INVALID_TOKEN);
  }
  const text = stringToSign(canonicalRequest(request, authorization.signedNames), authorization.time, caller);
  const expected = options.keys.signature(credentials, text, authorization.time.slice(0, 8), caller);
  if (!equalInConstantTime(expected, authorization.signature)) throw invalid(NO_MATCH);
  return caller;
}

/**
 * The access key id that a request claims, without any check: for logs and for stores that take every key.
 */
export function claimedAccessKeyId(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /Credential=([^/,\s]+)\//.exec(authorization)?.[1];
}

/** As SDKs write it; other forms are good as well, and take longer to read. */
const USUAL_FORM = /^AWS4-HMAC-SHA256 Credential=([^\s,=]+), ?SignedHeaders=([^\s,=]+), ?Signature=([^\s,=]+)$/;

function signedNamesOf(text: string): readonly string[] {
  return text.toLowerCase().split(';');
}

function authorizationOf(request: SignableRequest): Authorization {
  const header = request.headers['authorization'];
  if (header !== undefined && /(?:^|&)X-Amz-Algorithm=/.test(request.query)) {
    throw invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  }
  if (header === undefined || !header.trimStart().startsWith('AWS4-')) {
    throw new ServiceError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  const usual = USUAL_FORM.exec(header);
  const usualTime = request.headers['x-amz-date'];
  if (usual !== null && usualTime !== undefined) {
    const [, credential, names, signature] = usual as unknown as readonly [string, string, string, string];
    return { algorithm: ALGORITHM, credential, signedNames: signedNamesOf(names), signature, time: usualTime };
  }
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
  const time = request.headers['x-amz-date'] ?? basicTimeOfDate(request.headers['date']);
  if (time === undefined) {
    missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (time === undefined || missing !== '') throw incomplete(`${missing}Authorization=${header}`);
  return {
    algorithm,
    credential: parameters.get('Credential') as string,
    signedNames: signedNamesOf(parameters.get('SignedHeaders') as string),
    signature: parameters.get('Signature') as string,
    time,
  };
}

function checkTime(time: string, wallMs: number, skewMs: number): void {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const signedMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
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

function checkSignedNames(request: SignableRequest, signedNames: readonly string[]): void {
  if (!signedNames.includes('host')) {
    throw invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  // Were it unsigned, whoever holds a signed request could turn it into another operation. Other headers may come from
  // a proxy on the way, and nothing here reads them.
  if (request.headers['x-amz-target'] !== undefined && !signedNames.includes('x-amz-target')) {
    throw invalid("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

function callerOf(authorization: Authorization, options: VerifyOptions): VerifiedCaller {
  const parts = authorization.credential.replace(/\/+$/, '').split('/');
  if (parts.length !== 5) {
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        `got '${authorization.credential}'`,
    );
  }
  const [accessKeyId, date, region, service, term] = parts as [string, string, string, string, string];
  const expectedService = options.service ?? 'dynamodb';
  const signedDate = authorization.time.slice(0, 8);
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
  if (date !== signedDate) {
    problem +=
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
      `'${date}' != '${signedDate}', from '${authorization.time}'.`;
  }
  if (problem !== '') throw invalid(problem);
  return { accessKeyId, region, service };
}

function basicTimeOfDate(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  const dateMs = Date.parse(date);
  return Number.isNaN(dateMs) ? date : basicTime(dateMs);
}

function equalInConstantTime(expected: string, given: string): boolean {
  const givenBytes = Buffer.from(given, 'latin1');
  return givenBytes.length === expected.length && timingSafeEqual(Buffer.from(expected, 'latin1'), givenBytes);
}

function incomplete(message: string): ServiceError {
  return new ServiceError('IncompleteSignatureException', message);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidSignatureException', message);
}
