/**
 * Goal: where a user's middleware changes a call on its way, nothing is cached that the store does not say, and the caller
 * gets what the store answered. Method: the embedded store behind the client without a feed, which would put things right a
 * moment later; strong reads, which pass, say what is so.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { DynamoDBDocumentClient } from '../../src/client/lib-dynamodb.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';

const TableName = 'Things';
const key = (at: string) => ({ id: { S: 'a' }, at: { S: at } });
type Input = Record<string, unknown>;

let store: EmbeddedStore;
let client: DynamoDBClient;

beforeEach(async () => {
  store = await openStore({ inMemory: true });
  client = new DynamoDBClient({ cache: { store, feed: 'none' } });
  for (const name of [TableName, 'Others']) await createTable(name);
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await store.close();
});

async function createTable(name: string): Promise<void> {
  await client.send(
    new sdk.CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['id', 'at', 'rank'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: 'byRank',
          KeySchema: [
            { AttributeName: 'id', KeyType: 'HASH' },
            { AttributeName: 'rank', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
}

/** Has the client change the parameters of one operation from now on. */
function alter(operation: string, change: (input: Input) => Input, step: 'initialize' | 'serialize' = 'initialize') {
  client.middlewareStack.add(
    (next, context) => (args) =>
      next((context as { commandName?: string }).commandName === `${operation}Command` ? changed(args, change) : args),
    // Before the SDK's serialiser, which has the ordinary priority.
    { step: step as 'initialize', priority: 'high', name: `altering${operation}` },
  );
}

function changed<Args extends { input: object }>(args: Args, change: (input: Input) => Input): Args {
  return { ...args, input: change(args.input as Input) };
}

async function read(at: string, table = TableName) {
  const { Item, $metadata } = await client.send(new sdk.GetItemCommand({ TableName: table, Key: key(at) }));
  return { Item, cache: $metadata.slipstream?.cache };
}

async function stored(at: string, table = TableName) {
  const command = new sdk.GetItemCommand({ TableName: table, Key: key(at), ConsistentRead: true });
  return (await client.send(command)).Item;
}

const put = (at: string, rest: Record<string, sdk.AttributeValue> = {}) =>
  new sdk.PutItemCommand({ TableName, Item: { ...key(at), ...rest } });

describe('a write that is changed on its way', () => {
  it.each(['initialize', 'serialize'] as const)('is read back as the store has it: %s', async (step) => {
    alter('PutItem', (input) => ({ ...input, Item: { ...(input['Item'] as object), by: { S: 'somebody' } } }), step);
    const { $metadata: _, ...answer } = await client.send(put('1', { v: { N: '1' } }));
    expect(answer).toEqual({});
    expect((await read('1')).Item).toEqual({ ...key('1'), v: { N: '1' }, by: { S: 'somebody' } });
  });

  it('is read back as the store has it when the middleware writes into the parameters themselves', async () => {
    alter('PutItem', (input) => {
      (input['Item'] as Record<string, sdk.AttributeValue>)['by'] = { B: new Uint8Array([1]) };
      return input;
    });
    await client.send(put('1', { v: { B: new Uint8Array([2, 3]) } }));
    expect((await read('1')).Item).toEqual(await stored('1'));
    expect((await stored('1'))?.['by']).toEqual({ B: new Uint8Array([1]) });
  });

  it('drops the index page where it really is, and leaves the table’s other entries alone', async () => {
    const page = async () => {
      const { Items, $metadata } = await client.send(
        new sdk.QueryCommand({
          TableName,
          IndexName: 'byRank',
          KeyConditionExpression: 'id = :id AND #rank > :rank',
          ExpressionAttributeNames: { '#rank': 'rank' },
          ExpressionAttributeValues: { ':id': { S: 'a' }, ':rank': { S: '3' } },
        }),
      );
      return [Items?.length, $metadata.slipstream?.cache];
    };
    expect([await page(), await page()]).toEqual([
      [0, 'miss'],
      [0, 'hit'],
    ]);
    await read('elsewhere');
    alter('PutItem', (input) => ({ ...input, Item: { ...(input['Item'] as object), rank: { S: '5' } } }));
    await client.send(put('1', { rank: { S: '1' } }));
    expect(await page()).toEqual([1, 'miss']);
    expect((await read('elsewhere')).cache).toBe('hit');
  });

  it('is seen under the key and in the table that it went to', async () => {
    for (const table of [TableName, 'Others']) for (const at of ['1', '2']) await read(at, table);
    alter('PutItem', (input) => ({ ...input, TableName: 'Others', Item: key('2') }));
    await client.send(put('1'));
    expect((await read('2', 'Others')).Item).toEqual(key('2'));
    expect((await read('1')).Item).toBeUndefined();
    expect((await read('1', 'Others')).Item).toBeUndefined();
  });

  it('of a batch or a transaction is seen under the key that it went to', async () => {
    for (const at of ['1', '2', '3']) await read(at);
    const of = (at: string) => [{ PutRequest: { Item: key(at) } }];
    alter('BatchWriteItem', (input) => ({ ...input, RequestItems: { [TableName]: of('2') } }));
    await client.send(new sdk.BatchWriteItemCommand({ RequestItems: { [TableName]: of('1') } }));
    expect([(await read('1')).Item, (await read('2')).Item]).toEqual([undefined, key('2')]);
    client.middlewareStack.remove('alteringBatchWriteItem');
    const transact = (at: string) => ({ TransactItems: [{ Put: { TableName, Item: key(at) } }] });
    alter('TransactWriteItems', () => transact('3'));
    await client.send(new sdk.TransactWriteItemsCommand(transact('1')));
    expect([(await read('1')).Item, (await read('3')).Item]).toEqual([undefined, key('3')]);
  });

  it('answers what its caller asked for, and no image that only the accelerator wanted', async () => {
    await client.send(put('1', { v: { N: '1' } }));
    await read('1');
    alter('UpdateItem', (input) => ({ ...input, ExpressionAttributeValues: { ':v': { N: '3' } } }));
    const update = (ReturnValues?: sdk.ReturnValue) =>
      new sdk.UpdateItemCommand({
        TableName,
        Key: key('1'),
        UpdateExpression: 'SET v = :v',
        ExpressionAttributeValues: { ':v': { N: '2' } },
        ReturnValues,
      });
    expect((await client.send(update())).Attributes).toBeUndefined();
    expect((await client.send(update('UPDATED_NEW'))).Attributes).toEqual({ v: { N: '3' } });
    expect((await read('1')).Item).toEqual({ ...key('1'), v: { N: '3' } });
  });

  it('is read back as the store has it with `cacheMiddleware`, whichever call comes first', async () => {
    await client[Symbol.asyncDispose]();
    client = new DynamoDBClient({ cache: { store, feed: 'none' }, cacheMiddleware: true });
    alter('PutItem', (input) => {
      const Item = input['Item'] as Record<string, sdk.AttributeValue>;
      return Item['at']?.S === '1' ? input : { ...input, Item: { ...Item, by: { S: 'somebody' } } };
    });
    for (const at of ['1', '2', '3']) {
      await client.send(put(at));
      expect((await read(at)).Item).toEqual(await stored(at));
    }
    expect((await read('1')).cache).toBe('hit');
  });

  it('rejects with the store’s own refusal', async () => {
    alter('PutItem', (input) => ({ ...input, ConditionExpression: 'attribute_exists(id)' }));
    await expect(client.send(put('1'))).rejects.toBeInstanceOf(sdk.ConditionalCheckFailedException);
    expect((await read('1')).Item).toBeUndefined();
  });
});

