/**
 * The crash test in full: kills a writing process fifty times and checks each time what it left.
 *
 * `npm run crash [-- rounds [seed]]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/base/clock.ts';
import { crashRounds } from '../test/store/crash-rounds.ts';

const rounds = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? Math.floor(systemClock.random() * 2 ** 31));
const dataDir = mkdtempSync(join(tmpdir(), 'slipstream-crash-'));
console.log(`${rounds} rounds, seed ${seed}, in ${dataDir}`);
const beganMs = systemClock.monotonicMs();
const { acknowledged, committedUnseen, records, shards, items } = await crashRounds({
  dataDir,
  rounds,
  seed,
  writesMax: 800,
  onRound: (result) => console.log(JSON.stringify(result)),
});
// Left in place by a failure, to be looked at.
rmSync(dataDir, { recursive: true });
const seconds = ((systemClock.monotonicMs() - beganMs) / 1000).toFixed(1);
console.log(
  `${rounds} kills in ${seconds} s: ${acknowledged} acknowledged writes, none lost; ${committedUnseen} more committed ` +
    `and not yet acknowledged; ${records} records in ${shards} shards, ${items} items, table, index and stream agree`,
);
