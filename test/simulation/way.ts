/** One direction of a connection: in order, each text some time on its way; a reader that stands still lets them wait. */
import type { Random } from './random.ts';
import { WAY_MAX_MS } from './scenarios.ts';
import type { Scheduler } from './scheduler.ts';

interface Sent {
  readonly dueMs: number;
  readonly sizeBytes: number;
  readonly deliver: () => void;
}

export class Way {
  /** Of what was sent and has not been taken. */
  queuedBytes = 0;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  #lastDueMs = 0;
  #stalledUntilMs = 0;
  #isCut = false;
  #waiting: Sent[] = [];

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  send(sizeBytes: number, deliver: () => void): void {
    this.queuedBytes += sizeBytes;
    const nowMs = this.#scheduler.monotonicMs();
    const isSlow = this.#random.chance(0.02);
    const dueMs = Math.max(this.#lastDueMs, nowMs + this.#random.next() * (isSlow ? 20 * WAY_MAX_MS : WAY_MAX_MS));
    this.#lastDueMs = dueMs;
    this.#waiting.push({ dueMs, sizeBytes, deliver });
    this.#scheduler.after(dueMs - nowMs, () => this.#flow());
  }

  stall(ms: number): void {
    this.#stalledUntilMs = this.#scheduler.monotonicMs() + ms;
    this.#scheduler.after(ms, () => this.#flow());
  }

  /** What is on its way, and what is sent from here on, is taken by nobody. */
  cut(): void {
    this.#isCut = true;
  }

  #flow(): void {
    const nowMs = this.#scheduler.monotonicMs();
    if (this.#isCut || nowMs < this.#stalledUntilMs) return;
    while (this.#waiting[0] !== undefined && this.#waiting[0].dueMs <= nowMs) {
      const { sizeBytes, deliver } = this.#waiting.shift() as Sent;
      this.queuedBytes -= sizeBytes;
      deliver();
    }
  }
}
