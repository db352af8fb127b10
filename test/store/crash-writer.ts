/**
 * The process that the crash test kills: writes to a store without a pause and prints a line for each write that was
 * acknowledged. Arguments: data directory, durability, and the number of each writer's first write.
 */
import { openStore, type StoreOptions } from '../../src/store/embedded-store.ts';
import { requestOf, writeOf } from './crash-load.ts';
import { call } from './store-calls.ts';

const [dataDir, durability, ...firstNumbers] = process.argv.slice(2) as [string, 'process' | 'power', ...string[]];
const options: StoreOptions = { dataDir, durability, streamShards: 2, streamShardsMax: 4, shardRollMs: 100 };
const store = await openStore(options);

async function write(writer: number, first: number): Promise<void> {
  for (let n = first; ; n++) {
    const [operation, input] = requestOf(writeOf(writer, n));
    await call(store, operation, input);
    // A pipe is written at once, so a line is out when the next write begins.
    process.stdout.write(`${writer} ${n}\n`);
  }
}

process.stdout.write('ready\n');
await Promise.all(firstNumbers.map((first, writer) => write(writer, Number(first))));
