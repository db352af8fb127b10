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
  /** Near caches that follow the accelerator, where they are what is asked and checked. */
  readonly near?: NearSetting | undefined;
}

export interface NearSetting {
  readonly caches: number;
  /** Processes of the node, where it is several behind one port. */
  readonly workers?: number | undefined;
  readonly tuning: AcceleratorTuning;
  /** What may wait for a slow reader. */
  readonly queueBytesMax: number;
  /** Chance, between two operations, that a link, a process or a reader suffers. */
  readonly trouble: number;
  /** Of what, and how often. */
  readonly troubles: Readonly<Record<NearTrouble, number>>;
}

export type NearTrouble = 'cut' | 'restart' | 'slow' | 'freeze';

/** H: bounds the lag of replicas and indexes, so the lags of the scenarios reach up to it. */
export const MUTATION_LOG_MS = 500;
/** One way of a slow call: a fill may take longer than the log remembers. */
export const SLOW_MS = 700;
export const LATENCY_MS = 6;
export const TIMEOUT_MS = 400;
export const LATE_MS = 1_500;
/** How long the model's streams and feeds may keep a record back. */
export const FEED_DELAY_MS = 150;

/** Longest usual time of a text, or of one way of a call, between a near cache and its node. */
export const WAY_MAX_MS = 6;
/** How the links of near caches are set, quick, so that little time has to be simulated. */
export const LINK_TIMING = { beatMs: 100, silenceMs: 600, retryMinMs: 30, retryMaxMs: 300 } as const;
/** The same of what the processes of one node say to each other; a lease ends before a link counts as lost. */
export const WORKER_TIMING = { beatMs: 60, leaseMs: 250, stuckMs: 2_000 } as const;
/** After how long without a word the node gives a near cache up. */
export const NODE_SILENCE_MS = 1_500;

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

const SINGLE: readonly Scenario[] = [
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

const near: NearSetting = {
  caches: 3,
  tuning: roomy,
  queueBytesMax: 8_000_000,
  trouble: 0.004,
  troubles: { cut: 4, restart: 2, slow: 1, freeze: 2 },
};

const calm: NearSetting = { ...near, trouble: 0 };

/** Near caches of one node. */
const NEAR: readonly Scenario[] = [
  { ...base, name: 'near caches, direct feed', feed: 'direct', near },
  { ...base, ...lagging, name: 'near caches, direct feed, lag', feed: 'direct', near },
  { ...base, ...lagging, name: 'near caches, delayed feed, lag, calm', feed: 'delayed', near: calm },
  { ...base, ...lagging, name: 'near caches, delayed feed, lag', feed: 'delayed', near },
  { ...base, ...lagging, name: 'near caches, streams, lag', feed: 'streams', near },
  { ...base, name: 'near caches, no feed', feed: 'none', hasWritersPast: false, near },
  { ...base, ...lagging, name: 'near caches, no feed, lag', feed: 'none', hasWritersPast: false, near },
  {
    ...base,
    name: 'near caches, workers, no feed',
    feed: 'none',
    hasWritersPast: false,
    near: { ...near, workers: 3 },
  },
  {
    ...base,
    ...lagging,
    name: 'near caches, workers, delayed feed, lag',
    feed: 'delayed',
    near: { ...near, workers: 3 },
  },
  { ...base, ...lagging, name: 'near caches, workers, streams, lag', feed: 'streams', near: { ...near, workers: 2 } },
  {
    ...base,
    ...lagging,
    name: 'near caches, slow readers',
    feed: 'delayed',
    near: { ...near, queueBytesMax: 1_500, trouble: 0.02, troubles: { cut: 1, restart: 0.5, slow: 12, freeze: 1 } },
  },
  {
    ...base,
    ...lagging,
    name: 'near caches, delayed feed, lag, tiny caches',
    feed: 'delayed',
    tuning: tiny,
    near: { ...near, caches: 2, tuning: tiny },
  },
  {
    ...base,
    ...lagging,
    name: 'near caches, delayed feed, lag, node gives up first',
    feed: 'delayed',
    nemesis: 0.01,
    tuning: { ...roomy, maxStalenessMs: 300 },
    near: { ...near, caches: 2 },
  },
];

export const SCENARIOS: readonly Scenario[] = [...SINGLE, ...NEAR];

export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`no scenario is called ${name}`);
  return scenario;
}

/** How old a hit may be. A direct feed tells of a change before anybody can know of it. */
export function stalenessBoundMs({ feed, tuning, replicaLagMs, indexLagMs }: Scenario): number {
  const { itemTtlMs = 0, queryTtlMs = 0, maxStalenessMs = 0, onFeedLoss } = tuning;
  if (feed === 'direct') return 0;
  if (feed !== 'none' && onFeedLoss !== 'ttl') return maxStalenessMs;
  // An answer is at most this old when it arrives: the lag, a slow way back and a pause of the process.
  return Math.max(itemTtlMs, queryTtlMs) + Math.max(replicaLagMs, indexLagMs) + 2 * SLOW_MS + 500;
}
