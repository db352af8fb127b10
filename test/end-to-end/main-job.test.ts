/**
 * The main job as a user meets it: the command is started as a process, the unmodified AWS SDK talks to it over a socket,
 * and somebody else writes to the store behind its back.
 */
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  waitUntilTableExists,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliProcess } from '../cli/cli-process.ts';
import { motoIsHere, startDynalite, startMoto, storeByUrl, type ForeignStore } from '../support/foreign-stores.ts';

/** The SDK's client, and where its last answer came from. */
interface Watched {
  readonly client: DynamoDBClient;
  from(): string | undefined;
}

function clientOf(endpoint: string): Watched {
  let last: string | undefined;
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      last = (result.response as { headers: Record<string, string> }).headers['x-slipstream-cache'];
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  return { client, from: () => last };
}

const TableName = 'Orders';
const key = { pk: { S: 'a' }, sk: { S: '1' } };

async function createTable(client: DynamoDBClient, withStream: boolean): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: ['pk', 'sk', 'status'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-status',
          KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      ...(withStream && { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { TableName });
}

const put = (client: DynamoDBClient, v: string, status = 'open') =>
  client.send(new PutItemCommand({ TableName, Item: { ...key, v: { S: v }, status: { S: status } } }));

async function readItem(client: DynamoDBClient): Promise<string | undefined> {
  return (await client.send(new GetItemCommand({ TableName, Key: key }))).Item?.['v']?.S;
}

const queries = {
  table: { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'a' } } },
  index: {
    IndexName: 'by-status',
    KeyConditionExpression: '#s = :s',
    ExpressionAttributeNames: { '#s': 'status' },
    ExpressionAttributeValues: { ':s': { S: 'open' } } as Record<string, AttributeValue>,
  },
};

async function readPage(client: DynamoDBClient, name: keyof typeof queries): Promise<(string | undefined)[]> {
  const { Items: items = [] } = await client.send(new QueryCommand({ TableName, ...queries[name] }));
  return items.map((item) => item['v']?.S);
}

/** Asks until the condition holds; how long that took, in ms. Fails after ten seconds. */
async function until(condition: () => Promise<boolean>): Promise<number> {
  const begin = performance.now();
  while (!(await condition())) {
    if (performance.now() - begin > 10_000) throw new Error('it did not come true within 10 s');
  }
  return performance.now() - begin;
}

/** Point by point, whatever the store; `sees` says whether the store has a feed that tells of foreign writes. */
function mainJob(open: () => Promise<{ backing: string; close: () => Promise<void> }>, sees: boolean): void {
  let backing: { backing: string; close: () => Promise<void> };
  let proxy: CliProcess;
  let through: Watched;
  let past: Watched;

  beforeAll(async () => {
    backing = await open();
    past = clientOf(backing.backing);
    await createTable(past.client, sees);
    proxy = new CliProcess(['serve', '--backing', backing.backing, '--http-port', '0', '--admin-port', '0']);
    through = clientOf((await proxy.ready()).http as string);
  }, 60_000);

  afterAll(async () => {
    through.client.destroy();
    past.client.destroy();
    proxy.kill('SIGTERM');
    expect((await proxy.exit()).code).toBe(0);
    await backing.close();
  }, 30_000);

  test('the second GetItem is a hit, of an absence and of an item', async () => {
    await readItem(through.client);
    expect(await readItem(through.client)).toBeUndefined();
    expect(through.from()).toBe('hit');
    await put(through.client, '1');
    await readItem(through.client);
    expect(await readItem(through.client)).toBe('1');
    expect(through.from()).toBe('hit');
  });

  test('after a write through it the next reads show the new value', async () => {
    for (const name of ['table', 'index'] as const) await readPage(through.client, name);
    await put(through.client, '2');
    expect(await readItem(through.client)).toBe('2');
    expect(await readPage(through.client, 'table')).toEqual(['2']);
    expect(await readPage(through.client, 'index')).toEqual(['2']);
    await through.client.send(
      new UpdateItemCommand({
        TableName,
        Key: key,
        UpdateExpression: 'SET v = :v REMOVE #s',
        ExpressionAttributeNames: { '#s': 'status' },
        ExpressionAttributeValues: { ':v': { S: '3' } },
      }),
    );
    expect(await readItem(through.client)).toBe('3');
    expect(await readPage(through.client, 'table')).toEqual(['3']);
    expect(await readPage(through.client, 'index')).toEqual([]);
    await through.client.send(new DeleteItemCommand({ TableName, Key: key }));
    expect(await readItem(through.client)).toBeUndefined();
    expect(await readPage(through.client, 'table')).toEqual([]);
  });

  if (!sees) return;
  test('after a write past it they show the new value because the feed said so', async () => {
    await put(through.client, '4');
    await readItem(through.client);
    expect(await readItem(through.client)).toBe('4');
    expect(through.from()).toBe('hit');
    await put(past.client, '5');
    await until(async () => (await readItem(through.client)) === '5');
    expect(await readPage(through.client, 'table')).toEqual(['5']);
    expect(await readPage(through.client, 'index')).toEqual(['5']);
    await readItem(through.client);
    await readItem(through.client);
    // Still within the TTL: it was the feed that dropped the entry, and reads are hits again.
    expect(through.from()).toBe('hit');
  });
}

describe('in front of the embedded store in a process of its own', () => {
  mainJob(async () => {
    const store = new CliProcess(['store', '--in-memory', '--http-port', '0']);
    return { backing: (await store.ready()).http as string, close: () => store[Symbol.asyncDispose]() };
  }, true);
});

const foreign = (start: () => Promise<ForeignStore>) => async () => {
  const store = await start();
  return { backing: store.url, close: () => store.close() };
};

describe('in front of dynalite, which has no streams', () => {
  mainJob(foreign(startDynalite), false);
});

describe.runIf(motoIsHere())("in front of moto's server", () => {
  mainJob(foreign(startMoto), true);
});

const named = storeByUrl();
if (named !== undefined) {
  describe('in front of the store that SLIPSTREAM_TEST_STORE names', () => {
    mainJob(
      foreign(() => Promise.resolve(named)),
      true,
    );
  });
}
