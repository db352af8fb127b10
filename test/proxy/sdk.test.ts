/** An unmodified AWS SDK against the HTTP door: an accelerator over the embedded store, and over dynalite. */
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ResourceNotFoundException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import { createRemoteStore } from '../../src/backing/remote-store.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import { startDynalite } from '../support/foreign-stores.ts';

interface Opened {
  readonly store: BackingStore;
  readonly close: () => Promise<void>;
}

async function embedded(): Promise<Opened> {
  const store = await openStore({ inMemory: true });
  return { store, close: () => store.close() };
}

async function dynalite(): Promise<Opened> {
  const foreign = await startDynalite();
  const store = createRemoteStore({ url: foreign.url });
  const close = async () => {
    await store.close();
    await foreign.close();
  };
  return { store, close };
}

describe.each([
  ['the embedded store', embedded],
  ['dynalite', dynalite],
])('over %s', (_, open) => {
  test('an SDK creates, writes, reads from the cache, queries and reads its own writes', async () => {
    const { store, close } = await open();
    const accelerator = createAccelerator({ backing: store });
    const proxy = createProxy({ backing: store, accelerator, httpPort: 0, adminPort: 'off' });
    const { http } = await proxy.listen();
    const client = new DynamoDBClient({
      endpoint: http as string,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'key' },
    });
    const outcomes: (string | undefined)[] = [];
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { headers } = result.response as { readonly headers: Readonly<Record<string, string>> };
        outcomes.push(headers['x-slipstream-cache']);
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    const table = { TableName: 'Orders' };
    const key = { customer: { S: 'ann' }, order: { N: '1' } };
    const query = new QueryCommand({
      ...table,
      KeyConditionExpression: 'customer = :c',
      ExpressionAttributeValues: { ':c': { S: 'ann' } },
    });
    try {
      await expect(client.send(new GetItemCommand({ ...table, Key: key }))).rejects.toThrow(ResourceNotFoundException);
      await client.send(
        new CreateTableCommand({
          ...table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'customer', AttributeType: 'S' },
            { AttributeName: 'order', AttributeType: 'N' },
          ],
          KeySchema: [
            { AttributeName: 'customer', KeyType: 'HASH' },
            { AttributeName: 'order', KeyType: 'RANGE' },
          ],
        }),
      );
      await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, table);
      await client.send(new PutItemCommand({ ...table, Item: { ...key, total: { N: '5' } } }));
      for (let i = 0; i < 2; i++) {
        expect((await client.send(new GetItemCommand({ ...table, Key: key }))).Item).toEqual({
          ...key,
          total: { N: '5' },
        });
      }
      expect(outcomes.at(-1)).toBe('hit');
      for (let i = 0; i < 2; i++) expect((await client.send(query)).Count).toBe(1);
      await client.send(new PutItemCommand({ ...table, Item: { ...key, total: { N: '6' } } }));
      expect((await client.send(new GetItemCommand({ ...table, Key: key }))).Item?.['total']).toEqual({ N: '6' });
      expect((await client.send(query)).Items?.[0]?.['total']).toEqual({ N: '6' });
      await client.send(new DeleteItemCommand({ ...table, Key: key }));
      expect((await client.send(query)).Count).toBe(0);
      expect((await client.send(new GetItemCommand({ ...table, Key: key }))).Item).toBeUndefined();
    } finally {
      client.destroy();
      await proxy.close();
      await accelerator.close();
      await close();
    }
  });
});
