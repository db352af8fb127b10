/**
 * Lets a test hold single calls on their way to a real store or on their way back, and so choose an interleaving
 * instead of hoping for it.
 */
import type { BackingStore, SendOptions } from '../../src/backing/backing-store.ts';
import type { ServiceReply, ServiceRequest } from '../../src/model/service-call.ts';
import { deferred } from './deferred.ts';

export interface HeldCall {
  /** Resolves when the call has arrived at the gate. */
  readonly arrived: Promise<ServiceRequest>;
  /** Lets it through. */
  open(): void;
  /** Ends it with an error instead; `on-the-way-back` the store has done it all the same. */
  lose(error: Error): void;
}

interface Gate {
  readonly operation: string;
  readonly side: 'on-the-way-there' | 'on-the-way-back';
  readonly arrived: ReturnType<typeof deferred<ServiceRequest>>;
  readonly opened: ReturnType<typeof deferred<void>>;
}

export class GatedStore implements BackingStore {
  readonly #store: BackingStore;
  readonly #gates: Gate[] = [];
  /** Every call that was sent, in order. */
  readonly sent: ServiceRequest[] = [];

  constructor(store: BackingStore) {
    this.#store = store;
  }

  /** Holds the next call of the operation; each hold is for one call. */
  hold(operation: string, side: Gate['side']): HeldCall {
    const gate: Gate = { operation, side, arrived: deferred(), opened: deferred() };
    gate.opened.promise.catch(() => undefined);
    this.#gates.push(gate);
    return {
      arrived: gate.arrived.promise,
      open: () => gate.opened.resolve(),
      lose: (error) => gate.opened.reject(error),
    };
  }

  async send(request: ServiceRequest, options?: SendOptions): Promise<ServiceReply> {
    this.sent.push(request);
    const place = this.#gates.findIndex((gate) => gate.operation === request.operation);
    const gate = place < 0 ? undefined : this.#gates.splice(place, 1)[0];
    if (gate === undefined) return this.#store.send(request, options);
    if (gate.side === 'on-the-way-there') {
      gate.arrived.resolve(request);
      await gate.opened.promise;
      return this.#store.send(request, options);
    }
    const reply = await this.#store.send(request, options);
    gate.arrived.resolve(request);
    await gate.opened.promise;
    return reply;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** How often the operation was sent since the last time this was asked. */
  takeCount(operation: string): number {
    const count = this.sent.filter((request) => request.operation === operation).length;
    this.sent.length = 0;
    return count;
  }
}
