import { describe, expect, test } from 'vitest';
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
    expect(cache.peek('a', 50)).toBeUndefined();
    expect(cache.get('a', 50)).toBeUndefined();
    expect(cache.size).toBe(0);
    expect(cache.counters).toMatchObject({ hits: 1, misses: 1, removedByExpiry: 1 });
  });

  test('the byte budget evicts what was used least recently and tells whose entry it was', () => {
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
});
