/**
 * Goal: with one import swapped a program keeps all it had and reads from its own process.
 * Method: the real SDK, a real HTTP server that we did not write (dynalite), and its count of what it was asked.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '../../src/client/client-dynamodb.ts';
import { createTable, startDynalite } from './dynalite-store.ts';
import { TableName, get, newKey, put, useThings } from './things.ts';

const things = useThings();
let client: DynamoDBClient;
beforeEach(() => {
  client = things.open();
});

describe('a read', () => {
  it('is answered in process the second time, as the SDK would have answered it', async () => {
    const key = newKey();
    const item = {
      ...key,
      bytes: { B: new Uint8Array([0, 255]) },
      all: { BS: [new Uint8Array([7])] },
      no: { NULL: true },
    };
    const plain = new sdk.DynamoDBClient(things.store.configuration);
    await plain.send(new sdk.PutItemCommand({ TableName, Item: item }));
    const { $metadata: _, ...expected } = await plain.send(new sdk.GetItemCommand({ TableName, Key: key }));
    plain.destroy();

    const miss = await client.send(get(key));
    const asked = things.store.asked('GetItem');
    const hit = await client.send(get(key));

    expect(things.store.asked('GetItem')).toBe(asked);
    expect(miss).toEqual({ ...expected, $metadata: expect.anything() as unknown });
    expect(hit).toEqual({ ...expected, $metadata: expect.anything() as unknown });
    expect(hit.Item?.['bytes']?.B).toStrictEqual(new Uint8Array([0, 255]));
  });

  it('says in its metadata where it came from', async () => {
    const key = newKey();
    const miss = await client.send(get(key));
    const hit = await client.send(get(key));
    const pass = await client.send(new GetItemCommand({ TableName, Key: key, ConsistentRead: true }));
    expect(miss.$metadata).toMatchObject({ httpStatusCode: 200, attempts: 1, slipstream: { cache: 'miss' } });
    expect(hit.$metadata).toEqual({
      httpStatusCode: 200,
      requestId: expect.stringMatching(/^[0-9A-V]{52}$/) as unknown,
      attempts: 1,
      totalRetryDelay: 0,
      slipstream: { cache: 'hit', ageMs: expect.any(Number) as unknown },
    });
    expect(pass.$metadata.slipstream).toEqual({ cache: 'pass', ageMs: undefined });
  });

  it('of an absent item is a hit, too', async () => {
    const key = newKey();
    expect((await client.send(get(key))).Item).toBeUndefined();
    const hit = await client.send(get(key));
    expect([hit.Item, hit.$metadata.slipstream?.cache]).toEqual([undefined, 'hit']);
  });

  it('of a page, a scan and a batch is answered in process the second time', async () => {
    const key = newKey();
    await client.send(put(key, { n: { N: '1' } }));
    const values = { ':id': key.id };
    const reads = [
      () =>
        client.send(
          new QueryCommand({ TableName, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: values }),
        ),
      () => client.send(new ScanCommand({ TableName })),
      () => client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key] } } })),
    ];
    for (const read of reads) {
      const { $metadata: first, ...answer } = await read();
      const { $metadata: second, ...again } = await read();
      expect(again).toEqual(answer);
      expect(JSON.stringify(again)).toContain('"n":{"N":"1"}');
      expect(second.slipstream?.cache).toBe('hit');
      expect(first).toBeDefined();
    }
  });

  it('can go past the caches, or renew what is in them', async () => {
    const key = newKey();
    await client.send(get(key));
    const elsewhere = things.open();
    await elsewhere.send(put(key, { v: { N: '2' } }));
    expect((await client.send(get(key))).Item).toBeUndefined();
    const bypass = await client.send(get(key), { slipstream: 'bypass' });
    expect([bypass.Item?.['v'], bypass.$metadata.slipstream?.cache]).toEqual([{ N: '2' }, 'bypass']);
    expect((await client.send(get(key))).Item).toBeUndefined();
    expect((await client.send(get(key), { slipstream: 'refresh' })).Item?.['v']).toEqual({ N: '2' });
    const hit = await client.send(get(key));
    expect([hit.Item?.['v'], hit.$metadata.slipstream?.cache]).toEqual([{ N: '2' }, 'hit']);
  });

  it('belongs to its caller, who may change it', async () => {
    const key = newKey();
    await things.open().send(put(key, { list: { L: [{ S: 'a' }] }, bytes: { B: new Uint8Array([1]) } }));
    const spoil = (answer: sdk.GetItemCommandOutput) => {
      answer.Item!['list']!.L!.push({ S: 'spoilt' });
      answer.Item!['bytes']!.B![0] = 9;
      delete answer.Item!['id'];
    };
    // The second and third are made of one read with the first.
    const together = await Promise.all([
      client.send(get(key)).then((answer) => [structuredClone(answer.Item), spoil(answer)][0]),
      client.send(get(key)).then((answer) => [structuredClone(answer.Item), spoil(answer)][0]),
    ]);
    const hit = await client.send(get(key));
    const before = structuredClone(hit.Item);
    spoil(hit);
    for (const seen of [...together, before, (await client.send(get(key))).Item]) {
      expect(seen).toEqual({ ...key, list: { L: [{ S: 'a' }] }, bytes: { B: new Uint8Array([1]) } });
    }
  });

  it('asks for the key that it was given, whatever its caller does with the object then', async () => {
    const [one, other] = [newKey(), newKey()];
    await things.open().send(put(one, { is: { S: 'one' } }));
    await things.open().send(put(other, { is: { S: 'other' } }));
    const parameters = { TableName, Key: structuredClone(one) };
    const reading = client.send(new GetItemCommand(parameters));
    parameters.Key.id.S = other.id.S;
    expect((await reading).Item?.['is']).toEqual({ S: 'one' });
    expect((await client.send(get(one))).Item?.['is']).toEqual({ S: 'one' });
    expect((await client.send(get(other))).Item?.['is']).toEqual({ S: 'other' });
  });
});

describe('a write', () => {
  it('is read back at once, by item and by page', async () => {
    const key = newKey();
    const query = () =>
      client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'id = :id',
          ExpressionAttributeValues: { ':id': key.id },
        }),
      );
    const seen = async () => [(await client.send(get(key))).Item?.['v'], (await query()).Items?.[0]?.['v']];
    expect(await seen()).toEqual([undefined, undefined]);
    await client.send(put(key, { v: { N: '1' } }));
    expect(await seen()).toEqual([{ N: '1' }, { N: '1' }]);
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: key,
        UpdateExpression: 'SET v = v + :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    );
    expect(await seen()).toEqual([{ N: '2' }, { N: '2' }]);
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: [{ PutRequest: { Item: { ...key, v: { N: '3' } } } }] },
      }),
    );
    expect(await seen()).toEqual([{ N: '3' }, { N: '3' }]);
    await client.send(new DeleteItemCommand({ TableName, Key: key }));
    expect(await seen()).toEqual([undefined, undefined]);
  });

  it('answers what the caller asked for, and no more', async () => {
    const key = newKey();
    const first = await client.send(put(key, { v: { N: '1' } }));
    const { $metadata: metadata, ...second } = await client.send(put(key, { v: { N: '2' } }));
    expect(Object.keys(first)).toEqual(['$metadata']);
    expect(second).toEqual({});
    expect(metadata).toMatchObject({ httpStatusCode: 200, slipstream: { cache: 'pass' } });
    expect(metadata.requestId).toMatch(/^[0-9A-Z]{52}$/);
    const third = await client.send(
      new PutItemCommand({ TableName, Item: { ...key, v: { N: '3' } }, ReturnValues: 'ALL_OLD' }),
    );
    expect(third.Attributes?.['v']).toEqual({ N: '2' });
  });

  it('stores what it was given, whatever its caller does with the object then', async () => {
    const key = newKey();
    const Item: Record<string, sdk.AttributeValue> = { ...key, v: { S: 'given' } };
    const writing = client.send(new PutItemCommand({ TableName, Item }));
    Item['v'] = { S: 'changed' };
    await writing;
    const strong = await client.send(new GetItemCommand({ TableName, Key: key, ConsistentRead: true }));
    expect((await client.send(get(key))).Item).toEqual(strong.Item);
    expect(strong.Item?.['v']).toEqual({ S: 'given' });
  });
});

describe('an error', () => {
  it('is an object of the SDK’s own class, from a write and from a read', async () => {
    const key = newKey();
    await client.send(put(key));
    const refused = await client
      .send(new PutItemCommand({ TableName, Item: key, ConditionExpression: 'attribute_not_exists(id)' }))
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(sdk.ConditionalCheckFailedException);
    expect(refused).toBeInstanceOf(ConditionalCheckFailedException);
    expect(refused).toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      $fault: 'client',
      $metadata: { httpStatusCode: 400, attempts: 1, requestId: expect.any(String) as unknown },
    });
    const missing = client.send(new GetItemCommand({ TableName: 'Nowhere', Key: key }));
    await expect(missing).rejects.toBeInstanceOf(sdk.ResourceNotFoundException);
    const invalid = client.send(new GetItemCommand({ TableName, Key: { id: { N: '1' } } }));
    await expect(invalid).rejects.toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 400 } });
  });

  it('is the SDK’s own object when the store does not answer', async () => {
    const away = await startDynalite();
    await away.close();
    const configuration = { ...away.configuration, maxAttempts: 1 };
    const plain = things.track(new sdk.DynamoDBClient(configuration));
    const ours = things.open({ ...configuration });
    const theirs = (await plain.send(get(newKey())).catch((error: unknown) => error)) as Error;
    await expect(ours.send(get(newKey()))).rejects.toMatchObject({ name: theirs.name, message: theirs.message });
    await expect(ours.send(put(newKey()))).rejects.toMatchObject({ name: theirs.name, message: theirs.message });
  });

  it('of each caller that waited for one read is its own, and of the SDK’s class', async () => {
    const TableName = 'Doomed';
    await createTable(things.store, TableName);
    await client.send(new GetItemCommand({ TableName, Key: newKey() }));
    const plain = things.track(new sdk.DynamoDBClient(things.store.configuration));
    await plain.send(new sdk.DeleteTableCommand({ TableName }));
    const isGone = (error: unknown) => error instanceof sdk.ResourceNotFoundException;
    while (!(await plain.send(new sdk.DescribeTableCommand({ TableName })).then(() => false, isGone)));

    const Key = newKey();
    const asked = things.store.asked('GetItem');
    const reads = [0, 1].map(() => client.send(new GetItemCommand({ TableName, Key })));
    const errors = await Promise.all(reads.map((read) => read.catch((error: unknown) => error)));
    expect(things.store.asked('GetItem')).toBe(asked + 1);
    for (const error of errors) {
      expect(error).toBeInstanceOf(sdk.ResourceNotFoundException);
      expect(error).toMatchObject({ message: expect.stringMatching(/not found/) as unknown });
    }
    expect(errors[0]).not.toBe(errors[1]);
  });
});

describe('client.cache', () => {
  it('counts, drops one item, and drops all', async () => {
    const key = newKey();
    const outcome = async () => (await client.send(get(key))).$metadata.slipstream?.cache;
    expect([await outcome(), await outcome()]).toEqual(['miss', 'hit']);
    expect(client.cache.stats().item).toMatchObject({ hits: 1, misses: 1, entries: 1 });
    client.cache.invalidate(TableName, key);
    expect([await outcome(), await outcome()]).toEqual(['miss', 'hit']);
    client.cache.invalidate(TableName);
    expect([await outcome(), await outcome()]).toEqual(['miss', 'hit']);
    client.cache.flush();
    expect(await outcome()).toBe('miss');
    expect(client.cache.tables()).toMatchObject([{ name: TableName, feed: 'none', serving: true }]);
  });

  it('keeps within 64 MiB unless told otherwise', () => {
    const { item, query } = client.cache.stats();
    expect(item.limitBytes + query.limitBytes).toBe(64 * 1024 * 1024);
  });
});
