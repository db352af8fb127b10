/** The change log alone, on a clock that the test moves: rolling, splitting, trimming, and what a restart finds. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ChangeLog, checkStreamOptions, type ChangeLogOptions } from '../../src/store/change-log.ts';
import { Environment } from '../../src/store/environment.ts';
import { itemKey, itemSpace, rangeOfPrefix } from '../../src/store/key-space.ts';
import type { Shard, Stream } from '../../src/store/stream.ts';
import { Writer } from '../../src/store/writer.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { temporaryDirectory } from './stores.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1024 * 1024;
const ALL = rangeOfPrefix('\x04');

const defaults: ChangeLogOptions = {
  retentionMs: DAY_MS,
  trimEveryMs: 365 * DAY_MS,
  iteratorExpiryMs: 900_000,
  streamShards: 4,
  streamShardsMax: 4,
  shardRollMs: 0,
};

function openLog(clock: VirtualClock, options: Partial<ChangeLogOptions> = {}, directory = temporaryDirectory()) {
  const environment = new Environment({ directory, durability: 'process', mapBytes: 64 * MIB });
  const writer = new Writer(environment, MIB);
  const log = new ChangeLog(environment, writer, clock, { ...defaults, ...options });
  const close = async () => {
    await log.close();
    await writer.close();
    await environment.close();
  };
  onTestFinished(close);
  return { environment, writer, log, directory, close };
}

function begin(log: ChangeLog, number = 1): Stream {
  const tableArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/things';
  return log.begin({ number, tableName: 'things', tableArn, viewType: 'KEYS_ONLY', keySchema: [], enablingMs: 0 });
}

function append(log: ChangeLog, stream: Stream, key: string): void {
  const position = itemKey(itemSpace(1), { partition: key, sort: '' });
  const keysJson = JSON.stringify({ p: { S: key } });
  log.append(stream, position, 'us-east-1', {
    kind: 'INSERT',
    keysJson,
    oldJson: undefined,
    newJson: undefined,
    sizeBytes: 1,
  });
}

/** Keys of the records in each shard, shards in the order of opening. */
function contents(log: ChangeLog, stream: Stream): string[][] {
  return [...stream.shards()].map((shard) =>
    log.read(stream, shard, 0, 1_000, MIB).map(({ json }) => {
      const record = JSON.parse(json.toString()) as { dynamodb: { Keys: { p: { S: string } } } };
      return record.dynamodb.Keys.p.S;
    }),
  );
}

function expectToCoverEveryHash(shards: readonly Shard[]): void {
  let end = 0;
  for (const { hashStart, hashEnd } of shards) {
    expect(hashStart).toBe(end);
    expect(hashEnd).toBeGreaterThan(hashStart);
    end = hashEnd;
  }
  expect(end).toBe(2 ** 32);
}

