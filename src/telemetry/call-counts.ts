/**
 * Counts of what went through one instance: plain numbers that a subscriber of a diagnostics channel adds to, read by the
 * metrics when somebody asks. A call costs one look-up and one step here; nothing of `prom-client` is on its way.
 */

/** Upper bounds in milliseconds, from a hit's microseconds to a store's worst. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
];

export class DurationCount {
  /** How many were at most the bound of the same index, and above the bound before it; the last has no bound. */
  readonly buckets: number[] = Array.from({ length: DURATION_BOUNDS_MS.length + 1 }, () => 0);
  count = 0;
  sumMs = 0;

  add(durationMs: number): void {
    let bucket = 0;
    while (bucket < DURATION_BOUNDS_MS.length && durationMs > (DURATION_BOUNDS_MS[bucket] as number)) bucket++;
    this.buckets[bucket] = (this.buckets[bucket] as number) + 1;
    this.count++;
    this.sumMs += durationMs;
  }
}

/** Durations by operation and by one more label: `outcome` at a door, `status` at the store. */
export class CallCounts {
  readonly #byOperation = new Map<string, Map<string, DurationCount>>();

  /** Both labels must come from closed sets: each pair is kept for ever. */
  add(operation: string, label: string, durationMs: number): void {
    let byLabel = this.#byOperation.get(operation);
    if (byLabel === undefined) this.#byOperation.set(operation, (byLabel = new Map()));
    let durations = byLabel.get(label);
    if (durations === undefined) byLabel.set(label, (durations = new DurationCount()));
    durations.add(durationMs);
  }

  *entries(): Generator<readonly [operation: string, label: string, durations: DurationCount]> {
    for (const [operation, byLabel] of this.#byOperation) {
      for (const [label, durations] of byLabel) yield [operation, label, durations];
    }
  }
}
