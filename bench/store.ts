/**
 * `npm run bench:store [-- --quick] [--items N]`: the embedded store on disk beside dynalite in memory, over HTTP with 32
 * connections and items of about 500 bytes; then the store by itself: processor time of a call without HTTP, start-up,
 * and what so many items cost in memory and on disk.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServiceRequest } from '../src/model/service-call.ts';
import { openStore } from '../src/store/embedded-store.ts';
import { call, callAll } from './call.ts';
import { Child } from './child.ts';
import { batchWrites, createTable, putItem, ReadPool, TABLE, transactWrite, type Request } from './dataset.ts';
import { measureHttp } from './http-load.ts';
import { thisMachine } from './machine.ts';
import type { Measurement } from './measurement.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, items: { type: 'string', default: '1000000' } },
});
const seconds = values.quick ? 0.5 : 5;
const itemsMax = values.quick ? 20_000 : Number(values.items);
const PARTITIONS = 50;
const CONNECTIONS = 32;
const DIFFERENT_REQUESTS = 3_200;
const root = join(import.meta.dirname, '..');
const slipstream = join(root, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'slipstream-bench-'));

const operations = {
  GetItem: () => new ReadPool('GetItem', PARTITIONS).take(DIFFERENT_REQUESTS),
  'Query, 20 items': () => new ReadPool('Query', PARTITIONS).take(DIFFERENT_REQUESTS),
  PutItem: () => Array.from({ length: DIFFERENT_REQUESTS }, (_, place) => putItem(place)),
  'TransactWrite of 4': () => Array.from({ length: DIFFERENT_REQUESTS }, (_, place) => transactWrite(place)),
} as const satisfies Record<string, () => Request[]>;
type Operation = keyof typeof operations;

try {
  const { cpu, cores, loadAtStart } = thisMachine();
  console.log(`Node ${process.version}, ${cpu}, ${cores} cores, load ${loadAtStart} at the start\n`);
  const dynalite = await measure('dynalite, in memory', [...process.execArgv, join(root, 'bench/dynalite.ts')]);
  const embedded = await measure('embedded, on disk', [
    slipstream,
    'store',
    '--data',
    join(folder, 'http'),
    '--http-port',
    '0',
  ]);
  for (const name of ['GetItem', 'Query, 20 items', 'PutItem'] as const) {
    const [ours, theirs] = [embedded.get(name), dynalite.get(name)];
    if (ours === undefined || theirs === undefined) continue;
    console.log(
      `${name}: ${(ours.operationsPerSecond / theirs.operationsPerSecond).toFixed(2)} times dynalite's operations a second`,
    );
  }
  console.log('');
  await measureInProcess();
  await measureStart();
  await measureMany();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(title: string, command: readonly string[]): Promise<Map<Operation, Measurement>> {
  const measured = new Map<Operation, Measurement>();
  const server = await Child.start(command);
  try {
    const { http } = server.ready;
    await call(http, createTable(false));
    await until(async () => {
      const { body } = await call(http, { operation: 'DescribeTable', input: { TableName: TABLE } });
      return (body['Table'] as { TableStatus: string }).TableStatus === 'ACTIVE';
    });
    await callAll(http, batchWrites(PARTITIONS));
    console.log(`${title}: operations/s, p50, p99, CPU µs an operation of its process`);
    for (const [name, requests] of Object.entries(operations) as [Operation, () => Request[]][]) {
      // dynalite has no transactions.
      if (name === 'TransactWrite of 4' && title.startsWith('dynalite')) continue;
      const load = { url: http, server, connections: CONNECTIONS, reads: requests(), operationsMax: 1_000_000 };
      await measureHttp({ ...load, secondsMax: seconds / 4 });
      const row = await measureHttp({ ...load, secondsMax: seconds });
      measured.set(name, row);
      const cells = [row.operationsPerSecond, row.p50Us, row.p99Us, row.cpuUs ?? Number.NaN].map((figure) =>
        String(Math.round(figure)).padStart(9),
      );
      console.log(`  ${name.padEnd(20)}${cells.join('')}`);
    }
    console.log('');
  } finally {
    await server.stop();
  }
  return measured;
}

/** The store without a door: 32 callers in this process, on disk. */
async function measureInProcess(): Promise<void> {
  const store = await openStore({ dataDir: join(folder, 'in-process') });
  const send = ({ operation, input }: Request) => store.send(ServiceRequest.fromInput(operation, { ...input }));
  await send(createTable(false));
  for (const request of batchWrites(PARTITIONS)) await send(request);
  console.log('embedded, on disk, in process, 32 callers: CPU µs an operation (all threads), operations/s');
  for (const name of ['GetItem', 'PutItem'] as const) {
    const requests = operations[name]();
    const endsAtMs = performance.now() + seconds * 1000;
    const before = process.cpuUsage();
    const startedMs = performance.now();
    let count = 0;
    const caller = async (first: number) => {
      for (let place = first; performance.now() < endsAtMs; place += CONNECTIONS) {
        await send(requests[place % requests.length] as Request);
        count++;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, first) => caller(first)));
    const { user, system } = process.cpuUsage(before);
    const rate = (count * 1000) / (performance.now() - startedMs);
    console.log(
      `  ${name.padEnd(20)}${((user + system) / count).toFixed(1).padStart(9)}${String(Math.round(rate)).padStart(9)}`,
    );
  }
  await store.close();
}

