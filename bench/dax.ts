/**
 * `npm run bench:dax [-- --quick]`: what the DAX door costs. GetItem hits by the unmodified version 3 client with 1 and 64
 * callers, hits by raw frames (the server's processor time alone) beside a bare `net` server, and the miss and the write
 * beside the HTTP door of the same proxy, over its embedded store in memory.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import type { Item } from '../src/model/attribute-value.ts';
import type { KeySchema } from '../src/model/key.ts';
import { AttributeLists } from '../src/wire/dax/attribute-lists.ts';
import { writeAttributeValue } from '../src/wire/dax/attribute-values.ts';
import { CborWriter } from '../src/wire/dax/cbor-writer.ts';
import { writeKey } from '../src/wire/dax/item-keys.ts';
import { call, callAll } from './call.ts';
import { Child } from './child.ts';
import { measureHits } from './dax-floor.ts';
import type { HitFigures } from './dax-floor.ts';
import { measureFrames } from './dax-load.ts';
import { batchWrites, createTable, putItem, ReadPool, TABLE } from './dataset.ts';
import type { Request } from './dataset.ts';
import { measureHttp } from './http-load.ts';
import { thisMachine } from './machine.ts';
import { latencyHistogram, measurementOf, recordMs } from './measurement.ts';
import type { Measurement } from './measurement.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const seconds = values.quick ? 0.5 : 5;
/** Of hits beside the floor. */
const turns = values.quick ? 3 : 8;
const TURN_SECONDS = 1;
const PARTITIONS = values.quick ? 40 : 160;
const HOT_READS = 500;
/** Half of them is a multiple of all numbers of connections, so that none asks for anything twice. */
const MISSES = values.quick ? 640 : 3_200;
const method = { getItem: 263244906, putItem: -2106490455 } as const;
const keySchema: KeySchema = { partition: [{ name: 'pk', type: 'S' }], sort: [{ name: 'sk', type: 'N' }] };
const NAMES = ['text', 'title'];

const slipstream = join(import.meta.dirname, '..', 'dist/cli/main.js');
const doors = ['--http-port', '0', '--dax-port', '0', '--admin-port', '0'];
const server = await Child.start([slipstream, 'serve', '--in-memory', '--no-demo', ...doors]);
try {
  await run();
} finally {
  await server.stop();
}

async function run(): Promise<void> {
  const { http, dax, admin } = server.ready;
  if (dax === undefined || admin === undefined) throw new Error('the proxy opened no DAX door, or no admin door');
  await call(http, createTable(true));
  await callAll(http, batchWrites(PARTITIONS));
  // What was written through the proxy is in its cache.
  await fetch(`${admin}/flush`, { method: 'POST' });
  const pool = new ReadPool('GetItem', PARTITIONS);
  const hot = pool.take(HOT_READS);
  const cpuMs = () => server.cpuMs();
  await callAll(http, hot);
  const frames = hot.map(frameOf);
  const rows: (readonly [string, number, Measurement])[] = [];
  const hits = await measureHits({ dax, cpuMs, requests: frames, turns, seconds: TURN_SECONDS }, [1, 64]);
  for (const { connections, hit, floor } of hits) {
    rows.push(['hit, raw frames', connections, hit], ['the same bytes, bare net', connections, floor]);
  }
  for (const callers of [1, 64]) rows.push(['hit, version 3 client', callers, await measureClient(dax, hot, callers)]);
  for (const connections of [1, 32]) {
    const requests = pool.take(MISSES / 2).map(frameOf);
    rows.push(['miss, raw frames', connections, await measureFrames({ url: dax, cpuMs, connections, requests })]);
    const reads = pool.take(MISSES / 2);
    rows.push([
      'miss, HTTP',
      connections,
      await measureHttp({ ...boundsOf(http, connections), reads, expected: 'miss' }),
    ]);
  }
  // Behind the misses, for what was written is a hit.
  const writes = Array.from({ length: MISSES / 2 }, (_, place) => putItem(place));
  for (const connections of [1, 32]) {
    const requests = writes.map(frameOf);
    rows.push(['write, raw frames', connections, await measureFrames({ url: dax, cpuMs, connections, requests })]);
    rows.push(['write, HTTP', connections, await measureHttp({ ...boundsOf(http, connections), reads: writes })]);
  }
  report(rows, hits);
}

function boundsOf(url: string, connections: number) {
  return { url, server, connections, operationsMax: MISSES / 2, secondsMax: 60 };
}

/** A call as a client sends it. */
function frameOf({ operation, input }: Request): Buffer {
  const writer = new CborWriter();
  const item = (input['Key'] ?? input['Item']) as Item;
  writer.integer(1);
  writer.integer(operation === 'GetItem' ? method.getItem : method.putItem);
  writer.bytes(Buffer.from(TABLE));
  writeKey(writer, keySchema, item);
  if (operation === 'PutItem') {
    writer.bytesOf(() => {
      writer.integer(new AttributeLists().define(NAMES).id);
      for (const name of NAMES) writeAttributeValue(writer, item[name]!);
    });
  }
  writer.openMap();
  writer.closeMap();
  return writer.take();
}

/** The client with as many callers as that, in this process; the processor time is the server's. */
async function measureClient(endpoint: string, reads: readonly Request[], callers: number): Promise<Measurement> {
  const { Dax } = createRequire(import.meta.url)('@amazon-dax-sdk/client-dax') as {
    Dax: new (options: object) => DynamoDB & { readonly shutdown: () => void };
  };
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new Dax({ endpoint, region: 'us-east-1', credentials });
  const ask = (place: number) => client.getItem(reads[place % reads.length]!.input as never);
  await Promise.all(Array.from({ length: callers }, (_, caller) => ask(caller)));
  const histogram = latencyHistogram();
  const cpuBefore = server.cpuMs();
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let place = caller; performance.now() < until; place += callers) {
        const sentAt = performance.now();
        await ask(place);
        recordMs(histogram, performance.now() - sentAt);
      }
    }),
  );
  const elapsedMs = performance.now() - startedAt;
  const cpuAfter = server.cpuMs();
  client.shutdown();
  const cpuMs = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
  return measurementOf(histogram, elapsedMs, cpuMs);
}

function report(rows: readonly (readonly [string, number, Measurement])[], hits: readonly HitFigures[]): void {
  const { cpu, cores, versions, loadAtStart } = thisMachine();
  const titles = ['at once', 'CPU µs', 'ops/s', 'p50 µs', 'p99 µs'].map((title) => title.padStart(10)).join('');
  const lines = [
    `${cpu}, ${cores} cores, node ${versions['node'] ?? ''}, load ${loadAtStart}`,
    `${''.padEnd(26)}${titles}`,
  ];
  for (const [name, connections, { cpuUs, operationsPerSecond, p50Us, p99Us }] of rows) {
    const figures = [cpuUs?.toFixed(1) ?? '–', operationsPerSecond.toFixed(0), p50Us.toFixed(0), p99Us.toFixed(0)];
    lines.push(name.padEnd(26) + [String(connections), ...figures].map((cell) => cell.padStart(10)).join(''));
  }
  lines.push('', 'CPU is that of the proxy; its store, in memory, is in the same process.');
  for (const { connections, ratio } of hits) {
    lines.push(`A hit by raw frames, ${connections} at once, costs ${ratio} times what the bare net server needs.`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
