/**
 * A process that asks through an SDK client, ours or Amazon's, one call after the other with a fresh command object each
 * time, as an application does. Arguments: the client's module, the store's URL, the operation, the table's partitions,
 * seconds of warming up, seconds. Prints one line of JSON: a `Measurement`.
 */
import type { GetItemCommandInput, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { ReadPool } from './dataset.ts';
import type { OperationName, Request } from './dataset.ts';
import { latencyHistogram, measurementOf, recordMs } from './measurement.ts';
import type { Measurement } from './measurement.ts';

const HOT_READS = 500;
/** The event loop gets its turn this often: the feed and the timers have to live beside the reads. */
const READS_A_TURN = 200;
const CACHED_WITHIN_MS = 20_000;

const [moduleName = '', endpoint = '', operation = '', partitions, warmUpSeconds, seconds] = process.argv.slice(2);
const isOurs = moduleName.startsWith('slipstream');
// Ours exports what Amazon's exports, under the same names.
const sdk = (await import(moduleName)) as typeof import('@aws-sdk/client-dynamodb');
const client = new sdk.DynamoDBClient({ endpoint });
const reads = new ReadPool(operation as OperationName, Number(partitions)).take(HOT_READS);

if (isOurs) await untilAllHit();
await run(Number(warmUpSeconds));
console.log(JSON.stringify(await run(Number(seconds))));
client.destroy();

/** What our client says of where the answer came from. */
async function ask({ input }: Request): Promise<string | undefined> {
  const command =
    operation === 'GetItem'
      ? client.send(new sdk.GetItemCommand(input as unknown as GetItemCommandInput))
      : client.send(new sdk.QueryCommand(input as unknown as QueryCommandInput));
  const { $metadata } = await command;
  return ($metadata as { readonly slipstream?: { readonly cache: string } }).slipstream?.cache;
}

async function untilAllHit(): Promise<void> {
  const until = performance.now() + CACHED_WITHIN_MS;
  for (let misses = reads.length; misses > 0;) {
    if (performance.now() > until) throw new Error(`${misses} reads are still not answered from the cache`);
    misses = 0;
    for (const read of reads) {
      if ((await ask(read)) !== 'hit') misses += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function run(secondsMax: number): Promise<Measurement> {
  const histogram = latencyHistogram();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let now = startedAt;
  let other = 0;
  for (let turn = 0; now - startedAt < secondsMax * 1000; turn += 1) {
    for (let index = 0; index < READS_A_TURN; index += 1) {
      const askedAt = performance.now();
      const outcome = await ask(reads[(turn * READS_A_TURN + index) % reads.length]!);
      now = performance.now();
      recordMs(histogram, now - askedAt);
      if (isOurs && outcome !== 'hit') other += 1;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  if (other > 0) throw new Error(`${other} of ${histogram.totalCount} reads were no hits`);
  return measurementOf(histogram, now - startedAt, (user + system) / 1000);
}
