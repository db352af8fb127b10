import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { EntryCache } from '../../src/cache/entry-cache.ts';

const entry = (value: string, sizeBytes = 10, expiresAtMs = Infinity) => ({
  value,
  askedAtMs: 0,
  storedAtMs: 0,
  expiresAtMs,
  sizeBytes,
});

describe('entry cache', () => {
  test('look-ups count as hits and misses', () => {
    const cache = new EntryCache<string>({ limitBytes: 100 });
    cache.set('a', entry('A'));
    expect(cache.get('a', 0)?.value).toBe('A');
    expect(cache.get('b', 0)).toBeUndefined();
    expect(cache.counters).toMatchObject({ hits: 1, misses: 1, fills: 1 });
  });

  test('an entry ends at its expiry and counts as a miss', () => {
    const cache = new EntryCache<string>({ limitBytes: 100 });
    cache.set('a', entry('A', 10, 50));
    expect(cache.get('a', 49)?.value).toBe('A');
    expect(cache.storedAtMs('a', 50)).toBeUndefined();
    expect(cache.get('a', 50)).toBeUndefined();
    expect(cache.size).toBe(0);
    expect(cache.counters).toMatchObject({ hits: 1, misses: 1, removedByExpiry: 1 });
  });

  test('the byte budget evicts what was not asked for and tells whose entry it was', () => {
    const gone: string[] = [];
    const cache = new EntryCache<string>({ limitBytes: 30, onRemoved: (value) => gone.push(value) });
    for (const key of ['a', 'b', 'c']) cache.set(key, entry(key.toUpperCase()));
    cache.get('a', 0);
    cache.set('d', entry('D'));
    expect(gone).toEqual(['B']);
    expect(cache.sizeBytes).toBe(30);
    expect(cache.counters.removedBySize).toBe(1);
  });

  test('an entry larger than the budget is not kept and takes the older one of its key away', () => {
    const gone: string[] = [];
    const cache = new EntryCache<string>({ limitBytes: 30, onRemoved: (value) => gone.push(value) });
    cache.set('a', entry('A'));
    expect(cache.set('a', entry('AA', 31))).toBe(false);
    expect(cache.get('a', 0)).toBeUndefined();
    expect(gone).toEqual(['A']);
  });

  test('an invalidated entry is counted once, one that is not there never', () => {
    const cache = new EntryCache<string>({ limitBytes: 30 });
    cache.set('a', entry('A'));
    expect(cache.invalidate('a')).toBe(true);
    expect(cache.invalidate('a')).toBe(false);
    expect(cache.counters.removedByInvalidation).toBe(1);
  });

  test('a younger entry is not what makes room for itself, though all others are asked for', () => {
    const cache = new EntryCache<string>({ limitBytes: 30 });
    for (const key of ['a', 'b', 'c']) cache.set(key, entry(key));
    for (const key of ['a', 'b', 'c']) cache.get(key, 0);
    cache.set('d', entry('d'));
    expect(cache.get('d', 0)?.value).toBe('d');
    expect(cache.size).toBe(3);
  });

  test('of a skewed workload it answers more than the least recently used would', () => {
    const random = new SeededRandom(7);
    const cache = new EntryCache<number>({ limitBytes: 500 });
    const lru = new LRUCache<string, number>({ max: 500 });
    let lruHits = 0;
    for (let asked = 0; asked < 100_000; asked++) {
      const key = String(Math.floor(10_000 ** random.next()));
      if (cache.get(key, 0) === undefined) cache.set(key, { ...entry(''), value: asked, sizeBytes: 1 });
      if (lru.get(key) === undefined) lru.set(key, asked);
      else lruHits++;
    }
    expect(cache.size).toBe(500);
    expect(cache.counters.hits).toBeGreaterThan(lruHits);
  });

  test('values in cells of any number come back as they are, within the budget, and leave one by one', () => {
    const values = fc.array(fc.string(), { maxLength: 80 });
    const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), value: values, kind: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const present = new Map<string, readonly string[]>();
        const cache = new EntryCache<readonly string[]>({
          limitBytes: 200,
          form: {
            cellsOf: (value) => ['head', ...value],
            valueIn: (cells, first, end) => cells.slice(first + 1, end) as string[],
          },
          onRemoved: (value) => {
            const [key] = [...present].find(([, one]) => one.join() === value.join())!;
            present.delete(key);
          },
        });
        for (const { key, value, kind } of steps) {
          // Told apart by their key, so that the one that leaves is known.
          const own = [key, ...value];
          if (kind === 0) cache.clear();
          else if (kind === 1) {
            const wasThere = present.has(key);
            expect(cache.invalidate(key)).toBe(wasThere);
          } else if (kind < 6) {
            const isKept = cache.set(key, { ...entry(''), value: own, sizeBytes: 20 + 4 * value.length });
            expect(isKept).toBe(20 + 4 * value.length <= 200);
            if (isKept) present.set(key, own);
          }
          expect(cache.get(key, 0)?.value).toEqual(present.get(key));
          expect(cache.size).toBe(present.size);
          expect(cache.sizeBytes).toBeLessThanOrEqual(200);
        }
      }),
    );
  });

  test('an entry is found where it was, wherever it has moved since, and not where another has taken its row', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      kind: fc.constantFrom('set', 'drop', 'grow', 'clear'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const form = {
          cellsOf: (value: string) => value.split(''),
          valueIn: (cells: readonly unknown[], first: number, end: number) => cells.slice(first, end).join(''),
        };
        const cache = new EntryCache<string>({ limitBytes: 100, form });
        const spots = ['a', 'b', 'c'].map((key) => cache.spotOf(key));
        for (const [number, { key, kind }] of steps.entries()) {
          if (kind === 'clear') cache.clear();
          else if (kind === 'drop') cache.invalidate(key);
          else cache.set(key, entry(`${key}${number}`.padEnd(kind === 'grow' ? 90 : 5)));
          for (const spot of spots) expect(cache.hitAt(spot, 0)).toEqual(cache.hit(spot.key, 0));
        }
      }),
    );
  });
});
