/**
 * I8: an answer out of a cache is never older than the bound: `maxStalenessMs` where a feed is trusted, the TTL (and how old
 * an answer may be when it arrives) where none is.
 */
import type { Floor } from './floor.ts';
import type { ItemHistory } from './history.ts';

export class BoundedStaleness implements Floor {
  readonly name = 'bounded staleness (I8)';
  readonly #boundMs: number;

  constructor(boundMs: number) {
    this.#boundMs = boundMs;
  }

  of(history: ItemHistory, nowMs: number): number {
    return history.at(nowMs - this.#boundMs).index;
  }
}
