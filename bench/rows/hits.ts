/**
 * The hit by every door, beside what its users would pick instead and beside the floors of the machine. Everybody gets the same
 * requests for the same items, and they take turns.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, ownFolder } from '../child.ts';
import { batchGet, ReadPool } from '../dataset.ts';
import type { Request } from '../dataset.ts';
import { dealOut, runLoad } from '../load.ts';
import type { Load } from '../load.ts';
import { startNginx } from '../nginx.ts';
import type { BenchOptions, Plan } from '../options.ts';
import { findProgram } from '../program.ts';
import { askOnce } from '../raw-load.ts';
import { startRedis } from '../redis.ts';
import { subjects } from '../report/result.ts';
import type { Section } from '../report/result.ts';
import { benchCredentials, bytesOf, signedBytesOf } from '../request-bytes.ts';
import { serverOf, startProxy, startStore, useStore } from '../stores.ts';
import type { Server } from '../stores.ts';
import { measureInTurns } from '../turns.ts';
import type { Cell } from '../turns.ts';
import { withServers } from '../with-servers.ts';
import type { Keep } from '../with-servers.ts';
import { applicationCells } from './applications.ts';

const PARTITIONS = 10;
const BATCH_KEYS = 25;
const CONNECTIONS = [1, 32] as const;
const PIPELINED = 16;
const CACHED_WITHIN_MS = 60_000;
const HIT = 'x-slipstream-cache: hit';
const OK = ' 200 OK';

interface Hot {
  readonly gets: readonly Request[];
  readonly queries: readonly Request[];
  readonly batches: readonly Request[];
}

export async function measureHits(plan: Plan, options: BenchOptions): Promise<Section> {
  const rows = await withServers(async (keep) => measureInTurns(await cellsOf(ownFolder(), plan, options, keep), plan));
  return {
    id: 'hits',
    title: 'A hit, beside what would be asked instead',
    method:
      `GetItem of ${plan.hotReads} items of about 500 bytes where nothing else is said. Over HTTP a load over bare sockets sends ` +
      'requests signed as the SDK signs them, and processor time is that of the server; the rows of an application are a ' +
      'process of its own that makes each call anew and reads the answer, and processor time is that of the application and ' +
      'of what it asks; whatever it asks, the calls of one run are counted and those of another are timed, for to look at the ' +
      'clock would be a good part of a call in process. The floors answer with the same bytes and do nothing else. The 3 ms are injected by the store.',
    rows,
  };
}

async function cellsOf(folder: string, plan: Plan, options: BenchOptions, keep: Keep): Promise<Cell[]> {
  const hot = hotReads(plan.hotReads);
  const gets = await Promise.all(hot.gets.map(signedBytesOf));
  const [queries, batches] = [hot.queries.map(bytesOf), hot.batches.map(bytesOf)];
  const redisProgram = findProgram('redis-server', 'valkey-server');
  const [store, dynalite, slow, given, redis] = await Promise.all([
    keep(startStore('embedded', PARTITIONS)),
    keep(startStore('dynalite', PARTITIONS)),
    keep(startStore('slow', PARTITIONS)),
    options.store === undefined ? undefined : keep(useStore(options.store, PARTITIONS)),
    redisProgram === undefined ? undefined : keep(startRedis(redisProgram, folder)),
  ]);
  const [proxy, awake, signed] = await Promise.all([
    keep(startProxy(store, [...hot.gets, ...hot.queries, ...hot.batches])),
    keep(startProxy(store, hot.gets, { flags: ['--busy-poll', '1ms'] })),
    keep(startSigned(folder, store, gets)),
  ]);
  const door = serverOf(proxy);
  const floors = await startFloors(folder, door, gets, queries, keep);
  const asked = { store, proxy: door, awake: serverOf(awake), net: floors.net, redis };
  const applications = await applicationCells({ ...asked, partitions: PARTITIONS, hotReads: plan.hotReads }, keep);
  return [
    ...overHttp(subjects.http, door, gets, HIT),
    ...overHttp(subjects.signed, serverOf(signed), gets, HIT),
    // What it saves one caller, many do not wait for.
    ...overHttp(subjects.awake, serverOf(awake), gets, HIT).slice(0, 1),
    ...overHttp(subjects.pipelined, door, gets, HIT, PIPELINED),
    ...overHttp(subjects.batch, door, batches, HIT),
    ...overHttp(subjects.query, door, queries, HIT),
    ...floorCells(floors, gets, queries),
    ...overHttp(subjects.embedded, serverOf(store), gets, OK),
    ...overHttp(subjects.dynalite, serverOf(dynalite), gets, OK),
    // One caller tells how long it takes; many would only tell what timers do.
    ...overHttp(subjects.slow, serverOf(slow), gets, OK).slice(0, 1),
    ...(given === undefined ? [] : overHttp(subjects.given, given, gets, OK)),
    ...applications,
  ];
}

function hotReads(count: number): Hot {
  const take = (operation: 'GetItem' | 'Query') => new ReadPool(operation, PARTITIONS).take(count);
  const places = Array.from({ length: count }, (_, place) => place);
  const batches = places
    .filter((place) => place % BATCH_KEYS === 0)
    .map((place) => batchGet(places.slice(place, place + BATCH_KEYS)));
  return { gets: take('GetItem'), queries: take('Query'), batches };
}

function overHttp(subject: string, server: Server, requests: readonly Buffer[], expected: string, depth = 1): Cell[] {
  return CONNECTIONS.map((connections) => {
    const { url, cpuMs } = server;
    const load: Load = { url, cpuMs, connections, depth, expected, next: dealOut(requests, connections) };
    return { subject, connections, isPipelined: depth > 1, run: (effort) => runLoad(load, effort) };
  });
}

/** A proxy that asks for signatures, and has answered each of the requests from its cache. */
async function startSigned(folder: string, store: Child, requests: readonly Buffer[]): Promise<Child> {
  const file = join(folder, 'credentials.json');
  writeFileSync(file, JSON.stringify([benchCredentials]));
  const proxy = await startProxy(store, [], { flags: ['--auth', 'sigv4', '--credentials', file] });
  try {
    let left = requests;
    for (const until = performance.now() + CACHED_WITHIN_MS; left.length > 0;) {
      if (performance.now() > until) throw new Error(`${left.length} signed reads are still no hits`);
      const answers = await Promise.all(left.map((request) => askOnce(proxy.ready.http, request)));
      left = left.filter((_, place) => !answers[place]!.includes(HIT));
    }
    return proxy;
  } catch (error) {
    await proxy.stop();
    throw error;
  }
}

