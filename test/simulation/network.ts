/**
 * What lies between the accelerator and the model store: time on the way there and on the way back, and everything that
 * goes wrong. A call whose answer never comes may have done nothing, its work, or its work later (I5).
 */
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { sleep, type Clock } from '../../src/base/clock.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { traitsOf } from '../../src/model/operations.ts';
import { ServiceReply, type ServiceRequest } from '../../src/model/service-call.ts';
import { ServiceError } from '../../src/model/service-error.ts';
import type { CallContext, ModelStore } from './model-store.ts';
import type { Random } from './random.ts';

export interface NetworkOptions {
  /** Longest usual time of one way. */
  readonly latencyMs: number;
  /** Longest time of one way of a slow call, and the chance of one. */
  readonly slowMs: number;
  readonly slow: number;
  /** Chance that something goes wrong with a call. */
  readonly faults: number;
  /** False where the client never sends a call twice by itself. */
  readonly repeats?: boolean | undefined;
  /** After how long a caller gives up, and how much later the store may still do what it was told. */
  readonly timeoutMs: number;
  readonly lateMs: number;
}

const FAULTS = { timeout: 3, lost: 3, internal: 2, unavailable: 1, throttled: 2, repeated: 2 } as const;

export class Network implements BackingStore {
  /** Set to false to let everything through from now on. */
  isFaulty = true;
  /** Calls that were sent and whose effects may still come. */
  pending = 0;
  readonly #store: ModelStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: NetworkOptions;

  constructor(store: ModelStore, clock: Clock, random: Random, options: NetworkOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  async send(request: ServiceRequest): Promise<ServiceReply> {
    const random = (request.native as CallContext | undefined)?.random ?? this.#random;
    this.pending++;
    try {
      await this.#way(random);
      if (!this.isFaulty || !random.chance(this.#options.faults)) return await this.#answered(request, random);
      return await this.#fail(request, random);
    } finally {
      this.pending--;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #answered(request: ServiceRequest, random: Random): Promise<ServiceReply> {
    const reply = this.#store.answer(request);
    await this.#way(random);
    return reply;
  }

  async #fail(request: ServiceRequest, random: Random): Promise<ServiceReply> {
    const fault = random.weighted(FAULTS);
    switch (fault) {
      case 'throttled':
        return ServiceReply.fromError(new ServiceError('ThrottlingException', 'Rate exceeded'));
      case 'repeated':
        return this.#options.repeats === false ? this.#answered(request, random) : this.#repeat(request, random);
      case 'internal':
        this.#effect(request, random);
        return ServiceReply.fromError(new ServiceError('InternalServerError', 'Internal server error'));
      case 'unavailable':
        this.#effect(request, random);
        return ServiceReply.fromError(new ServiceError('ServiceUnavailable', ''));
      case 'lost':
        this.#effect(request, random);
        throw new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'the connection to the store was lost');
      case 'timeout':
        this.#effect(request, random);
        await sleep(this.#clock, this.#options.timeoutMs);
        throw new SlipstreamError('SLIPSTREAM_BACKING_TIMEOUT', 'no reply in time');
    }
  }

  /** What became of a call whose answer is lost. */
  #effect(request: ServiceRequest, random: Random): void {
    const draw = random.below(3);
    if (draw === 0) return;
    if (draw === 1) {
      this.#store.answer(request);
      return;
    }
    if (!traitsOf(request.operation).mutates) return;
    this.pending++;
    this.#clock.after(random.below(this.#options.lateMs), () => {
      this.pending--;
      this.#store.answer(request);
    });
  }

  /**
   * The client below sends the call twice by itself, and the first attempt has worked: a condition that it fulfilled may
   * now refuse the second, and the image before the second is what the first left. The client says so.
   */
  async #repeat(request: ServiceRequest, random: Random): Promise<ServiceReply> {
    this.#store.answer(request);
    await this.#way(random);
    const { output, status } = await this.#answered(request, random);
    return ServiceReply.fromOutput(output, { status, isUncertain: true });
  }

  async #way(random: Random): Promise<void> {
    const { slow, slowMs, latencyMs } = this.#options;
    const ms = random.next() * (random.chance(slow) ? slowMs : latencyMs);
    await sleep(this.#clock, ms);
  }
}
