/**
 * What the proxy adds to a miss and to a write: the same calls to the embedded store by itself, in turns. What any process on the
 * way would add is told by a relay that hands on the bytes.
 */
import { join } from 'node:path';
import { Child } from '../child.ts';
import { batchGet, batchWrites, getItem, keyAt, putItem, ReadPool } from '../dataset.ts';
import { dealOut, onceEach, runLoad } from '../load.ts';
import type { Plan } from '../options.ts';
import { subjects } from '../report/result.ts';
import type { Section } from '../report/result.ts';
import { bytesOf } from '../request-bytes.ts';
import { serverOf, startProxy, startStore } from '../stores.ts';
import type { Server } from '../stores.ts';
import { measureInTurns } from '../turns.ts';
import type { Cell } from '../turns.ts';
import { withServers } from '../with-servers.ts';
import type { Keep } from '../with-servers.ts';
import { applicationCell, startApplication } from './applications.ts';

const floorScript = join(import.meta.dirname, '../floor-server.ts');
const PIPELINED = 16;
const MANY = 32;
const BATCH_KEYS = 25;
const MISS = 'x-slipstream-cache: miss';
const OK = ' 200 OK';
const WRITTEN_ITEMS = 500;
const WRITTEN_PARTITIONS = 5;

export function measureMisses(plan: Plan): Promise<Section> {
  return withServers(async (keep) => {
    const store = await keep(startStore('embedded', plan.partitions));
    const [proxy, relay, dispatch, applications] = await Promise.all([
      keep(startProxy(store, [getItem(keyAt(0))])),
      keep(Child.start([...process.execArgv, floorScript, 'relay', store.ready.http])),
      keep(Child.start([...process.execArgv, floorScript, 'dispatch', store.ready.http])),
      inProcessCells(store, plan, keep),
    ]);
    const rows = await measureInTurns([...doorCells(store, proxy, { relay, dispatch }, plan), ...applications], plan);
    return {
      id: 'misses',
      title: 'A miss and a write, beside the store by itself',
      method:
        'GetItem of items that were not asked for since the caches were flushed, each once, and PutItem of items of about 500 ' +
        'bytes, that are not the same as before. The relay is a process that hands on bytes and does nothing else, and undici alone one that hands on each call by its pool. Over HTTP, ' +
        'processor time is that of the process that is asked: of the proxy, without the store behind it; in process, and of the SDK, it is that of the application.',
      rows,
    };
  });
}

/** Processes on the way that do nothing but hand on. */
interface Floors {
  readonly relay: Child;
  readonly dispatch: Child;
}

function doorCells(store: Child, proxy: Child, floors: Floors, plan: Plan): Cell[] {
  const reads = new ReadPool('GetItem', plan.partitions).take(plan.missesMax).map(bytesOf);
  const places = Array.from({ length: plan.missesMax }, (_, place) => place);
  const batchReads = places
    .filter((place) => place % BATCH_KEYS === 0)
    .map((place) => bytesOf(batchGet(places.slice(place, place + BATCH_KEYS))));
  // Each item is written with something new every time, as otherwise there would be no change to tell of.
  const writes = [0, 1].flatMap((version) => places.slice(0, WRITTEN_ITEMS).map((at) => bytesOf(putItem(at, version))));
  const batchPuts = [0, 1].flatMap((version) => batchWrites(WRITTEN_PARTITIONS, 0, version).map(bytesOf));
  const direct = { expected: OK, ...serverOf(store) };
  const relayed = { expected: OK, ...serverOf(floors.relay) };
  const dispatched = { expected: OK, ...serverOf(floors.dispatch) };
  const written = { expected: OK, ...serverOf(proxy) };
  const flush = () => fetch(`${proxy.ready.admin ?? ''}/flush`, { method: 'POST' });
  const missed = { expected: MISS, ...serverOf(proxy), prepare: flush };
  return [
    ...[1, MANY].flatMap((connections) => [
      readCell(subjects.embeddedRead, direct, connections, reads),
      readCell(subjects.miss, missed, connections, reads),
      writeCell(subjects.embeddedWrite, direct, connections, writes),
      writeCell(subjects.write, written, connections, writes),
    ]),
    readCell(subjects.relayedRead, relayed, 1, reads),
    writeCell(subjects.relayedWrite, relayed, 1, writes),
    readCell(subjects.dispatchedRead, dispatched, 1, reads),
    writeCell(subjects.dispatchedWrite, dispatched, 1, writes),
    readCell(subjects.pipelinedMiss, missed, 1, reads, PIPELINED),
    writeCell(subjects.pipelinedWrite, written, 1, writes, PIPELINED),
    readCell(subjects.batchMiss, missed, MANY, batchReads),
    writeCell(subjects.batchWrite, written, MANY, batchPuts),
  ];
}

async function inProcessCells(store: Child, plan: Plan, keep: Keep): Promise<Cell[]> {
  const base = { url: store.ready.http, partitions: plan.partitions } as const;
  const read = { ...base, operation: 'GetItem', requests: plan.missesMax } as const;
  const write = { ...base, operation: 'PutItem', course: 'write', requests: 2 * WRITTEN_ITEMS } as const;
  const [misses, writes, sdkReads, sdkWrites] = await Promise.all([
    keep(startApplication({ ...read, way: 'ours', course: 'miss' })),
    keep(startApplication({ ...write, way: 'ours' })),
    keep(startApplication({ ...read, way: 'sdk' })),
    keep(startApplication({ ...write, way: 'sdk' })),
  ]);
  return [
    applicationCell(subjects.sdkRead, sdkReads, 1),
    applicationCell(subjects.inProcessMiss, misses, 1),
    applicationCell(subjects.sdkWrite, sdkWrites, 1),
    applicationCell(subjects.inProcessWrite, writes, 1),
  ];
}

interface Asked extends Server {
  readonly expected: string;
  readonly prepare?: (() => Promise<unknown>) | undefined;
}

function readCell(subject: string, asked: Asked, connections: number, reads: readonly Buffer[], depth = 1): Cell {
  const { url, cpuMs, expected, prepare } = asked;
  const run: Cell['run'] = async (effort) => {
    await prepare?.();
    return runLoad({ url, cpuMs, connections, depth, expected, next: onceEach(reads) }, effort);
  };
  return { subject, connections, isPipelined: depth > 1, run };
}

function writeCell(subject: string, asked: Asked, connections: number, writes: readonly Buffer[], depth = 1): Cell {
  const { url, cpuMs, expected } = asked;
  const load = { url, cpuMs, connections, depth, expected, next: dealOut(writes, connections) };
  return { subject, connections, isPipelined: depth > 1, run: (effort) => runLoad(load, effort) };
}
