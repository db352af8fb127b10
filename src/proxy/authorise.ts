/**
 * Stage 2 of a call: may this caller ask at all? It runs before the caches are looked at (I12: no cached byte reaches a
 * caller that would have been refused).
 */
import { systemClock } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import type { HeaderFields } from '../wire/canonical-request.ts';
import { SigningKeys } from '../wire/sigv4.ts';
import type { Credentials } from '../wire/sigv4.ts';
import { verifyRequest } from '../wire/sigv4-verify.ts';
import { verifyAuthorization, type DaxAuthorization } from '../wire/dax/authorization.ts';

/** A request's head as it came. */
export interface RequestHead {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  /** They hold until `Authorise` returns. */
  readonly headers: HeaderFields;
}

/**
 * Returns when the call may go on.
 *
 * @throws {ServiceError} The refusal that the caller gets, such as InvalidSignatureException.
 */
export type Authorise = (head: RequestHead, body: Buffer) => void;

/** `--auth none`: any credentials and none are good, as in DynamoDB Local. */
export const authoriseAnyone: Authorise = () => {};

export interface SignedCallers {
  /** The credentials that go with an access key id; undefined when nobody knows it. */
  readonly credentialsOf: (accessKeyId: string) => Credentials | undefined;
  /** Signatures for any region are good without it. */
  readonly region?: string | undefined;
  /** How far a caller's clock may be off. */
  readonly clockSkewMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Only calls that are signed with known credentials (Signature Version 4) go on; others get the service's exceptions. */
export function authoriseSigned({ credentialsOf, region, clockSkewMs, clock = systemClock }: SignedCallers): Authorise {
  const keys = new SigningKeys();
  return ({ method = '', url = '/', headers }, body) => {
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    const query = mark === -1 ? '' : url.slice(mark + 1);
    const wallMs = clock.wallMs();
    verifyRequest({ method, path, query, headers, body }, { credentialsOf, region, clockSkewMs, keys, wallMs });
  };
}

/**
 * Returns when a DAX connection is good for calls.
 *
 * @throws {ServiceError} The refusal that the connection's next call gets.
 */
export type AuthoriseConnection = (authorization: DaxAuthorization) => void;

/** The same callers at the DAX door, where a connection is signed and not each call. */
export function authoriseSignedConnections({ clock = systemClock, ...options }: SignedCallers): AuthoriseConnection {
  const keys = new SigningKeys();
  return (authorization) => {
    verifyAuthorization(authorization, { ...options, keys, wallMs: clock.wallMs() });
  };
}
