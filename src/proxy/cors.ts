/**
 * Cross-origin access for pages in a browser (`--cors`), as DynamoDB Local and the service itself give it. Off unless told
 * otherwise: any page that a developer opens could otherwise reach a door on the loopback.
 */
import type { IncomingHttpHeaders } from 'node:http';

export type CrossOrigin = (headers: IncomingHttpHeaders) => Readonly<Record<string, string>> | undefined;

const EXPOSED = 'x-amzn-requestid,x-amz-crc32,x-slipstream-cache,x-slipstream-age';
const PREFLIGHT_AGE_S = '172800';

/** @param allowed origins such as `http://localhost:5173`; `*` lets any page in. Undefined when no page may call. */
export function crossOriginOf(allowed: readonly string[]): CrossOrigin | undefined {
  if (allowed.length === 0) return undefined;
  const anyone = allowed.includes('*');
  return (headers) => {
    const page = headers.origin;
    if (page === undefined || !(anyone || allowed.includes(page))) return undefined;
    return {
      'access-control-allow-origin': anyone ? '*' : page,
      'access-control-expose-headers': EXPOSED,
      ...(anyone ? {} : { vary: 'origin' }),
    };
  };
}

/** The answer to the browser's question before the call (`OPTIONS`). */
export function preflightOf(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const asked = headers['access-control-request-headers'];
  return {
    'access-control-allow-methods': 'POST, GET, OPTIONS',
    ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
    'access-control-max-age': PREFLIGHT_AGE_S,
  };
}
