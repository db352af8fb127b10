/**
 * Which of the changes that the primary has sent to its workers may still be unknown to one that answers out of its caches
 * (`worker-hub.ts` has the argument). Deliveries are numbered over all workers, and each worker takes its own in their order.
 *
 * A worker counts as having taken a delivery from when it says so, or has ended, or the last lease that it can have had without
 * reading the delivery is over: `excusedAtMs`, of which no later delivery to it has an earlier one.
 */

interface Sent {
  readonly delivery: number;
  readonly excusedAtMs: number;
}

interface Waiting {
  readonly upTo: number;
  readonly settle: () => void;
}

export class WorkerDeliveries {
  /** By worker, what it has not taken, the oldest first. */
  readonly #untaken = new Map<number, Set<Sent>>();
  /** In the order of what they wait for. */
  readonly #waiting: Waiting[] = [];
  #last = 0;

  /** The number of the next delivery, which may go to any of the workers. */
  next(): number {
    return ++this.#last;
  }

  noteSent(worker: number, delivery: number, excusedAtMs: number): void {
    let sent = this.#untaken.get(worker);
    if (sent === undefined) this.#untaken.set(worker, (sent = new Set()));
    sent.add({ delivery, excusedAtMs });
  }

  /** With it, it has taken all that was sent to it before. */
  noteTaken(worker: number, delivery: number, nowMs: number): void {
    const sent = this.#untaken.get(worker);
    if (sent === undefined) return;
    for (const oldest of sent) {
      if (oldest.delivery > delivery) break;
      sent.delete(oldest);
    }
    this.settle(nowMs);
  }

  noteEnded(worker: number, nowMs: number): void {
    this.#untaken.delete(worker);
    this.settle(nowMs);
  }

  /** Calls `settle`, at once or later, when every worker counts as having taken all deliveries so far. */
  whenTaken(settle: () => void, nowMs: number): void {
    this.#waiting.push({ upTo: this.#last, settle });
    this.settle(nowMs);
  }

  /** Until when nothing may happen that `settle` has to look at; undefined while nobody waits. */
  get dueMs(): number | undefined {
    if (this.#waiting.length === 0) return undefined;
    let dueMs = Infinity;
    for (const sent of this.#untaken.values()) {
      for (const { excusedAtMs } of sent) {
        dueMs = Math.min(dueMs, excusedAtMs);
        break;
      }
    }
    return dueMs;
  }

  /** Lets those go on whose time has come. */
  settle(nowMs: number): void {
    // Looked at anew for each, for who goes on may write again, in this very turn.
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || this.#oldestUntaken(nowMs) <= first.upTo) return;
      this.#waiting.shift();
      first.settle();
    }
  }

  #oldestUntaken(nowMs: number): number {
    let oldest = Infinity;
    for (const sent of this.#untaken.values()) {
      for (const first of sent) {
        if (nowMs < first.excusedAtMs) {
          oldest = Math.min(oldest, first.delivery);
          break;
        }
        // Looked at once, so that a worker which takes nothing costs those nothing that wait.
        sent.delete(first);
      }
    }
    return oldest;
  }
}
