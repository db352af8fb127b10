/**
 * What happens to a call between its bytes and its answer, whichever way they travel: admit, authorise, dispatch. A hit is
 * answered in the same turn of the event loop and without a promise; whatever fails becomes an answer (I13).
 */
import type { CacheOutcome } from '../accelerator/answer.ts';
import { callChannel } from '../base/channels.ts';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ServiceReply, ServiceRequest } from '../model/service-call.ts';
import type { Authorise } from './authorise.ts';
import type { Dispatch } from './dispatch.ts';
import { executeOptionsOf, parseCall, refuseOtherNode, refuseOwnCall } from './receive.ts';
import type { CallHead } from './receive.ts';
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
   * Never throws and never rejects. `head` is read before this returns.
   *
   * @param inFlight other calls that wait for their answer, all connections together.
   */
  answer(head: CallHead, body: Buffer, inFlight: number): Outcome | Promise<Outcome> {
    const startMs = callChannel.hasSubscribers ? this.#options.clock.monotonicMs() : 0;
    let call: ServiceRequest | undefined;
    try {
      call = this.#admit(head, body, inFlight);
      const answer = this.#options.dispatch(call, executeOptionsOf(head.control));
      if (answer instanceof Promise) return this.#await(answer, call, startMs);
      return this.#finish(answer, call, startMs);
    } catch (error) {
      return this.#finish(this.#refuse(error, call), call, startMs);
    }
  }

  async #await(answer: Promise<Outcome>, call: ServiceRequest, startMs: number): Promise<Outcome> {
    let outcome: Outcome;
    try {
      outcome = await answer;
      // Made here, so that a reply which cannot be written is a fault that gets an answer.
      void outcome.reply.bodyBytes;
    } catch (error) {
      outcome = this.#refuse(error, call);
    }
    return this.#finish(outcome, call, startMs);
  }

  /** @throws {ServiceError | SlipstreamError} when the call may not go on. */
  #admit(head: CallHead, body: Buffer, inFlight: number): ServiceRequest {
    const { inFlightMax, authorise, instance, standstill } = this.#options;
    if (inFlight >= inFlightMax) {
      throw new SlipstreamError('SLIPSTREAM_LIMIT', `more than ${inFlightMax} calls wait for their answer`);
    }
    refuseOwnCall(head.via, instance);
    refuseOtherNode(head.node, instance);
    standstill.refuse(head.node);
    const call = parseCall(head.target, body);
    authorise(head, body);
    return call;
  }

  #refuse(error: unknown, call: ServiceRequest | undefined): Outcome {
    if (isFault(error)) {
      this.#options.log.error({ err: error, operation: call?.operation }, 'a call failed by our fault');
    }
    return { reply: refusalOf(error), cache: undefined, ageMs: undefined };
  }

  #finish(outcome: Outcome, call: ServiceRequest | undefined, startMs: number): Outcome {
    void outcome.reply.bodyBytes;
    if (callChannel.hasSubscribers) {
      const { instance, clock } = this.#options;
      callChannel.publish({
        instance,
        door: 'http',
        operation: call?.operation ?? 'unknown',
        cache: outcome.cache,
        status: outcome.reply.status,
        durationMs: clock.monotonicMs() - startMs,
      });
    }
    return outcome;
  }
}