describe('shards', () => {
  test('share the items by their partition hash, and an item stays with its shard', async () => {
    const { log } = openLog(new VirtualClock());
    const stream = begin(log);
    for (let n = 0; n < 400; n++) append(log, stream, `k${n % 100}`);
    await log.committed();
    expectToCoverEveryHash(stream.openShards);
    const shards = contents(log, stream);
    expect(shards.map(({ length }) => length).every((length) => length > 40)).toBe(true);
    for (const keys of shards) for (const key of keys) expect(keys.filter((other) => other === key)).toHaveLength(4);
    expect(new Set(shards.flat()).size).toBe(100);
  });

  test('roll when they are due, each to one child with its place, numbers in the order of the lineage', async () => {
    const clock = new VirtualClock();
    const { log } = openLog(clock, { shardRollMs: HOUR_MS });
    const stream = begin(log);
    const first = [...stream.openShards];
    await clock.advance(HOUR_MS - 1);
    expect(stream.openShards).toEqual(first);
    await clock.advance(1);
    expect(stream.openShards.map(({ parentId }) => parentId)).toEqual(first.map(({ id }) => id));
    expectToCoverEveryHash(stream.openShards);
    stream.openShards.forEach((child, place) => {
      expect(child.hashStart).toBe(first[place]?.hashStart);
      expect(child.firstSequence).toBeGreaterThan(first[place]?.lastSequence as number);
    });
    await clock.advance(5 * HOUR_MS);
    expect([...stream.shards()]).toHaveLength(4 * 7);
    expect(stream.openShards).toHaveLength(4);
  });

  test('split in two while there may be more, and then only roll', async () => {
    const clock = new VirtualClock();
    const { log } = openLog(clock, { streamShards: 1, streamShardsMax: 5, shardRollMs: HOUR_MS });
    const stream = begin(log);
    const counts: number[] = [];
    for (let hour = 0; hour < 5; hour++) {
      await clock.advance(HOUR_MS);
      counts.push(stream.openShards.length);
      expectToCoverEveryHash(stream.openShards);
    }
    expect(counts).toEqual([2, 4, 5, 5, 5]);
    const ids = [...stream.shards()].map(({ id }) => id);
    expect(ids.toSorted()).toEqual(ids);
  });

  test('of a stream that has ended roll no more', async () => {
    const clock = new VirtualClock();
    const { log } = openLog(clock, { shardRollMs: HOUR_MS });
    const stream = begin(log);
    log.end(stream, 0);
    await clock.advance(10 * HOUR_MS);
    expect([...stream.shards()]).toHaveLength(4);
    expect(stream.openShards).toEqual([]);
  });

  test('are not over for a reader before their last records are committed', async () => {
    const { log } = openLog(new VirtualClock(), { streamShards: 1, streamShardsMax: 1 });
    const stream = begin(log);
    const [shard] = stream.openShards as [Shard];
    append(log, stream, 'last');
    log.roll(stream, shard);
    expect(log.isDrained(stream, shard, 0)).toBe(false);
    await log.committed();
    expect(contents(log, stream)).toEqual([['last'], []]);
    expect(log.isDrained(stream, shard, 0)).toBe(false);
    expect(log.isDrained(stream, shard, log.latestSequence + 1)).toBe(true);
  });

  test('come in numbers and at intervals that are bounded', () => {
    const good = { streamShards: 4, streamShardsMax: 4, shardRollMs: 0 };
    expect(() => checkStreamOptions(good)).not.toThrow();
    for (const bad of [{ streamShards: 0 }, { streamShards: 1.5 }, { streamShardsMax: 1_001 }, { shardRollMs: 9 }]) {
      expect(() => checkStreamOptions({ ...good, ...bad })).toThrow(/SLIPSTREAM_BAD_OPTION|whole number|shardRollMs/);
    }
  });
});

