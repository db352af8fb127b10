import { expect, it } from 'vitest';
import { FrequentMap } from '../../src/cache/frequent-map.ts';

/** Offers as a door does: each text is looked for, and offered. */
function offer(map: FrequentMap<string>, text: string): void {
  if (map.takesNext()) map.set(text, text);
}

it('what is asked again and again is soon known', () => {
  const map = new FrequentMap<string>(100);
  for (let n = 0; n < 8; n++) offer(map, 'often');
  expect(map.get('often')).toBe('often');
});

it('of what is asked once, few take the place of something better', () => {
  const map = new FrequentMap<string>(10_000);
  for (let n = 0; n < 1_000; n++) offer(map, `once ${n}`);
  const known = Array.from({ length: 1_000 }, (_, n) => map.get(`once ${n}`)).filter((text) => text !== undefined);
  expect(known.length).toBe(125);
});

it('what is known stays within its limit', () => {
  const map = new FrequentMap<number>(100);
  for (let n = 0; n < 1_000; n++) map.set(`text ${n}`, n);
  const known = Array.from({ length: 1_000 }, (_, n) => map.get(`text ${n}`)).filter((value) => value !== undefined);
  expect(known.length).toBeLessThanOrEqual(100);
  expect(map.get('text 999')).toBe(999);
});
