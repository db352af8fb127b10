/**
 * `npm run bench:compare -- DIR_A DIR_B [--rounds N] [--seconds N]`: two checkouts of this project beside each other. Both are
 * built; the servers of both stand the whole time, and this checkout's load asks them in turns (A B B A), so that a machine
 * that gets slower does so for both. What is printed is B divided by A, taken pair by pair: median and quartiles.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Application } from './application.ts';
import type { Child } from './child.ts';
import { ReadPool, putItem } from './dataset.ts';
import type { Request } from './dataset.ts';
import { dealOut, onceEach, runLoad } from './load.ts';
import type { Effort, Load } from './load.ts';
import { thisMachine } from './machine.ts';
import { measurementOf } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { pairedRatios, ratioText } from './paired.ts';
import { bytesOf } from './request-bytes.ts';
import { askApplication, startApplication } from './rows/applications.ts';
import { serverOf, startProxy, startStore } from './stores.ts';
import { withServers } from './with-servers.ts';
import type { Keep } from './with-servers.ts';

const PARTITIONS = 60;
const HOT_READS = 500;
const MISSES = 5_000;
const CONNECTIONS = 32;
const HIT = 'x-slipstream-cache: hit';

interface Side {
  readonly folder: string;
  /** By what is measured; the same names on both sides. */
  readonly runs: Readonly<Record<string, (effort: Effort) => Promise<Measurement>>>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '10' }, seconds: { type: 'string', default: '1' } },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (positionals.length !== 2 || !(rounds >= 1) || !(seconds > 0)) {
  throw new Error('usage: npm run bench:compare -- DIR_A DIR_B [--rounds 10] [--seconds 1]');
}
const folders = positionals.map((folder) => resolve(folder));
for (const folder of folders) build(folder);

await withServers(async (keep) => {
  const [a, b] = await Promise.all(folders.map((folder) => startSide(folder, keep)));
  await compare(a!, b!);
});

function build(folder: string): void {
  if (!existsSync(join(folder, 'package.json'))) throw new Error(`${folder} is no checkout`);
  execFileSync('npm', ['run', 'build'], { cwd: folder, stdio: ['ignore', process.stderr.fd, 'inherit'] });
}

async function startSide(folder: string, keep: Keep): Promise<Side> {
  const program = join(folder, 'dist/cli/main.js');
  const pools = { get: new ReadPool('GetItem', PARTITIONS), query: new ReadPool('Query', PARTITIONS) };
  const [hot, pages] = [pools.get.take(HOT_READS), pools.query.take(HOT_READS)];
  const store = await keep(startStore('embedded', PARTITIONS, program));
  const proxy = await keep(startProxy(store, [...hot, ...pages], { program }));
  // Misses have a proxy of their own, for they begin with a flush.
  const missing = await keep(startProxy(store, hot.slice(0, 1), { program }));
  const misses = pools.get.take(MISSES).map(bytesOf);
  const flush = () => fetch(`${missing.ready.admin ?? ''}/flush`, { method: 'POST' });
  const [door, missDoor] = [serverOf(proxy), serverOf(missing)];
  const hits = (requests: readonly Request[], connections: number, depth = 1) =>
    dealt({ ...door, connections, depth, expected: HIT }, requests);
  return {
    folder,
    runs: {
      'GetItem hit, 1 connection': hits(hot, 1),
      'GetItem hit, 32 connections': hits(hot, CONNECTIONS),
      'GetItem hit, 16 pipelined': hits(hot, 1, 16),
      'Query hit, 32 connections': hits(pages, CONNECTIONS),
      'GetItem hit, in process': await inProcess(folder, store, keep),
      'GetItem miss, 1 connection': async (effort) => {
        await flush();
        return measure({ ...missDoor, connections: 1, next: onceEach(misses) }, effort);
      },
      'PutItem, 1 connection': dealt(
        { ...missDoor, connections: 1 },
        [0, 1].flatMap((version) => Array.from({ length: HOT_READS }, (_, place) => putItem(place, version))),
      ),
      'store, GetItem, 32 connections': dealt({ ...serverOf(store), connections: CONNECTIONS }, hot),
    },
  };
}

/** Our client of that checkout, in an application of its own. */
async function inProcess(folder: string, store: Child, keep: Keep): Promise<Side['runs'][string]> {
  const application: Application = {
    way: 'ours',
    url: store.ready.http,
    operation: 'GetItem',
    partitions: PARTITIONS,
    requests: HOT_READS,
    module: join(folder, 'dist/client/client-dynamodb.js'),
  };
  const child = await keep(startApplication(application));
  return async (effort) => {
    const { histogram, elapsedMs, cpuMs, count } = await askApplication(child, effort, 1);
    return measurementOf(histogram, elapsedMs, cpuMs, count);
  };
}

function dealt(load: Omit<Load, 'next'>, requests: readonly Request[]): (effort: Effort) => Promise<Measurement> {
  const next = dealOut(requests.map(bytesOf), load.connections);
  return (effort) => measure({ ...load, next }, effort);
}

async function measure(load: Load, effort: Effort): Promise<Measurement> {
  const { histogram, elapsedMs, cpuMs } = await runLoad(load, effort);
  return measurementOf(histogram, elapsedMs, cpuMs);
}

async function compare(a: Side, b: Side): Promise<void> {
  const { cpu, cores, versions, loadAtStart } = thisMachine();
  console.log(`A ${a.folder}\nB ${b.folder}`);
  console.log(
    `${cpu}, ${cores} cores, node ${versions['node'] ?? ''}, load ${loadAtStart}; ${rounds} pairs of ${seconds} s`,
  );
  console.log(
    `\n${'B divided by A: median (quartiles)'.padEnd(36)}${['p50', 'CPU', 'operations/s'].map((title) => title.padStart(22)).join('')}`,
  );
  for (const name of Object.keys(a.runs)) {
    const [ofA, ofB]: [Measurement[], Measurement[]] = [[], []];
    for (const [side, kept] of turnsOf(rounds)) {
      const run = { a: a.runs[name]!, b: b.runs[name]! }[side];
      const measured = await run({ seconds });
      if (kept) (side === 'a' ? ofA : ofB).push(measured);
    }
    const columns = [
      pairedRatios(ofB, ofA, ({ p50Us }) => p50Us),
      pairedRatios(ofB, ofA, ({ cpuUs }) => cpuUs),
      pairedRatios(ofB, ofA, ({ operationsPerSecond }) => operationsPerSecond),
    ];
    console.log(name.padEnd(36) + columns.map((ratios) => ratioText(ratios).padStart(22)).join(''));
  }
}

/** A B B A A B B A …, after a first pair that warms up. */
function turnsOf(pairs: number): (readonly ['a' | 'b', boolean])[] {
  return Array.from({ length: pairs + 1 }, (_, pair) => {
    const order = pair % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
    return order.map((side) => [side, pair > 0] as const);
  }).flat();
}
