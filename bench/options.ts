/** What the bench is told on its command line, and how much it then does. */
import { parseArgs } from 'node:util';
import type { TurnPlan } from './turns.ts';

export interface BenchOptions {
  readonly quick: boolean;
  /** A store that somebody runs on this machine, to be asked beside the others. */
  readonly store: string | undefined;
  /** Sections by their ids; empty: all. */
  readonly only: readonly string[];
  /** Files to write; without them, in `bench/results`. */
  readonly json: string | undefined;
  readonly html: string | undefined;
}

export interface Plan extends TurnPlan {
  /** Different items, and different pages, that are asked for as hits; a multiple of those in a batch. */
  readonly hotReads: number;
  /** Of the table that misses are read from. */
  readonly partitions: number;
  /** Reads of which each was never asked for since the last flush, a run. */
  readonly missesMax: number;
  readonly ycsbItems: number;
  readonly tryDaxIterations: number;
  /** Cache sizes of the sweep, as shares of the data. */
  readonly cacheShares: readonly number[];
  /** Reads that each of them begins with, from empty. */
  readonly sweepReads: number;
  readonly cachedPages: readonly number[];
  readonly memoryItems: number;
  readonly memorySeconds: number;
}

export const plans = {
  quick: {
    turns: 1,
    seconds: 0.08,
    warmUpSeconds: 0.03,
    hotReads: 100,
    partitions: 20,
    missesMax: 1_000,
    ycsbItems: 1_000,
    tryDaxIterations: 2,
    cacheShares: [0.1, 1],
    sweepReads: 1_500,
    cachedPages: [0, 100],
    memoryItems: 10_000,
    memorySeconds: 0.3,
  },
  full: {
    turns: 5,
    seconds: 0.8,
    warmUpSeconds: 0.5,
    hotReads: 500,
    partitions: 100,
    missesMax: 9_000,
    ycsbItems: 10_000,
    tryDaxIterations: 20,
    cacheShares: [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1],
    sweepReads: 15_000,
    cachedPages: [0, 10, 100, 1_000],
    memoryItems: 1_000_000,
    memorySeconds: 10,
  },
} as const satisfies Record<string, Plan>;

export function readBenchOptions(args: readonly string[], sections: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      store: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      html: { type: 'string' },
    },
  });
  const { quick, store, only, json, html } = values;
  const unknown = only.find((id) => !sections.includes(id));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: the sections are ${sections.join(', ')}`);
  if (store !== undefined && !URL.canParse(store)) {
    throw new Error(`--store ${store}: has to be an address such as http://127.0.0.1:8000`);
  }
  return { quick, store, only, json, html };
}
