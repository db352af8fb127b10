/**
 * Measures cells in turns, so that what else the machine does falls on all of them. In each turn every cell runs flat out, which
 * gives its operations a second and processor time. Its latencies, corrected for coordinated omission, are taken
 *
 * - of one caller, from that same run (of an application, from one beside it, for its calls are counted or timed), by
 *   HdrHistogram's correction: for a read that took longer than the median, those are added that a caller would have made
 *   meanwhile, who comes every median;
 * - of many callers, from a second run at a quarter of the rate that was reached, by a constant schedule (`load.ts`).
 *
 * A warm-up before the first turn does not count.
 */
import type { Histogram } from 'hdr-histogram-js';
import type { Effort } from './load.ts';
import { latencyHistogram, measurementOf } from './measurement.ts';
import type { Measurement, Sample } from './measurement.ts';
import { median } from './quantile.ts';
import type { Point, Row, Turn } from './report/result.ts';

export interface Cell {
  readonly subject: string;
  readonly connections: number;
  /** Whether each caller has several requests on their way. */
  readonly isPipelined?: boolean | undefined;
  readonly run: (effort: Effort) => Promise<Sample>;
  /** Share of hits among the reads so far. */
  readonly hitRatio?: (() => number | undefined) | undefined;
}

export interface TurnPlan {
  readonly turns: number;
  /** Of one run: a cell has one or two a turn. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** A server that is asked for that much of what it can do has time for each, and is not idle. */
const RATE_SHARE = 0.25;

export async function measureInTurns(
  cells: readonly Cell[],
  plan: TurnPlan,
  tell: (progress: string) => void = (progress) => void process.stderr.write(`${progress}\n`),
): Promise<Row[]> {
  if (plan.warmUpSeconds > 0) for (const cell of cells) await cell.run({ seconds: plan.warmUpSeconds });
  const measured = cells.map(() => ({ latencies: latencyHistogram(), turns: [] as Turn[] }));
  for (let turn = 0; turn < plan.turns; turn++) {
    for (const [place, cell] of cells.entries()) {
      const sample = await cell.run({ seconds: plan.seconds });
      const flatOut = figuresOf(sample);
      const latencies = await latenciesOf(cell, sample, flatOut.operationsPerSecond, plan.seconds);
      measured[place]!.latencies.add(latencies);
      measured[place]!.turns.push(turnOf(measurementOf(latencies, sample.elapsedMs, undefined), flatOut));
      tell(`${cell.subject}, ${cell.connections}: ${Math.round(flatOut.operationsPerSecond)}/s`);
    }
  }
  return cells.map((cell, place) => rowOf(cell, measured[place]!.latencies, measured[place]!.turns));
}

async function latenciesOf(cell: Cell, flatOut: Sample, rate: number, seconds: number): Promise<Histogram> {
  if (cell.connections === 1 && cell.isPipelined !== true) {
    const medianNs = flatOut.histogram.getValueAtPercentile(50);
    return flatOut.histogram.copyCorrectedForCoordinatedOmission(medianNs);
  }
  return (await cell.run({ seconds, ratePerSecond: rate * RATE_SHARE })).histogram;
}

/** A row of one run that is over when its work is done, and has no rate. */
export function rowOfRun(subject: string, connections: number, sample: Sample): Row {
  const measurement = figuresOf(sample);
  return rowOf({ subject, connections }, sample.histogram, [turnOf(measurement, measurement)]);
}

function figuresOf({ histogram, elapsedMs, cpuMs, count }: Sample): Measurement {
  return measurementOf(histogram, elapsedMs, cpuMs, count);
}

function turnOf({ p50Us, p90Us, p99Us, p999Us }: Measurement, flatOut: Measurement): Turn {
  const { operationsPerSecond, cpuUs, p50Us: medianUs } = flatOut;
  return { operationsPerSecond, cpuUs, medianUs, p50Us, p90Us, p99Us, p999Us };
}

function rowOf(cell: Omit<Cell, 'run'>, latencies: Histogram, turns: readonly Turn[]): Row {
  const middle = (read: (turn: Turn) => number) => median(turns.map(read));
  const cpus = turns.flatMap(({ cpuUs }) => (cpuUs === undefined ? [] : [cpuUs]));
  return {
    subject: cell.subject,
    connections: cell.connections,
    count: latencies.totalCount,
    medianUs: middle(({ medianUs }) => medianUs),
    p50Us: middle(({ p50Us }) => p50Us),
    p90Us: middle(({ p90Us }) => p90Us),
    p99Us: middle(({ p99Us }) => p99Us),
    p999Us: middle(({ p999Us }) => p999Us),
    operationsPerSecond: middle(({ operationsPerSecond }) => operationsPerSecond),
    cpuUs: cpus.length === 0 ? undefined : median(cpus),
    hitRatio: cell.hitRatio?.(),
    turns,
    curve: curveOf(latencies),
  };
}

/** Eight points to each nine of the percentile, as far as there are values behind them. */
function curveOf(latencies: Histogram): Point[] {
  const points: Point[] = [];
  for (let step = 0; 10 ** (step / 8) <= latencies.totalCount; step++) {
    const percentile = 100 * (1 - 10 ** (-step / 8));
    points.push([Number(percentile.toFixed(5)), latencies.getValueAtPercentile(percentile) / 1000]);
  }
  return points;
}
