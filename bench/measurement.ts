/** What was measured, of one way to one answer, and how it is taken from a histogram of nanoseconds. */
import { build } from 'hdr-histogram-js';
import type { Histogram } from 'hdr-histogram-js';

export interface Measurement {
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly operationsPerSecond: number;
  /** Processor time of the server's process for one operation; undefined where it cannot be read. */
  readonly cpuUs: number | undefined;
}

const LONGEST_NS = 60_000_000_000;

export function latencyHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: LONGEST_NS, numberOfSignificantValueDigits: 3 });
}

export function recordMs(histogram: Histogram, durationMs: number): void {
  histogram.recordValue(Math.min(LONGEST_NS, Math.max(1, Math.round(durationMs * 1e6))));
}

export function measurementOf(histogram: Histogram, elapsedMs: number, cpuMs: number | undefined): Measurement {
  const count = histogram.totalCount;
  if (count === 0) throw new Error('nothing was answered');
  return {
    count,
    p50Us: histogram.getValueAtPercentile(50) / 1000,
    p99Us: histogram.getValueAtPercentile(99) / 1000,
    operationsPerSecond: (count * 1000) / elapsedMs,
    cpuUs: cpuMs === undefined ? undefined : (cpuMs * 1000) / count,
  };
}
