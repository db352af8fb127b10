/**
 * What was measured of one way to an answer, from a histogram of nanoseconds. A `Sample` is one run of one load; the figures
 * of several are put together in `turns.ts`.
 */
import { build } from 'hdr-histogram-js';
import type { Histogram } from 'hdr-histogram-js';

export interface Measurement {
  readonly count: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly operationsPerSecond: number;
  /** Processor time of the server's process for one operation; undefined where it cannot be read. */
  readonly cpuUs: number | undefined;
}

export interface Sample {
  readonly histogram: Histogram;
  /** Operations behind the time and the processor time, where they are others than those of the histogram. */
  readonly count?: number | undefined;
  readonly elapsedMs: number;
  /** Processor time of the processes that are asked, together; undefined where it cannot be read. */
  readonly cpuMs: number | undefined;
}

const LONGEST_NS = 60_000_000_000;

export function latencyHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: LONGEST_NS, numberOfSignificantValueDigits: 3 });
}

export function recordMs(histogram: Histogram, durationMs: number): void {
  histogram.recordValue(Math.min(LONGEST_NS, Math.max(1, Math.round(durationMs * 1e6))));
}

/** @param count of the operations, where they are others than those of the histogram. */
export function measurementOf(
  histogram: Histogram,
  elapsedMs: number,
  cpuMs: number | undefined,
  count = histogram.totalCount,
): Measurement {
  if (count === 0) throw new Error('nothing was answered');
  const us = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  return {
    count,
    p50Us: us(50),
    p90Us: us(90),
    p99Us: us(99),
    p999Us: us(99.9),
    operationsPerSecond: (count * 1000) / elapsedMs,
    cpuUs: cpuMs === undefined ? undefined : (cpuMs * 1000) / count,
  };
}

/** Processor time between two readings; undefined where one could not be taken. */
export function cpuBetween(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}
