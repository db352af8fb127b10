/**
 * What a hit of the drop-in client costs: `npm run bench:client`, a minute; `--quick` is a look at whether it works. All calls
 * are made in this process, one after the other, each with a fresh command, over keys in random order; the store is a process
 * of its own, and only the SDK asks it while times are taken.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DynamoDBClient, QueryCommand } from 'slipstream/client-dynamodb';
import { SeededRandom } from '../src/base/seeded-random.ts';
import { childEnvironment, runToEnd, type Child } from './child.ts';
import { CALL_NAMES, makeCalls, pagePlaces, queryOf, type CallName } from './client-calls.ts';
import { fillItems } from './client-fill.ts';
import { timeCalls, type CallTimes } from './client-measure.ts';
import type { MemoryReading } from './client-memory.ts';
import { ITEMS_A_PARTITION } from './dataset.ts';
import { thisMachine } from './machine.ts';
import { startStore } from './stores.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const plan = values.quick
  ? { items: 10_000, pages: 400, hits: 30_000, calls: 100 }
  : { items: 100_000, pages: 2_000, hits: 400_000, calls: 2_000 };

Object.assign(process.env, childEnvironment());
const random = new SeededRandom(1);
const machine = thisMachine();
console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.loadAtStart}, node ${machine.versions['node']}`);
const store = await startStore('embedded', plan.items / ITEMS_A_PARTITION);
try {
  await measure(store);
} finally {
  await store.stop();
}

async function measure(child: Child): Promise<void> {
  const endpoint = child.ready.http;
  const client = new DynamoDBClient({ endpoint, cache: { itemCacheBytes: 2 ** 29, queryCacheBytes: 2 ** 29 } });
  await fillItems(client, plan.items);
  const pages = pagePlaces(plan.items, plan.pages);
  for (const place of pages) await client.send(new QueryCommand(queryOf(place)));
  const itemOrder = shuffled(Int32Array.from({ length: plan.items }, (_, place) => place));
  const pageOrder = shuffled(Int32Array.from(pages));
  const calls = makeCalls(client, endpoint, plan.items);
  const times = new Map<CallName, CallTimes>();
  for (const name of CALL_NAMES) {
    const count = name === 'GetItem of the SDK' ? plan.calls : name.includes('Query') ? plan.hits / 4 : plan.hits;
    times.set(name, await timeCalls(calls[name], name.includes('Query') ? pageOrder : itemOrder, count));
  }
  const { item, query } = client.cache.stats();
  client.destroy();
  print(times);
  console.log(`misses meanwhile: ${item.misses} of items, ${query.misses - pages.length} of pages`);
  printMemory(await readMemory(endpoint));
}

function print(times: ReadonlyMap<CallName, CallTimes>): void {
  const bare = times.get('lru-cache get')!;
  const sdk = times.get('GetItem of the SDK')!;
  console.log(`\n${'µs a call'.padEnd(44)}    p50    p99  p99.9   mean    CPU  × lru  × less CPU than the SDK`);
  for (const [name, { p50Us, p99Us, p999Us, meanUs, cpuUs }] of times) {
    const figures = [p50Us, p99Us, p999Us, meanUs, cpuUs, cpuUs / bare.cpuUs, sdk.cpuUs / cpuUs];
    console.log(name.padEnd(44) + figures.map(cell).join(''));
  }
  const [item, ...documents] = CALL_NAMES.filter((name) => name.includes('Get')).map((name) => times.get(name)!);
  const ratios = documents.slice(0, 2).map(({ p50Us }) => (p50Us / item!.p50Us).toFixed(2));
  console.log(`\ndocuments take ${ratios[0]} times GetItem at p50, with the unswapped library ${ratios[1]} times`);
}

function cell(figure: number): string {
  return (figure >= 100 ? figure.toFixed(0) : figure.toFixed(2)).padStart(7);
}

async function readMemory(endpoint: string): Promise<MemoryReading> {
  const script = join(import.meta.dirname, 'client-memory.ts');
  const args = ['--expose-gc', ...process.execArgv, script, endpoint, String(plan.items)];
  return JSON.parse(await runToEnd(args)) as MemoryReading;
}

function printMemory(reading: MemoryReading): void {
  const { entries, countedBytes, grownBytes, countedAfterHitsBytes, grownAfterHitsBytes } = reading;
  const line = (when: string, grown: number, counted: number) =>
    `${when}: ${grown.toFixed(0)} bytes an item, counted ${counted.toFixed(0)}, ${(grown / counted).toFixed(2)} times`;
  console.log(`\nmemory of ${entries} items of 500 bytes, resident:`);
  console.log(line('filled       ', grownBytes, countedBytes));
  console.log(line('each hit once', grownAfterHitsBytes, countedAfterHitsBytes));
}

function shuffled(places: Int32Array): Int32Array {
  for (let last = places.length - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [places[last], places[other]] = [places[other]!, places[last]!];
  }
  return places;
}
