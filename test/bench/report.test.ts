import { describe, expect, it } from 'vitest';
import { ratioSentences, tableText } from '../../bench/report.ts';
import type { Row } from '../../bench/report.ts';

const base = {
  operation: 'GetItem',
  store: 'dynalite',
  connections: 1,
  count: 10,
  p99Us: 900,
  operationsPerSecond: 2_000,
  cpuUs: 40,
} as const;

const rows: Row[] = [
  { ...base, path: 'SDK to store', p50Us: 1_000 },
  { ...base, path: 'HTTP to store', p50Us: 300 },
  { ...base, path: 'HTTP to store', p50Us: 4_000, connections: 32, operationsPerSecond: 7_000 },
  { ...base, path: 'proxy, miss', p50Us: 420 },
  { ...base, path: 'proxy, hit', p50Us: 75 },
  { ...base, path: 'proxy, hit', p50Us: 900, connections: 32, operationsPerSecond: 28_000 },
  { ...base, path: 'in process, hit', p50Us: 2.5 },
];

describe('the sentences of a run', () => {
  it('say how a hit, a miss and a hit in process compare with the store', () => {
    expect(ratioSentences(rows)).toEqual([
      'GetItem on dynalite: a hit through the proxy takes 75.0 µs at p50 where the store takes 300, 4.00 times faster, ' +
        'and over 32 connections there are 4.00 times as many operations a second.',
      'GetItem on dynalite: a miss through the proxy takes 420 µs at p50, 120 µs more than the store by itself.',
      "GetItem on dynalite: a hit in process takes 2.50 µs at p50, 400 times faster than Amazon's client asking the store " +
        '(1,000 µs), and 120 times faster than bare HTTP to it.',
    ]);
  });

  it('admit that a cache was slower', () => {
    const slow = rows.map((row) => (row.path === 'proxy, hit' ? { ...row, p50Us: 600 } : row));
    expect(ratioSentences(slow)[0]).toContain('2.00 times slower');
  });

  it('keep stores and operations apart, and leave out what was not measured', () => {
    const others = rows.slice(1, 4).map((row): Row => ({ ...row, operation: 'Query', store: 'embedded' }));
    expect(ratioSentences([...rows.slice(0, 3), ...others])).toEqual([
      'Query on embedded: a miss through the proxy takes 420 µs at p50, 120 µs more than the store by itself.',
    ]);
  });
});

describe('the table of a run', () => {
  it('has a line for each row, its columns one below the other', () => {
    const lines = tableText([...rows.slice(0, 2), { ...rows[6]!, cpuUs: undefined }]).split('\n');
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['operation', 'store', 'path', 'connections', 'p50 µs', 'p99 µs', 'operations/s', 'CPU µs/operation'],
      expect.any(Array),
      ['GetItem', 'dynalite', 'SDK to store', '1', '1,000', '900', '2,000', '40.0'],
      ['GetItem', 'dynalite', 'HTTP to store', '1', '300', '900', '2,000', '40.0'],
      ['GetItem', 'dynalite', 'in process, hit', '1', '2.50', '900', '2,000', '–'],
    ]);
  });
});
