/** Runs seeds, and says of one that fails all that is needed to meet it again: the seed, the shortest list, its trace. */
import { scenarioOf, type Scenario } from './scenarios.ts';
import { shrink } from './shrink.ts';
import { simulate, type RunOptions, type RunResult } from './simulation.ts';
import { planWorkload, type Workload } from './workload.ts';

export async function runSeed(
  seed: number,
  scenario: Scenario,
  count: number,
  options: RunOptions = {},
): Promise<RunResult> {
  return simulate(seed, scenario, planWorkload(seed, scenario, count), options);
}

/** The text for a failing seed. */
export async function explainFailure(
  seed: number,
  scenarioName: string,
  count: number,
  options: RunOptions = {},
): Promise<string> {
  const scenario = scenarioOf(scenarioName);
  const workload = planWorkload(seed, scenario, count);
  const first = await simulate(seed, scenario, workload, options);
  if (first.violation === undefined) return `seed ${seed} of '${scenarioName}' does not fail`;
  const { rule } = first.violation;
  const fails = async (operations: Workload['operations']) => {
    const { violation } = await simulate(seed, scenario, { ...workload, operations }, options);
    return violation?.rule === rule;
  };
  const operations = await shrink(workload.operations, fails);
  const last = await simulate(seed, scenario, { ...workload, operations }, { ...options, isTraced: true });
  return [
    `${rule}: seed ${seed} of '${scenarioName}', ${first.operations} operations, shrunk to ${operations.length}`,
    last.violation?.text ?? first.violation.text,
    ...last.trace,
  ].join('\n');
}
