/**
 * A process that fills a client's item cache and says what that did to its memory, beside what the cache counts. Arguments:
 * the store's URL, the number of items. Needs `--expose-gc`. Prints one line of JSON: a `MemoryReading`.
 */
import { DynamoDBClient, GetItemCommand } from 'slipstream/client-dynamodb';
import { fillItems } from './client-fill.ts';
import { TABLE, keyAt } from './dataset.ts';

export interface MemoryReading {
  readonly entries: number;
  /** What the cache says that its entries take, by item. */
  readonly countedBytes: number;
  /** What the process grew by while it was filled, by item. */
  readonly grownBytes: number;
  /** The same after each entry was a hit once. */
  readonly grownAfterHitsBytes: number;
  readonly countedAfterHitsBytes: number;
}

const [endpoint = '', count = ''] = process.argv.slice(2);
const items = Number(count);
const WARM_UP_ITEMS = 5_000;

const client = new DynamoDBClient({ endpoint, cache: { itemCacheBytes: 2 ** 30 } });
await fillItems(client, WARM_UP_ITEMS);
await hitAll(WARM_UP_ITEMS);
client.cache.flush();
const before = await settledBytes();
await fillItems(client, items);
const filled = await settledBytes();
const counted = client.cache.stats().item;
await hitAll(items);
const afterHits = await settledBytes();
const countedAfterHits = client.cache.stats().item;
const reading: MemoryReading = {
  entries: counted.entries,
  countedBytes: counted.sizeBytes / items,
  grownBytes: (filled - before) / items,
  grownAfterHitsBytes: (afterHits - before) / items,
  countedAfterHitsBytes: countedAfterHits.sizeBytes / items,
};
console.log(JSON.stringify(reading));
client.destroy();

async function hitAll(upTo: number): Promise<void> {
  for (let place = 0; place < upTo; place++) {
    await client.send(new GetItemCommand({ TableName: TABLE, Key: keyAt(place) }));
    if (place % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Resident memory once the collector has returned what it can. */
async function settledBytes(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return process.memoryUsage().rss;
}
