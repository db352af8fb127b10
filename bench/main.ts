/**
 * `npm run bench [-- --quick] [--store NAME]`: reads of one table by each way there is to it, on our embedded store and
 * on dynalite, one after the other on this machine's loopback. Prints one table and what it says; leaves the same as JSON.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { callAll } from './call.ts';
import { runToEnd } from './child.ts';
import type { Child } from './child.ts';
import { ReadPool } from './dataset.ts';
import type { OperationName, Request } from './dataset.ts';
import { measureHttp } from './http-load.ts';
import type { HttpLoad } from './http-load.ts';
import { thisMachine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import { ratioSentences, tableText } from './report.ts';
import type { Path, Row } from './report.ts';
import { startProxy, startStore } from './stores.ts';
import type { StoreName } from './stores.ts';

interface Plan {
  /** Size of the table: enough for as many different reads as the misses take. */
  readonly partitions: number;
  /** Of one measurement that is bounded by time, and of the load before it that does not count. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Reads that nobody asked for before, by connections; before them come as many as the most of it that do not count. */
  readonly misses: Readonly<Record<1 | 32, number>>;
}

const plans = {
  quick: { partitions: 60, seconds: 0.4, warmUpSeconds: 0.2, misses: { 1: 240, 32: 1_280 } },
  full: { partitions: 240, seconds: 5, warmUpSeconds: 1, misses: { 1: 3_200, 32: 6_400 } },
} as const satisfies Record<string, Plan>;

const STORES: readonly StoreName[] = ['embedded', 'dynalite'];
const OPERATIONS: readonly OperationName[] = ['GetItem', 'Query'];
const CONNECTIONS = [1, 32] as const;
const HOT_READS = 500;
/** Only bounds what time bounds already: no row can have more. */
const OPERATIONS_MAX = 1_000_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    store: { type: 'string', multiple: true, default: [...STORES] },
  },
});
const plan: Plan = values.quick ? plans.quick : plans.full;
const root = join(import.meta.dirname, '..');
const startedAt = new Date();
const machine = thisMachine();
const rows: Row[] = [];

const unknownStore = values.store.find((name) => !STORES.some((store) => store === name));
if (unknownStore !== undefined) throw new Error(`--store ${unknownStore}: the stores are ${STORES.join(' and ')}`);

for (const store of STORES.filter((name) => values.store.includes(name))) await measureStore(store);
const sentences = ratioSentences(rows);
const file = saveResult();
console.log(`\n${tableText(rows)}\n`);
for (const remark of remarks()) console.log(remark);
console.log('Over HTTP, CPU is that of the process that is asked; in process, that of the whole application.');
console.log(`${file}\n`);
console.log(sentences.join('\n'));

async function measureStore(name: StoreName): Promise<void> {
  const store = await startStore(name, plan.partitions);
  try {
    const pools = OPERATIONS.map((operation) => new ReadPool(operation, plan.partitions));
    const proxy = await startProxy(
      store,
      pools.flatMap((pool) => pool.take(1)),
    );
    try {
      for (const pool of pools) await measureOperation(name, store, proxy, pool);
    } finally {
      await proxy.stop();
    }
  } finally {
    await store.stop();
  }
}

async function measureOperation(store: StoreName, server: Child, proxy: Child, pool: ReadPool): Promise<void> {
  const keep = async (path: Path, connections: number, measuring: Promise<Measurement>) => {
    const measurement = await measuring;
    rows.push({ operation: pool.operation, store, path, connections, ...measurement });
    process.stderr.write(`${pool.operation}, ${store}, ${path}, ${connections}: ${Math.round(measurement.p50Us)} µs\n`);
  };
  const inProcess = (module: string) => measureInProcess(module, server.ready.http, pool.operation);

  await keep('SDK to store', 1, inProcess('@aws-sdk/client-dynamodb'));
  const hotReads = pool.take(HOT_READS);
  for (const connections of CONNECTIONS) {
    await keep('HTTP to store', connections, measureWarm(server, connections, hotReads));
  }
  await measureMisses(proxy, 32, pool);
  for (const connections of CONNECTIONS) {
    await keep('proxy, miss', connections, measureMisses(proxy, connections, pool));
  }
  await fill(proxy, hotReads);
  for (const connections of CONNECTIONS) {
    await keep('proxy, hit', connections, measureWarm(proxy, connections, hotReads, 'hit'));
  }
  await keep('in process, hit', 1, inProcess('slipstream/client-dynamodb'));
}

/** Measures after a load of the same kind that does not count. */
async function measureWarm(
  server: Child,
  connections: number,
  reads: readonly Request[],
  expected?: HttpLoad['expected'],
): Promise<Measurement> {
  const load = { url: server.ready.http, server, connections, reads, operationsMax: OPERATIONS_MAX, expected };
  await measureHttp({ ...load, secondsMax: plan.warmUpSeconds });
  return measureHttp({ ...load, secondsMax: plan.seconds });
}

/** Each read is asked for once, so each is a miss; the time only bounds a run on a very slow machine. */
function measureMisses(proxy: Child, connections: 1 | 32, pool: ReadPool): Promise<Measurement> {
  const count = plan.misses[connections];
  const [url, reads] = [proxy.ready.http, pool.take(count)];
  return measureHttp({
    url,
    server: proxy,
    connections,
    reads,
    operationsMax: count,
    secondsMax: 60,
    expected: 'miss',
  });
}

async function fill(proxy: Child, reads: readonly Request[]): Promise<void> {
  await callAll(proxy.ready.http, reads);
  const outcomes = await callAll(proxy.ready.http, reads);
  const others = outcomes.filter((outcome) => outcome !== 'hit').length;
  if (others > 0) throw new Error(`${others} of ${reads.length} reads were no hits when they were asked again`);
}

async function measureInProcess(module: string, url: string, operation: OperationName): Promise<Measurement> {
  const script = join(root, 'bench/in-process.ts');
  const figures = [plan.partitions, plan.warmUpSeconds, plan.seconds].map(String);
  const printed = await runToEnd([...process.execArgv, script, module, url, operation, ...figures]);
  return JSON.parse(printed) as Measurement;
}

/** What a reader has to know before believing the figures. */
function remarks(): string[] {
  const [load, cores] = [machine.loadAtStart, machine.cores];
  return [
    ...(values.quick ? ['A quick run shows that everything works; for figures, run without --quick.'] : []),
    ...(load > cores / 2 ? [`The machine was busy when the run began: a load of ${load} on ${cores} cores.`] : []),
  ];
}

function saveResult(): string {
  const folder = join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${startedAt.toISOString().replaceAll(':', '-')}.json`);
  const result = { startedAt: startedAt.toISOString(), quick: values.quick, machine, rows, sentences };
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`);
  return path;
}
