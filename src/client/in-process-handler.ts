/**
 * The SDK's request handler for a store in this process: what would have gone into a socket is answered at once. The rest
 * of the SDK's stack (the user's middleware, error classes, deserialisers) runs as it would against a remote store.
 */
import type { BackingStore } from '../backing/backing-store.ts';
import { systemClock } from '../base/clock.ts';
import { assert } from '../base/errors.ts';
import { ServiceRequest } from '../model/service-call.ts';
import { parseTarget, replyHeaders, RequestIds } from '../wire/aws-json.ts';
import type { RequestBody } from './request-body.ts';
import { bytesOfBody } from './request-body.ts';

interface OutgoingRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
}

interface IncomingReply {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Record<string, string>;
    readonly body: Uint8Array;
  };
}

export class InProcessHandler {
  readonly #store: Pick<BackingStore, 'send'>;
  readonly #requestIds = new RequestIds(systemClock);

  constructor(store: Pick<BackingStore, 'send'>) {
    this.#store = store;
  }

  async handle(request: OutgoingRequest, options: { readonly abortSignal?: unknown } = {}): Promise<IncomingReply> {
    const target = parseTarget(request.headers['x-amz-target']);
    assert(target !== undefined, 'the SDK sent a request without X-Amz-Target');
    const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined;
    if (signal?.aborted === true) throw abortError();
    const body = bytesOfBody(request.body);
    const reply = await this.#store.send(ServiceRequest.fromBody(target.operation, body, target.api), { signal });
    return {
      response: {
        statusCode: reply.status,
        headers: { ...replyHeaders(this.#requestIds.next(), String(reply.crc32)), ...reply.headers },
        // A view of its own: the SDK gives the array it reads another prototype, and the reply's is shared.
        body: new Uint8Array(reply.body.buffer, reply.body.byteOffset, reply.body.length),
      },
    };
  }

  destroy(): void {}

  /** The SDK asks its handlers for these when a client is made from another's configuration; there is nothing to set. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {};
  }
}

/** As the SDK's handlers say it. */
function abortError(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}
