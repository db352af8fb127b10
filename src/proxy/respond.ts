/**
 * Last stage of a call that `node:http` received: the answer's bytes out, in one write.
 */
import type { ServerResponse } from 'node:http';
import { crc32 } from '../base/bytes.ts';
import type { ServiceReply } from '../model/service-call.ts';
import type { RequestIds } from '../wire/aws-json.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Envelope } from './answer-headers.ts';

export function respond(response: ServerResponse, reply: ServiceReply, envelope: Envelope, ids: RequestIds): void {
  const headers = answerHeaders(reply, envelope, ids);
  if (envelope.close) headers.push('connection', 'close');
  response.writeHead(reply.status, headers);
  response.end(reply.body);
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
    'x-amz-crc32': String(crc32(body)),
    ...options.extra,
    ...(options.close === true ? { connection: 'close' } : {}),
  });
  response.end(body);
}
