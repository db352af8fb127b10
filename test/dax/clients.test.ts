/** The unmodified clients at the door: what they can send, and that both doors have one cache and one truth. */
import * as sdk from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itemOf } from '../support/attribute-values.ts';
import {
  atEnd,
  closeAll,
  credentials,
  openDax,
  openDaxDocument,
  openRig,
  openV1,
  region,
  type DaxClient,
  type Rig,
} from './dax-rig.ts';

let rig: Rig;
let dax: DaxClient;
let http: sdk.DynamoDB;

beforeAll(async () => {
  rig = await openRig();
  dax = openDax({ endpoint: rig.dax });
  http = new sdk.DynamoDB({ endpoint: rig.http, region, credentials, maxAttempts: 1 });
  atEnd(() => http.destroy());
});
afterAll(closeAll);

describe('one cache behind both doors', () => {
  it('an item that HTTP has cached is a hit by DAX, and the other way', async () => {
    const Key = { pk: { S: 'both doors' } };
    await http.putItem({ TableName: 'hash', Item: { ...Key, v: { N: '1' } } });
    await http.getItem({ TableName: 'hash', Key });
    const { hits, misses } = rig.accelerator.stats().item;
    expect(await dax.getItem({ TableName: 'hash', Key })).toEqual({ Item: { ...Key, v: { N: '1' } } });
    await dax.updateItem({
      TableName: 'hash',
      Key,
      UpdateExpression: 'SET v = v + :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    });
    const { Item } = await http.getItem({ TableName: 'hash', Key });
    expect(Item?.['v']).toEqual({ N: '2' });
    expect(rig.accelerator.stats().item).toMatchObject({ hits: hits + 2, misses });
  });

  it('query results are right after a write through either door', async () => {
    const input = {
      TableName: 'range',
      KeyConditionExpression: 'h = :h',
      ExpressionAttributeValues: { ':h': { S: 'fresh' } },
    };
    const numbersOf = ({ Items = [] }: sdk.QueryCommandOutput) => Items.map((item) => item['r']?.N);
    expect(numbersOf(await dax.query(input))).toEqual([]);
    await http.putItem({ TableName: 'range', Item: itemOf({ h: 'fresh', r: 1.5 }) });
    expect(numbersOf(await dax.query(input))).toEqual(['1.5']);
    await dax.putItem({ TableName: 'range', Item: itemOf({ h: 'fresh', r: -2 }) });
    expect(numbersOf(await dax.query(input))).toEqual(['-2', '1.5']);
    const { hits } = rig.accelerator.stats().query;
    expect(numbersOf(await http.query(input))).toEqual(['-2', '1.5']);
    expect(rig.accelerator.stats().query.hits).toBe(hits + 1);
  });

  it('an absence is cached, and ends with a write', async () => {
    const call = { TableName: 'hash', Key: { pk: { S: 'nobody yet' } } };
    expect(await dax.getItem(call)).toEqual({});
    const { hits } = rig.accelerator.stats().item;
    expect(await dax.getItem(call)).toEqual({});
    expect(rig.accelerator.stats().item.hits).toBe(hits + 1);
    await http.putItem({ TableName: 'hash', Item: call.Key });
    expect(await dax.getItem(call)).toEqual({ Item: call.Key });
  });
});

describe('one item under concurrent writes through both doors', () => {
  it(
    'is never read older than what was acknowledged, by either door, as an item and on a page',
    { timeout: 30_000 },
    async () => {
      const acknowledged = new Map<string, number>();
      const doors = [dax, http];
      let isOver = false;
      const writer = async (h: string) => {
        for (let version = 1; version <= 40; version++) {
          const door = doors[version % 2] as DaxClient;
          await door.updateItem({
            TableName: 'range',
            Key: itemOf({ h, r: 1 }),
            UpdateExpression: 'SET version = :version',
            ExpressionAttributeValues: { ':version': { N: String(version) } },
          });
          acknowledged.set(h, version);
        }
      };
      const reader = async (h: string, door: DaxClient) => {
        let reads = 0;
        for (; !isOver; reads++) {
          const least = acknowledged.get(h) ?? 0;
          const { Item } = await door.getItem({ TableName: 'range', Key: itemOf({ h, r: 1 }) });
          expect(Number(Item?.['version']?.N ?? 0)).toBeGreaterThanOrEqual(least);
          const leastOfPage = acknowledged.get(h) ?? 0;
          const { Items } = await door.query({
            TableName: 'range',
            KeyConditionExpression: 'h = :h',
            ExpressionAttributeValues: { ':h': { S: h } },
          });
          expect(Number(Items?.[0]?.['version']?.N ?? 0)).toBeGreaterThanOrEqual(leastOfPage);
        }
        return reads;
      };
      const keys = ['contended 1', 'contended 2'];
      const readers = keys.flatMap((h) => doors.flatMap((door) => [reader(h, door), reader(h, door)]));
      await Promise.all(keys.map(writer)).finally(() => (isOver = true));
      for (const reads of await Promise.all(readers)) expect(reads).toBeGreaterThan(5);
    },
  );
});

describe('every kind of value and key', () => {
  const item = itemOf({
    text: 'é€😀',
    number: 1.5,
    bytes: Buffer.from([0, 255, 128]),
    yes: true,
    no: false,
    nothing: null,
    list: ['a', 1, ['deep', { deeper: null }]],
    map: { a: 1, b: { c: [] }, empty: {} },
    texts: new Set(['a', 'b']),
    binaries: new Set([Buffer.from([1]), Buffer.from([2, 3])]),
    __proto__x: 'a name like any other',
  });

  it.each([
    ['hash', { pk: { S: 'every kind' } }],
    ['range', { h: { S: 'every kind' }, r: { N: '-1.5' } }],
    ['numbers', { n: { N: '12345678901234567890123456789012345678' } }],
    ['numbers', { n: { N: '0' } }],
    ['binary', { b: { B: Buffer.from([0, 1, 255]) }, s: { S: '' + 'é' } }],
  ])('comes back from %s by %o', async (TableName, Key) => {
    const Item = { ...item, ...Key };
    await dax.putItem({ TableName, Item });
    for (const ConsistentRead of [true, false, false]) {
      const { Item: found } = await dax.getItem({ TableName, Key, ConsistentRead });
      expect(plain(found)).toEqual(plain(Item));
      expect(plain((await http.getItem({ TableName, Key, ConsistentRead })).Item)).toEqual(plain(Item));
    }
    await dax.deleteItem({ TableName, Key });
    expect(await dax.getItem({ TableName, Key })).toEqual({});
  });

  it('a projection gives each path its value, also through lists whose elements are missing', async () => {
    const Key = { pk: { S: 'projected' } };
    await dax.putItem({
      TableName: 'hash',
      Item: { ...Key, ...itemOf({ l: ['a', { x: 1, y: 2 }, 'c'], m: { in: { deep: 3 } }, t: 'top' }) },
    });
    for (const ProjectionExpression of ['l[2],l[9],l[1].y', 'm.#in.deep,t', 'l[0],m.#in', 'pk', 'absent']) {
      const input = {
        TableName: 'hash',
        Key,
        ProjectionExpression,
        ...(ProjectionExpression.includes('#in') && { ExpressionAttributeNames: { '#in': 'in' } }),
      };
      const [byDax, byHttp] = await Promise.all([dax.getItem(input), http.getItem(input)]);
      expect(byDax.Item ?? {}).toEqual(byHttp.Item ?? {});
    }
    await expect(dax.getItem({ TableName: 'hash', Key, ProjectionExpression: 'l[0],l' })).rejects.toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining('Two document paths overlap') as string,
    });
  });
});

