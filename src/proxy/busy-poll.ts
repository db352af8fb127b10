/**
 * Keeps the event loop awake for a while after a client has said something. A process that sleeps has to be woken, and on a
 * machine with nothing else to do that takes longer than a hit. The price is a core that is busy for as long as there is
 * traffic, and for that while after it.
 *
 * @see https://docs.kernel.org/networking/napi.html#busy-polling, which does the same for a system call.
 */
import { afterTurn, type Clock } from '../base/clock.ts';

export class BusyPoll {
  readonly #clock: Clock;
  readonly #lastingMs: number;
  #isAwake = false;
  #wasTold = false;
  #untilMs = 0;

  constructor(clock: Clock, lastingMs: number) {
    this.#clock = clock;
    this.#lastingMs = lastingMs;
  }

  /** Bytes came. */
  tell(): void {
    this.#wasTold = true;
    if (this.#isAwake) return;
    this.#isAwake = true;
    afterTurn(this.#turn);
  }

  /** A turn with another one due behind it only looks at the sockets, and waits for none. */
  readonly #turn = (): void => {
    const nowMs = this.#clock.monotonicMs();
    if (this.#wasTold) this.#untilMs = nowMs + this.#lastingMs;
    this.#wasTold = false;
    this.#isAwake = nowMs < this.#untilMs;
    if (this.#isAwake) afterTurn(this.#turn);
  };
}

/** None for no time. */
export function busyPollOf(clock: Clock, lastingMs: number): BusyPoll | undefined {
  return lastingMs > 0 ? new BusyPoll(clock, lastingMs) : undefined;
}
