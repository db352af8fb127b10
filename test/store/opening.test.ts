import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openStore } from '../../src/store/embedded-store.ts';
import { call, item, openTestStore, tableInput, temporaryDirectory } from './stores.ts';

const countOf = (partition: string) => ({
  TableName: 'things',
  Select: 'COUNT',
  KeyConditionExpression: 'p = :p',
  ExpressionAttributeValues: { ':p': { S: partition } },
});

const WRITER = fileURLToPath(new URL('crash-writer.ts', import.meta.url));

test('a directory that this process has open cannot be opened again, and can be after close', async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore({ dataDir });
  await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'SLIPSTREAM_STORE_LOCKED' });
  await store.close();
  await (await openTestStore({ dataDir })).close();
  expect(existsSync(join(dataDir, 'slipstream.lock'))).toBe(false);
});

test('a directory that another process has open is refused with its id, and taken over when that one is dead', async () => {
  const dataDir = temporaryDirectory();
  const setUp = await openTestStore({ dataDir });
  const { KeySchema, AttributeDefinitions, ...rest } = tableInput('things');
  await call(setUp, 'CreateTable', {
    ...rest,
    KeySchema: [(KeySchema as unknown[])[0]],
    AttributeDefinitions: [(AttributeDefinitions as unknown[])[0]],
  });
  await setUp.close();
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, dataDir, '1', 'process'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await expect(openStore({ dataDir })).rejects.toThrow(`in use by process ${child.pid}`);
  child.stdout.resume();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(join(dataDir, 'slipstream.lock'))).toBe(true);
  await openTestStore({ dataDir });
});

test('a lock file that is no lock is taken over', async () => {
  const dataDir = temporaryDirectory();
  writeFileSync(join(dataDir, 'slipstream.lock'), '{"pid":');
  await openTestStore({ dataDir });
  expect(readdirSync(dataDir)).toContain('slipstream.lock');
});

test('without a directory and without inMemory, nothing is opened', async () => {
  await expect(openStore({})).rejects.toMatchObject({ code: 'SLIPSTREAM_BAD_OPTION' });
});

test('a store in memory has no file that would be left behind, however its process ends', async () => {
  const folder = temporaryDirectory();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const store = await openTestStore();
  expect(readdirSync(folder)).toEqual([]);
  await call(store, 'CreateTable', tableInput('things'));
  for (let i = 0; i < 100; i++) {
    await call(store, 'PutItem', { TableName: 'things', Item: { ...item('a', i), v: { S: 'x'.repeat(9_000) } } });
  }
  expect(await call(store, 'Query', countOf('a'))).toMatchObject({ Count: 100 });
  await store.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('several stores in one process share nothing', async () => {
  const [one, other] = [await openTestStore(), await openTestStore()];
  await call(one, 'CreateTable', tableInput('things'));
  await call(one, 'PutItem', { TableName: 'things', Item: item('a', 1) });
  expect(await call(other, 'ListTables', {})).toEqual({ TableNames: [] });
});

test('writes that are under way when the store is closed are committed', async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore({ dataDir });
  await call(store, 'CreateTable', tableInput('things'));
  const writes = Array.from({ length: 50 }, (_, s) =>
    call(store, 'PutItem', { TableName: 'things', Item: item('a', s) }),
  );
  await store.close();
  await Promise.all(writes);
  await expect(call(store, 'ListTables', {})).rejects.toMatchObject({ code: 'SLIPSTREAM_CLOSED' });
  const reopened = await openTestStore({ dataDir });
  expect(await call(reopened, 'Scan', { TableName: 'things', Select: 'COUNT' })).toMatchObject({ Count: 50 });
});
