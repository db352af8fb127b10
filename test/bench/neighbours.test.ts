import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { othersShare, processorTime } from '../../bench/neighbours.ts';

describe('the share of others', () => {
  const before = { busyMs: 1_000, wholeMs: 10_000, oursMs: 100 };

  it('is what was busy and not ours, of all processors', () => {
    expect(othersShare(before, { busyMs: 4_000, wholeMs: 20_000, oursMs: 2_100 })).toBeCloseTo(0.1, 12);
  });

  it('is never less than nothing, though the clocks tick apart', () => {
    expect(othersShare(before, { busyMs: 2_000, wholeMs: 20_000, oursMs: 1_110 })).toBe(0);
  });

  it('is not known where it cannot be read', () => {
    expect(othersShare(undefined, before)).toBeUndefined();
    expect(othersShare(before, before)).toBeUndefined();
  });

  it('counts the work of this process as ours', () => {
    const start = processorTime();
    const from = process.cpuUsage();
    while (process.cpuUsage(from).user < 200_000);
    const end = processorTime();
    if (start === undefined || end === undefined) {
      expect(existsSync('/proc/self/stat')).toBe(false);
      return;
    }
    expect(end.oursMs - start.oursMs).toBeGreaterThanOrEqual(150);
    expect(end.busyMs - start.busyMs).toBeGreaterThanOrEqual(150);
  });
});