/** Servers that do nothing but answer. */
interface Floors {
  readonly net: Server;
  readonly netQuery: Server;
  readonly nodeHttp: Server;
  readonly nginx: Server | undefined;
}

/** With the bytes of a hit of ours. */
async function startFloors(
  folder: string,
  door: Server,
  gets: readonly Buffer[],
  queries: readonly Buffer[],
  keep: Keep,
): Promise<Floors> {
  const [item, page] = [await askOnce(door.url, gets[0]!), await askOnce(door.url, queries[0]!)];
  const [itemFile, pageFile] = [join(folder, 'item'), join(folder, 'page')];
  writeFileSync(itemFile, item);
  writeFileSync(pageFile, page);
  const script = join(import.meta.dirname, '../floor-server.ts');
  const start = async (kind: 'net' | 'http', file: string) =>
    serverOf(await keep(Child.start([...process.execArgv, script, kind, file])));
  const nginxProgram = findProgram('nginx');
  const [net, netQuery, nodeHttp, nginx] = await Promise.all([
    start('net', itemFile),
    start('net', pageFile),
    start('http', itemFile),
    nginxProgram === undefined ? undefined : keep(startNginx(nginxProgram, folder, item)),
  ]);
  return { net, netQuery, nodeHttp, nginx };
}

function floorCells(floors: Floors, gets: readonly Buffer[], queries: readonly Buffer[]): Cell[] {
  const { net, netQuery, nodeHttp, nginx } = floors;
  return [
    ...overHttp(subjects.net, net, gets, OK),
    ...overHttp(subjects.netQuery, netQuery, queries, OK),
    ...overHttp(subjects.nodeHttp, nodeHttp, gets, OK),
    ...(nginx === undefined ? [] : overHttp(subjects.nginx, nginx, gets, OK)),
  ];
}
