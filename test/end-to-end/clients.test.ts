/** A few seconds of what `npm run consistency -- --clients` does for longer. */
import { expect, test } from 'vitest';
import { runClients } from './clients-run.ts';

test.each([
  ['proxy', 1, 4],
  ['proxy', 2, 10],
  ['streams', 1, 4],
] as const)(
  "several applications with feed '%s', and a proxy of %i that is killed and comes back: nothing wrong, nothing lost, nothing left",
  { timeout: 150_000 },
  async (feed, workers, seconds) => {
    const { failures, deaths } = await runClients({ feed, clients: 2, workers, seconds, seed: 7, settleMs: 3_000 });
    expect(failures).toEqual([]);
    expect(deaths).toBeGreaterThan(0);
  },
);
