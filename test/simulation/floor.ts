/**
 * What most checkers come to: an answer out of a cache must not show a version of an item that is older than some floor.
 * They differ in what raises the floor.
 */
import type { ItemHistory, Version } from './history.ts';

export interface Floor {
  /** What is broken when an answer lies below it. */
  readonly name: string;
  /** The place of the oldest version that an answer given now may show. */
  of(history: ItemHistory, nowMs: number): number;
}

/** A floor that rises by what is noted, item by item. */
export class NotedFloor implements Floor {
  readonly name: string;
  readonly #noted = new Map<ItemHistory, number>();

  constructor(name: string) {
    this.name = name;
  }

  of(history: ItemHistory): number {
    return this.#noted.get(history) ?? 0;
  }

  raise(history: ItemHistory, { index }: Version): void {
    this.raiseTo(history, index);
  }

  raiseTo(history: ItemHistory, index: number): void {
    if (index > this.of(history)) this.#noted.set(history, index);
  }

  /** Forgets what was noted of all other items. */
  keep(isKept: (history: ItemHistory) => boolean): void {
    for (const history of this.#noted.keys()) if (!isKept(history)) this.#noted.delete(history);
  }

  clear(): void {
    this.#noted.clear();
  }
}

export function highestOf(floors: readonly Floor[], history: ItemHistory, nowMs: number): number {
  let highest = 0;
  for (const floor of floors) highest = Math.max(highest, floor.of(history, nowMs));
  return highest;
}
