/**
 * How one kind of call is timed: each call by itself, for the percentiles, and many together, for the mean and the processor
 * time, which the reading of a clock around each call would falsify.
 */
import { latencyHistogram, recordMs } from './measurement.ts';

export interface CallTimes {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly meanUs: number;
  readonly cpuUs: number;
}

/** One call; the place says which of the keys it asks for. */
export type Ask = (place: number) => unknown;

/** The event loop gets its turn this often: the feed and the timers have to live beside the calls. */
const CALLS_A_TURN = 500;

/** @param places in the order in which they are asked for; the order begins again as often as needed. */
export async function timeCalls(ask: Ask, places: Int32Array, calls: number): Promise<CallTimes> {
  await run(ask, places, Math.ceil(calls / 4));
  const histogram = latencyHistogram();
  for (let done = 0; done < calls; done++) {
    const begin = performance.now();
    await ask(places[done % places.length]!);
    recordMs(histogram, performance.now() - begin);
    if (done % CALLS_A_TURN === 0) await nextTurn();
  }
  const cpuBefore = process.cpuUsage();
  const begin = performance.now();
  await run(ask, places, calls);
  const elapsedMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpuBefore);
  const percentileUs = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  return {
    p50Us: percentileUs(50),
    p99Us: percentileUs(99),
    p999Us: percentileUs(99.9),
    meanUs: (elapsedMs * 1000) / calls,
    cpuUs: (user + system) / calls,
  };
}

async function run(ask: Ask, places: Int32Array, calls: number): Promise<void> {
  for (let done = 0; done < calls; done++) {
    await ask(places[done % places.length]!);
    if (done % CALLS_A_TURN === 0) await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
