/** Tables and indexes on their way: which statuses they show, for how long, and what is refused meanwhile. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { call, item, openTestStore, refusal, tableInput, temporaryDirectory } from './stores.ts';

const TableName = 'things';
const delays = { createTableMs: 100, updateTableMs: 100, deleteTableMs: 100 };
const NOT_FOUND = 'ResourceNotFoundException: Requested resource not found';
const IN_USE = 'ResourceInUseException: Attempt to change a resource which is still in use: Table is being';

const byColour = {
  IndexName: 'by-colour',
  KeySchema: [{ AttributeName: 'colour', KeyType: 'HASH' }],
  Projection: { ProjectionType: 'ALL' },
};
const createIndex = {
  TableName,
  AttributeDefinitions: [{ AttributeName: 'colour', AttributeType: 'S' }],
  GlobalSecondaryIndexUpdates: [{ Create: byColour }],
};
const deleteIndex = { TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-colour' } }] };
const queryIndex = {
  TableName,
  IndexName: 'by-colour',
  KeyConditionExpression: 'colour = :colour',
  ExpressionAttributeValues: { ':colour': { S: 'red' } },
};

async function described(store: EmbeddedStore): Promise<JsonObject> {
  return (await call(store, 'DescribeTable', { TableName }))['Table'] as JsonObject;
}

async function indexOf(store: EmbeddedStore): Promise<JsonObject | undefined> {
  const [index] = ((await described(store))['GlobalSecondaryIndexes'] ?? []) as JsonObject[];
  return index;
}

async function activeTable(clock: VirtualClock): Promise<EmbeddedStore> {
  const store = await openTestStore({ inMemory: true, clock, ...delays });
  await call(store, 'CreateTable', tableInput(TableName));
  await clock.advance(100);
  return store;
}

describe('a table', () => {
  test('is CREATING for its time, and only then has items', async () => {
    const clock = new VirtualClock();
    const store = await openTestStore({ inMemory: true, clock, ...delays });
    const created = await call(
      store,
      'CreateTable',
      tableInput(TableName, {
        AttributeDefinitions: createIndex.AttributeDefinitions,
        GlobalSecondaryIndexes: [byColour],
      }),
    );
    expect(created['TableDescription']).toMatchObject({
      TableStatus: 'CREATING',
      GlobalSecondaryIndexes: [{ IndexStatus: 'CREATING' }],
    });
    await clock.advance(99);
    expect(await described(store)).toMatchObject({ TableStatus: 'CREATING' });
    expect(await refusal(store, 'PutItem', { TableName, Item: item('a', 1) })).toBe(NOT_FOUND);
    expect(await refusal(store, 'Scan', { TableName })).toBe(NOT_FOUND);
    expect(await refusal(store, 'CreateTable', tableInput(TableName))).toBe(
      'ResourceInUseException: Table already exists: things',
    );
    expect(await refusal(store, 'UpdateTable', { TableName, DeletionProtectionEnabled: true })).toBe(
      `${IN_USE} created: things`,
    );
    expect(await refusal(store, 'DeleteTable', { TableName })).toBe(`${IN_USE} created: things`);
    await clock.advance(1);
    expect(await described(store)).toMatchObject({
      TableStatus: 'ACTIVE',
      GlobalSecondaryIndexes: [{ IndexStatus: 'ACTIVE' }],
    });
    await call(store, 'PutItem', { TableName, Item: item('a', 1) });
  });

  test('is UPDATING for its time, and serves its items all the while', async () => {
    const clock = new VirtualClock();
    const store = await activeTable(clock);
    const updated = await call(store, 'UpdateTable', { TableName, DeletionProtectionEnabled: true });
    expect(updated['TableDescription']).toMatchObject({ TableStatus: 'UPDATING', DeletionProtectionEnabled: true });
    await call(store, 'PutItem', { TableName, Item: item('a', 1) });
    for (const [operation, input] of [
      ['UpdateTable', { TableName, TableClass: 'STANDARD' }],
      ['DeleteTable', { TableName }],
    ] as const) {
      expect(await refusal(store, operation, input)).toBe(`${IN_USE} updated: things`);
    }
    await clock.advance(100);
    expect(await described(store)).toMatchObject({ TableStatus: 'ACTIVE' });
  });

  test('is DELETING for its time, and then gone', async () => {
    const clock = new VirtualClock();
    const store = await activeTable(clock);
    const deleted = await call(store, 'DeleteTable', { TableName });
    expect(deleted['TableDescription']).toMatchObject({ TableStatus: 'DELETING' });
    expect(await described(store)).toMatchObject({ TableStatus: 'DELETING' });
    expect(await refusal(store, 'GetItem', { TableName, Key: item('a', 1) })).toBe(NOT_FOUND);
    expect(await refusal(store, 'DeleteTable', { TableName })).toBe(`${IN_USE} deleted: things`);
    expect(await call(store, 'ListTables', {})).toEqual({ TableNames: [TableName] });
    await clock.advance(100);
    expect(await call(store, 'ListTables', {})).toEqual({ TableNames: [] });
    await call(store, 'CreateTable', tableInput(TableName));
  });

  test.each([
    ['CREATING', []],
    ['UPDATING', [['UpdateTable', createIndex]]],
    ['DELETING', [['DeleteTable', { TableName }]]],
  ] as const)('that was %s when its store ended is brought to its end by the next one', async (status, calls) => {
    const dataDir = temporaryDirectory();
    const clock = new VirtualClock();
    const before = await openTestStore({ dataDir, clock, ...delays });
    await call(before, 'CreateTable', tableInput(TableName));
    if (calls.length > 0) await clock.advance(100);
    for (const [operation, input] of calls) await call(before, operation, input);
    expect(await described(before)).toMatchObject({ TableStatus: status });
    await before.close();
    const after = await openTestStore({ dataDir, clock, ...delays });
    expect((await call(after, 'ListTables', {}))['TableNames']).toEqual(status === 'DELETING' ? [] : [TableName]);
    if (status === 'DELETING') return;
    expect(await described(after)).toMatchObject({ TableStatus: 'ACTIVE' });
    await call(after, 'PutItem', { TableName, Item: item('a', 1, { colour: { S: 'red' } }) });
    if (status === 'UPDATING') expect(await call(after, 'Query', queryIndex)).toMatchObject({ Count: 1 });
  });
});

describe('a global index', () => {
  test('is CREATING, then backfilling, then ACTIVE; it is read only then', async () => {
    const clock = new VirtualClock();
    const store = await activeTable(clock);
    await call(store, 'PutItem', { TableName, Item: item('a', 1, { colour: { S: 'red' } }) });
    const { TableDescription } = await call(store, 'UpdateTable', createIndex);
    expect(TableDescription.GlobalSecondaryIndexes).toMatchObject([{ IndexStatus: 'CREATING', Backfilling: false }]);
    expect(await refusal(store, 'Query', queryIndex)).toBe(
      'ValidationException: Cannot read from backfilling global secondary index: by-colour',
    );
    await clock.advance(100);
    await expect.poll(() => indexOf(store)).toMatchObject({ IndexStatus: 'ACTIVE', ItemCount: 1 });
    expect(await indexOf(store)).not.toHaveProperty('Backfilling');
    expect(await call(store, 'Query', queryIndex)).toMatchObject({ Count: 1 });
  });

  test('is DELETING for its time and cannot be read any more', async () => {
    const clock = new VirtualClock();
    const store = await activeTable(clock);
    await call(store, 'UpdateTable', createIndex);
    await clock.advance(100);
    await expect.poll(() => indexOf(store)).toMatchObject({ IndexStatus: 'ACTIVE' });
    await call(store, 'UpdateTable', deleteIndex);
    expect(await indexOf(store)).toMatchObject({ IndexStatus: 'DELETING' });
    expect(await refusal(store, 'Query', queryIndex)).toBe(
      'ValidationException: The table does not have the specified index: by-colour',
    );
    await call(store, 'PutItem', { TableName, Item: item('a', 1, { colour: { S: 'red' } }) });
    await clock.advance(100);
    expect(await indexOf(store)).toBeUndefined();
    expect((await described(store))['AttributeDefinitions']).toEqual(tableInput(TableName)['AttributeDefinitions']);
    // Its attribute is no key any more, so any value goes.
    await call(store, 'PutItem', { TableName, Item: item('a', 1, { colour: { N: '7' } }) });
  });

  test('that is deleted while it is filled, and made again, is filled from the beginning', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput(TableName));
    await putMany(store, 6000);
    for (const operation of [createIndex, deleteIndex, createIndex]) {
      expect((await indexOf(store))?.['IndexStatus']).not.toBe('ACTIVE');
      await call(store, 'UpdateTable', operation);
    }
    await expect.poll(() => indexOf(store)).toMatchObject({ IndexStatus: 'ACTIVE', ItemCount: 6000 });
    expect(await call(store, 'Query', { ...queryIndex, Select: 'COUNT' })).toMatchObject({ Count: 6000 });
  });

  test('of many items is filled beside writes, and every write is in it once', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput(TableName));
    await putMany(store, 6000);
    const { TableDescription } = await call(store, 'UpdateTable', createIndex);
    expect(TableDescription.GlobalSecondaryIndexes).toMatchObject([{ IndexStatus: 'CREATING', Backfilling: true }]);
    expect(
      await refusal(store, 'UpdateTable', {
        ...createIndex,
        GlobalSecondaryIndexUpdates: [{ Create: { ...byColour, IndexName: 'another' } }],
      }),
    ).toMatch(/^LimitExceededException/);
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => {
        const Key = item(`p${i * 20}`, 1);
        if (i % 3 === 0) return call(store, 'DeleteItem', { TableName, Key });
        return call(store, 'PutItem', { TableName, Item: { ...Key, colour: { S: i % 3 === 1 ? 'blue' : 'red' } } });
      }),
    );
    await expect.poll(() => indexOf(store)).toMatchObject({ IndexStatus: 'ACTIVE', ItemCount: 5900 });
    const blue = { ...queryIndex, ExpressionAttributeValues: { ':colour': { S: 'blue' } } };
    expect(await call(store, 'Query', blue)).toMatchObject({ Count: 100 });
    expect(await call(store, 'Query', { ...queryIndex, Select: 'COUNT' })).toMatchObject({ Count: 5800 });
  });

  test('whose backfill is cut off by kill -9 is filled by the next store', { timeout: 60_000 }, async () => {
    const dataDir = temporaryDirectory();
    const before = await openTestStore({ dataDir });
    await call(before, 'CreateTable', tableInput(TableName));
    await putMany(before, 12_000);
    await before.close();
    const script = fileURLToPath(new URL('backfill-writer.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir, JSON.stringify(createIndex)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const [, signal] = (await exited) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    expect(JSON.parse(line)).toMatchObject([{ IndexStatus: 'CREATING', Backfilling: true }]);
    const after = await openTestStore({ dataDir });
    expect(await indexOf(after)).toMatchObject({ IndexStatus: 'CREATING', Backfilling: true });
    await expect
      .poll(() => indexOf(after), { timeout: 20_000 })
      .toMatchObject({
        IndexStatus: 'ACTIVE',
        ItemCount: 12_000,
      });
    expect(await call(after, 'Query', { ...queryIndex, Select: 'COUNT' })).toMatchObject({ Count: 12_000 });
  });
});

async function putMany(store: EmbeddedStore, count: number): Promise<void> {
  const puts = Array.from({ length: count }, (_, i) => ({
    PutRequest: { Item: item(`p${i}`, 1, { colour: { S: 'red' } }) },
  }));
  const batches = Array.from({ length: Math.ceil(count / 25) }, (_, i) => puts.slice(i * 25, (i + 1) * 25));
  await Promise.all(batches.map((batch) => call(store, 'BatchWriteItem', { RequestItems: { [TableName]: batch } })));
}
