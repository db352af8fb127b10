/**
 * Goal: a client that reads the stream of a table by itself learns of what others write. Method: the embedded store behind
 * an HTTP door, our client with its default feed, and the SDK's own client that writes past it.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { createProxy, type Proxy } from '../../src/proxy/proxy.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { untilActive } from '../support/until-active.ts';

let store: EmbeddedStore;
let door: Proxy;
let configuration: sdk.DynamoDBClientConfig;
const opened: sdk.DynamoDBClient[] = [];

beforeAll(async () => {
  store = await openStore({ inMemory: true });
  door = createProxy({ backing: store, httpPort: 0, adminPort: 'off' });
  const { http } = await door.listen();
  const credentials = { accessKeyId: 'someone', secretAccessKey: 'secret' };
  configuration = { endpoint: http!, region: 'us-east-1', credentials };
});
afterAll(async () => {
  await door.close();
  await store.close();
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const client of opened.splice(0)) client.destroy();
});

function track<Client extends sdk.DynamoDBClient>(client: Client): Client {
  opened.push(client);
  return client;
}

const Key = { id: { S: 'a' }, bytes: { B: new Uint8Array([1, 2, 3]) } };

async function createTable(TableName: string, hasStream: boolean): Promise<sdk.DynamoDBClient> {
  const plain = track(new sdk.DynamoDBClient(configuration));
  await plain.send(
    new sdk.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'bytes', AttributeType: 'B' },
      ],
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        { AttributeName: 'bytes', KeyType: 'RANGE' },
      ],
      ...(hasStream && { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
    }),
  );
  await untilActive(plain, TableName);
  return plain;
}

async function follow(client: DynamoDBClient, plain: sdk.DynamoDBClient, TableName: string): Promise<void> {
  const read = async () => {
    const { Item, $metadata } = await client.send(new sdk.GetItemCommand({ TableName, Key }));
    return { v: Item?.['v']?.N, cache: $metadata.slipstream?.cache };
  };
  for (const v of ['1', '2', '3']) {
    await plain.send(new sdk.PutItemCommand({ TableName, Item: { ...Key, v: { N: v } } }));
    await vi.waitFor(async () => expect(await read()).toEqual({ v, cache: 'hit' }), { timeout: 15_000 });
  }
  expect(client.cache.tables()).toMatchObject([{ name: TableName, feed: 'live', serving: true }]);
  expect(client.cache.stats().drops.feed).toBeGreaterThan(0);
}

describe('a client with a streams feed', () => {
  it('serves from its cache and drops what others have written', async () => {
    const plain = await createTable('Followed', true);
    await follow(track(new DynamoDBClient(configuration)), plain, 'Followed');
  });

  it('reads streams where the environment says that DynamoDB is', async () => {
    const plain = await createTable('FollowedByEnvironment', true);
    const { endpoint, ...rest } = configuration;
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint as string);
    await follow(track(new DynamoDBClient(rest)), plain, 'FollowedByEnvironment');
  });

  it('caches a table without a stream by TTL, and says so', async () => {
    await createTable('Streamless', false);
    const client = track(new DynamoDBClient(configuration));
    const read = () => client.send(new sdk.GetItemCommand({ TableName: 'Streamless', Key }));
    await read();
    expect((await read()).$metadata.slipstream?.cache).toBe('hit');
    expect(client.cache.tables()).toMatchObject([{ name: 'Streamless', feed: 'none', serving: true }]);
  });
});
