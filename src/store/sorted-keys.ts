/** Keys in byte order. An array: moving a hundred thousand references up by one takes microseconds, and a walk is a walk. */
import type { ByteString } from '../base/bytes.ts';

export class SortedKeys {
  readonly #keys: ByteString[] = [];

  /** The key must not be in it. */
  add(key: ByteString): void {
    this.#keys.splice(this.#placeOf(key), 0, key);
  }

  /** The key must be in it. */
  delete(key: ByteString): void {
    this.#keys.splice(this.#placeOf(key), 1);
  }

  /** From `start` on and before `end`. The keys must not change during the walk. */
  *between(start: ByteString, end: ByteString, reverse: boolean): Generator<ByteString, void> {
    const from = this.#placeOf(start);
    const to = this.#placeOf(end);
    if (reverse) for (let place = to - 1; place >= from; place--) yield this.#keys[place] as ByteString;
    else for (let place = from; place < to; place++) yield this.#keys[place] as ByteString;
  }

  /** The place of the first key that is not before this one. */
  #placeOf(key: ByteString): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as ByteString) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
