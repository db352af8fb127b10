/**
 * The backing store of a client: the SDK's own stack. The user's middleware, retries, credentials, endpoint and error
 * classes hold for everything that is not a hit.
 */
import type { BackingStore, SendOptions as CallOptions } from '../backing/backing-store.ts';
import { assert, SlipstreamError } from '../base/errors.ts';
import { STREAMS_TARGET, traitsOf } from '../model/operations.ts';
import type { ServiceRequest } from '../model/service-call.ts';
import { ServiceReply } from '../model/service-call.ts';
import { AlteredCall, ParameterWatch } from './altered-call.ts';
import type { Forward, SdkCommand, SendOptions } from './commands.ts';
import { commandFor, withInput } from './commands.ts';
import { fromWire, toWire } from './convert.ts';
import { withoutDocumentMiddleware } from './document-conversion.ts';
import type { ResponseMetadata } from './metadata.ts';
import type { NodeBehind } from './node-behind.ts';
import { headersOf } from './metadata.ts';
import { replyOf } from './service-exception.ts';

/** What a client puts into `ServiceRequest.native`: who asks, in the SDK's words. */
export interface SdkCall {
  readonly command: SdkCommand;
  readonly options: SendOptions | undefined;
}

export interface SdkStoreOptions {
  readonly forward: Forward;
  /** Answers the operations of DynamoDB Streams, which are another client's in the SDK. */
  readonly streams: BackingStore | undefined;
  /** Where the calls go to a Slipstream node that is followed. */
  readonly node?: NodeBehind | undefined;
}

export class SdkStore implements BackingStore {
  readonly #forward: Forward;
  readonly #streams: BackingStore | undefined;
  readonly #node: NodeBehind | undefined;

  constructor(options: SdkStoreOptions) {
    this.#forward = options.forward;
    this.#streams = options.streams;
    this.#node = options.node;
  }

  get settlesReads(): boolean {
    return this.#node?.isFollowed === true;
  }

  async send(request: ServiceRequest, options?: CallOptions): Promise<ServiceReply> {
    if (request.api === STREAMS_TARGET) {
      assert(this.#streams !== undefined, 'a client without a streams feed was asked for a stream');
      return this.#streams.send(request, options);
    }
    const call = request.native as SdkCall | undefined;
    const command = commandOf(request, call?.command);
    const watch = new ParameterWatch(command, request.input);
    const outcome = this.#forward(command, sendOptionsOf(call?.options, options));
    const isAnswered = await outcome.then(
      () => true,
      () => false,
    );
    if (isAnswered ? !watch.isTrue : watch.altered !== undefined) {
      throw new AlteredCall(request, watch.altered, outcome);
    }
    return outcome.then(
      (output) => this.#replyFrom(output, request),
      (error: unknown) => this.#refusalFrom(error, request),
    );
  }

  async close(): Promise<void> {
    await this.#streams?.close();
  }

  /**
   * Copied before the caller gets the SDK's object: what it then does to it must not reach the caches, nor those who wait
   * for the same read and get theirs made of this copy.
   */
  #replyFrom(native: object, { operation }: ServiceRequest): ServiceReply {
    const { $metadata, ...output } = native as { readonly $metadata?: ResponseMetadata };
    // What a second attempt of a write returns as the old image may be what the first one left.
    const isRetried = traitsOf(operation).mutates && ($metadata?.attempts ?? 1) > 1;
    return ServiceReply.fromOutput(toWire(output), {
      headers: headersOf($metadata),
      native,
      isUncertain: isRetried || this.#node?.route.isUncertain(native) === true,
      ageMs: this.#node?.route.ageMsOf(native),
    });
  }

  /** @throws {SlipstreamError} when the error is not the store's answer. */
  #refusalFrom(error: unknown, { operation }: ServiceRequest): ServiceReply {
    const isRepeated = this.#node?.route.isUncertain(error as object) === true;
    const reply = replyOf(error, isRepeated);
    if (reply !== undefined) return reply;
    throw new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', `no answer to ${operation}`, { cause: error });
  }
}

/**
 * The command to send. It is never the caller's own object but a copy with the parameters that the accelerator looked up,
 * for the SDK serialises some ticks after `send` has returned, when the caller may have changed them: the answer for one
 * key would then be cached under another.
 */
export function commandOf(request: ServiceRequest, command: SdkCommand | undefined): SdkCommand {
  const input = fromWire(request.input);
  if (command !== undefined) return withInput(command, input, withoutDocumentMiddleware(command.middlewareStack));
  const own = commandFor(request.operation, input);
  assert(own !== undefined, `the accelerator asked for ${request.operation}`);
  return own;
}

/** One caller's abort must not end a read that others wait for (I10): the accelerator says when to abort. */
function sendOptionsOf(own: SendOptions | undefined, call: CallOptions | undefined): SendOptions | undefined {
  const signal = call?.signal;
  if (own === undefined) return signal === undefined ? undefined : { abortSignal: signal };
  const { abortSignal: _abortSignal, slipstream: _slipstream, ...rest } = own;
  return signal === undefined ? rest : { ...rest, abortSignal: signal };
}
