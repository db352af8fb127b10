/**
 * Seeded choices. Each planned operation draws from a generator of its own, so that leaving an operation out of a run, as
 * shrinking does, changes no choice of the others.
 */
import { SeededRandom } from '../../src/base/seeded-random.ts';

export class Random extends SeededRandom {
  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** One of the names, each as likely as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const names = Object.keys(weights) as K[];
    let left = this.next() * names.reduce((sum, name) => sum + weights[name], 0);
    for (const name of names) {
      left -= weights[name];
      if (left < 0) return name;
    }
    return names.at(-1) as K;
  }
}

/** A seed made of several numbers. */
export function mixSeeds(...parts: readonly number[]): number {
  let mixed = 0x811c9dc5;
  for (const part of parts) {
    mixed = Math.imul(mixed ^ (part | 0), 0x01000193);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0x5bd1e995);
    mixed ^= mixed >>> 15;
  }
  return mixed | 0;
}

/** A number that depends on every character of a text. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
