import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Sieve } from '../../src/cache/sieve.ts';

/** SIEVE as its authors' pseudocode has it, on a plain list from the oldest to the youngest. */
class PlainSieve {
  readonly #queue: { readonly entry: number; isMarked: boolean }[] = [];
  #hand = 0;

  add(entry: number): void {
    this.#queue.push({ entry, isMarked: false });
  }

  mark(entry: number): void {
    this.#queue.find((one) => one.entry === entry)!.isMarked = true;
  }

  remove(entry: number): void {
    const place = this.#queue.findIndex((one) => one.entry === entry);
    this.#queue.splice(place, 1);
    if (place < this.#hand) this.#hand--;
  }

  next(): number | undefined {
    if (this.#queue.length === 0) return undefined;
    for (;;) {
      if (this.#hand >= this.#queue.length) this.#hand = 0;
      const one = this.#queue[this.#hand]!;
      if (!one.isMarked) return one.entry;
      one.isMarked = false;
      this.#hand++;
    }
  }
}

describe('sieve', () => {
  test('what was not asked for again goes first, from the oldest on; a mark is good for one pass', () => {
    const sieve = new Sieve();
    for (const entry of [0, 1, 2]) sieve.add(entry);
    sieve.mark(0);
    const gone: number[] = [];
    for (let round = 0; round < 3; round++) {
      gone.push(sieve.next()!);
      sieve.remove(gone.at(-1)!);
    }
    expect(gone).toEqual([1, 2, 0]);
    expect(sieve.next()).toBeUndefined();
  });

  test('it picks what the published algorithm picks', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'mark', 'mark', 'remove', 'evict'),
      // Beyond the room that there is at the start, too.
      entry: fc.oneof(fc.nat(30), fc.integer({ min: 1_000, max: 5_000 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const sieve = new Sieve();
        const plain = new PlainSieve();
        const present = new Set<number>();
        for (const { kind, entry } of steps) {
          if (kind === 'evict') {
            const next = sieve.next();
            expect(next).toBe(plain.next());
            if (next === undefined) continue;
            for (const one of [sieve, plain]) one.remove(next);
            present.delete(next);
          } else if (kind === 'add' && !present.has(entry)) {
            for (const one of [sieve, plain]) one.add(entry);
            present.add(entry);
          } else if (kind !== 'add' && present.has(entry)) {
            for (const one of [sieve, plain]) one[kind](entry);
            if (kind === 'remove') present.delete(entry);
          }
        }
      }),
    );
  });
});
