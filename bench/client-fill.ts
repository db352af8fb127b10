/** Fills a client's item cache with the table, by batches, as a client that warms itself up does. */
import { BatchGetItemCommand, GetItemCommand, type DynamoDBClient } from 'slipstream/client-dynamodb';
import { TABLE, keyAt } from './dataset.ts';

const BATCH_KEYS = 100;
const TRUSTED_WITHIN_MS = 20_000;

/** The first so many items. */
export async function fillItems(client: DynamoDBClient, items: number): Promise<void> {
  await untilTrusted(client);
  for (let first = 0; first < items; first += BATCH_KEYS) {
    const keys = Array.from({ length: Math.min(BATCH_KEYS, items - first) }, (_, step) => keyAt(first + step));
    await client.send(new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys: keys } } }));
  }
  const { entries } = client.cache.stats().item;
  if (entries < items) throw new Error(`only ${entries} of ${items} items are cached`);
}

/** Nothing is cached before the table's feed is trusted. */
async function untilTrusted(client: DynamoDBClient): Promise<void> {
  const until = performance.now() + TRUSTED_WITHIN_MS;
  const command = () => new GetItemCommand({ TableName: TABLE, Key: keyAt(0) });
  while ((await client.send(command())).$metadata.slipstream?.cache !== 'hit') {
    if (performance.now() > until) throw new Error('the client answers nothing from its caches');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
