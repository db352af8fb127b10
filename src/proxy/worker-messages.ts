/** What the processes behind one port tell each other: the primary, which has the change feed, and its workers. */
import type { TableStatus } from '../accelerator/accelerator.ts';
import type { FeedRecord, FeedState, GapReason } from '../feed/change-feed.ts';
import type { ProxyAddresses } from './proxy.ts';

/** What makes entries of a table stale. */
export type Change =
  /** A client's write, as the worker that sent it saw it. */
  | { readonly type: 'write'; readonly record: FeedRecord }
  /** A record of the change feed, which the primary reads. */
  | { readonly type: 'record'; readonly record: FeedRecord }
  /** Nothing is known of the table any more. */
  | { readonly type: 'gap'; readonly table: string; readonly reason: GapReason };

/** How a worker is doing. */
export interface WorkerState {
  readonly tables: readonly TableStatus[];
  readonly inFlight: number;
  readonly connections: number;
}

export type FromWorker =
  | ({ readonly type: 'ping'; readonly ping: number } & WorkerState)
  /** What clients' writes did, maybe nothing. `settled` comes when every worker has taken that, and all that was sent before. */
  | { readonly type: 'wrote'; readonly post: number; readonly changes: readonly Change[] }
  | { readonly type: 'taken'; readonly delivery: number }
  | { readonly type: 'watch' | 'unwatch'; readonly table: string }
  | { readonly type: 'answer'; readonly question: number; readonly value: unknown }
  | { readonly type: 'ask'; readonly question: number; readonly ask: WorkerAsk }
  | { readonly type: 'ready'; readonly addresses: ProxyAddresses }
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string };

export type ToWorker =
  /** `stalenessMs` by table: by how much a change of it may be missed in what was told so far. */
  | { readonly type: 'pong'; readonly ping: number; readonly stalenessMs: Readonly<Record<string, number>> }
  | { readonly type: 'settled'; readonly post: number }
  | { readonly type: 'take'; readonly delivery: number; readonly changes: readonly Change[] }
  | { readonly type: 'watching'; readonly table: string; readonly state: FeedState }
  | { readonly type: 'question'; readonly question: number; readonly ask: WorkerQuestion }
  | { readonly type: 'answered'; readonly question: number; readonly value: unknown }
  | { readonly type: 'drain' };

/** Asked of all workers. */
export type WorkerQuestion =
  /** By an operator. */
  { readonly about: 'flush'; readonly table: string | undefined } | { readonly about: 'metrics' } | WorkerAsk;

/** What one worker may ask all of them, by way of the primary. */
export type WorkerAsk =
  /** Attribute lists that clients of DAX have defined; answered when they are known. */
  | { readonly about: 'define-lists'; readonly lists: readonly (readonly string[])[] }
  /** The names of a list that one of them has sent; answered by the first that knows it, or when nobody does. */
  | { readonly about: 'list'; readonly id: number };

export interface WorkerTiming {
  /** Between two questions of a worker whether the primary is there. */
  readonly beatMs: number;
  /**
   * A worker that has heard nothing for so long answers nothing out of its caches. Near caches are told nothing while it is not
   * known whether another worker still does; so it is less than the silence after which they give up (`linkDefaults`).
   */
  readonly leaseMs: number;
  /** A worker that has said nothing for so long is ended, and another takes its place: the longest that a call hangs on it. */
  readonly stuckMs: number;
}

export const workerDefaults: WorkerTiming = { beatMs: 250, leaseMs: 1_000, stuckMs: 10_000 };
