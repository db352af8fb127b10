import { expect, it } from 'vitest';
import { RecentMap } from '../../src/cache/recent-map.ts';

it('keeps what is asked for again, and no more than its limit', () => {
  const map = new RecentMap<number>(8);
  for (let key = 0; key < 100; key++) {
    map.set(String(key), key);
    expect(map.get('0')).toBe(0);
    expect(map.get(String(key))).toBe(key);
  }
  expect(map.get('50')).toBeUndefined();
  const kept = Array.from({ length: 100 }, (_, key) => key).filter((key) => map.get(String(key)) !== undefined);
  expect(kept.length).toBeLessThanOrEqual(8);
  map.set('0', 7);
  expect(map.get('0')).toBe(7);
});