it('a range between two maps is refused, by both doors', async () => {
  const input = {
    TableName: 'hash',
    FilterExpression: 'a BETWEEN :map AND :map',
    ExpressionAttributeValues: { ':map': { M: { __proto__x: { S: 'deep' } } } },
  };
  const message = 'Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: M';
  await expect(dax.scan(input)).rejects.toMatchObject({ message: expect.stringContaining(message) as string });
  await expect(http.scan(input)).rejects.toMatchObject({ message: expect.stringContaining(message) as string });
});

describe('big answers', () => {
  it('an item of 400 KB goes in and comes out', async () => {
    const Key = { pk: { S: 'big' } };
    const Item = { ...Key, v: { S: 'x'.repeat(400 * 1024 - 10) } };
    await dax.putItem({ TableName: 'hash', Item });
    for (let i = 0; i < 3; i++) {
      const { Item: found } = await dax.getItem({ TableName: 'hash', Key });
      expect(found?.['v']?.S?.length).toBe(Item.v.S.length);
    }
    const tooBig = dax.putItem({ TableName: 'hash', Item: { ...Key, v: { S: 'x'.repeat(400 * 1024) } } });
    await expect(tooBig).rejects.toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining('size has exceeded') as string,
    });
  });

  it('a query reads a page of 1 MB, then the next', async () => {
    const writes = Array.from({ length: 260 }, (_, r) => ({
      PutRequest: { Item: itemOf({ h: 'pages', r, v: 'y'.repeat(5_000) }) },
    }));
    for (let i = 0; i < writes.length; i += 25) {
      const { UnprocessedItems } = await dax.batchWriteItem({ RequestItems: { range: writes.slice(i, i + 25) } });
      expect(UnprocessedItems).toEqual({});
    }
    const input = {
      TableName: 'range',
      KeyConditionExpression: 'h = :h',
      ExpressionAttributeValues: { ':h': { S: 'pages' } },
    };
    const first = await dax.query(input);
    expect(first.Count).toBeGreaterThan(200);
    expect(first.Count).toBeLessThan(260);
    const second = await dax.query({ ...input, ExclusiveStartKey: first.LastEvaluatedKey });
    expect((first.Count ?? 0) + (second.Count ?? 0)).toBe(260);
    expect(second.LastEvaluatedKey).toBeUndefined();
    const again = await dax.query(input);
    expect(again.Items).toEqual(first.Items);
  });
});

