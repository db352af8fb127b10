/**
 * The differential property at length: at least 20,000 random calls, asked of the embedded store and of foreign ones, within
 * five minutes. Prints the seed and the count of each, and leaves with 1 on a difference.
 *
 * `npm run differential [-- SEED [OPERATIONS]]`
 */
import { runDifferential, type DifferentialOptions } from '../test/support/differential.ts';
import { motoMissing, startDynalite, startMoto } from '../test/support/foreign-stores.ts';

const MINUTE_MS = 60_000;
const seed = Number(process.argv[2] ?? Date.now() % 2 ** 31);
const operations = Number(process.argv[3] ?? 20_000);

type Share = Pick<DifferentialOptions, 'name' | 'operations' | 'timeLimitMs'> & {
  readonly start: typeof startDynalite;
};

const shares: readonly Share[] = [
  { name: 'dynalite', start: startDynalite, operations, timeLimitMs: 3 * MINUTE_MS },
  // moto answers some twenty times slower, and is asked transactions alone.
  { name: 'moto', start: startMoto, operations: operations / 20, timeLimitMs: 1.5 * MINUTE_MS },
];

/** @returns whether as much as was asked was answered alike. */
async function ran({ name, start, ...bounds }: Share): Promise<boolean> {
  const missing = name === 'moto' ? motoMissing() : undefined;
  if (missing !== undefined) {
    console.error(`moto: not run, ${missing}`);
    return process.env['CI'] !== 'true';
  }
  const foreign = await start();
  try {
    const startedAt = performance.now();
    const result = await runDifferential({ foreign, name, seed, ...bounds });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${name}: ${result.operations} calls in ${seconds} s, seed ${seed}`);
    const isShort = result.operations < bounds.operations;
    const problem = result.failure ?? (isShort ? `out of time: ${bounds.operations} were asked` : undefined);
    if (problem !== undefined) console.log(problem);
    return problem === undefined;
  } finally {
    await foreign.close();
  }
}

for (const share of shares) {
  if (!(await ran(share))) process.exitCode = 1;
}
