/**
 * Some 200,000 operations on seeds that never change, so that a failure here is met again by running it again. The soak
 * (`scripts/soak.ts`) goes on with other seeds.
 */
import { describe, expect, test } from 'vitest';
import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import { explainFailure, runSeed } from './explain.ts';
import { runSeeds } from './run-seeds.ts';
import { SCENARIOS, scenarioOf } from './scenarios.ts';
import { shrink } from './shrink.ts';
import { planWorkload } from './workload.ts';

const OPERATIONS_A_SEED = 2_500;
/** 13 scenarios, some 15,500 operations each. */
const SEEDS = [1, 2, 3, 4, 5];

describe.each(SCENARIOS.filter(({ near }) => near === undefined))('$name', (scenario) => {
  test('no answer breaks an invariant, and many come from the caches', async () => {
    const { operations, hitRatio } = await runSeeds(scenario, SEEDS, OPERATIONS_A_SEED);
    expect(operations).toBeGreaterThan(15_400);
    expect(hitRatio).toBeGreaterThan(0.15);
  }, 120_000);
});

describe('the simulator', () => {
  test('one seed takes the same course each time, another seed another one', async () => {
    for (const name of ['streams, lag', 'delayed feed, lag, tiny caches']) {
      const [first, again, other] = [
        await runSeed(7, scenarioOf(name), 600),
        await runSeed(7, scenarioOf(name), 600),
        await runSeed(8, scenarioOf(name), 600),
      ];
      expect(again).toEqual(first);
      expect(other.hash).not.toBe(first.hash);
    }
  });

  test('a cache that misses the writes of others is caught, and the seed is told with its trace', async () => {
    const options = { spoil: ({ accelerator }: { accelerator: Accelerator }) => new Frozen(accelerator) };
    const scenario = scenarioOf('direct feed');
    const { violation } = await runSeed(1, scenario, 600, options);
    expect(violation?.rule).toMatch(/I\d/);
    const text = await explainFailure(1, scenario.name, 600, options);
    expect(text).toContain("seed 1 of 'direct feed'");
    expect(text).toContain('VIOLATION');
    const [, shrunk] = /shrunk to (\d+)/.exec(text) ?? [];
    expect(Number(shrunk)).toBeLessThan(20);
  });

  test('shrinking leaves what is needed to fail, at the times at which it happened', async () => {
    const { operations } = planWorkload(3, scenarioOf('no feed'), 50);
    const at = (list: typeof operations, id: number) => {
      const place = list.findIndex((operation) => operation.id === id);
      return list.slice(0, place + 1).reduce((sum, { afterMs }) => sum + afterMs, 0);
    };
    const shorter = await shrink(operations, (list) =>
      Promise.resolve([11, 37].every((id) => list.some((operation) => operation.id === id))),
    );
    expect(shorter.map(({ id }) => id)).toEqual([11, 37]);
    expect([at(shorter, 11), at(shorter, 37)]).toEqual([at(operations, 11), at(operations, 37)]);
  });
});

/** Answers each GetItem as it answered it the first time: what an accelerator without invalidation would do. */
class Frozen implements Accelerator {
  readonly #accelerator: Accelerator;
  readonly #first = new Map<string, Awaited<ReturnType<Accelerator['execute']>>>();

  constructor(accelerator: Accelerator) {
    this.#accelerator = accelerator;
  }

  async execute(...[request, options]: Parameters<Accelerator['execute']>) {
    const name = JSON.stringify([request.operation, request.input]);
    const known = request.operation === 'GetItem' ? this.#first.get(name) : undefined;
    if (known !== undefined) return { reply: known.reply, cache: 'hit', ageMs: 0 } as const;
    const answer = await this.#accelerator.execute(request, options);
    if (answer.reply.ok) this.#first.set(name, answer);
    return answer;
  }

  stats() {
    return this.#accelerator.stats();
  }

  tables() {
    return this.#accelerator.tables();
  }

  invalidate(...parameters: Parameters<Accelerator['invalidate']>) {
    return this.#accelerator.invalidate(...parameters);
  }

  flush() {
    this.#accelerator.flush();
  }

  follow(...parameters: Parameters<Accelerator['follow']>) {
    return this.#accelerator.follow(...parameters);
  }

  close() {
    return this.#accelerator.close();
  }
}
