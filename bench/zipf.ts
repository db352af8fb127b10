/** Ranks by Zipf's law, as YCSB draws them: the first is drawn most often, the nth with 1/n^θ of its share. */
import type { SeededRandom } from '../src/base/seeded-random.ts';

/** YCSB's constant. */
const THETA = 0.99;

export class ZipfRanks {
  readonly #random: SeededRandom;
  /** By rank, the probability that one up to it is drawn. */
  readonly #upTo: Float64Array;

  constructor(count: number, random: SeededRandom, theta = THETA) {
    this.#random = random;
    this.#upTo = new Float64Array(count);
    let sum = 0;
    for (let rank = 0; rank < count; rank++) {
      sum += (rank + 1) ** -theta;
      this.#upTo[rank] = sum;
    }
    for (let rank = 0; rank < count; rank++) this.#upTo[rank]! /= sum;
  }

  /** From 0, the most popular, to below the count. */
  next(): number {
    const drawn = this.#random.next();
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#upTo[middle]! > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The probability that one of the so many most popular is drawn: no cache of that size can hit more often. */
  shareOf(count: number): number {
    return count === 0 ? 0 : this.#upTo[Math.min(count, this.#upTo.length) - 1]!;
  }
}

/** The places 0 to below the count in an order that has nothing to do with theirs: popular keys are not neighbours. */
export function scatteredPlaces(count: number, random: SeededRandom): Int32Array {
  const places = Int32Array.from({ length: count }, (_, place) => place);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [places[last], places[other]] = [places[other]!, places[last]!];
  }
  return places;
}