describe('transactions', () => {
  const put = (pk: string, v: number) => ({ Put: { TableName: 'hash', Item: itemOf({ pk, v }) } });

  it('write and read together, with what they consumed', async () => {
    await dax.putItem({ TableName: 'hash', Item: itemOf({ pk: 'guard' }) });
    const written = await dax.transactWriteItems({
      TransactItems: [
        put('t1', 1),
        {
          Update: {
            TableName: 'hash',
            Key: itemOf({ pk: 't2' }),
            UpdateExpression: 'SET v = :v',
            ExpressionAttributeValues: { ':v': { N: '2' } },
          },
        },
        { Delete: { TableName: 'range', Key: itemOf({ h: 't3', r: 1 }) } },
        {
          ConditionCheck: {
            TableName: 'hash',
            Key: itemOf({ pk: 'guard' }),
            ConditionExpression: 'attribute_exists(pk)',
          },
        },
      ],
      ReturnConsumedCapacity: 'TOTAL',
      ReturnItemCollectionMetrics: 'SIZE',
    });
    expect(written.ConsumedCapacity).toEqual(
      expect.arrayContaining([expect.objectContaining({ TableName: 'hash', CapacityUnits: 6 })]),
    );
    const read = await dax.transactGetItems({
      TransactItems: [
        { Get: { TableName: 'hash', Key: itemOf({ pk: 't1' }) } },
        { Get: { TableName: 'range', Key: itemOf({ h: 'nobody', r: 1 }) } },
        { Get: { TableName: 'hash', Key: itemOf({ pk: 't2' }), ProjectionExpression: 'v' } },
      ],
    });
    expect(read.Responses?.map(({ Item }) => Item)).toEqual([itemOf({ pk: 't1', v: 1 }), undefined, itemOf({ v: 2 })]);
  });

  it('are cancelled with a reason for each action, and the old item where it was asked for', async () => {
    await dax.putItem({ TableName: 'hash', Item: itemOf({ pk: 'held', v: 9 }) });
    const cancelled = dax.transactWriteItems({
      TransactItems: [
        put('free', 1),
        {
          Put: {
            ...put('held', 2).Put,
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ],
      ClientRequestToken: 'cancelled once',
    });
    await expect(cancelled).rejects.toMatchObject({
      retryable: true,
      code: 'TransactionCanceledException',
      cancellationReasons: [
        expect.objectContaining({ Code: 'None' }),
        {
          Code: 'ConditionalCheckFailed',
          Message: 'The conditional request failed',
          Item: itemOf({ pk: 'held', v: 9 }),
        },
      ],
    });
    expect(await dax.getItem({ TableName: 'hash', Key: itemOf({ pk: 'free' }) })).toEqual({});
  });

  it('with one token are applied once, and another transaction may not have it', async () => {
    const increment = {
      Update: {
        TableName: 'hash',
        Key: itemOf({ pk: 'once' }),
        UpdateExpression: 'ADD v :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      },
    };
    const write = { TransactItems: [increment], ClientRequestToken: 'a token' };
    await dax.transactWriteItems(write);
    await dax.transactWriteItems(write);
    const { Item } = await dax.getItem({ TableName: 'hash', Key: itemOf({ pk: 'once' }) });
    expect(Item?.['v']).toEqual({ N: '1' });
    const other = dax.transactWriteItems({ TransactItems: [put('once more', 1)], ClientRequestToken: 'a token' });
    await expect(other).rejects.toMatchObject({ code: 'IdempotentParameterMismatchException', retryable: false });
  });
});

describe('the other clients', () => {
  it('documents go in and come out by lib-dax', async () => {
    const documents = openDaxDocument({ endpoint: rig.dax });
    const Item = { pk: 'a document', n: 1.5, list: [1, { two: 'zwei' }], set: new Set(['a']) };
    await documents.put({ TableName: 'hash', Item });
    expect((await documents.get({ TableName: 'hash', Key: { pk: 'a document' } })).Item).toEqual(Item);
    const { Items } = await documents.scan({
      TableName: 'hash',
      FilterExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'a document' },
    });
    expect(Items).toEqual([Item]);
  });

  it('version 1 reads, writes and queries', async () => {
    const v1 = openV1({ endpoint: rig.dax });
    const Item = itemOf({ h: 'version 1', r: 25, g: 'one' });
    await v1.putItem({ TableName: 'range', Item }).promise();
    expect(await v1.getItem({ TableName: 'range', Key: itemOf({ h: 'version 1', r: 25 }) }).promise()).toEqual({
      Item,
    });
    const page = await v1
      .query({
        TableName: 'range',
        IndexName: 'global',
        KeyConditionExpression: 'g = :g',
        ExpressionAttributeValues: { ':g': { S: 'one' } },
      })
      .promise();
    expect(page).toMatchObject({ Items: [Item], Count: 1, ScannedCount: 1 });
    const failed = v1.putItem({ TableName: 'range', Item, ConditionExpression: 'attribute_not_exists(h)' }).promise();
    await expect(failed).rejects.toMatchObject({ code: 'ConditionalCheckFailedException', statusCode: 400 });
  });

  it('64 callers at once read what they wrote', async () => {
    const callers = Array.from({ length: 64 }, async (_, caller) => {
      for (let turn = 0; turn < 10; turn++) {
        const Key = itemOf({ pk: `caller ${caller}` });
        await dax.putItem({ TableName: 'hash', Item: { ...Key, turn: { N: String(turn) } } });
        const { Item } = await dax.getItem({ TableName: 'hash', Key });
        expect(Item?.['turn']).toEqual({ N: String(turn) });
      }
    });
    await Promise.all(callers);
  });
});

/** Byte arrays of different classes are alike. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (inner instanceof Uint8Array ? [...inner] : inner)),
    (_, inner: unknown) =>
      typeof inner === 'object' && inner !== null && 'type' in inner && inner.type === 'Buffer'
        ? (inner as { data?: unknown }).data
        : inner,
  );
}
