import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyIndex } from '../../src/cache/key-index.ts';

/** Rows that are nothing but their keys. */
class Keys {
  readonly #keys = new Map<number, string>();
  looks = 0;

  key(place: number): string {
    this.looks++;
    return this.#keys.get(place) ?? '';
  }

  set(place: number, key: string): void {
    this.#keys.set(place, key);
  }
}

describe('key index', () => {
  test('finds what a map finds, through growth and removals', () => {
    const step = fc.record({
      key: fc.oneof(
        fc.nat(2_000).map(String),
        fc.string({ unit: 'binary' }),
        fc.nat(40).map((long) => 'x'.repeat(long)),
      ),
      adds: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 3_000, size: 'max' }), (steps) => {
        const keys = new Keys();
        const index = new KeyIndex(keys);
        const map = new Map<string, number>();
        for (const [place, { key, adds }] of steps.entries()) {
          if (adds === 0) {
            index.remove(key);
            map.delete(key);
          } else if (!map.has(key)) {
            keys.set(place, key);
            index.add(key, place);
            map.set(key, place);
          }
          expect(index.get(key)).toBe(map.get(key));
        }
        expect(index.size).toBe(map.size);
        for (const { key } of steps) expect(index.get(key)).toBe(map.get(key));
      }),
      { numRuns: 60 },
    );
  });

  test('of many keys that are alike, a look compares hardly any but its own', () => {
    const keys = new Keys();
    const index = new KeyIndex(keys);
    const names = Array.from({ length: 50_000 }, (_, place) => `1|9:customer-${place % 7}#order-${place}`);
    for (const [place, name] of names.entries()) {
      keys.set(place, name);
      index.add(name, place);
    }
    keys.looks = 0;
    for (const [place, name] of names.entries()) expect(index.get(name)).toBe(place);
    expect(keys.looks).toBeLessThan(names.length * 1.01);
  });
});
