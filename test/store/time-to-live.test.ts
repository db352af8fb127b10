/** Items that expire: which do, when, and what is told of it. */
import { describe, expect, test } from 'vitest';
import type { FeedRecord } from '../../src/feed/change-feed.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore, StoreOptions } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { call, item, openTestStore, refusal, tableInput, temporaryDirectory } from './stores.ts';

const TableName = 'things';
const SWEEP_MS = 1000;
const YEAR_SECONDS = 365 * 24 * 60 * 60;
const enabled = { TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'endsAt' } };
const disabled = { TableName, TimeToLiveSpecification: { Enabled: false, AttributeName: 'endsAt' } };

async function storeWithTable(clock: VirtualClock, options: StoreOptions = {}, more: JsonObject = {}) {
  const store = await openTestStore({ inMemory: true, expirySweepMs: SWEEP_MS, ...options, clock });
  await call(store, 'CreateTable', tableInput(TableName, more));
  return store;
}

function nowSeconds(clock: VirtualClock): number {
  return Math.floor(clock.wallMs() / 1000);
}

function put(store: EmbeddedStore, p: string, endsAt?: JsonObject): Promise<JsonObject> {
  return call(store, 'PutItem', { TableName, Item: item(p, 1, endsAt === undefined ? {} : { endsAt }) });
}

function at(seconds: number): JsonObject {
  return { N: String(seconds) };
}

/** Lets time pass, and sweeps that are due delete a group of items each. */
async function sweep(clock: VirtualClock, store: EmbeddedStore, ms = 2 * SWEEP_MS): Promise<void> {
  for (let passed = 0; passed < ms; passed += SWEEP_MS) {
    await clock.advance(SWEEP_MS);
    // A write that changes something is answered after the commits before it, so the sweep's group is gone then.
    await call(store, 'PutItem', { TableName, Item: item('settled', 1, { at: { N: String(clock.wallMs()) } }) });
  }
}

async function remaining(store: EmbeddedStore): Promise<string[]> {
  const { Items } = await call(store, 'Scan', { TableName });
  return (Items as JsonObject[])
    .map((found) => found['p'].S as string)
    .filter((p) => p !== 'settled')
    .sort();
}

