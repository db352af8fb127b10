import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { cutRange, footprintHolds, rangeHolds, WHOLE_RANGE, type KeyRange } from '../../src/cache/footprint.ts';

const between = (low: string, high: string): KeyRange => ({ low, lowInclusive: true, high, highInclusive: true });

describe('footprint', () => {
  test('both ends of a range are inside or outside as it says', () => {
    expect(rangeHolds(between('b', 'd'), 'b')).toBe(true);
    expect(rangeHolds(between('b', 'd'), 'd')).toBe(true);
    expect(rangeHolds({ ...between('b', 'd'), lowInclusive: false }, 'b')).toBe(false);
    expect(rangeHolds({ ...between('b', 'd'), highInclusive: false }, 'd')).toBe(false);
    expect(rangeHolds(WHOLE_RANGE, '')).toBe(true);
    expect(rangeHolds(WHOLE_RANGE, '\xff\xff')).toBe(true);
  });

  test('a footprint holds only its own partition, a scan holds all', () => {
    expect(footprintHolds({ partition: 'p', ...WHOLE_RANGE }, { partition: 'q', sort: 'a' })).toBe(false);
    expect(footprintHolds({ partition: undefined, ...WHOLE_RANGE }, { partition: 'q', sort: 'a' })).toBe(true);
  });

  test('a page behind a start key leaves the key out, and keeps it where index entries may tie', () => {
    const forward = cutRange(between('a', 'z'), { after: 'm' }, { forward: true, ties: false });
    expect([rangeHolds(forward, 'm'), rangeHolds(forward, 'n'), rangeHolds(forward, 'z')]).toEqual([false, true, true]);
    const backward = cutRange(between('a', 'z'), { after: 'm' }, { forward: false, ties: false });
    expect([rangeHolds(backward, 'm'), rangeHolds(backward, 'l'), rangeHolds(backward, 'a')]).toEqual([
      false,
      true,
      true,
    ]);
    for (const isForward of [true, false]) {
      expect(rangeHolds(cutRange(between('a', 'z'), { after: 'm' }, { forward: isForward, ties: true }), 'm')).toBe(
        true,
      );
    }
  });

  test('a page that ended at a key holds the key and nothing behind it', () => {
    const forward = cutRange(WHOLE_RANGE, { upTo: 'm' }, { forward: true, ties: false });
    expect([rangeHolds(forward, 'm'), rangeHolds(forward, 'm\x00')]).toEqual([true, false]);
    const backward = cutRange(WHOLE_RANGE, { upTo: 'm' }, { forward: false, ties: false });
    expect([rangeHolds(backward, 'm'), rangeHolds(backward, 'l')]).toEqual([true, false]);
  });

  test('a cut range holds exactly what a reader walking the range would have met', () => {
    const sort = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 });
    const scenario = fc.record({
      all: fc.uniqueArray(sort, { maxLength: 20 }),
      range: fc.record({
        low: sort,
        lowInclusive: fc.boolean(),
        high: fc.option(sort, { nil: undefined }),
        highInclusive: fc.boolean(),
      }),
      forward: fc.boolean(),
      first: fc.nat(20),
      count: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(scenario, ({ all, range, forward, first, count }) => {
        const inRange = all.filter((key) => rangeHolds(range, key)).toSorted();
        if (!forward) inRange.reverse();
        const after = first === 0 ? undefined : inRange[first - 1];
        const read = inRange.slice(after === undefined ? 0 : first, (after === undefined ? 0 : first) + count);
        const upTo = read.at(-1);
        if (upTo === undefined) return;
        const cut = cutRange(range, { after, upTo }, { forward, ties: false });
        expect(all.filter((key) => rangeHolds(cut, key)).toSorted()).toEqual(read.toSorted());
      }),
    );
  });
});
