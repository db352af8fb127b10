/** The ways to ask the store, and to rework what it answered. */
import { ServiceReply, type JsonObject, type ServiceRequest } from '../model/service-call.ts';
import type { Answer, CacheOutcome, ExecuteOptions } from './answer.ts';
import type { Parts } from './parts.ts';

/** Sends the call as it came and gives the answer as it came. */
export async function passThrough(parts: Parts, request: ServiceRequest, options: ExecuteOptions): Promise<Answer> {
  const reply = await parts.backing.send(request, { signal: options.signal });
  return { reply, cache: options.control === 'bypass' ? 'bypass' : 'pass', ageMs: undefined };
}

export function answered(reply: ServiceReply, cache: CacheOutcome): Answer {
  return { reply, cache, ageMs: undefined };
}

/** A reply with another body; the store's headers stay, but for those that describe the old bytes. */
export function rework(reply: ServiceReply, output: JsonObject): ServiceReply {
  const { 'x-amz-crc32': _crc, 'content-length': _length, ...headers } = reply.headers;
  return ServiceReply.fromOutput(output, { status: reply.status, headers });
}

/** A copy for a caller that shares somebody else's read: it must not get objects that are another caller's. */
export function share(reply: ServiceReply): ServiceReply {
  return ServiceReply.fromBody(reply.status, reply.body, reply.headers);
}

/** Waits for a read that belongs to all its callers, or for this caller's own abort (I10). */
export function orAbort<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) {
      result.catch(() => undefined);
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
