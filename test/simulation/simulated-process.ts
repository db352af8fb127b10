/**
 * One of several processes of a run. Its timers, and what reaches it from outside, run in it: late and in their order when it
 * was paused, never when it has ended.
 */
import type { Clock, Timer } from '../../src/base/clock.ts';
import type { Scheduler } from './scheduler.ts';

interface Waiting {
  readonly isTimer: boolean;
  readonly run: () => void;
}

export class SimulatedProcess implements Clock {
  hasEnded = false;
  readonly #scheduler: Scheduler;
  #isPaused = false;
  #isDraining = false;
  #waiting: Waiting[] = [];

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  monotonicMs(): number {
    return this.#scheduler.monotonicMs();
  }

  wallMs(): number {
    return this.#scheduler.wallMs();
  }

  random(): number {
    return this.#scheduler.random();
  }

  randomBytes(size: number): Uint8Array {
    return this.#scheduler.randomBytes(size);
  }

  after(delay: number, fire: () => void): Timer {
    let isCancelled = false;
    const run = () => {
      if (!isCancelled) fire();
    };
    const timer = this.#scheduler.after(delay, () => this.#enter({ isTimer: true, run }));
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  /** Runs what comes from outside: an answer, a message, a call. */
  enter(run: () => void): void {
    this.#enter({ isTimer: false, run });
  }

  /** What settled elsewhere, once it has reached this process. */
  arrived<T>(outside: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      outside.then(
        (value) => this.enter(() => resolve(value)),
        (error: unknown) => this.enter(() => reject(error as Error)),
      );
    });
  }

  /** @param timersFirst whether the timers that came due meanwhile run before all else that came. */
  pause(ms: number, timersFirst: boolean): void {
    if (this.#isPaused || this.#isDraining) return;
    this.#isPaused = true;
    this.#scheduler.after(ms, () => {
      this.#isPaused = false;
      if (timersFirst) {
        this.#waiting = [
          ...this.#waiting.filter(({ isTimer }) => isTimer),
          ...this.#waiting.filter((one) => !one.isTimer),
        ];
      }
      this.#drain();
    });
  }

  end(): void {
    this.hasEnded = true;
    this.#waiting = [];
  }

  #enter(waiting: Waiting): void {
    if (this.hasEnded) return;
    if (this.#isPaused || this.#isDraining) this.#waiting.push(waiting);
    else waiting.run();
  }

  /** One in a turn, so that each finds settled what the one before it began. */
  #drain(): void {
    const first = this.#waiting.shift();
    this.#isDraining = first !== undefined;
    if (first === undefined) return;
    first.run();
    this.#scheduler.after(0, () => this.#drain());
  }
}
