/**
 * Stage 2 of a call: may this caller ask at all? It runs before the caches are looked at (I12: no cached byte reaches a
 * caller that would have been refused).
 */
import type { IncomingHttpHeaders } from 'node:http';

/** A request's head as it came. */
export interface RequestHead {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Returns when the call may go on.
 *
 * @throws {ServiceError} The refusal that the caller gets, such as InvalidSignatureException.
 */
export type Authorise = (head: RequestHead, body: Buffer) => void;

/** `--auth none`: any credentials and none are good, as in DynamoDB Local. */
export const authoriseAnyone: Authorise = () => {};
