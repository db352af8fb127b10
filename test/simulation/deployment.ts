/**
 * What a run is about: the caches that are asked and checked, and all that stands between them and the model store. Either
 * one accelerator in front of the store, or near caches that follow one.
 */
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import type { ChangeFeed } from '../../src/feed/change-feed.ts';
import { AnswerChecks } from './answer-checks.ts';
import { createFeed } from './create-feed.ts';
import { DropLedger } from './drop-ledger.ts';
import { ModelFeed } from './model-feed.ts';
import { MODEL_TABLES } from './model-tables.ts';
import { Random, mixSeeds } from './random.ts';
import { stalenessBoundMs } from './scenarios.ts';
import { Sessions } from './sessions.ts';
import type { Simulation } from './simulation.ts';
import type { Action } from './workload.ts';

export interface Deployment {
  readonly fronts: readonly Sessions[];
  /** The feed of the accelerator next to the store, where it is a model of one. */
  readonly modelFeed: ModelFeed | undefined;
  /** Calls under way that no session waits for. */
  readonly pending: number;
  /** Makes the trouble that only this deployment can have. */
  disturb(action: Action, seed: number): void;
  /** From here on nothing goes wrong by itself. */
  heal(): void;
  /** True when all that was written has been told to all caches, or a gap since. */
  isDrained(): boolean;
  /** What was true of all that was told is true of all that there is. */
  noteDrained(): void;
  close(): void;
}

/** The accelerator of the scenario, in front of the store. */
export class SingleNode implements Deployment {
  readonly fronts: readonly [Sessions];
  readonly modelFeed: ModelFeed | undefined;
  readonly pending = 0;
  readonly #checks: AnswerChecks;
  readonly #feed: ChangeFeed | undefined;

  constructor(simulation: Simulation, seed: number) {
    const { scenario, history, store, network, scheduler: clock } = simulation;
    const feed = createFeed(scenario, store, network, clock, new Random(mixSeeds(seed, 8)));
    const checks = new AnswerChecks({
      scenario,
      history,
      nowMs: () => clock.monotonicMs(),
      fail: (rule, text, id) => simulation.fail(rule, text, id),
      hitBoundMs: stalenessBoundMs(scenario),
    });
    const accelerator = createAccelerator({
      backing: network,
      feed: feed && checks.noStaleFill.watching(feed),
      clock,
      feedStartMs: 200,
      ...scenario.tuning,
    });
    this.modelFeed = feed instanceof ModelFeed ? feed : undefined;
    this.#checks = checks;
    this.#feed = feed;
    const front = new Sessions(simulation, {
      name: '',
      accelerator: simulation.options.spoil?.({ accelerator }) ?? accelerator,
      checks,
      ledger: new DropLedger(scenario.tuning.queryTtlMs ?? 0),
      onFlush: () => {
        for (const tableName of MODEL_TABLES.keys()) checks.noteFlush(tableName);
      },
    });
    this.fronts = [front];
  }

  disturb({ kind }: Action): void {
    throw new Error(`${kind} is no trouble`);
  }

  heal(): void {
    // What goes wrong here goes wrong in the network.
  }

  isDrained(): boolean {
    return (
      this.#feed === undefined || [...MODEL_TABLES.keys()].every((name) => this.#checks.noStaleFill.isDrained(name))
    );
  }

  noteDrained(): void {
    // The checker has seen what the feed told.
  }

  close(): void {
    void this.fronts[0].accelerator.close();
    void this.#feed?.close();
  }
}
