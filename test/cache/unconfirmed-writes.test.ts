import { describe, expect, test } from 'vitest';
import { UnconfirmedWrites } from '../../src/cache/unconfirmed-writes.ts';

describe('unconfirmed writes', () => {
  test('a record confirms its write and those of the key before it', () => {
    const writes = new UnconfirmedWrites<number>(10);
    for (const write of [1, 2, 3]) writes.add('k', write, write);
    writes.add('l', 2, 4);
    expect(writes.confirm('k', (write) => write === 2)).toBe(true);
    expect(writes.confirm('k', (write) => write === 1)).toBe(false);
    expect(writes.confirm('k', (write) => write === 3)).toBe(true);
    expect(writes.confirm('k', () => true)).toBe(false);
    expect(writes.size).toBe(1);
  });

  test('what was acknowledged before the feed caught up is forgotten', () => {
    const writes = new UnconfirmedWrites<number>(10);
    writes.add('k', 1, 100);
    writes.add('l', 2, 200);
    writes.forgetBefore(200);
    expect([writes.confirm('k', () => true), writes.confirm('l', () => true)]).toEqual([false, true]);
    expect(writes.size).toBe(0);
  });

  test('of more than the limit the oldest are forgotten', () => {
    const writes = new UnconfirmedWrites<number>(2);
    for (const write of [1, 2, 3]) writes.add('k', write, write);
    expect(writes.confirm('k', (write) => write === 1)).toBe(false);
    expect([writes.confirm('k', (write) => write === 2), writes.size]).toEqual([true, 1]);
  });
});
