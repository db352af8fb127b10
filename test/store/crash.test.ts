/** A few rounds of the crash test; `npm run crash` does fifty. */
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { crashRounds } from './crash-rounds.ts';
import { temporaryDirectory } from './stores.ts';

const ROUNDS = 8;

test('kill -9 under write load loses nothing that was acknowledged', { timeout: 120_000 }, async () => {
  const seed = Math.floor(systemClock.random() * 2 ** 31);
  const run = crashRounds({ dataDir: temporaryDirectory(), rounds: ROUNDS, seed, writesMax: 500 });
  const result = await run.catch((cause: unknown) => {
    throw new Error(`with seed ${seed}`, { cause });
  });
  // A run that wrote nothing, or whose shards never rolled, would prove nothing.
  expect(result.acknowledged).toBeGreaterThan(ROUNDS);
  expect(result.shards).toBeGreaterThan(2);
});
