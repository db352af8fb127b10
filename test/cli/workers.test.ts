/** `serve --workers`: several processes that look like one. */
import { afterEach, expect, test, vi } from 'vitest';
import { callBytes, RawConnection } from '../proxy/raw-connection.ts';
import { callApi, CliProcess, runCli } from './cli-process.ts';

const TABLE = {
  TableName: 'Things',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
};
const KEY = { TableName: 'Things', Key: { id: { S: '1' } } };
const WORKERS = 2;

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const connections: RawConnection[] = [];

afterEach(async () => {
  for (const connection of connections.splice(0)) await connection[Symbol.asyncDispose]();
});

async function startBoth() {
  const store = new CliProcess(['store', '--in-memory', '--http-port', '0']);
  const backing = (await store.ready()).http as string;
  const doors = ['--http-port', '0', '--admin-port', '0'];
  const proxy = new CliProcess(['serve', '--backing', backing, '--workers', String(WORKERS), ...doors]);
  await callApi(backing, 'CreateTable', TABLE);
  return { store, proxy, line: await proxy.ready() };
}

/** Connections are dealt out to the workers by turns. */
async function connectTo(url: string, count: number): Promise<readonly RawConnection[]> {
  for (let i = 0; i < count; i++) connections.push(await RawConnection.open(url));
  return connections.slice(-count);
}

async function ask(connection: RawConnection, operation: string, input: object) {
  await connection.send(callBytes({ target: `DynamoDB_20120810.${operation}`, body: JSON.stringify(input) }));
  const { status, headers, body } = await connection.answer();
  return { status, cache: headers['x-slipstream-cache'], output: JSON.parse(body) as Record<string, unknown> };
}

test('print one ready line, read the writes of each other, are asked as one, and end together', async () => {
  const { store, proxy, line } = await startBoth();
  await using _store = store;
  await using running = proxy;
  expect(Object.keys(line)).toEqual(['ready', 'http', 'admin', 'pid']);
  const all = await connectTo(line.http as string, 2 * WORKERS);
  for (let price = 1; price <= 40; price++) {
    const item = { id: { S: '1' }, price: { N: String(price) } };
    const writer = all[price % all.length] as RawConnection;
    expect((await ask(writer, 'PutItem', { TableName: 'Things', Item: item })).status).toBe(200);
    const seen = await Promise.all(all.map((connection) => ask(connection, 'GetItem', KEY)));
    expect(seen.map(({ output }) => output)).toEqual(all.map(() => ({ Item: item })));
  }
  const { ready } = (await (await fetch(`${line.admin}/readyz`)).json()) as { readonly ready: boolean };
  expect(ready).toBe(true);
  const metrics = await (await fetch(`${line.admin}/metrics`)).text();
  expect(metrics).toContain('slipstream_requests_total{operation="PutItem",outcome="pass"} 40\n');
  expect(metrics).toContain('slipstream_build_info{version="0.1.0"} 1\n');
  expect(metrics).toContain('slipstream_table_serving{table="Things"} 1\n');
  await Promise.all(all.map((connection) => ask(connection, 'GetItem', KEY)));
  expect((await runCli(['flush'], { SLIPSTREAM_ADMIN_URL: line.admin as string })).code).toBe(0);
  const caches = [];
  for (const connection of all) caches.push((await ask(connection, 'GetItem', KEY)).cache);
  expect(caches.filter((cache) => cache === 'miss').length).toBeGreaterThanOrEqual(WORKERS);
  running.kill('SIGTERM');
  const { code, stdout } = await running.exit();
  expect([code, stdout]).toEqual([0, `${JSON.stringify(line)}\n`]);
});

test('one that dies is replaced, and until then it is not ready', async () => {
  const { store, proxy, line } = await startBoth();
  await using _store = store;
  await using running = proxy;
  const [first] = running.workerPids;
  process.kill(first as number, 'SIGKILL');
  await running.told('a worker has ended and is replaced');
  expect((await fetch(`${line.admin}/readyz`)).status).toBe(503);
  await vi.waitFor(() => expect(running.workerPids).toHaveLength(WORKERS + 1), { timeout: 60_000 });
  expect((await fetch(`${line.admin}/readyz`)).status).toBe(200);
  const all = await connectTo(line.http as string, 2 * WORKERS);
  for (const connection of all) expect((await ask(connection, 'ListTables', {})).status).toBe(200);
});

test('the embedded store, a port that is in use, and a wrong option are refused once', async () => {
  const embedded = await runCli(['serve', '--workers', '2', '--in-memory']);
  expect([embedded.code, embedded.stderr]).toEqual([
    2,
    'slipstream: --workers 2: the embedded store belongs to one process; give --backing the address of a store, or --workers 1\n',
  ]);
  await using store = new CliProcess(['store', '--in-memory', '--http-port', '0']);
  const { http } = await store.ready();
  const port = new URL(http as string).port;
  await using other = new CliProcess(['store', '--in-memory', '--http-port', '0']);
  const backing = (await other.ready()).http as string;
  const log = ['--log-level', 'silent'];
  const inUse = await runCli(['serve', '--workers', '2', '--backing', backing, '--http-port', port, ...log]);
  expect([inUse.code, inUse.stderr]).toEqual([
    3,
    `slipstream: --http-port ${port}: another process listens on 127.0.0.1:${port}; choose another port, or 0 for a free one\n`,
  ]);
});
