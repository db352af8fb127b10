/**
 * The differential property: the embedded store and a foreign one, asked the same at random, give the same answers. What the
 * foreign store is known to do otherwise than DynamoDB is not asked, or not compared; the conformance table holds it by name.
 */
import fc, { type RunDetails } from 'fast-check';
import { createRemoteStore } from '../../src/backing/remote-store.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import { firstDifference, type Answer, type Comparison } from './compare-stores.ts';
import type { ForeignStore } from './foreign-stores.ts';
import { randomCall, randomTable, transactionCall } from './random-calls.ts';

export interface DifferentialOptions {
  readonly foreign: ForeignStore;
  readonly name: 'dynalite' | 'moto';
  readonly seed: number;
  /** How many calls to make at least. */
  readonly operations: number;
  readonly timeLimitMs: number;
}

export interface DifferentialResult {
  readonly operations: number;
  /** What fast-check reports of a difference, shrunk, with its seed and path; undefined where there was none. */
  readonly failure: string | undefined;
}

const CALLS = { minLength: 1, maxLength: 40, size: 'max' } as const;
const RUNS_A_ROUND = 10;

const scenarios = {
  dynalite: randomTable.chain((table) =>
    fc.record({ table: fc.constant(table), calls: fc.array(randomCall(table), CALLS) }),
  ),
  moto: randomTable.chain((table) =>
    fc.record({ table: fc.constant(table), calls: fc.array(transactionCall(table), CALLS) }),
  ),
};

export async function runDifferential(options: DifferentialOptions): Promise<DifferentialResult> {
  const ours = await openStore({ inMemory: true });
  const theirs = createRemoteStore({
    url: options.foreign.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'someone', secretAccessKey: 'secret' },
  });
  const comparison: Comparison = { ours, theirs, ...rules[options.name] };
  let operations = 0;
  const sameAnswers = fc.asyncProperty(scenarios[options.name], async ({ table, calls }) => {
    const difference = await firstDifference(comparison, table, calls);
    operations += calls.length;
    if (difference !== undefined) throw new Error(JSON.stringify(difference, undefined, 1));
  });
  try {
    const deadline = performance.now() + options.timeLimitMs;
    for (let round = 0; operations < options.operations && performance.now() < deadline; round++) {
      const seed = options.seed + round;
      const details = await fc.check(sameAnswers, { seed, numRuns: RUNS_A_ROUND });
      if (details.failed) return { operations, failure: reportOf(details) };
    }
    return { operations, failure: undefined };
  } finally {
    await theirs.close();
    await ours.close();
  }
}

/** The difference, how to meet it again, and the calls that lead to it. */
function reportOf<Input>(details: RunDetails<Input>): string {
  const { errorInstance, seed, counterexamplePath, counterexample, numShrinks } = details;
  const where = `seed ${seed}, path ${counterexamplePath}, shrunk ${numShrinks} times`;
  return `${String(errorInstance)}\n${where}\n${JSON.stringify(counterexample, undefined, 1)}`;
}

function isError(answer: Answer, name: string): boolean {
  return 'error' in answer && answer.error.startsWith(name);
}

const rules: Readonly<Record<DifferentialOptions['name'], Pick<Comparison, 'shownError' | 'ignores'>>> = {
  dynalite: {
    shownError(name, message, { operation }) {
      // Of several faults in a batch, and of several wrong keys of indexes, nobody says which is told.
      if (operation.startsWith('Batch')) return name;
      return `${name}: ${message.replace(/(Index Key) .*/, '$1').replace('The provided starting key is invalid: ', '')}`;
    },
    // dynalite computes an update before it judges its condition; both leave the item alone.
    ignores: ({ operation }, { ours, theirs }) =>
      operation === 'UpdateItem' && isError(ours, 'ConditionalCheckFailed') && isError(theirs, 'ValidationException'),
  },
  moto: {
    shownError: (name) => name,
  },
};
