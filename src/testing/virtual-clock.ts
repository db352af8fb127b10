/**
 * A clock that moves only when told to, with random numbers from a seed: a run with the same seed takes the same course.
 */
import { createHmac } from 'node:crypto';
import { assert } from '../base/errors.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { SeededRandom } from '../base/seeded-random.ts';

export interface VirtualClockOptions {
  /** Same seed, same random numbers; 1 unless told otherwise. */
  readonly seed?: number | undefined;
  /** Wall time at the start, in ms since 1970. */
  readonly startMs?: number | undefined;
}

interface PendingTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

export class VirtualClock implements Clock {
  readonly #startMs: number;
  readonly #timers = new Set<PendingTimer>();
  #nowMs = 0;
  #order = 0;
  readonly #random: SeededRandom;
  #drawn = 0;

  constructor(options: VirtualClockOptions = {}) {
    this.#startMs = options.startMs ?? Date.UTC(2026, 0, 1);
    this.#random = new SeededRandom(options.seed ?? 1);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#startMs + this.#nowMs;
  }

  after(delay: number, fire: () => void): Timer {
    const timer: PendingTimer = { dueMs: this.#nowMs + Math.max(0, delay), order: this.#order++, fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  random(): number {
    return this.#random.next();
  }

  randomBytes(size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let filled = 0; filled < size; filled += 32) {
      const block = createHmac('sha256', String(this.#random.state))
        .update(String(this.#drawn++))
        .digest();
      bytes.set(block.subarray(0, Math.min(32, size - filled)), filled);
    }
    return bytes;
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms`, runs every timer that comes due, each at its own time, and lets promises settle between. */
  async advance(ms: number): Promise<void> {
    assert(ms >= 0, 'time does not go backwards');
    const endMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      await this.#run(next);
    }
    this.#nowMs = endMs;
  }

  /** Moves time on in one leap, as when the process was stopped: what came due meanwhile runs late, after the leap. */
  async pause(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.advance(0);
  }

  /** Advances until `condition` holds, at most `limitMs`, from timer to timer. */
  async advanceUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!condition()) {
      const next = this.#nextDue(endMs);
      if (next === undefined) {
        this.#nowMs = endMs;
        return false;
      }
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      await this.#run(next);
    }
    return true;
  }

  async #run(timer: PendingTimer): Promise<void> {
    this.#timers.delete(timer);
    timer.fire();
    await settle();
  }

  #nextDue(endMs: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (next === undefined || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }
}

/** Runs until no promise has anything left to do: an immediate comes only after the whole queue of microtasks. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
