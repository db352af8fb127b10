/**
 * Goal: after `client.cache.warm` a table is read from this process, and what was there before is not pushed out. Method: the
 * embedded store behind the client, with a count of what it was asked.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DynamoDBClient, type ClientCacheOptions, type InProcessStore } from '../../src/client/client-dynamodb.ts';
import { ServiceReply, type JsonObject, type ServiceRequest } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';

const TableName = 'Warmed';
const COUNT = 250;
const key = (n: number) => ({ id: { B: new Uint8Array([n >> 8, n & 255]) }, at: { N: String(n) } });

let store: EmbeddedStore;
const asked: ServiceRequest[] = [];
const opened: DynamoDBClient[] = [];

beforeEach(async () => {
  store = await openStore({ inMemory: true });
  const client = open({ feed: 'none' });
  await client.send(
    new sdk.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'B' },
        { AttributeName: 'at', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
    }),
  );
  // 10 kB each: three pages of a Scan.
  const Items = Array.from({ length: COUNT }, (_, n) => ({ ...key(n), text: { S: 'x'.repeat(10_000) } }));
  while (Items.length > 0) {
    const puts = Items.splice(0, 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new sdk.BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
  }
  asked.length = 0;
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client[Symbol.asyncDispose]()));
  await store.close();
});

/** `answer` may put something in the place of the store. */
function open(cache: ClientCacheOptions = {}, answer?: (request: ServiceRequest) => Promise<ServiceReply> | undefined) {
  const counted: InProcessStore = {
    send(request, options) {
      asked.push(request);
      return answer?.(request) ?? store.send(request, options);
    },
    close: () => Promise.resolve(),
    feed: store.feed,
  };
  const client = new DynamoDBClient({ cache: { store: counted, ...cache } });
  opened.push(client);
  return client;
}

const times = (operation: string) => asked.filter((request) => request.operation === operation).length;

describe('client.cache.warm', () => {
  it('reads the whole table, so that no item is asked for again', async () => {
    const client = open();
    expect(await client.cache.warm(TableName)).toEqual({ items: COUNT, isComplete: true });
    expect([times('Scan'), times('BatchGetItem')]).toEqual([3, 5]);
    // Pages of a scan would take the place of pages that somebody asked for.
    expect(client.cache.stats().query.entries).toBe(0);
    for (let n = 0; n < COUNT; n++) {
      const { Item, $metadata } = await client.send(new sdk.GetItemCommand({ TableName, Key: key(n) }));
      expect([Item?.['at'], $metadata.slipstream?.cache]).toEqual([{ N: String(n) }, 'hit']);
    }
    expect(times('GetItem')).toBe(0);
  });

  it('asks for no item that is there already', async () => {
    const client = open();
    await client.cache.warm(TableName);
    asked.length = 0;
    expect(await client.cache.warm(TableName)).toEqual({ items: COUNT, isComplete: true });
    expect(times('BatchGetItem')).toBe(0);
  });

  it('ends before it pushes anything out, and says so', async () => {
    const client = open({ itemCacheBytes: 1_500_000 });
    const { items, isComplete } = await client.cache.warm(TableName);
    expect(isComplete).toBe(false);
    expect(items).toBeGreaterThan(50);
    expect(client.cache.stats().item).toMatchObject({ entries: items, removedBySize: 0 });
    expect(client.cache.stats().item.sizeBytes).toBeGreaterThan(1_200_000);
    expect((await client.cache.warm(TableName)).isComplete).toBe(false);
    expect(client.cache.stats().item).toMatchObject({ entries: items, removedBySize: 0 });
  });

  it('asks again for what a batch leaves unprocessed', async () => {
    let refusals = 2;
    const client = open({}, (request) => {
      if (request.operation !== 'BatchGetItem') return undefined;
      const { Keys: keys } = (request.input['RequestItems'] as JsonObject)[TableName] as { Keys: JsonObject[] };
      // A table at its limit gives nothing at first, then a part.
      const taken = refusals-- > 0 ? 0 : Math.ceil(keys.length / 2);
      return part(request, keys, taken);
    });
    expect(await client.cache.warm(TableName)).toEqual({ items: COUNT, isComplete: true });
    expect(client.cache.stats().item.entries).toBe(COUNT);
  });

  it('ends when its signal aborts', async () => {
    const abort = new AbortController();
    const client = open({}, (request) => {
      if (request.operation === 'BatchGetItem') abort.abort();
      return undefined;
    });
    const warming = client.cache.warm(TableName, { abortSignal: abort.signal });
    await expect(warming).rejects.toMatchObject({ name: 'AbortError' });
    expect(times('BatchGetItem')).toBe(1);
    asked.length = 0;
    await expect(client.cache.warm(TableName, { abortSignal: abort.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(asked).toEqual([]);
  });

  it('rejects as the SDK does where the table is not there', async () => {
    await expect(open().cache.warm('Nowhere')).rejects.toBeInstanceOf(sdk.ResourceNotFoundException);
  });
});

async function part(request: ServiceRequest, keys: readonly JsonObject[], taken: number): Promise<ServiceReply> {
  const left = { [TableName]: { Keys: keys.slice(taken) } };
  if (taken === 0) return ServiceReply.fromOutput({ Responses: {}, UnprocessedKeys: left });
  const RequestItems = { [TableName]: { Keys: keys.slice(0, taken) } };
  const reply = await store.send(request.withInput({ RequestItems }));
  return ServiceReply.fromOutput({ ...reply.output, UnprocessedKeys: keys.length > taken ? left : {} });
}
