/**
 * The headers of an answer. A remote store's are forwarded as they are; what it did not say (and everything, when the store
 * is in this process or the answer comes from a cache) is added.
 */
import type { CacheOutcome } from '../accelerator/answer.ts';
import type { ServiceReply } from '../model/service-call.ts';
import type { JsonContentType, RequestIds } from '../wire/aws-json.ts';

export interface Envelope {
  readonly contentType: JsonContentType;
  /** Undefined where no cache stands behind the door, or the door answered by itself. */
  readonly cache?: CacheOutcome | undefined;
  readonly ageMs?: number | undefined;
  /** True to end the connection after this answer. */
  readonly close: boolean;
  /** Cross-origin headers. */
  readonly extra?: Readonly<Record<string, string>> | undefined;
}

/** Headers that belong to one connection or to the framing, which are this door's own. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'trailer',
  'upgrade',
]);

/** Names and values by turns, all but those of the connection and the date. */
export function answerHeaders(reply: ServiceReply, envelope: Envelope, ids: RequestIds): string[] {
  const headers: string[] = [];
  let hasId = false;
  let hasCrc = false;
  let hasType = false;
  const stored = reply.headers;
  for (const name in stored) {
    if (NOT_FORWARDED.has(name)) continue;
    hasId ||= name === 'x-amzn-requestid';
    hasCrc ||= name === 'x-amz-crc32';
    hasType ||= name === 'content-type';
    headers.push(name, stored[name] as string);
  }
  if (!hasType) headers.push('content-type', envelope.contentType);
  if (!hasId) headers.push('x-amzn-requestid', ids.next());
  if (!hasCrc) headers.push('x-amz-crc32', String(reply.crc32));
  headers.push('content-length', String(reply.body.length));
  if (envelope.cache !== undefined) headers.push('x-slipstream-cache', envelope.cache);
  if (envelope.ageMs !== undefined) headers.push('x-slipstream-age', String(Math.round(envelope.ageMs)));
  const { extra } = envelope;
  for (const name in extra) headers.push(name, extra[name] as string);
  return headers;
}
