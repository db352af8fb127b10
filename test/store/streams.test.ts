import { describe, expect, test } from 'vitest';
import type { FeedRecord } from '../../src/feed/change-feed.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { call, item, openTestStore, refusal, tableInput, temporaryDirectory } from './stores.ts';

const STREAM = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } };

async function streamOf(store: EmbeddedStore, name: string) {
  const { Streams } = await call(store, 'ListStreams', { TableName: name });
  const StreamArn = Streams[0].StreamArn as string;
  const { StreamDescription } = await call(store, 'DescribeStream', { StreamArn });
  return { StreamArn, ShardId: StreamDescription.Shards[0].ShardId as string, description: StreamDescription };
}

async function records(store: EmbeddedStore, input: JsonObject): Promise<{ found: JsonObject[]; next: unknown }> {
  const { ShardIterator } = await call(store, 'GetShardIterator', input);
  const page = await call(store, 'GetRecords', { ShardIterator });
  return { found: page['Records'] as JsonObject[], next: page['NextShardIterator'] };
}

describe('streams', () => {
  test('insert, modify and remove leave a record each, a write that changes nothing leaves none', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things', STREAM));
    const put = (x: JsonObject) => call(store, 'PutItem', { TableName: 'things', Item: item('a', 1, { x }) });
    await put({ SS: ['k', 'l'] });
    await put({ SS: ['l', 'k'] });
    await put({ N: '1' });
    await call(store, 'DeleteItem', { TableName: 'things', Key: item('a', 1) });
    await call(store, 'DeleteItem', { TableName: 'things', Key: item('a', 1) });
    const { StreamArn, ShardId } = await streamOf(store, 'things');
    const { found } = await records(store, { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    expect(found.map((record) => record['eventName'])).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(found[1]).toMatchObject({
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      dynamodb: {
        Keys: item('a', 1),
        OldImage: item('a', 1, { x: { SS: ['k', 'l'] } }),
        NewImage: item('a', 1, { x: { N: '1' } }),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    });
    const numbers = found.map((record) => record['dynamodb'].SequenceNumber as string);
    expect(numbers.every((number) => number.length === 21)).toBe(true);
    expect(numbers.toSorted()).toEqual(numbers);
  });

  test('each iterator type begins where it says', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things', STREAM));
    for (let s = 0; s < 3; s++) await call(store, 'PutItem', { TableName: 'things', Item: item('a', s) });
    const { StreamArn, ShardId } = await streamOf(store, 'things');
    const from = { StreamArn, ShardId };
    const all = await records(store, { ...from, ShardIteratorType: 'TRIM_HORIZON' });
    const SequenceNumber = all.found[1]?.['dynamodb'].SequenceNumber as string;
    const at = await records(store, { ...from, ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber });
    const after = await records(store, { ...from, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber });
    expect(at.found).toEqual(all.found.slice(1));
    expect(after.found).toEqual(all.found.slice(2));
    const latest = await call(store, 'GetShardIterator', { ...from, ShardIteratorType: 'LATEST' });
    await call(store, 'PutItem', { TableName: 'things', Item: item('b', 9) });
    const page = await call(store, 'GetRecords', { ShardIterator: latest['ShardIterator'] });
    const keys = (page['Records'] as JsonObject[]).map((record) => record['dynamodb'].Keys as JsonObject);
    expect(keys).toEqual([item('b', 9)]);
  });

  test('a disabled stream stays readable and ends; a new one begins under another ARN', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things', STREAM));
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1) });
    const { StreamArn, ShardId } = await streamOf(store, 'things');
    const off = { TableName: 'things', StreamSpecification: { StreamEnabled: false } };
    await call(store, 'UpdateTable', off);
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 2) });
    const { found, next } = await records(store, { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    expect(found).toHaveLength(1);
    expect(next).toBeUndefined();
    const { StreamDescription } = await call(store, 'DescribeStream', { StreamArn });
    expect(StreamDescription).toMatchObject({ StreamStatus: 'DISABLED' });
    await call(store, 'UpdateTable', { TableName: 'things', ...STREAM });
    const { Table } = await call(store, 'DescribeTable', { TableName: 'things' });
    expect(Table.LatestStreamArn).not.toBe(StreamArn);
    await call(store, 'DeleteTable', { TableName: 'things' });
    expect((await call(store, 'ListStreams', { TableName: 'things' }))['Streams']).toHaveLength(2);
  });

  test('iterators expire after 15 minutes and records after 24 hours', async () => {
    const clock = new VirtualClock();
    const store = await openTestStore({ inMemory: true, clock, shardRollMs: 0 });
    await call(store, 'CreateTable', tableInput('things', STREAM));
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1) });
    const { StreamArn, ShardId } = await streamOf(store, 'things');
    const from = { StreamArn, ShardId };
    const { found } = await records(store, { ...from, ShardIteratorType: 'TRIM_HORIZON' });
    const SequenceNumber = found[0]?.['dynamodb'].SequenceNumber as string;
    const { ShardIterator } = await call(store, 'GetShardIterator', { ...from, ShardIteratorType: 'TRIM_HORIZON' });
    await clock.advance(15 * 60_000 + 1);
    expect(await refusal(store, 'GetRecords', { ShardIterator })).toMatch(/^ExpiredIteratorException/);
    await clock.advance(24 * 60 * 60_000);
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 2) });
    const at = { ...from, ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber };
    expect(await refusal(store, 'GetShardIterator', at)).toMatch(/^TrimmedDataAccessException/);
    // Nothing was lost by one who had read everything: the record after the trimmed one is still the next.
    const after = await records(store, { ...at, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' });
    expect(after.found.map((record) => record['dynamodb'].Keys)).toEqual([item('a', 2)]);
  });

  test('a reopened store goes on with its tables, streams and sequence numbers', async () => {
    const dataDir = temporaryDirectory();
    const first = await openTestStore({ dataDir });
    await call(first, 'CreateTable', tableInput('things', STREAM));
    await call(first, 'PutItem', { TableName: 'things', Item: item('a', 1) });
    await first.close();
    const second = await openTestStore({ dataDir });
    await call(second, 'PutItem', { TableName: 'things', Item: item('a', 2) });
    const { StreamArn, ShardId } = await streamOf(second, 'things');
    const { found } = await records(second, { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    expect(found.map((record) => record['dynamodb'].Keys)).toEqual([item('a', 1), item('a', 2)]);
    expect((await call(second, 'DescribeTable', { TableName: 'things' }))['Table']).toMatchObject({ ItemCount: 2 });
  });
});

