/**
 * A map of what was asked for lately, in two generations: when the young one is full, the old one goes, of which what was
 * asked for again has become young. It costs one look more than a map, and no list that each look would have to rewrite.
 */
export class RecentMap<Value> {
  readonly #generationMax: number;
  #young = new Map<string, Value>();
  #old: ReadonlyMap<string, Value> = new Map();

  /** @param limit entries of both generations. */
  constructor(limit: number) {
    this.#generationMax = Math.max(1, Math.floor(limit / 2));
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
