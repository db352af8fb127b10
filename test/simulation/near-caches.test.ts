/**
 * Near caches of one node, on seeds that never change: what `simulation.test.ts` does with one node, with links that are cut,
 * nodes that are replaced, processes that stand still and readers that are slow.
 */
import { describe, expect, test } from 'vitest';
import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import { runSeed } from './explain.ts';
import { runSeeds } from './run-seeds.ts';
import { SCENARIOS, scenarioOf } from './scenarios.ts';

const OPERATIONS_A_SEED = 2_500;
const SEEDS = [1, 2];

describe.each(SCENARIOS.filter(({ near }) => near !== undefined))('$name', (scenario) => {
  test('no answer breaks an invariant, no call hangs, and many come from the caches', async () => {
    const { operations, hitRatio } = await runSeeds(scenario, SEEDS, OPERATIONS_A_SEED);
    expect(operations).toBeGreaterThan(6_100);
    expect(hitRatio).toBeGreaterThan(0.08);
  }, 120_000);
});

describe('the simulator of near caches', () => {
  test('one seed takes the same course each time, another seed another one', async () => {
    const scenario = scenarioOf('near caches, slow readers');
    const first = await runSeed(7, scenario, 600);
    expect(await runSeed(7, scenario, 600)).toEqual(first);
    expect((await runSeed(8, scenario, 600)).hash).not.toBe(first.hash);
  });

  test('a near cache that is told of a change and shows the state before it is caught', async () => {
    const spoil = ({ accelerator }: { accelerator: Accelerator }) => remembering(accelerator);
    const { violation } = await runSeed(1, scenarioOf('near caches, direct feed'), 600, { spoil });
    expect(violation?.rule).toMatch(/what the node has told of|I\d/);
  });
});

/** Gives each GetItem the answer that it gave it the first time. */
function remembering(accelerator: Accelerator): Accelerator {
  const first = new Map<string, Awaited<ReturnType<Accelerator['execute']>>>();
  return {
    ...boundTo(accelerator),
    async execute(request, options) {
      const name = JSON.stringify([request.operation, request.input]);
      const known = request.operation === 'GetItem' ? first.get(name) : undefined;
      if (known !== undefined) return { reply: known.reply, cache: 'hit', ageMs: 0 };
      const answer = await accelerator.execute(request, options);
      if (answer.reply.ok) first.set(name, answer);
      return answer;
    },
  };
}

function boundTo(accelerator: Accelerator): Omit<Accelerator, 'execute'> {
  return {
    stats: () => accelerator.stats(),
    tables: () => accelerator.tables(),
    invalidate: (...parameters) => accelerator.invalidate(...parameters),
    flush: () => accelerator.flush(),
    follow: (...parameters) => accelerator.follow(...parameters),
    close: () => accelerator.close(),
  };
}
