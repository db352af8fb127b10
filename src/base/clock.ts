/**
 * The only place that reads a clock, sets a timer or draws a random number, so that a virtual clock and a seed replay a
 * run exactly (`testing/virtual-clock.ts`). Everything that needs time takes a `Clock`.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delayMs } from 'node:timers';

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since an arbitrary start; never goes backwards. Cache ages, TTLs and freshness use this one. */
  monotonicMs(): number;
  /** Milliseconds since 1970; may jump. Only for what leaves the process: signatures, stream times, log lines. */
  wallMs(): number;
  /**
   * Runs `fire` once after `delay` ms. A timer keeps the process alive only where it `isAwaited`: when a caller waits for it,
   * and nothing else might wake the process to give it its answer.
   */
  after(delay: number, fire: () => void, isAwaited?: boolean): Timer;
  /** Uniform in [0, 1). */
  random(): number;
  /** `size` random bytes, for request ids and identifiers. */
  randomBytes(size: number): Uint8Array;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delay, fire, isAwaited = false) {
    const timeout = delayMs(fire, delay);
    if (!isAwaited) timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
  random: () => Math.random(),
  randomBytes: (size) => randomBytes(size),
};

/**
 * Resolves after `delay` ms of the clock's time, or rejects with the signal's reason when it aborts first. `isAwaited`: by a
 * caller, and not by what goes on in the background.
 */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal, isAwaited = false): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const onDue = () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const timer = clock.after(delay, onDue, isAwaited);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Runs `run` once all that came in with this turn of the event loop has been dealt with. No time passes: no clock is asked. */
export function afterTurn(run: () => void): void {
  setImmediate(run);
}
