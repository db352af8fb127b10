/**
 * A process that writes without a pause is killed with SIGKILL at a random moment, several times over on one directory. After
 * each kill: no acknowledged write is lost, no transaction is there by half, and table, index and change log agree.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { systemClock, sleep } from '../../src/base/clock.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { call, temporaryDirectory } from './stores.ts';

const ROUNDS = 3;
const WRITER = fileURLToPath(new URL('crash-writer.ts', import.meta.url));

async function killedRun(dataDir: string, first: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, dataDir, String(first), 'process'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = once(reader, 'close');
  const exited = once(child, 'exit');
  await Promise.race([once(reader, 'line'), exited]);
  await sleep(systemClock, 100 + systemClock.random() * 400);
  child.kill('SIGKILL');
  const [, signal] = (await exited) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  await ended;
  return lines;
}

async function scanned(store: EmbeddedStore, input: JsonObject): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  let more: JsonObject = {};
  do {
    const page = await call(store, 'Scan', { ...input, ...more });
    items.push(...(page['Items'] as JsonObject[]));
    more = page['LastEvaluatedKey'] === undefined ? {} : { ExclusiveStartKey: page['LastEvaluatedKey'] };
  } while ('ExclusiveStartKey' in more);
  return items;
}

/** The table as its stream tells it. */
async function replayed(store: EmbeddedStore): Promise<Map<string, JsonObject>> {
  const { Streams } = await call(store, 'ListStreams', {});
  const StreamArn = Streams[0].StreamArn as string;
  const { StreamDescription } = await call(store, 'DescribeStream', { StreamArn });
  const ShardId = StreamDescription.Shards[0].ShardId as string;
  const table = new Map<string, JsonObject>();
  let { ShardIterator } = await call(store, 'GetShardIterator', {
    StreamArn,
    ShardId,
    ShardIteratorType: 'TRIM_HORIZON',
  });
  for (;;) {
    const page = await call(store, 'GetRecords', { ShardIterator });
    if (page['Records'].length === 0) return table;
    for (const { dynamodb, eventName } of page['Records'] as JsonObject[]) {
      const before = table.get(dynamodb.Keys.p.S);
      expect(dynamodb.OldImage).toEqual(before);
      expect(eventName).toBe(before === undefined ? 'INSERT' : 'MODIFY');
      table.set(dynamodb.Keys.p.S, dynamodb.NewImage);
    }
    ShardIterator = page['NextShardIterator'];
  }
}

test('kill -9 under write load loses nothing that was acknowledged', { timeout: 60_000 }, async () => {
  const dataDir = temporaryDirectory();
  const store = await openStore({ dataDir });
  await call(store, 'CreateTable', {
    TableName: 'things',
    KeySchema: [{ AttributeName: 'p', KeyType: 'HASH' }],
    AttributeDefinitions: [
      { AttributeName: 'p', AttributeType: 'S' },
      { AttributeName: 'g', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-g',
        KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['n'] },
      },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  });
  await store.close();
  const acknowledged = new Set<number>();
  const lastPairs = new Map<number, number>();
  let next = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const lines = (await killedRun(dataDir, next)).filter((line) => line !== 'ready');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const [kind, text] = line.split(' ');
      const n = Number(text);
      if (kind === 'one') acknowledged.add(n);
      else lastPairs.set(n % 40, Math.max(n, lastPairs.get(n % 40) ?? 0));
      next = Math.max(next, n + 100);
    }
    await expectWhole(dataDir, acknowledged, lastPairs);
  }
});

async function expectWhole(
  dataDir: string,
  acknowledged: ReadonlySet<number>,
  lastPairs: ReadonlyMap<number, number>,
): Promise<void> {
  const store = await openStore({ dataDir });
  try {
    const items = new Map(
      (await scanned(store, { TableName: 'things' })).map((found) => [found['p'].S as string, found]),
    );
    for (const n of acknowledged) expect(items.get(`one-${n}`)?.['n'].N).toBe(String(n));
    for (let pair = 0; pair < 40; pair++) {
      const left = items.get(`left-${pair}`)?.['n'].N as string | undefined;
      expect(items.get(`right-${pair}`)?.['n'].N).toBe(left);
      expect(Number(left ?? 0)).toBeGreaterThanOrEqual(lastPairs.get(pair) ?? 0);
    }
    const indexed = await scanned(store, { TableName: 'things', IndexName: 'by-g' });
    const projected = new Map(indexed.map((found) => [found['p'].S as string, found]));
    expect(projected.size).toBe(items.size);
    for (const [p, found] of items) {
      expect(projected.get(p)).toEqual({ p: found['p'], g: found['g'], n: found['n'] });
    }
    expect(await replayed(store)).toEqual(items);
    const { Table } = await call(store, 'DescribeTable', { TableName: 'things' });
    expect(Table.ItemCount).toBe(items.size);
    expect(Table.GlobalSecondaryIndexes[0].ItemCount).toBe(items.size);
  } finally {
    await store.close();
  }
}
