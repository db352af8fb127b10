/** Sums up the events of a run in 64 bits, in their order. */
export class EventHash {
  #low = 0x811c9dc5;
  #high = 0x9747b28c;

  add(value: number): void {
    // Fractions of a millisecond count.
    const whole = Math.round(value * 1_000) | 0;
    this.#low = Math.imul(this.#low ^ whole, 0x01000193);
    this.#high = Math.imul((this.#high ^ whole) + (this.#low >>> 15), 0x85ebca6b);
  }

  get text(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
