/**
 * Last stage of a call: the answer's bytes out, in one write. A remote store's headers are forwarded as they are; what it
 * did not say (and everything, when the store is in this process or the answer comes from a cache) is added.
 */
import type { ServerResponse } from 'node:http';
import { crc32 } from '../base/bytes.ts';
import type { ServiceReply } from '../model/service-call.ts';
import type { CacheOutcome } from '../accelerator/answer.ts';
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

export function respond(response: ServerResponse, reply: ServiceReply, envelope: Envelope, ids: RequestIds): void {
  const headers: string[] = [];
  let hasId = false;
  let hasCrc = false;
  let hasType = false;
  for (const [name, value] of Object.entries(reply.headers)) {
    if (NOT_FORWARDED.has(name)) continue;
    hasId ||= name === 'x-amzn-requestid';
    hasCrc ||= name === 'x-amz-crc32';
    hasType ||= name === 'content-type';
    headers.push(name, value);
  }
  const body = reply.body;
  if (!hasType) headers.push('content-type', envelope.contentType);
  if (!hasId) headers.push('x-amzn-requestid', ids.next());
  if (!hasCrc) headers.push('x-amz-crc32', reply.crc32);
  headers.push('content-length', String(body.length));
  if (envelope.cache !== undefined) headers.push('x-slipstream-cache', envelope.cache);
  if (envelope.ageMs !== undefined) headers.push('x-slipstream-age', String(Math.round(envelope.ageMs)));
  for (const [name, value] of Object.entries(envelope.extra ?? {})) headers.push(name, value);
  if (envelope.close) headers.push('connection', 'close');
  response.writeHead(reply.status, headers);
  response.end(body);
}

/** An answer outside the protocol, such as the health text. */
export function respondText(
  response: ServerResponse,
  status: number,
  text: string,
  options: {
    readonly contentType?: string;
    readonly close?: boolean;
    readonly extra?: Readonly<Record<string, string>>;
  } = {},
): void {
  const body = Buffer.from(text, 'utf8');
  response.writeHead(status, {
    ...(options.contentType === undefined ? {} : { 'content-type': options.contentType }),
    'content-length': String(body.length),
    'x-amz-crc32': crc32(body),
    ...options.extra,
    ...(options.close === true ? { connection: 'close' } : {}),
  });
  response.end(body);
}
