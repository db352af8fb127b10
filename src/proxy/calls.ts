/**
 * What happens to a call between its bytes and its answer, whichever way they travel: admit, authorise, dispatch. A hit is
 * answered in the same turn of the event loop and without a promise; whatever fails becomes an answer (I13).
 */
import type { CacheOutcome } from '../accelerator/answer.ts';
import { KNOWN_CALL_BYTES_MAX } from '../accelerator/known-reads.ts';
import { callChannel } from '../base/channels.ts';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { ServiceRequest } from '../model/service-call.ts';
import type { ServiceReply } from '../model/service-call.ts';
import { authoriseAnyone } from './authorise.ts';
import type { Authorise } from './authorise.ts';
import type { Dispatch, FindKnown } from './dispatch.ts';
import { executeOptionsOf, refuseOtherNode, refuseOwnCall, targetOf } from './receive.ts';
import type { ReceivedCall } from './receive.ts';
import { isFault, refusalOf } from './refuse.ts';
import type { Standstill } from './standstill.ts';

/** An answer of the accelerator or the store, or the door's own refusal, which no cache had a part in. */
export interface Outcome {
  readonly reply: ServiceReply;
  readonly cache: CacheOutcome | undefined;
  readonly ageMs: number | undefined;
}

export interface CallsOptions {
  readonly dispatch: Dispatch;
  readonly findKnown: FindKnown | undefined;
  readonly authorise: Authorise;
  /** The proxy's own id, for events and to know its own calls. */
  readonly instance: string;
  readonly inFlightMax: number;
  readonly standstill: Standstill;
  readonly clock: Clock;
  readonly log: Log;
}

export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /**
   * Never throws and never rejects. `call` is read before this returns.
   *
   * @param inFlight other calls that wait for their answer, all connections together.
   */
  answer(call: ReceivedCall, inFlight: number): Outcome | Promise<Outcome> {
    const { dispatch, clock } = this.#options;
    const startMs = clock.monotonicMs();
    let operation: string | undefined;
    try {
      this.#admit(call, inFlight);
      const target = targetOf(call);
      operation = target.operation;
      this.#authorise(call);
      const known = target.isRepeatable ? this.#findKnown(call, operation, startMs) : undefined;
      if (known !== undefined) return this.#finish(known, operation, startMs);
      const request = ServiceRequest.fromBody(operation, call.body, target.api);
      const answer = dispatch(request, executeOptionsOf(call.control));
      if (answer instanceof Promise) return this.#await(answer, operation, startMs);
      return this.#finish(answer, operation, startMs);
    } catch (error) {
      return this.#finish(this.#refuse(error, operation), operation, startMs);
    }
  }

  async #await(answer: Promise<Outcome>, operation: string, startMs: number): Promise<Outcome> {
    let outcome: Outcome;
    try {
      outcome = await answer;
      // Made here, so that a reply which cannot be written is a fault that gets an answer.
      void outcome.reply.bodyBytes;
    } catch (error) {
      outcome = this.#refuse(error, operation);
    }
    return this.#finish(outcome, operation, startMs);
  }

  /** @throws {ServiceError | SlipstreamError} when the call may not go on. */
  #admit(call: ReceivedCall, inFlight: number): void {
    const { inFlightMax, instance, standstill } = this.#options;
    if (inFlight >= inFlightMax) {
      throw new SlipstreamError('SLIPSTREAM_LIMIT', `more than ${inFlightMax} calls wait for their answer`);
    }
    refuseOwnCall(call.via, instance);
    refuseOtherNode(call.node, instance);
    standstill.refuse(call.node);
  }

  /** I12: before any cache is asked. @throws {ServiceError} why this caller may not. */
  #authorise(call: ReceivedCall): void {
    const { authorise } = this.#options;
    // Where anyone may call nobody looks at the body, and none has to be made.
    if (authorise !== authoriseAnyone) authorise(call, call.body);
  }

  /** The shortest way to a hit: nothing is made of the call but the text by which it may be known. */
  #findKnown(call: ReceivedCall, operation: string, nowMs: number): Outcome | undefined {
    const { findKnown } = this.#options;
    if (findKnown === undefined || call.control !== undefined) return undefined;
    const text = call.bodyText(KNOWN_CALL_BYTES_MAX);
    return text === undefined ? undefined : findKnown(operation, text, nowMs);
  }

  #refuse(error: unknown, operation: string | undefined): Outcome {
    if (isFault(error)) {
      this.#options.log.error({ err: error, operation }, 'a call failed by our fault');
    }
    return { reply: refusalOf(error), cache: undefined, ageMs: undefined };
  }

  #finish(outcome: Outcome, operation: string | undefined, startMs: number): Outcome {
    void outcome.reply.bodyBytes;
    if (callChannel.hasSubscribers) {
      const { instance, clock } = this.#options;
      callChannel.publish({
        instance,
        door: 'http',
        operation: operation ?? 'unknown',
        cache: outcome.cache,
        status: outcome.reply.status,
        durationMs: clock.monotonicMs() - startMs,
      });
    }
    return outcome;
  }
}
