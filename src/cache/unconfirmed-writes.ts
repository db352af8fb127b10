/**
 * Own writes that were acknowledged and whose record the feed has not brought yet, by key, oldest first. They took effect when
 * they were acknowledged; their record tells nothing new, and must not drop what was read and cached since.
 *
 * A record that will never come (the write changed nothing after all, or the feed lost it) is forgotten once the feed is
 * known to be caught up beyond the acknowledgement.
 */

interface Unconfirmed<W> {
  readonly key: string;
  readonly write: W;
  readonly ackedAtMs: number;
}

export class UnconfirmedWrites<W> {
  readonly #limit: number;
  readonly #byKey = new Map<string, Unconfirmed<W>[]>();
  /** In the order of their acknowledgements. */
  readonly #all = new Set<Unconfirmed<W>>();

  /** @param limit writes that are remembered; of more, the oldest are forgotten, and their records take effect again. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#all.size;
  }

  add(key: string, write: W, nowMs: number): void {
    const entry = { key, write, ackedAtMs: nowMs };
    const ofKey = this.#byKey.get(key);
    if (ofKey === undefined) this.#byKey.set(key, [entry]);
    else ofKey.push(entry);
    this.#all.add(entry);
    if (this.#all.size > this.#limit) for (const oldest of this.#all) return this.#forget(oldest);
  }

  /**
   * Is this the record of one of them? Records of a key come in order, so those before it will not come any more.
   */
  confirm(key: string, isRecordOf: (write: W) => boolean): boolean {
    const ofKey = this.#byKey.get(key);
    if (ofKey === undefined) return false;
    const place = ofKey.findIndex(({ write }) => isRecordOf(write));
    if (place < 0) return false;
    for (const entry of ofKey.slice(0, place + 1)) this.#forget(entry);
    return true;
  }

  /** The feed has brought every record of what was acknowledged before. */
  forgetBefore(asOfMs: number): void {
    for (const entry of this.#all) {
      if (entry.ackedAtMs >= asOfMs) return;
      this.#forget(entry);
    }
  }

  clear(): void {
    this.#byKey.clear();
    this.#all.clear();
  }

  #forget(entry: Unconfirmed<W>): void {
    this.#all.delete(entry);
    const ofKey = this.#byKey.get(entry.key);
    if (ofKey === undefined) return;
    if (ofKey.length === 1) this.#byKey.delete(entry.key);
    else ofKey.splice(ofKey.indexOf(entry), 1);
  }
}
