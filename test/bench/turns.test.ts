/** How samples become rows: medians of turns, ratios pair by pair, and latencies that omit nothing. */
import { describe, expect, it } from 'vitest';
import { latencyHistogram, recordMs } from '../../bench/measurement.ts';
import type { Sample } from '../../bench/measurement.ts';
import { pairedRatios, ratioText } from '../../bench/paired.ts';
import { median, quantile } from '../../bench/quantile.ts';
import { measureInTurns } from '../../bench/turns.ts';
import type { Cell } from '../../bench/turns.ts';

const sample = (latenciesMs: readonly number[], elapsedMs: number, cpuMs?: number): Sample => {
  const histogram = latencyHistogram();
  for (const latencyMs of latenciesMs) recordMs(histogram, latencyMs);
  return { histogram, elapsedMs, cpuMs };
};
const silent = () => undefined;
const plan = { turns: 3, seconds: 1, warmUpSeconds: 0 };

describe('turns', () => {
  it('go round all cells, warm each up, and ask many callers again at a quarter of what they reached', async () => {
    const asked: string[] = [];
    const cell = (subject: string, connections: number): Cell => ({
      subject,
      connections,
      run: ({ seconds, ratePerSecond }) => {
        asked.push(`${subject} ${seconds}${ratePerSecond === undefined ? '' : ` at ${ratePerSecond}`}`);
        return Promise.resolve(
          sample(
            Array.from({ length: 100 }, () => 2),
            1_000,
          ),
        );
      },
    });
    await measureInTurns([cell('one', 1), cell('many', 32)], { turns: 2, seconds: 1, warmUpSeconds: 0.5 }, silent);
    const turn = ['one 1', 'many 1', 'many 1 at 25'];
    expect(asked).toEqual(['one 0.5', 'many 0.5', ...turn, ...turn]);
  });

  it('give the median of what each turn gave', async () => {
    const samples = [sample([1, 1], 100, 4), sample([3, 3], 10, 40), sample([2, 2], 50, 6)];
    const cell: Cell = { subject: 'one', connections: 1, run: () => Promise.resolve(samples.shift()!) };
    const [row] = await measureInTurns([cell], plan, silent);
    expect(row).toMatchObject({ operationsPerSecond: 40, cpuUs: 3_000, count: 6, hitRatio: undefined });
    expect(row!.p50Us).toBeCloseTo(2_000, -1);
    expect(row!.turns.map(({ cpuUs }) => cpuUs)).toEqual([2_000, 20_000, 3_000]);
  });

  it('take the latencies of one caller with those added that a stall kept from being asked', async () => {
    const stalled = [...Array.from({ length: 99 }, () => 1), 100];
    const cell: Cell = { subject: 'one', connections: 1, run: () => Promise.resolve(sample(stalled, 200)) };
    const [row] = await measureInTurns([cell], { ...plan, turns: 1 }, silent);
    // Of those who come every millisecond, 100 ms without an answer meets a hundred, the last of whom waits for one.
    expect(row!.count).toBeGreaterThanOrEqual(198);
    expect(row!.p50Us).toBeLessThan(3_000);
    expect(row!.p90Us).toBeGreaterThan(75_000);
    expect(row!.medianUs).toBeCloseTo(1_000, -1);
    expect(row!.operationsPerSecond).toBe(500);
  });

  it('leave the latencies of many callers as their schedule gave them', async () => {
    const cell: Cell = {
      subject: 'many',
      connections: 32,
      run: ({ ratePerSecond }) =>
        Promise.resolve(ratePerSecond === undefined ? sample([9, 9], 100) : sample([1, 1, 1, 50], 100)),
    };
    const [row] = await measureInTurns([cell], { ...plan, turns: 1 }, silent);
    expect(row!.count).toBe(4);
    expect(row!.p50Us).toBeCloseTo(1_000, -1);
  });

  it('count the operations of a run apart from the latencies of another', async () => {
    const counted = { ...sample([4, 4], 100, 3), count: 30 };
    const cell: Cell = { subject: 'one', connections: 1, run: () => Promise.resolve(counted) };
    const [row] = await measureInTurns([cell], { ...plan, turns: 1 }, silent);
    expect(row).toMatchObject({ operationsPerSecond: 300, cpuUs: 100, count: 2 });
    expect(row!.medianUs).toBeCloseTo(4_000, -1);
  });

  it('draw the distribution as far as there are values behind it', async () => {
    const cell: Cell = { subject: 'one', connections: 1, run: () => Promise.resolve(sample([1, 1, 1], 100)) };
    const [row] = await measureInTurns([cell], { ...plan, turns: 1 }, silent);
    expect(row!.curve[0]![0]).toBe(0);
    expect(Math.max(...row!.curve.map(([percentile]) => percentile))).toBeLessThan(67);
  });
});

describe('ratios', () => {
  it('are taken pair by pair: a machine that got slower in the second pair is in neither', () => {
    const ratios = pairedRatios(
      [{ cpu: 2 }, { cpu: 20 }, { cpu: 3 }],
      [{ cpu: 1 }, { cpu: 10 }, { cpu: 2 }],
      ({ cpu }) => cpu,
    );
    expect(ratios).toEqual([2, 2, 1.5]);
    expect(ratioText(ratios)).toBe('2.00 (1.75–2.00)');
  });

  it('leave out what could not be read', () => {
    const some = [{ cpu: undefined }, { cpu: 4 }];
    expect(pairedRatios(some, [{ cpu: 1 }, { cpu: 2 }], ({ cpu }) => cpu)).toEqual([2]);
    expect(ratioText([])).toBe('–');
  });

  it('have quartiles between the values that are nearest', () => {
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([1, 2])).toBe(1.5);
    expect(() => median([])).toThrow('no values');
  });
});