describe('the direct feed', () => {
  test('a change has been told before its write is answered, with both images, stream or not', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things'));
    const told: FeedRecord[] = [];
    const events: string[] = [];
    store.feed.subscribe({
      onRecord: (record) => told.push(record),
      onCaughtUp: (name, asOfMs) => events.push(`${name} ${asOfMs}`),
      onGap: (name, reason) => events.push(`${name} ${reason}`),
    });
    expect(await store.feed.watch('things')).toBe('live');
    for (let n = 1; n <= 3; n++) {
      await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1, { n: { N: String(n) } }) });
      expect(told).toHaveLength(n);
    }
    expect(told[2]).toMatchObject({ kind: 'MODIFY', viewType: 'NEW_AND_OLD_IMAGES', tableName: 'things' });
    expect({ ...told[2]?.oldImage }).toEqual(item('a', 1, { n: { N: '2' } }));
    expect({ ...told[2]?.newImage }).toEqual(item('a', 1, { n: { N: '3' } }));
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1, { n: { N: '3.0' } }) });
    expect(told).toHaveLength(3);
    await call(store, 'DeleteTable', { TableName: 'things' });
    await call(store, 'CreateTable', tableInput('things'));
    expect(events).toEqual([
      'things Infinity',
      'things table-deleted',
      'things Infinity',
      'things table-created',
      'things Infinity',
    ]);
  });
});
