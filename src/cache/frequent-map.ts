/**
 * A map of what is asked often, by the text that asks it: one in so many offers is taken, so that what is asked often is known
 * soon, and what is asked once costs next to nothing, neither time nor the place of something better.
 */
import { RecentMap } from './recent-map.ts';

const TAKEN_EVERY = 8;

export class FrequentMap<Value> {
  readonly #known: RecentMap<Value>;
  #offers = 0;

  /** @param limit entries at most. */
  constructor(limit: number) {
    this.#known = new RecentMap(limit);
  }

  get(text: string): Value | undefined {
    return this.#known.get(text);
  }

  /** Asked once for everything that could be known: true where it is to be `set` now. */
  takesNext(): boolean {
    return this.#offers++ % TAKEN_EVERY === 0;
  }

  set(text: string, value: Value): void {
    this.#known.set(text, value);
  }
}