describe('expiry', () => {
  test('deletes an item after its time, and leaves those whose attribute is no time in the last five years', async () => {
    const clock = new VirtualClock();
    const store = await storeWithTable(clock);
    await call(store, 'UpdateTimeToLive', enabled);
    const now = nowSeconds(clock);
    await put(store, 'due', at(now + 10));
    await put(store, 'later', at(now + 100));
    await put(store, 'text', { S: String(now) });
    await put(store, 'milliseconds', at(now * 1000));
    await put(store, 'ancient', at(now - 5 * YEAR_SECONDS - 100));
    await put(store, 'old', at(now - 4 * YEAR_SECONDS));
    await put(store, 'never');
    await sweep(clock, store, 5000);
    expect(await remaining(store)).toEqual(['ancient', 'due', 'later', 'milliseconds', 'never', 'text']);
    await sweep(clock, store, 10_000);
    expect(await remaining(store)).toEqual(['ancient', 'later', 'milliseconds', 'never', 'text']);
  });

  test('goes by the newest value of the attribute', async () => {
    const clock = new VirtualClock();
    const store = await storeWithTable(clock);
    await call(store, 'UpdateTimeToLive', enabled);
    const soon = at(nowSeconds(clock) + 5);
    for (const p of ['kept', 'put-off', 'brought-forward']) await put(store, p, soon);
    const update = (p: string, UpdateExpression: string, endsAt?: JsonObject) =>
      call(store, 'UpdateItem', {
        TableName,
        Key: item(p, 1),
        UpdateExpression,
        ...(endsAt === undefined ? {} : { ExpressionAttributeValues: { ':endsAt': endsAt } }),
      });
    await update('kept', 'REMOVE endsAt');
    await update('put-off', 'SET endsAt = :endsAt', at(nowSeconds(clock) + 1000));
    await update('brought-forward', 'SET endsAt = :endsAt', at(nowSeconds(clock) - 1));
    await sweep(clock, store);
    expect(await remaining(store)).toEqual(['kept', 'put-off']);
    await sweep(clock, store, 20_000);
    expect(await remaining(store)).toEqual(['kept', 'put-off']);
  });

  test('finds the items that were there before it was enabled, more than one step holds', async () => {
    const clock = new VirtualClock();
    const store = await storeWithTable(clock);
    const endsAt = at(nowSeconds(clock) - 1);
    const puts = Array.from({ length: 1200 }, (_, i) => ({ PutRequest: { Item: item(`p${i}`, 1, { endsAt }) } }));
    for (let i = 0; i < puts.length; i += 25) {
      await call(store, 'BatchWriteItem', { RequestItems: { [TableName]: puts.slice(i, i + 25) } });
    }
    await call(store, 'UpdateTimeToLive', enabled);
    await sweep(clock, store);
    await expect.poll(() => remaining(store)).toEqual([]);
    expect((await call(store, 'DescribeTable', { TableName }))['Table'].ItemCount).toBe(1);
  });

  test('stops when it is disabled, and forgets the times of the old attribute', async () => {
    const clock = new VirtualClock();
    const store = await storeWithTable(clock);
    await call(store, 'UpdateTimeToLive', enabled);
    await put(store, 'a', at(nowSeconds(clock) + 5));
    await call(store, 'UpdateTimeToLive', disabled);
    await sweep(clock, store, 20_000);
    const other = { TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'other' } };
    await call(store, 'UpdateTimeToLive', other);
    await sweep(clock, store, 20_000);
    expect(await remaining(store)).toEqual(['a']);
  });

  test('goes on after a restart', async () => {
    const clock = new VirtualClock();
    const dataDir = temporaryDirectory();
    const before = await openTestStore({ dataDir, clock });
    await call(before, 'CreateTable', tableInput(TableName));
    await call(before, 'UpdateTimeToLive', enabled);
    await put(before, 'a', at(nowSeconds(clock) + 5));
    await before.close();
    const after = await openTestStore({ dataDir, clock, expirySweepMs: SWEEP_MS });
    expect(await call(after, 'DescribeTimeToLive', { TableName })).toEqual({
      TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'endsAt' },
    });
    await sweep(clock, after, 20_000);
    expect(await remaining(after)).toEqual([]);
  });

  test.each(['ENABLING', 'DISABLING'] as const)(
    'that was %s when its store ended comes to its end in the next one',
    async (status) => {
      const clock = new VirtualClock();
      const dataDir = temporaryDirectory();
      const before = await openTestStore({ dataDir, clock, updateTableMs: 100 });
      await call(before, 'CreateTable', tableInput(TableName));
      await put(before, 'a', at(nowSeconds(clock) - 1));
      await call(before, 'UpdateTimeToLive', enabled);
      if (status === 'DISABLING') {
        await clock.advance(100);
        await call(before, 'UpdateTimeToLive', disabled);
      }
      const described = async (store: EmbeddedStore) =>
        (await call(store, 'DescribeTimeToLive', { TableName }))['TimeToLiveDescription'].TimeToLiveStatus as unknown;
      expect(await described(before)).toBe(status);
      await before.close();
      const after = await openTestStore({ dataDir, clock, expirySweepMs: SWEEP_MS });
      expect(await described(after)).toBe(status === 'ENABLING' ? 'ENABLED' : 'DISABLED');
      await sweep(clock, after);
      expect(await remaining(after)).toEqual(status === 'ENABLING' ? [] : ['a']);
    },
  );

  test('leaves a record whose author is the service, and tells the direct feed', async () => {
    const clock = new VirtualClock();
    const store = await storeWithTable(
      clock,
      {},
      {
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      },
    );
    const told: FeedRecord[] = [];
    store.feed.subscribe({
      onRecord: (record) => told.push(record),
      onCaughtUp: () => undefined,
      onGap: () => undefined,
    });
    await store.feed.watch(TableName);
    await call(store, 'UpdateTimeToLive', enabled);
    const endsAt = at(nowSeconds(clock) - 1);
    await put(store, 'a', endsAt);
    await sweep(clock, store);
    const expired = item('a', 1, { endsAt });
    expect(told.map(({ kind }) => kind).slice(0, 2)).toEqual(['INSERT', 'REMOVE']);
    expect(told[1]).toMatchObject({ key: item('a', 1), oldImage: expired });
    const [, removal] = await recordsOf(store);
    expect(removal).toMatchObject({
      eventName: 'REMOVE',
      userIdentity: { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' },
      dynamodb: { Keys: item('a', 1), OldImage: expired },
    });
    await call(store, 'DeleteItem', { TableName, Key: item('settled', 1) });
    expect((await recordsOf(store)).at(-1)).not.toHaveProperty('userIdentity');
  });
});

