/** One table on a real store, and clients of it that are destroyed after each test. */
import type * as sdk from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { DynamoDBClientConfig } from '../../src/client/client-dynamodb.ts';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '../../src/client/client-dynamodb.ts';
import { createTable, startDynalite, type DynaliteStore } from './dynalite-store.ts';

export interface Things {
  readonly store: DynaliteStore;
  /** A client of ours without a feed, unless told otherwise. */
  open(configuration?: DynamoDBClientConfig): DynamoDBClient;
  /** Has a client destroyed after the test. */
  track<Client extends sdk.DynamoDBClient>(client: Client): Client;
}

export const TableName = 'Things';

/** To be called where a test file's hooks belong. */
export function useThings(): Things {
  let store: DynaliteStore;
  const opened: sdk.DynamoDBClient[] = [];
  beforeAll(async () => {
    store = await startDynalite();
    await createTable(store, TableName);
  });
  afterAll(() => store.close());
  afterEach(() => {
    for (const client of opened.splice(0)) client.destroy();
  });
  const track = <Client extends sdk.DynamoDBClient>(client: Client) => {
    opened.push(client);
    return client;
  };
  return {
    get store() {
      return store;
    },
    open: (configuration) =>
      track(new DynamoDBClient({ ...store.configuration, cache: { feed: 'none' }, ...configuration })),
    track,
  };
}

let keys = 0;

export type Key = ReturnType<typeof newKey>;

/** A key that no other test of the file uses. */
export function newKey() {
  return { id: { S: `item-${keys++}` }, at: { S: '1' } };
}

export const get = (key: Key) => new GetItemCommand({ TableName, Key: key });

export const put = (key: Key, rest: Record<string, sdk.AttributeValue> = {}) =>
  new PutItemCommand({ TableName, Item: { ...key, ...rest } });
