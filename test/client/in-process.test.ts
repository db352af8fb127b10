/**
 * Goal: a store or an accelerator in this process takes the place of the network, and the program does not notice.
 * Method: the embedded store behind the client, with an endpoint where nobody listens.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import type { ClientCacheOptions } from '../../src/client/client-dynamodb.ts';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { untilActive } from '../support/until-active.ts';

const TableName = 'Things';
const Key = { id: { S: 'a' } };
const get = () => new sdk.GetItemCommand({ TableName, Key });
const put = (v: string) => new sdk.PutItemCommand({ TableName, Item: { ...Key, v: { B: Buffer.from(v) } } });
const table: sdk.CreateTableCommandInput = {
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
};

let store: EmbeddedStore;
const opened: DynamoDBClient[] = [];

beforeEach(async () => {
  store = await openStore({ inMemory: true });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client[Symbol.asyncDispose]()));
  await store.close();
});

function open(cache: ClientCacheOptions): DynamoDBClient {
  const client = new DynamoDBClient({ endpoint: 'http://127.0.0.1:9', cache });
  opened.push(client);
  return client;
}

async function ready(client: DynamoDBClient): Promise<DynamoDBClient> {
  await client.send(new sdk.CreateTableCommand(table));
  await untilActive(client, TableName);
  return client;
}

describe.each([
  ['a store', () => ({ store })],
  ['an accelerator', () => ({ accelerator: createAccelerator({ backing: store, feed: store.feed }) })],
] as [string, () => ClientCacheOptions][])('a client of %s in this process', (_name, cache) => {
  it('creates, describes, writes and reads, and hits', async () => {
    const client = await ready(open(cache()));
    const described = await client.send(new sdk.DescribeTableCommand({ TableName }));
    expect(described.Table?.CreationDateTime).toBeInstanceOf(Date);
    await client.send(put('1'));
    const first = await client.send(get());
    const second = await client.send(get());
    for (const answer of [first, second]) expect(answer.Item).toEqual({ ...Key, v: { B: new Uint8Array([49]) } });
    expect(second.$metadata.slipstream?.cache).toBe('hit');
    expect(first.$metadata.requestId).toMatch(/^[0-9A-V]{52}$/);
  });

  it('throws the SDK’s exceptions, with what they carry', async () => {
    const client = await ready(open(cache()));
    await client.send(put('1'));
    const refused = await client
      .send(
        new sdk.PutItemCommand({
          TableName,
          Item: Key,
          ConditionExpression: 'attribute_not_exists(id)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(sdk.ConditionalCheckFailedException);
    expect(refused).toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      $fault: 'client',
      $metadata: { httpStatusCode: 400, requestId: expect.any(String) as unknown },
      Item: { ...Key, v: { B: new Uint8Array([49]) } },
    });
    const nowhere = client.send(new sdk.GetItemCommand({ TableName: 'Nowhere', Key }));
    await expect(nowhere).rejects.toBeInstanceOf(sdk.ResourceNotFoundException);
    const undescribed = client.send(new sdk.DescribeTableCommand({ TableName: 'Nowhere' }));
    await expect(undescribed).rejects.toBeInstanceOf(sdk.ResourceNotFoundException);
    const invalid = client.send(new sdk.GetItemCommand({ TableName, Key: { id: { N: '1' } } }));
    await expect(invalid).rejects.toMatchObject({ name: 'ValidationException', $fault: 'client' });
  });

  it('sees what another client of the store writes, at once', async () => {
    const client = await ready(open(cache()));
    await client.send(put('1'));
    expect((await client.send(get())).$metadata.slipstream).toBeDefined();
    const direct = open({ store, feed: 'none' });
    await direct.send(put('2'));
    expect((await client.send(get())).Item?.['v']).toEqual({ B: new Uint8Array([50]) });
  });

  it('serves documents', async () => {
    const client = DynamoDBDocumentClient.from(await ready(open(cache())));
    await client.send(new PutCommand({ TableName, Item: { id: 'a', v: [1, 'x'] } }));
    for (let i = 0; i < 2; i++) {
      expect((await client.send(new GetCommand({ TableName, Key: { id: 'a' } }))).Item).toEqual({
        id: 'a',
        v: [1, 'x'],
      });
    }
  });
});

describe('a client of a store in this process', () => {
  it('runs the user’s middleware on what goes to the store', async () => {
    const client = await ready(open({ store }));
    const targets: unknown[] = [];
    client.middlewareStack.add(
      (next) => (args) => {
        targets.push((args.request as { headers: Record<string, string> }).headers['x-amz-target']);
        return next(args);
      },
      { step: 'finalizeRequest' },
    );
    await client.send(get());
    await client.send(get());
    expect(targets.filter((target) => target === 'DynamoDB_20120810.GetItem')).toHaveLength(1);
  });
});

describe('an accelerator', () => {
  it('is shared by its clients, and stays when one of them goes', async () => {
    const accelerator = createAccelerator({ backing: store, feed: store.feed });
    const [one, other] = [await ready(open({ accelerator })), open({ accelerator })];
    await one.send(get());
    expect((await other.send(get())).$metadata.slipstream?.cache).toBe('hit');
    one.destroy();
    expect((await other.send(get())).$metadata.slipstream?.cache).toBe('hit');
    expect(other.cache.stats()).toEqual(accelerator.stats());
    await accelerator.close();
  });
});
