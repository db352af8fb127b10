/**
 * Notices that this process stood still: it was stopped, or others had the processor. Near caches take a node that says nothing
 * for two seconds for gone (`feed/proxy-link.ts`) and do past it what they had asked it for. Without this, what lies unread in
 * the sockets would be done when the process goes on: a second time, and over what has been written meanwhile (I3). A machine
 * that stands still as a whole, its clocks too, cannot notice it.
 */
import type { Clock, Timer } from '../base/clock.ts';
import { linkDefaults } from '../feed/proxy-link.ts';
import { ServiceError } from '../model/service-error.ts';

const LOOK_MS = 250;
/** Half of the shortest time: what was heard last was said within one beat before the process stood still. */
const GIVEN_UP_MS = (linkDefaults.silenceMs - linkDefaults.beatMs) / 2;
/** In this time all that came while the process stood still is read. */
const READ_MS = 1_000;

export class Standstill {
  readonly #clock: Clock;
  #seenMs: number;
  #wentOnAtMs = -Infinity;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#seenMs = clock.monotonicMs();
  }

  start(): void {
    this.#look();
    this.#timer = this.#clock.after(LOOK_MS, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /**
   * Refuses a call of a near cache that may have been given up.
   *
   * @param node which the call names.
   * @throws {ServiceError} ServiceUnavailable; nothing was done.
   */
  refuse(node: string | undefined): void {
    if (node === undefined) return;
    // Sockets may be read before timers are looked at.
    this.#look();
    if (this.#seenMs - this.#wentOnAtMs > READ_MS) return;
    throw new ServiceError('ServiceUnavailable', 'this node stood still, and its callers may have given it up', {
      status: 421,
    });
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#seenMs > LOOK_MS + GIVEN_UP_MS) this.#wentOnAtMs = nowMs;
    this.#seenMs = nowMs;
  }
}
