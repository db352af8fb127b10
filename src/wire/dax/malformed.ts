/**
 * Bytes that no DAX client sends. Nobody can say where the next request would begin, so the connection that they came on
 * is closed; a request that is well formed and wrong gets an answer (`ServiceError`) instead.
 */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}
