import { describe, expect, it } from 'vitest';
import { plans, readBenchOptions } from '../../bench/options.ts';

const read = (...args: string[]) => readBenchOptions(args, ['hits', 'misses']);

describe("the bench's options", () => {
  it('ask for everything at length when nothing is said', () => {
    expect(read()).toEqual({ quick: false, store: undefined, only: [], json: undefined, html: undefined });
  });

  it('are read', () => {
    const args = ['--quick', '--store', 'http://127.0.0.1:8000', '--only', 'hits', '--only', 'misses', '--json', 'a'];
    expect(read(...args, '--html', 'b')).toEqual({
      quick: true,
      store: 'http://127.0.0.1:8000',
      only: ['hits', 'misses'],
      json: 'a',
      html: 'b',
    });
  });

  it('name what they do not know', () => {
    expect(() => read('--only', 'hit')).toThrow('--only hit: the sections are hits, misses');
    expect(() => read('--store', 'dynalite')).toThrow('--store dynalite: has to be an address');
    expect(() => read('--slow')).toThrow("Unknown option '--slow'");
    expect(() => read('hits')).toThrow('hits');
  });
});

describe("the bench's plans", () => {
  it.each(Object.entries(plans))('%s: take no more different reads than there are', (_name, plan) => {
    // One read finds out whether the proxy trusts the table's feed.
    expect(plan.missesMax + 1).toBeLessThanOrEqual(plan.partitions * 100);
    expect(plan.ycsbItems % 100).toBe(0);
    // Different pages of ninety items, all of which hold the middle one.
    expect(Math.max(...plan.cachedPages)).toBeLessThanOrEqual(45 * 45);
  });
});
