/**
 * The process that the closing test watches: opens, writes, reads and closes environments over and over, with commits and
 * walks under way at each close. Prints how many calls were answered and refused. Arguments: 'disk' or 'memory', a
 * directory, and how often to open.
 */
import assert from 'node:assert/strict';
import { SlipstreamError } from '../../src/base/errors.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { Environment, type RowWrite } from '../../src/store/environment.ts';

const [kind, directory, opens] = process.argv.slice(2) as [string, string, string];
const ALL = { start: 'k', end: 'l' };
const random = new SeededRandom(1);
const counts = { answered: 0, refused: 0 };

function below(limit: number): number {
  return Math.floor(random.next() * limit);
}

/** An answer or SLIPSTREAM_CLOSED; anything else ends the process with an error. */
async function tally(call: () => unknown): Promise<void> {
  try {
    await call();
    counts.answered++;
  } catch (error) {
    assert(error instanceof SlipstreamError && error.code === 'SLIPSTREAM_CLOSED', error as Error);
    counts.refused++;
  }
}

function writes(): RowWrite[] {
  return Array.from({ length: 1 + below(40) }, (_, n) => [
    `k${n}`,
    below(5) === 0 ? undefined : Buffer.alloc(below(500)),
  ]);
}

for (let n = 0; n < Number(opens); n++) {
  const environment = new Environment({
    directory: kind === 'disk' ? directory : undefined,
    durability: 'process',
    mapBytes: 64 * 1024 * 1024,
  });
  const calls: Promise<void>[] = [];
  const use = () => {
    calls.push(tally(() => environment.commit(writes())));
    calls.push(tally(() => environment.get('k1')));
    calls.push(tally(() => [...environment.keys(ALL)]));
  };
  const held = environment.rows(ALL)[Symbol.iterator]();
  for (let turns = 1 + below(8); turns > 0; turns--) {
    use();
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (below(2) === 0) await Promise.all(calls);
  held.next();
  const closed = environment.close();
  use();
  calls.push(tally(() => held.next()));
  await closed;
  use();
  await Promise.all(calls);
}
process.stdout.write(JSON.stringify(counts));
