/**
 * A clock and an event loop in one: pops the earliest timer, fires it, lets every promise settle, goes on. One thread, no
 * real time: the same timers take the same course.
 *
 * A timer is fired in an immediate of its own, because Node empties the queue of microtasks between two immediates. Many
 * are queued at once, which spares the turn of the event loop that `VirtualClock.advance` takes for each timer.
 */
import type { Clock, Timer } from '../../src/base/clock.ts';
import { Random } from './random.ts';

interface PendingTimer {
  readonly dueMs: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

/** Immediates queued at a time. */
const BATCH = 256;

export class Scheduler implements Clock {
  /** Timers fired so far. */
  fired = 0;
  readonly #random: Random;
  readonly #heap: PendingTimer[] = [];
  #nowMs = 0;
  #wallOffsetMs = Date.UTC(2026, 0, 1);
  #order = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallOffsetMs + this.#nowMs;
  }

  random(): number {
    return this.#random.next();
  }

  randomBytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.#random.below(256));
  }

  after(delay: number, fire: () => void): Timer {
    const timer: PendingTimer = { dueMs: this.#nowMs + Math.max(0, delay), order: this.#order++, fire };
    this.#push(timer);
    return { cancel: () => void (timer.fire = undefined) };
  }

  /** Stops the process for a while: what came due meanwhile runs late. */
  pause(ms: number): void {
    this.#nowMs += ms;
  }

  /** Makes the wall clock jump; the monotonic one goes on. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Fires timers until `isOver` holds. Rejects when none is left before that. */
  run(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let isDone = false;
      const step = () => {
        if (isDone) return;
        if (isOver()) {
          isDone = true;
          resolve();
          return;
        }
        const timer = this.#pop();
        if (timer === undefined) {
          isDone = true;
          reject(new Error(`at ${this.#nowMs} ms nothing is left to happen, and the run is not over`));
          return;
        }
        this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
        this.fired++;
        const { fire } = timer;
        timer.fire = undefined;
        fire?.();
      };
      const queue = () => {
        if (isDone) return;
        for (let i = 0; i < BATCH; i++) setImmediate(step);
        setImmediate(queue);
      };
      setImmediate(queue);
    });
  }

  /** Runs for `ms` of the clock's time. */
  async advance(ms: number): Promise<void> {
    let isOver = false;
    this.after(ms, () => (isOver = true));
    await this.run(() => isOver);
  }

  #push(timer: PendingTimer): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as PendingTimer;
      if (isBefore(parent, timer)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  /** The earliest timer that was not cancelled. */
  #pop(): PendingTimer | undefined {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (first !== last) this.#sink(last);
      if (first.fire !== undefined) return first;
    }
  }

  #sink(timer: PendingTimer): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, heap[below] as PendingTimer)) below++;
      const child = heap[below] as PendingTimer;
      if (isBefore(timer, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = timer;
  }
}

function isBefore(a: PendingTimer, b: PendingTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