async function measureStart(): Promise<void> {
  const startsMs: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const beginMs = performance.now();
    const store = await Child.start([slipstream, 'store', '--data', join(folder, 'start'), '--http-port', '0']);
    startsMs.push(performance.now() - beginMs);
    await store.stop();
  }
  const [fastest, , median] = startsMs.toSorted((a, b) => a - b);
  console.log(
    `\nstart-up, from spawn to the ready line: fastest ${Math.round(fastest as number)} ms, median ${Math.round(median as number)} ms of 5`,
  );
}

async function measureMany(): Promise<void> {
  const data = join(folder, 'many');
  const store = await Child.start([slipstream, 'store', '--data', data, '--http-port', '0']);
  try {
    await call(store.ready.http, createTable(false));
    const startedMs = performance.now();
    let rawBytes = 0;
    for (let first = 0; first < itemsMax; first += 20_000) {
      const batches = batchWrites(200, first / 100);
      for (const { input } of batches) rawBytes += rawSizeBytes(input);
      await callAll(store.ready.http, batches);
    }
    const elapsed = (performance.now() - startedMs) / 1000;
    const peakMiB = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${store.pid}/status`, 'utf8'))?.[1]) / 1024;
    const anonymousMiB =
      Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${store.pid}/status`, 'utf8'))?.[1]) / 1024;
    await store.stop();
    const fileBytes = statSync(join(data, 'store.lmdb')).size;
    console.log(
      `${itemsMax} items in ${elapsed.toFixed(0)} s: peak memory ${Math.round(peakMiB)} MiB, of which ${Math.round(anonymousMiB)} MiB are not the file's pages;`,
    );
    console.log(
      `  file ${Math.round(fileBytes / 2 ** 20)} MiB, ${(fileBytes / rawBytes).toFixed(2)} times the raw item bytes`,
    );
  } finally {
    await store.stop();
  }
}

/** Names and values of the items of a batch, as DynamoDB counts them for strings and short numbers. */
function rawSizeBytes(input: Request['input']): number {
  const puts = (
    input['RequestItems'] as Record<string, { PutRequest: { Item: Record<string, Record<string, string>> } }[]>
  )[TABLE];
  let size = 0;
  for (const { PutRequest } of puts ?? []) {
    for (const [name, value] of Object.entries(PutRequest.Item)) {
      size += name.length + (value['S']?.length ?? (value['N']?.length ?? 0) / 2 + 1);
    }
  }
  return size;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 10_000; !(await isSo());) {
    if (performance.now() > end) throw new Error(`${TABLE} is not active`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
