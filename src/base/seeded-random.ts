/** Random numbers from a seed: the same seed gives the same numbers, in every process and on every machine. */

/** Mulberry32: 32 bits of state, good enough to choose interleavings and faults with; not for secrets. */
export class SeededRandom {
  #state: number;

  /** @param seed a whole number; its lowest 32 bits count. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Where the sequence stands. */
  get state(): number {
    return this.#state;
  }
}
