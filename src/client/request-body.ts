/** The bytes of a request as the SDK hands it to its handlers. */

export type RequestBody = string | Uint8Array | undefined;

/**
 * A view, not a copy. The SDK's byte arrays look like strings as well, and complain when they are taken for one, which
 * `Buffer.from` of the array itself would do.
 */
export function bytesOfBody(body: RequestBody): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(body ?? '');
}