describe('trimming', () => {
  test('removes what is too old, in batches of a thousand, and nothing else', async () => {
    const clock = new VirtualClock();
    const { log, environment } = openLog(clock, { streamShards: 1, streamShardsMax: 1 });
    const stream = begin(log);
    const [shard] = stream.openShards as [Shard];
    for (let n = 0; n < 2_500; n++) append(log, stream, 'old');
    await clock.advance(DAY_MS);
    append(log, stream, 'new');
    await log.committed();
    await log.trim();
    expect([...environment.keys(ALL)]).toHaveLength(2_501);
    await clock.advance(1);
    const commits = vi.spyOn(environment, 'commit');
    await log.trim();
    const removals = commits.mock.calls.map(
      ([writes]) => [...writes].filter(([, value]) => value === undefined).length,
    );
    expect(removals).toEqual([1_000, 1_000, 500]);
    expect([...environment.keys(ALL)]).toHaveLength(1);
    expect(contents(log, stream)).toEqual([['new']]);
    expect(log.wasTrimmed(stream, shard, shard.trimmedThrough as number)).toBe(true);
    expect(log.wasTrimmed(stream, shard, (shard.trimmedThrough as number) + 1)).toBe(false);
  });

  test('of records that are too old is not waited for: readers are told before it comes', async () => {
    const clock = new VirtualClock();
    const { log } = openLog(clock, { streamShards: 1, streamShardsMax: 1 });
    const stream = begin(log);
    const [shard] = stream.openShards as [Shard];
    append(log, stream, 'old');
    await log.committed();
    const sequence = log.latestSequence;
    expect(log.wasTrimmed(stream, shard, sequence)).toBe(false);
    await clock.advance(DAY_MS + 1);
    expect(log.wasTrimmed(stream, shard, sequence)).toBe(true);
    expect(log.wasTrimmed(stream, shard, sequence + 1)).toBe(false);
    expect(contents(log, stream)).toEqual([[]]);
    log.end(stream, 0);
    await log.committed();
    expect(log.isDrained(stream, shard, 0)).toBe(true);
  });

  test('removes closed shards a day after their end, and a stream a day after its own', async () => {
    const clock = new VirtualClock();
    const { log, environment } = openLog(clock, { streamShards: 1, streamShardsMax: 1 });
    const stream = begin(log);
    const [first] = stream.openShards as [Shard];
    append(log, stream, 'a');
    await clock.advance(HOUR_MS);
    log.roll(stream, first);
    await clock.advance(HOUR_MS);
    append(log, stream, 'b');
    log.end(stream, 0);
    await log.committed();
    await clock.advance(DAY_MS - HOUR_MS + 1);
    await log.trim();
    expect(stream.shard(first.id)).toBeUndefined();
    expect(contents(log, stream)).toEqual([['b']]);
    expect(log.find(stream.arn)).toBe(stream);
    await clock.advance(HOUR_MS);
    await log.trim();
    await log.committed();
    expect(log.find(stream.arn)).toBeUndefined();
    expect([...environment.keys(ALL)]).toEqual([]);
    expect([...environment.keys(rangeOfPrefix('\x01s'))].filter((key) => !key.endsWith('sequence'))).toEqual([]);
  });

  test('goes on by itself', async () => {
    const clock = new VirtualClock();
    const { log, environment } = openLog(clock, { trimEveryMs: HOUR_MS });
    append(log, begin(log), 'a');
    await log.committed();
    await clock.advance(DAY_MS - 1);
    await log.committed();
    expect([...environment.keys(ALL)]).toHaveLength(1);
    await clock.advance(HOUR_MS + 1);
    await log.committed();
    expect([...environment.keys(ALL)]).toEqual([]);
  });
});

describe('a restart', () => {
  test('finds streams, shards and records, and goes on with greater numbers', async () => {
    const clock = new VirtualClock();
    const before = openLog(clock, { shardRollMs: HOUR_MS });
    const stream = begin(before.log);
    append(before.log, stream, 'a');
    await clock.advance(HOUR_MS);
    append(before.log, stream, 'b');
    await before.log.committed();
    const { latestSequence } = before.log;
    const kept = [...stream.shards()];
    await before.close();

    const { log } = openLog(clock, { shardRollMs: HOUR_MS }, before.directory);
    const found = log.find(stream.arn) as Stream;
    expect([...found.shards()]).toEqual(kept);
    expect(found.openShards).toEqual(stream.openShards);
    expect(log.latestSequence).toBeGreaterThanOrEqual(latestSequence);
    append(log, found, 'a');
    await clock.advance(HOUR_MS);
    append(log, found, 'a');
    await log.committed();
    expect(contents(log, found).flat().toSorted()).toEqual(['a', 'a', 'a', 'b']);
    const ids = [...found.shards()].map(({ id }) => id);
    expect(ids).toHaveLength(12);
    expect(ids.toSorted()).toEqual(ids);
  });

  test('rolls at once what came due while nothing ran', async () => {
    const clock = new VirtualClock();
    const before = openLog(clock, { shardRollMs: HOUR_MS });
    const stream = begin(before.log);
    await before.log.committed();
    await before.close();
    await clock.advance(10 * HOUR_MS);
    const { log } = openLog(clock, { shardRollMs: HOUR_MS }, before.directory);
    await clock.advance(0);
    expect([...(log.find(stream.arn) as Stream).shards()]).toHaveLength(8);
  });

  test('never gives out a number that was committed, be it the first of a block', async () => {
    const clock = new VirtualClock();
    let { log, close, directory } = openLog(clock);
    const stream = begin(log);
    for (let restart = 0; restart < 3; restart++) {
      append(log, log.find(stream.arn) as Stream, 'a');
      await log.committed();
      const last = log.latestSequence;
      await close();
      ({ log, close, directory } = openLog(clock, {}, directory));
      expect(log.latestSequence).toBeGreaterThanOrEqual(last);
    }
  });
});