describe('a read that is changed on its way', () => {
  it('answers its caller and is cached under no key', async () => {
    for (const at of ['1', '2']) await client.send(put(at, { is: { S: at } }));
    client.cache.flush();
    const command = new sdk.GetItemCommand({ TableName, Key: key('1') });
    command.middlewareStack.add((next) => (args) => next(changed(args, (input) => ({ ...input, Key: key('2') }))), {
      step: 'initialize',
    });
    // The second waits for the read of the first, whose middleware is not its own.
    const [first, second] = await Promise.all([client.send(command), read('1')]);
    expect([first.Item?.['is'], second.Item?.['is']]).toEqual([{ S: '2' }, { S: '1' }]);
    expect((await client.send(command)).Item?.['is']).toEqual({ S: '2' });
    expect((await read('1')).Item?.['is']).toEqual({ S: '1' });
    expect((await read('2')).Item?.['is']).toEqual({ S: '2' });
  });

  it.each([
    ['ours', DynamoDBDocumentClient],
    ['the library’s', lib.DynamoDBDocumentClient],
  ])('answers in documents through the document client: %s', async (_name, documents) => {
    await client.send(put('1', { n: { N: '1' } }));
    await client.send(put('2', { n: { N: '2' } }));
    client.cache.flush();
    alter('GetItem', (input) => ({ ...input, Key: key('2') }), 'serialize');
    alter('BatchGetItem', (input) => ({ ...input, RequestItems: { [TableName]: { Keys: [key('2')] } } }), 'serialize');
    const document = documents.from(client);
    const Key = { id: 'a', at: '1' };
    for (let i = 0; i < 2; i++) {
      const { Item } = await document.send(new lib.GetCommand({ TableName, Key, ProjectionExpression: 'n' }));
      expect(Item).toEqual({ n: 2 });
    }
  });

  it('answers what a middleware says in place of the store, and caches nothing of that', async () => {
    client.middlewareStack.add(
      (next, context) => (args) =>
        (context as { commandName?: string }).commandName === 'GetItemCommand'
          ? Promise.resolve({ output: { $metadata: {}, Item: key('made up') }, response: {} } as never)
          : next(args),
      { step: 'initialize', name: 'answering' },
    );
    expect((await read('1')).Item).toEqual(key('made up'));
    client.middlewareStack.remove('answering');
    expect((await read('1')).Item).toBeUndefined();
  });

  it('of a batch answers what the store says to the changed call', async () => {
    for (const at of ['1', '2']) await client.send(put(at));
    await read('1');
    alter('BatchGetItem', (input) => ({ ...input, RequestItems: { [TableName]: { Keys: [key('2')] } } }));
    const batch = new sdk.BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key('1'), key('3')] } } });
    for (let i = 0; i < 2; i++) expect((await client.send(batch)).Responses?.[TableName]).toEqual([key('2')]);
    expect((await read('3')).Item).toBeUndefined();
  });
});

describe('a call that is not changed, or not in what it reads and writes', () => {
  it('is cached as ever', async () => {
    client.middlewareStack.add(
      (next) => (args) => next(changed(args, (input) => ({ ...input, ReturnConsumedCapacity: 'TOTAL' }))),
      { step: 'initialize' },
    );
    await client.send(put('1', { v: { B: new Uint8Array([1]) }, l: { L: [{ BS: [new Uint8Array([2])] }] } }));
    expect((await read('1')).cache).toBe('hit');
    expect((await read('2')).cache).toBe('miss');
    expect((await read('2')).cache).toBe('hit');
    // The SDK adds a token to a transaction by itself.
    await client.send(new sdk.TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: key('3') } }] }));
    expect((await read('2')).cache).toBe('hit');
  });
});
