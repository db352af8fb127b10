import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EntryRows } from '../../src/cache/entry-rows.ts';

const columns = (number: number) => ({
  askedAtMs: number + 0.25,
  storedAtMs: number + 0.5,
  expiresAtMs: number % 2 === 0 ? Infinity : number + 0.75,
  sizeBytes: 10 * number,
});

function rowAt(rows: EntryRows, place: number) {
  const first = rows.firstCell(place);
  return {
    key: rows.key(place),
    cells: rows.cells(place).slice(first, first + rows.width(place)),
    askedAtMs: rows.askedAtMs(place),
    storedAtMs: rows.storedAtMs(place),
    expiresAtMs: rows.expiresAtMs(place),
    sizeBytes: rows.sizeBytes(place),
  };
}

describe('entry rows', () => {
  test('rows of any length keep what was put, whatever comes and goes beside them', () => {
    const step = fc.record({
      puts: fc.boolean(),
      width: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom(64, 65, 300)),
      count: fc.constantFrom(1, 1, 20, 1_500),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const rows = new EntryRows();
        const kept = new Map<number, ReturnType<typeof rowAt>>();
        let made = 0;
        const put = (width: number) => {
          const number = ++made;
          const cells = Array.from({ length: width }, (_, cell) => `${number}.${cell}`);
          const row = { key: `k${number}`, cells, ...columns(number) };
          const place = rows.put(row.key, cells, row);
          expect(kept.has(place)).toBe(false);
          kept.set(place, row);
        };
        for (const { puts, width, count, pick } of steps) {
          const places = [...kept.keys()];
          for (let time = 0; time < Math.min(count, puts ? 1_500 : places.length); time++) {
            if (puts) put(width);
            else {
              const place = places[(pick + time) % places.length]!;
              rows.free(place);
              kept.delete(place);
            }
          }
        }
        for (const [place, row] of kept) expect(rowAt(rows, place)).toEqual(row);
      }),
      { numRuns: 40 },
    );
  });

  test('a row that is freed holds on to nothing', () => {
    const rows = new EntryRows();
    const place = rows.put('key', ['kept'], columns(1));
    const cells = rows.cells(place);
    rows.free(place);
    expect(cells).not.toContain('kept');
  });

  test('places are used again, so that what is kept by place does not grow without end', () => {
    const rows = new EntryRows();
    let highest = 0;
    for (let round = 0; round < 20; round++) {
      const places = [1, 5, 30, 64, 200].flatMap((width) =>
        Array.from({ length: 700 }, () =>
          rows.put(
            'key',
            Array.from({ length: width }, () => 'x'),
            columns(1),
          ),
        ),
      );
      highest = Math.max(highest, ...places);
      for (const place of places) rows.free(place);
      if (round === 0) continue;
      expect(highest).toBeLessThan(32_000);
    }
  });
});
