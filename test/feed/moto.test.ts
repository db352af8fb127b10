/** The feed, through the remote store, against the Streams of moto's server: not our model of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRemoteStore, type RemoteStore } from '../../src/backing/remote-store.ts';
import type { FeedRecord, GapReason } from '../../src/feed/change-feed.ts';
import { createStreamsFeed } from '../../src/feed/streams-feed.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { motoIsHere, startMoto, type ForeignStore } from '../support/foreign-stores.ts';

describe.runIf(motoIsHere())('in front of moto', () => {
  let moto: ForeignStore;
  let store: RemoteStore;

  beforeAll(async () => {
    moto = await startMoto();
    store = createRemoteStore({ url: moto.url, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
  }, 60_000);
  afterAll(async () => {
    await store?.close();
    await moto?.close();
  });

  async function call(operation: string, input: JsonObject): Promise<JsonObject> {
    const reply = await store.send(ServiceRequest.fromInput(operation, input));
    expect([operation, reply.status, reply.ok ? '' : reply.body.toString()]).toEqual([operation, 200, '']);
    return reply.output;
  }

  function createTable(tableName: string, streamEnabled: boolean): Promise<JsonObject> {
    return call('CreateTable', {
      TableName: tableName,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      ...(streamEnabled && { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
    });
  }

  /** A feed whose every event resolves whoever waits for something. */
  function listen(enableStreams = false) {
    const records: FeedRecord[] = [];
    const gaps: GapReason[] = [];
    let asOfMs = -Infinity;
    let wake: () => void = () => undefined;
    const feed = createStreamsFeed({
      backing: store,
      enableStreams,
      tableCheckMs: 300,
      propagationMs: 0,
      streamlessCheckMs: 500,
    });
    feed.subscribe({
      onRecord: (record) => {
        records.push(record);
        wake();
      },
      onCaughtUp: (_tableName, caughtUpMs) => {
        asOfMs = caughtUpMs;
        wake();
      },
      onGap: (_tableName, reason) => {
        gaps.push(reason);
        wake();
      },
    });
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
    };
    return { feed, records, gaps, until, asOfMs: () => asOfMs };
  }

  test('records come with both images, in order, and the table counts as caught up after them', async () => {
    await createTable('orders', true);
    await call('PutItem', { TableName: 'orders', Item: { id: { S: 'before' } } });
    const { feed, records, gaps, until, asOfMs } = listen();
    expect(await feed.watch('orders')).toBe('live');
    await call('PutItem', { TableName: 'orders', Item: { id: { S: 'a' }, n: { N: '1' } } });
    await call('PutItem', { TableName: 'orders', Item: { id: { S: 'a' }, n: { N: '2.50' } } });
    await call('DeleteItem', { TableName: 'orders', Key: { id: { S: 'a' } } });
    const writtenMs = performance.now();
    await until(() => records.length >= 3 && asOfMs() > writtenMs);
    expect(records.map(({ kind }) => kind)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(records[1]).toEqual({
      tableName: 'orders',
      key: { id: { S: 'a' } },
      oldImage: { id: { S: 'a' }, n: { N: '1' } },
      newImage: { id: { S: 'a' }, n: { N: '2.5' } },
      kind: 'MODIFY',
      viewType: 'NEW_AND_OLD_IMAGES',
    });
    expect(records[2]?.newImage).toBeUndefined();
    expect(gaps).toEqual(['restart']);
    await feed.close();
  });

  test('a table that is deleted and made again is told as two gaps', async () => {
    await createTable('carts', true);
    const { feed, gaps, until } = listen();
    expect(await feed.watch('carts')).toBe('live');
    await call('DeleteTable', { TableName: 'carts' });
    await until(() => gaps.length >= 2);
    await createTable('carts', true);
    await until(() => gaps.length >= 3);
    expect(gaps).toEqual(['restart', 'table-deleted', 'table-created']);
    expect(feed.state('carts')).toBe('live');
    await feed.close();
  });

  test('a stream is switched on where that is wanted', async () => {
    await createTable('users', false);
    const without = listen();
    expect(await without.feed.watch('users')).toBe('none');
    await without.feed.close();
    const { feed, records, until } = listen(true);
    expect(await feed.watch('users')).toBe('live');
    await call('PutItem', { TableName: 'users', Item: { id: { S: 'u' } } });
    await until(() => records.length >= 1);
    await feed.close();
  });
});