async function recordsOf(store: EmbeddedStore): Promise<JsonObject[]> {
  const { Table } = await call(store, 'DescribeTable', { TableName });
  const StreamArn = Table.LatestStreamArn as string;
  const { StreamDescription } = await call(store, 'DescribeStream', { StreamArn });
  const { ShardId } = StreamDescription.Shards[0] as { ShardId: string };
  const start = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
  const { ShardIterator } = await call(store, 'GetShardIterator', start);
  return (await call(store, 'GetRecords', { ShardIterator }))['Records'] as JsonObject[];
}

describe('UpdateTimeToLive and DescribeTimeToLive', () => {
  test('show what is set, through the passing statuses where a time for those is set', async () => {
    const clock = new VirtualClock();
    const store = await storeWithTable(clock, { updateTableMs: 100 });
    const status = async () => (await call(store, 'DescribeTimeToLive', { TableName }))['TimeToLiveDescription'];
    expect(await status()).toEqual({ TimeToLiveStatus: 'DISABLED' });
    expect(await call(store, 'UpdateTimeToLive', enabled)).toEqual({
      TimeToLiveSpecification: enabled.TimeToLiveSpecification,
    });
    expect(await status()).toEqual({ TimeToLiveStatus: 'ENABLING', AttributeName: 'endsAt' });
    expect(await refusal(store, 'UpdateTimeToLive', disabled)).toBe(
      'ValidationException: Time to live has been modified multiple times within a fixed interval',
    );
    await clock.advance(100);
    expect(await status()).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'endsAt' });
    await call(store, 'UpdateTimeToLive', disabled);
    expect(await status()).toEqual({ TimeToLiveStatus: 'DISABLING', AttributeName: 'endsAt' });
    await clock.advance(100);
    expect(await status()).toEqual({ TimeToLiveStatus: 'DISABLED' });
  });

  test.each([
    [
      { ...enabled, TableName: 'none' },
      'ResourceNotFoundException: Requested resource not found: Table: none not found',
    ],
    [enabled, 'ValidationException: TimeToLive is already enabled'],
    [
      { TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'other' } },
      'ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is endsAt',
    ],
    [
      { TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: '' } },
      "ValidationException: 1 validation error detected: Value '' at 'timeToLiveSpecification.attributeName' failed to " +
        'satisfy constraint: Member must have length greater than or equal to 1',
    ],
    [
      { TableName },
      "ValidationException: 1 validation error detected: Value null at 'timeToLiveSpecification' failed to satisfy " +
        'constraint: Member must not be null',
    ],
  ])('%j is refused while it is enabled', async (input, expected) => {
    const store = await storeWithTable(new VirtualClock());
    await call(store, 'UpdateTimeToLive', enabled);
    expect(await refusal(store, 'UpdateTimeToLive', input)).toBe(expected);
  });

  test('disabling what is not enabled is refused', async () => {
    const store = await storeWithTable(new VirtualClock());
    expect(await refusal(store, 'UpdateTimeToLive', disabled)).toBe(
      'ValidationException: TimeToLive is already disabled',
    );
  });
});
