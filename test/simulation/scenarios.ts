/** The settings under which the simulator runs, by name. Times are of the virtual clock. */
import type { AcceleratorTuning } from '../../src/accelerator/options.ts';

export interface Scenario {
  readonly name: string;
  /** `streams` is the project's own reader over the model's Streams API; the others are models of a feed. */
  readonly feed: 'none' | 'direct' | 'delayed' | 'streams';
  /** Whether somebody writes past the accelerator. */
  readonly hasWritersPast: boolean;
  readonly replicaLagMs: number;
  readonly indexLagMs: number;
  readonly faults: number;
  /** Chance that one way of a call takes up to `SLOW_MS`. */
  readonly slow: number;
  /** Chance of a stall, a gap, a pause … between two operations. */
  readonly nemesis: number;
  readonly pageBytes: number;
  readonly tuning: AcceleratorTuning;
}

/** H: bounds the lag of replicas and indexes, so the lags of the scenarios reach up to it. */
export const MUTATION_LOG_MS = 500;
/** One way of a slow call: a fill may take longer than the log remembers. */
export const SLOW_MS = 700;
export const LATENCY_MS = 6;
export const TIMEOUT_MS = 400;
export const LATE_MS = 1_500;
/** How long the model's streams and feeds may keep a record back. */
export const FEED_DELAY_MS = 150;

const roomy: AcceleratorTuning = {
  mutationLogMs: MUTATION_LOG_MS,
  maxStalenessMs: 5_000,
  itemTtlMs: 20_000,
  queryTtlMs: 20_000,
  negativeTtlMs: 20_000,
};

/** Caches and logs so small that everything is evicted and forgotten all the time. */
const tiny: AcceleratorTuning = {
  ...roomy,
  itemCacheBytes: 3_000,
  queryCacheBytes: 8_000,
  mutationLogBytes: 12_000,
  itemTtlMs: 1_500,
  queryTtlMs: 1_500,
  negativeTtlMs: 700,
};

const base: Omit<Scenario, 'name' | 'feed'> = {
  hasWritersPast: true,
  replicaLagMs: 0,
  indexLagMs: 0,
  faults: 0.04,
  slow: 0.03,
  nemesis: 0.004,
  pageBytes: 400,
  tuning: roomy,
};

const lagging = { replicaLagMs: MUTATION_LOG_MS, indexLagMs: MUTATION_LOG_MS };

export const SCENARIOS: readonly Scenario[] = [
  { ...base, name: 'no feed', feed: 'none', hasWritersPast: false },
  { ...base, ...lagging, name: 'no feed, lag', feed: 'none', hasWritersPast: false },
  { ...base, ...lagging, name: 'no feed, writers past it, by TTL', feed: 'none', tuning: tiny },
  { ...base, name: 'direct feed', feed: 'direct' },
  { ...base, ...lagging, name: 'direct feed, lag', feed: 'direct' },
  { ...base, name: 'delayed feed', feed: 'delayed' },
  { ...base, ...lagging, name: 'delayed feed, lag', feed: 'delayed' },
  { ...base, ...lagging, name: 'delayed feed, lag, tiny caches', feed: 'delayed', tuning: tiny },
  {
    ...base,
    ...lagging,
    name: 'delayed feed, lag, short bound',
    feed: 'delayed',
    nemesis: 0.01,
    tuning: { ...roomy, maxStalenessMs: 300 },
  },
  { ...base, name: 'delayed feed, TTL on loss', feed: 'delayed', tuning: { ...tiny, onFeedLoss: 'ttl' } },
  { ...base, name: 'streams', feed: 'streams' },
  { ...base, ...lagging, name: 'streams, lag', feed: 'streams' },
  { ...base, ...lagging, name: 'streams, lag, tiny caches', feed: 'streams', tuning: tiny },
];

export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`no scenario is called ${name}`);
  return scenario;
}
