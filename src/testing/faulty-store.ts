/**
 * A store that fails as real ones do, at the moments that a seed chooses: what did it do to a write whose answer never
 * came? All three cases happen: nothing, the write, and the write after the caller has given up (I5).
 */
import type { BackingStore, SendOptions } from '../backing/backing-store.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import { traitsOf } from '../model/operations.ts';
import { ServiceReply, type ServiceRequest } from '../model/service-call.ts';
import { ServiceError } from '../model/service-error.ts';

/** Whether the call reached the store behind: never, before the failure is told, or a while after. */
export type Effect = 'none' | 'applied' | 'applied-later';

export type Fault =
  | { readonly kind: 'none' }
  /** The answer comes, `ms` late; half of the delay passes before the store sees the call. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'timeout' | 'lost' | 'internal-error' | 'unavailable'; readonly effect: Effect }
  /** Refused, so never applied; with what the store says, unless `error` says it otherwise. */
  | { readonly kind: 'throttled'; readonly error?: ServiceError | undefined };

/** Chances from 0 to 1 by kind; what is left of 1 goes well. */
export interface FaultChances {
  readonly delay?: number | undefined;
  readonly timeout?: number | undefined;
  readonly lost?: number | undefined;
  readonly internalError?: number | undefined;
  readonly unavailable?: number | undefined;
  readonly throttled?: number | undefined;
}

export interface FaultyStoreOptions {
  readonly backing: BackingStore;
  /** Gives the delays and, by its seed, the choices. */
  readonly clock: Clock;
  /** Chances, or a script of one's own. */
  readonly faults: FaultChances | ((request: ServiceRequest) => Fault);
  /** Longest delay of an answer, and of an effect that comes later. */
  readonly delayMaxMs?: number | undefined;
  /** After how long a caller gives up. */
  readonly timeoutMs?: number | undefined;
}

export class FaultyStore implements BackingStore {
  /** Calls that failed, by kind of fault. */
  readonly counts = new Map<Fault['kind'], number>();
  /** Set to false to let everything through from now on. */
  faulty = true;
  readonly #backing: BackingStore;
  readonly #clock: Clock;
  readonly #choose: (request: ServiceRequest) => Fault;
  readonly #delayMaxMs: number;
  readonly #timeoutMs: number;
  readonly #late = new Set<Promise<void>>();

  constructor(options: FaultyStoreOptions) {
    const { faults } = options;
    this.#backing = options.backing;
    this.#clock = options.clock;
    this.#delayMaxMs = options.delayMaxMs ?? 100;
    this.#timeoutMs = options.timeoutMs ?? 1_000;
    this.#choose = typeof faults === 'function' ? faults : (request) => this.#draw(request, faults);
  }

  async send(request: ServiceRequest, options: SendOptions = {}): Promise<ServiceReply> {
    const fault: Fault = this.faulty ? this.#choose(request) : { kind: 'none' };
    this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
    switch (fault.kind) {
      case 'none':
        return this.#backing.send(request, options);
      case 'delay': {
        await sleep(this.#clock, fault.ms / 2, options.signal, true);
        const reply = await this.#backing.send(request, options);
        await sleep(this.#clock, fault.ms / 2, options.signal, true);
        return reply;
      }
      case 'throttled':
        return ServiceReply.fromError(fault.error ?? new ServiceError('ThrottlingException', 'Rate exceeded'));
      case 'internal-error':
        await this.#apply(request, fault.effect);
        return ServiceReply.fromError(new ServiceError('InternalServerError', 'Internal server error'));
      case 'unavailable':
        await this.#apply(request, fault.effect);
        return ServiceReply.fromError(new ServiceError('ServiceUnavailable', ''));
      case 'lost':
        await this.#apply(request, fault.effect);
        throw new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'the connection to the store was lost');
      case 'timeout':
        await this.#apply(request, fault.effect);
        await sleep(this.#clock, this.#timeoutMs, options.signal, true);
        throw new SlipstreamError('SLIPSTREAM_BACKING_TIMEOUT', `no reply within ${this.#timeoutMs} ms`);
    }
  }

  /** Resolves when every effect that was to come later has come. */
  async settle(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  async close(): Promise<void> {
    await this.settle();
    await this.#backing.close();
  }

  async #apply(request: ServiceRequest, effect: Effect): Promise<void> {
    if (effect === 'none') return;
    if (effect === 'applied') {
      await this.#backing.send(request);
      return;
    }
    const delayMs = this.#timeoutMs + this.#clock.random() * this.#delayMaxMs;
    const late = this.#applyAfter(request, delayMs).finally(() => this.#late.delete(late));
    this.#late.add(late);
  }

  async #applyAfter(request: ServiceRequest, delayMs: number): Promise<void> {
    await sleep(this.#clock, delayMs, undefined, true);
    // Nobody waits for its answer any more, whatever it is.
    await this.#backing.send(request).catch(() => undefined);
  }

  #draw(request: ServiceRequest, chances: FaultChances): Fault {
    let left = this.#clock.random();
    const hits = (chance: number | undefined): boolean => {
      left -= chance ?? 0;
      return left < 0;
    };
    if (hits(chances.delay)) return { kind: 'delay', ms: this.#clock.random() * this.#delayMaxMs };
    if (hits(chances.timeout)) return { kind: 'timeout', effect: this.#drawEffect(request) };
    if (hits(chances.lost)) return { kind: 'lost', effect: this.#drawEffect(request) };
    if (hits(chances.internalError)) return { kind: 'internal-error', effect: this.#drawEffect(request) };
    if (hits(chances.unavailable)) return { kind: 'unavailable', effect: this.#drawEffect(request) };
    if (hits(chances.throttled)) return { kind: 'throttled' };
    return { kind: 'none' };
  }

  #drawEffect(request: ServiceRequest): Effect {
    if (!traitsOf(request.operation).mutates) return 'none';
    const draw = this.#clock.random() * 3;
    return draw < 1 ? 'none' : draw < 2 ? 'applied' : 'applied-later';
  }
}
