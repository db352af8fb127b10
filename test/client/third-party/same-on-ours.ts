/**
 * Runs one program twice, on the SDK's own client and on ours, each on an empty store of its own, and expects that it
 * cannot tell the difference but by the hits.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { DynamoDB } from '../../../src/client/client-dynamodb.ts';
import { createProxy } from '../../../src/proxy/proxy.ts';
import { openStore, type EmbeddedStore } from '../../../src/store/embedded-store.ts';

export type Program = (client: sdk.DynamoDB) => Promise<Run>;

export interface Run {
  /** What the program saw, in order; without what differs from run to run. */
  readonly seen: readonly unknown[];
  /** Makes the reads of the program once more. */
  readonly read: () => Promise<void>;
}

export interface ExpectedHits {
  /** Hits that the program's reads have at least where nothing depends on when a record of a stream arrives. */
  readonly item: number;
  readonly query: number;
}

export function sameOnOurs(name: string, program: Program, expected: ExpectedHits): void {
  describe(name, () => {
    it('does on our client with a store in this process what it does on the SDK’s', () =>
      withStore(async (store) => {
        await using client = new DynamoDB({ cache: { store } });
        await expectSame(client, program);
        const { item, query } = client.cache.stats();
        expect(item.hits).toBeGreaterThanOrEqual(expected.item);
        expect(query.hits).toBeGreaterThanOrEqual(expected.query);
      }));

    it('does on our client with a streams feed over HTTP what it does on the SDK’s', () =>
      withDoor(async (configuration) => {
        await using client = new DynamoDB(configuration);
        const { read } = await expectSame(client, program);
        // Until its records are all in, each may drop what was just read.
        const { item, query } = client.cache.stats();
        await vi.waitFor(async () => {
          await read();
          const now = client.cache.stats();
          expect(now.item.hits).toBeGreaterThan(item.hits);
          expect(now.query.hits).toBeGreaterThan(query.hits);
        });
        expect(client.cache.tables()).toContainEqual(expect.objectContaining({ feed: 'live', serving: true }));
      }));
  });
}

async function expectSame(client: DynamoDB, program: Program): Promise<Run> {
  const run = await program(client);
  const seen = [...run.seen];
  await withDoor(async (configuration) => {
    const plain = new sdk.DynamoDB(configuration);
    try {
      expect(seen).toEqual((await program(plain)).seen);
    } finally {
      plain.destroy();
    }
  });
  expect(seen.length).toBeGreaterThan(20);
  return run;
}

async function withStore(use: (store: EmbeddedStore) => Promise<void>): Promise<void> {
  const store = await openStore({ inMemory: true });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

function withDoor(use: (configuration: sdk.DynamoDBClientConfig) => Promise<void>): Promise<void> {
  return withStore(async (store) => {
    const door = createProxy({ backing: store, httpPort: 0, adminPort: 'off' });
    try {
      const { http } = await door.listen();
      const credentials = { accessKeyId: 'someone', secretAccessKey: 'secret' };
      await use({ endpoint: http!, region: 'us-east-1', credentials });
    } finally {
      await door.close();
    }
  });
}

/** A table with a stream, keys `pk` and `sk`, and an index `gsi1` with keys `gsi1pk` and `gsi1sk`: what such libraries want. */
export async function createSingleTable(client: sdk.DynamoDBClient, TableName: string): Promise<void> {
  await client.send(
    new sdk.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'gsi1',
          KeySchema: [
            { AttributeName: 'gsi1pk', KeyType: 'HASH' },
            { AttributeName: 'gsi1sk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  await sdk.waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName });
}
