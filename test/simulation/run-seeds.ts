/** Some seeds of a scenario, one after the other: what they did together, unless one breaks an invariant. */
import { explainFailure, runSeed } from './explain.ts';
import type { Scenario } from './scenarios.ts';

export interface SeedsRun {
  readonly operations: number;
  /** Of all operations. */
  readonly hitRatio: number;
}

/** @throws {Error} with all that is needed to meet a failure again. */
export async function runSeeds(scenario: Scenario, seeds: readonly number[], count: number): Promise<SeedsRun> {
  let operations = 0;
  let hits = 0;
  for (const seed of seeds) {
    const { violation, answers, operations: done } = await runSeed(seed, scenario, count);
    if (violation !== undefined) throw new Error(await explainFailure(seed, scenario.name, count));
    operations += done;
    hits += answers['hit'] ?? 0;
  }
  return { operations, hitRatio: hits / operations };
}
