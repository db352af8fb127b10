/** What a run of the bench leaves: sections of rows, of which every other figure of the report is computed. */
import type { Machine } from '../machine.ts';

/** What is measured, by the names that the report and the aims have for it. */
export const subjects = {
  http: 'Slipstream, HTTP',
  signed: 'Slipstream, HTTP, --auth sigv4',
  awake: 'Slipstream, HTTP, --busy-poll',
  pipelined: 'Slipstream, HTTP, 16 pipelined',
  batch: 'Slipstream, HTTP, BatchGetItem of 25',
  query: 'Slipstream, HTTP, Query of 20 items',
  miss: 'Slipstream, HTTP, miss',
  write: 'Slipstream, HTTP, write',
  pipelinedMiss: 'Slipstream, HTTP, miss, 16 pipelined',
  pipelinedWrite: 'Slipstream, HTTP, write, 16 pipelined',
  batchMiss: 'Slipstream, HTTP, BatchGetItem of 25 misses',
  batchWrite: 'Slipstream, HTTP, BatchWriteItem of 25',
  inProcessMiss: 'Slipstream, in process, miss',
  inProcessWrite: 'Slipstream, in process, write',
  inProcess: 'Slipstream, in process',
  inProcessQuery: 'Slipstream, in process, Query of 20 items',
  net: 'bare net, fixed answer',
  netQuery: "bare net, a Query's answer",
  nodeHttp: 'node:http, fixed answer',
  nginx: 'nginx, return 200',
  embedded: 'embedded store, HTTP',
  embeddedRead: 'embedded store, HTTP, the same reads',
  embeddedWrite: 'embedded store, HTTP, the same writes',
  relayedRead: 'the same reads through a bare net relay',
  relayedWrite: 'the same writes through a bare net relay',
  dispatchedRead: 'the same reads through undici alone',
  dispatchedWrite: 'the same writes through undici alone',
  dynalite: 'dynalite, HTTP',
  slow: 'embedded store + 3 ms injected, HTTP',
  given: 'store by --store, HTTP',
  sdk: "embedded store, Amazon's SDK",
  sdkRead: "Amazon's SDK, the same reads",
  sdkWrite: "Amazon's SDK, the same writes",
  redisAside: 'app: Redis GET + JSON.parse',
  httpAside: 'app: undici to Slipstream + JSON.parse',
  awakeAside: 'app: undici to Slipstream, --busy-poll',
  netAside: 'app: undici to bare net + JSON.parse',
} as const;

/** The figures of one turn: ratios are taken within turns, for what else the machine does falls on both sides of them. */
export interface Turn {
  /** Flat out. */
  readonly operationsPerSecond: number;
  readonly cpuUs: number | undefined;
  /** From sending to answer, flat out: of one caller, a figure that hardly moves when others have the machine for a while. */
  readonly medianUs: number;
  /** Latencies are corrected for coordinated omission; `turns.ts` says how. */
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}

/** Each figure is the median of its turns. */
export interface Row extends Turn {
  readonly subject: string;
  readonly connections: number;
  /** Requests behind the latencies. */
  readonly count: number;
  /** Share of the reads that were hits, where that was counted. */
  readonly hitRatio?: number | undefined;
  readonly turns: readonly Turn[];
  /** The whole distribution of all turns: percentile and microseconds. */
  readonly curve: readonly Point[];
}

export type Point = readonly [x: number, y: number];

/** A line of a chart over something else than percentiles. */
export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A figure that is none of a row's. */
export interface Fact {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** How it was measured, in sentences. */
  readonly method: string;
  readonly rows: readonly Row[];
  readonly facts?: readonly Fact[] | undefined;
  readonly chart?: { readonly title: string; readonly x: string; readonly y: string; readonly lines: readonly Line[] };
}

export interface Aim {
  readonly what: string;
  readonly aim: string;
  readonly measured: string;
  /** What one gets who does nothing but what cannot be left out; '' where nothing tells. */
  readonly floor: string;
  readonly outcome: 'met' | 'not met' | 'not measured';
}

export interface Result {
  readonly startedAt: string;
  readonly quick: boolean;
  readonly seconds: number;
  readonly machine: Machine;
  /** Share of the machine's processors that other processes had during the run. */
  readonly othersShare: number | undefined;
  readonly remarks: readonly string[];
  readonly aims: readonly Aim[];
  readonly sections: readonly Section[];
}
