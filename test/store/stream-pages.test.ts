/** What the Streams API answers: pages, filters, statuses, the limits of GetRecords, and its refusals. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { afterTurn } from '../../src/base/clock.ts';
import type { Item } from '../../src/model/attribute-value.ts';
import { itemSizeBytes } from '../../src/model/item-size.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { Environment } from '../../src/store/environment.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { deferred } from '../support/deferred.ts';
import { call, item, openTestStore, refusal, tableInput, temporaryDirectory } from './stores.ts';

const HOUR_MS = 3_600_000;
const stream = (StreamViewType: string) => ({ StreamSpecification: { StreamEnabled: true, StreamViewType } });
const BOTH = stream('NEW_AND_OLD_IMAGES');

function putItem(store: EmbeddedStore, Item: JsonObject): Promise<JsonObject> {
  return call(store, 'PutItem', { TableName: 'things', Item });
}

async function arnOf(store: EmbeddedStore): Promise<string> {
  const { Table } = await call(store, 'DescribeTable', { TableName: 'things' });
  return Table.LatestStreamArn as string;
}

async function describeStream(store: EmbeddedStore, input: JsonObject): Promise<JsonObject> {
  return (await call(store, 'DescribeStream', input))['StreamDescription'] as JsonObject;
}

const idsOf = ({ Shards }: JsonObject) => (Shards as JsonObject[]).map(({ ShardId }) => ShardId as string);

async function firstShard(store: EmbeddedStore): Promise<{ StreamArn: string; ShardId: string }> {
  const StreamArn = await arnOf(store);
  return { StreamArn, ShardId: idsOf(await describeStream(store, { StreamArn }))[0] as string };
}

async function horizon(store: EmbeddedStore): Promise<string> {
  const from = { ...(await firstShard(store)), ShardIteratorType: 'TRIM_HORIZON' };
  return (await call(store, 'GetShardIterator', from))['ShardIterator'] as string;
}

async function recordsOf(store: EmbeddedStore): Promise<JsonObject[]> {
  const page = await call(store, 'GetRecords', { ShardIterator: await horizon(store) });
  return page['Records'] as JsonObject[];
}

describe('ListStreams', () => {
  test('lists all streams or those of a table, those that ended too, page by page', async () => {
    const store = await openTestStore();
    for (const name of ['beta', 'alpha', 'alphabet']) await call(store, 'CreateTable', tableInput(name, BOTH));
    await call(store, 'UpdateTable', { TableName: 'alpha', StreamSpecification: { StreamEnabled: false } });
    await call(store, 'UpdateTable', { TableName: 'alpha', ...BOTH });
    const whole = (await call(store, 'ListStreams', {}))['Streams'] as JsonObject[];
    expect(whole.map(({ TableName }) => TableName as string).toSorted()).toEqual([
      'alpha',
      'alpha',
      'alphabet',
      'beta',
    ]);
    const paged: JsonObject[] = [];
    let last: string | undefined;
    do {
      const from = last === undefined ? {} : { ExclusiveStartStreamArn: last };
      const page = await call(store, 'ListStreams', { Limit: 1, ...from });
      paged.push(...(page['Streams'] as JsonObject[]));
      last = page['LastEvaluatedStreamArn'] as string | undefined;
    } while (last !== undefined);
    expect(paged).toEqual(whole);
    const { Streams } = await call(store, 'ListStreams', { TableName: 'alpha' });
    expect(Streams).toEqual(whole.filter(({ TableName }) => TableName === 'alpha'));
    const { StreamArn, StreamLabel } = Streams[0] as Record<string, string>;
    expect(StreamArn).toBe(`arn:aws:dynamodb:us-east-1:000000000000:table/alpha/stream/${StreamLabel}`);
  });
});

describe('DescribeStream', () => {
  test('pages through the shards, also when those of the last page have been trimmed meanwhile', async () => {
    const clock = new VirtualClock();
    const options = { streamShards: 3, shardRollMs: 6 * HOUR_MS };
    const store = await openTestStore({ inMemory: true, clock, ...options });
    await call(store, 'CreateTable', tableInput('things', BOTH));
    const StreamArn = await arnOf(store);
    await clock.advance(12 * HOUR_MS);
    const all = idsOf(await describeStream(store, { StreamArn }));
    expect(all).toHaveLength(9);
    const first = await describeStream(store, { StreamArn, Limit: 2 });
    expect(idsOf(first)).toEqual(all.slice(0, 2));
    expect(first['LastEvaluatedShardId']).toBe(all[1]);
    const second = await describeStream(store, { StreamArn, Limit: 7, ExclusiveStartShardId: all[1] });
    expect(idsOf(second)).toEqual(all.slice(2));
    expect(second).not.toHaveProperty('LastEvaluatedShardId');
    await clock.advance(18 * HOUR_MS + 60_000);
    const later = idsOf(await describeStream(store, { StreamArn, ExclusiveStartShardId: all[1] }));
    expect(later).not.toContain(all[2]);
    expect(later.slice(0, 6)).toEqual(all.slice(3));
  });

  test('shows only the children of a shard when asked to', async () => {
    const clock = new VirtualClock();
    const store = await openTestStore({
      inMemory: true,
      clock,
      streamShards: 2,
      streamShardsMax: 4,
      shardRollMs: HOUR_MS,
    });
    await call(store, 'CreateTable', tableInput('things', BOTH));
    const StreamArn = await arnOf(store);
    await clock.advance(HOUR_MS);
    const { Shards } = await describeStream(store, { StreamArn });
    const [parent] = Shards as [JsonObject];
    const children = (Shards as JsonObject[]).filter(({ ParentShardId }) => ParentShardId === parent['ShardId']);
    expect(children).toHaveLength(2);
    const ShardFilter = { Type: 'CHILD_SHARDS', ShardId: parent['ShardId'] };
    expect((await describeStream(store, { StreamArn, ShardFilter }))['Shards']).toEqual(children);
    const page = await describeStream(store, { StreamArn, ShardFilter, Limit: 1 });
    expect(page['Shards']).toEqual(children.slice(0, 1));
    expect(page['LastEvaluatedShardId']).toBe(children[0]?.['ShardId']);
    const { EndingSequenceNumber } = parent['SequenceNumberRange'] as Record<string, string>;
    for (const { SequenceNumberRange } of children) {
      expect(SequenceNumberRange).not.toHaveProperty('EndingSequenceNumber');
      expect(SequenceNumberRange.StartingSequenceNumber > (EndingSequenceNumber as string)).toBe(true);
    }
    const wrong = { StreamArn, ShardFilter: { Type: 'PARENT_SHARDS' } };
    expect(await refusal(store, 'DescribeStream', wrong)).toBe(
      "ValidationException: 1 validation error detected: Value 'PARENT_SHARDS' at 'shardFilter.type' failed to satisfy " +
        'constraint: Member must satisfy enum value set: [CHILD_SHARDS]',
    );
  });

  test('shows ENABLING and DISABLING for as long as the table is being changed', async () => {
    const clock = new VirtualClock();
    const store = await openTestStore({ inMemory: true, clock, createTableMs: 1_000, updateTableMs: 2_000 });
    await call(store, 'CreateTable', tableInput('things', BOTH));
    const StreamArn = await arnOf(store);
    const status = async () => (await describeStream(store, { StreamArn }))['StreamStatus'] as string;
    expect(await status()).toBe('ENABLING');
    await clock.advance(1_000);
    expect(await status()).toBe('ENABLED');
    await call(store, 'UpdateTable', { TableName: 'things', StreamSpecification: { StreamEnabled: false } });
    expect(await status()).toBe('DISABLING');
    await clock.advance(2_000);
    expect(await status()).toBe('DISABLED');
  });
});

describe('GetShardIterator', () => {
  test('refuses streams and shards that do not exist, and sequence numbers that are not there', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things', BOTH));
    const from = await firstShard(store);
    const missing = `${from.StreamArn.slice(0, -1)}x`;
    const refused = (input: JsonObject) => refusal(store, 'GetShardIterator', { ...from, ...input });
    expect(await refused({ StreamArn: missing, ShardIteratorType: 'LATEST' })).toBe(
      `ResourceNotFoundException: Requested resource not found: Stream: ${missing} not found`,
    );
    expect(await refused({ ShardId: `${from.ShardId.slice(0, -1)}-`, ShardIteratorType: 'LATEST' })).toBe(
      'ResourceNotFoundException: Requested resource not found: Shard does not exist',
    );
    expect(await refused({ ShardIteratorType: 'AT_SEQUENCE_NUMBER' })).toMatch(/^ValidationException: .*AT_SEQUENCE/);
    for (const SequenceNumber of ['100000000000000000000', '9'.repeat(21), 'x'.repeat(21)]) {
      expect(await refused({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber })).toMatch(
        /^ValidationException: Invalid SequenceNumber/,
      );
    }
    expect(await refused({ ShardIteratorType: 'NEWEST' })).toBe(
      "ValidationException: 1 validation error detected: Value 'NEWEST' at 'shardIteratorType' failed to satisfy " +
        'constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]',
    );
  });
});

describe('GetRecords', () => {
  test('answers up to Limit records and 1 MB, and nothing is lost between pages', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things', stream('NEW_IMAGE')));
    for (let s = 0; s < 8; s++) await putItem(store, item('a', s, { pad: { S: 'x'.repeat(300_000) } }));
    for (let s = 8; s < 20; s++) await putItem(store, item('a', s));
    const sizes: number[] = [];
    const seen: number[] = [];
    let ShardIterator = await horizon(store);
    for (;;) {
      const page = await call(store, 'GetRecords', { ShardIterator, Limit: 5 });
      const records = page['Records'] as JsonObject[];
      if (records.length === 0) break;
      sizes.push(records.length);
      expect(JSON.stringify(records).length).toBeLessThanOrEqual(1024 * 1024);
      seen.push(...records.map(({ dynamodb }) => Number(dynamodb.Keys.s.N)));
      ShardIterator = page['NextShardIterator'] as string;
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, s) => s));
    expect(sizes).toEqual([3, 3, 5, 5, 4]);
    expect(await refusal(store, 'GetRecords', { ShardIterator, Limit: 1_001 })).toBe(
      "ValidationException: 1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: " +
        'Member must have value less than or equal to 1000',
    );
  });

  test('gives no further iterator at the end of a closed shard, and an empty page with one while it is open', async () => {
    const clock = new VirtualClock();
    const store = await openTestStore({ inMemory: true, clock, shardRollMs: HOUR_MS });
    await call(store, 'CreateTable', tableInput('things', BOTH));
    await putItem(store, item('a', 1));
    const read = (ShardIterator: unknown) => call(store, 'GetRecords', { ShardIterator, Limit: 1 });
    const first = await read(await horizon(store));
    const empty = await read(first['NextShardIterator']);
    expect(empty['Records']).toEqual([]);
    expect(empty).toHaveProperty('NextShardIterator');
    await clock.advance(HOUR_MS);
    const again = await read(await horizon(store));
    expect(again['Records']).toHaveLength(1);
    expect(again).not.toHaveProperty('NextShardIterator');
  });

  test('refuses an iterator that is none, is too old, or whose records are gone', async () => {
    const clock = new VirtualClock();
    const store = await openTestStore({ inMemory: true, clock, shardRollMs: 0, iteratorExpiryMs: 48 * HOUR_MS });
    await call(store, 'CreateTable', tableInput('things', BOTH));
    await putItem(store, item('a', 1));
    await putItem(store, item('a', 2));
    const oldest = await horizon(store);
    const page = await call(store, 'GetRecords', { ShardIterator: oldest, Limit: 1 });
    const second = page['NextShardIterator'] as string;
    const refused = (ShardIterator: string) => refusal(store, 'GetRecords', { ShardIterator });
    const [arn, version] = second.split('|') as [string, string];
    const forged = (place: unknown) => `${arn}|${version}|${Buffer.from(JSON.stringify(place)).toString('base64')}`;
    const wrong = ['x', `${arn}|2|e30=`, `${arn}|1|?`, forged({}), forged([1, 'x', -1, 0]), forged([999, 'x', 1, 0])];
    for (const text of wrong) expect(await refused(text)).toBe('ValidationException: Invalid ShardIterator');
    await clock.advance(24 * HOUR_MS + 1);
    expect(await refused(second)).toBe(
      'TrimmedDataAccessException: The data you are trying to access has been trimmed.',
    );
    // At the trim horizon nobody has missed anything: it is wherever it is now.
    const later = await call(store, 'GetRecords', { ShardIterator: oldest });
    expect(later['Records']).toEqual([]);
    await clock.advance(24 * HOUR_MS);
    expect(await refused(second)).toBe(
      'ExpiredIteratorException: The provided iterator exceeds the maximum age allowed.',
    );
  });

  test('goes on after a restart with an iterator from before it', async () => {
    const dataDir = temporaryDirectory();
    const before = await openTestStore({ dataDir });
    await call(before, 'CreateTable', tableInput('things', BOTH));
    await putItem(before, item('a', 1));
    const from = { ...(await firstShard(before)), ShardIteratorType: 'LATEST' };
    const { ShardIterator: latest } = await call(before, 'GetShardIterator', from);
    const oldest = await horizon(before);
    await before.close();
    const after = await openTestStore({ dataDir });
    await putItem(after, item('a', 2));
    const keys = async (ShardIterator: unknown) => {
      const { Records } = await call(after, 'GetRecords', { ShardIterator });
      return (Records as JsonObject[]).map(({ dynamodb }) => Number(dynamodb.Keys.s.N));
    };
    expect(await keys(latest)).toEqual([2]);
    expect(await keys(oldest)).toEqual([1, 2]);
  });
});

describe('records', () => {
  test.each([
    ['KEYS_ONLY', []],
    ['NEW_IMAGE', ['NewImage']],
    ['OLD_IMAGE', ['OldImage']],
    ['NEW_AND_OLD_IMAGES', ['NewImage', 'OldImage']],
  ] as const)('carry of a change what %s says, and its size', async (viewType, names) => {
    const clock = new VirtualClock({ startMs: Date.UTC(2026, 0, 1) + 789 });
    const store = await openTestStore({ inMemory: true, clock });
    await call(store, 'CreateTable', tableInput('things', stream(viewType)));
    const images = { OldImage: item('k', 0, { x: { S: 'a' } }), NewImage: item('k', 0, { x: { S: 'bcd' } }) };
    await putItem(store, images.OldImage);
    await putItem(store, images.NewImage);
    const record = (await recordsOf(store))[1] as JsonObject;
    const { Keys, SizeBytes, ...rest } = record['dynamodb'] as JsonObject;
    expect(Keys).toEqual(item('k', 0));
    expect(Object.keys(rest).filter((name) => name.endsWith('Image'))).toEqual(names);
    const sizes = [Keys, ...names.map((name) => images[name])].map((image) => itemSizeBytes(image as Item));
    expect(SizeBytes).toBe(sizes.reduce((sum, size) => sum + size));
    expect(record).toMatchObject({
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      dynamodb: {
        ApproximateCreationDateTime: Date.UTC(2026, 0, 1) / 1000,
        StreamViewType: viewType,
        ...Object.fromEntries(names.map((name) => [name, images[name]])),
      },
    });
    expect(record).not.toHaveProperty('userIdentity');
  });

  test('have event ids that no two share', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things', BOTH));
    for (let s = 0; s < 20; s++) await putItem(store, item('a', s));
    const ids = (await recordsOf(store)).map(({ eventID }) => eventID as string);
    expect(new Set(ids).size).toBe(20);
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });
});

describe('a stream that has ended', () => {
  test('is readable for a day, also when its table was deleted and made again; then it is gone', async () => {
    const clock = new VirtualClock();
    const store = await openTestStore({ inMemory: true, clock });
    await call(store, 'CreateTable', tableInput('things', BOTH));
    await putItem(store, item('a', 1));
    const from = await firstShard(store);
    const { StreamArn } = from;
    await call(store, 'DeleteTable', { TableName: 'things' });
    await call(store, 'CreateTable', tableInput('things', BOTH));
    expect(await arnOf(store)).not.toBe(StreamArn);
    const ended = await describeStream(store, { StreamArn });
    expect(ended).toMatchObject({ StreamStatus: 'DISABLED', TableName: 'things' });
    expect(ended['Shards'][0].SequenceNumberRange).toHaveProperty('EndingSequenceNumber');
    await clock.advance(23 * HOUR_MS);
    const start = { ...from, ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = await call(store, 'GetShardIterator', start);
    const page = await call(store, 'GetRecords', { ShardIterator });
    // The items that a table took with it leave no records.
    expect((page['Records'] as JsonObject[]).map(({ eventName }) => eventName as string)).toEqual(['INSERT']);
    expect(page).not.toHaveProperty('NextShardIterator');
    await clock.advance(HOUR_MS + 60_000);
    // The sweep removes the records first, and commits; the one after it may find the rest.
    await call(store, 'ListStreams', {});
    await clock.advance(120_000);
    expect(await refusal(store, 'DescribeStream', { StreamArn })).toBe(
      `ResourceNotFoundException: Requested resource not found: Stream: ${StreamArn} not found`,
    );
    expect((await call(store, 'ListStreams', {}))['Streams']).toHaveLength(1);
  });
});

describe('what is not committed yet', () => {
  test.each(['DescribeStream', 'ListStreams', 'GetShardIterator'])(
    'is not told by %s: a crash could take it back',
    async (operation) => {
      const store = await openTestStore();
      await call(store, 'CreateTable', tableInput('things', BOTH));
      const from = await firstShard(store);
      const input = {
        ListStreams: {},
        DescribeStream: { StreamArn: from.StreamArn },
        GetShardIterator: { ...from, ShardIteratorType: 'LATEST' },
      }[operation] as JsonObject;
      const gate = deferred<undefined>();
      const gated = vi.spyOn(Environment.prototype, 'commit').mockImplementationOnce(async function (
        this: Environment,
        rows,
      ) {
        await gate.promise;
        // Once only: this one is the real one.
        await this.commit(rows);
      });
      onTestFinished(() => gated.mockRestore());
      const events: string[] = [];
      const write = putItem(store, item('a', 1)).then(() => events.push('committed'));
      const answer = call(store, operation, input).then(() => events.push('told'));
      // Everything that can go on without the commit has gone on.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => afterTurn(() => resolve(undefined)));
      expect(events).toEqual([]);
      gate.resolve(undefined);
      await Promise.all([write, answer]);
      expect(events.toSorted()).toEqual(['committed', 'told']);
    },
  );
});
