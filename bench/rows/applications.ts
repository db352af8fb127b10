/** The same reads by applications: `application.ts` in a process of its own for each way, told what to do message by message. */
import { join } from 'node:path';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import type { Answer, Application, Question } from '../application.ts';
import { call } from '../call.ts';
import { Child } from '../child.ts';
import { ReadPool } from '../dataset.ts';
import type { Effort } from '../load.ts';
import { cpuBetween } from '../measurement.ts';
import type { Sample } from '../measurement.ts';
import { fillRedis, redisKeyOf } from '../redis.ts';
import { subjects } from '../report/result.ts';
import type { Server } from '../stores.ts';
import type { Cell } from '../turns.ts';
import type { Keep } from '../with-servers.ts';

interface Asked {
  readonly store: Child;
  readonly proxy: Server;
  /** The same with `--busy-poll`. */
  readonly awake: Server;
  /** Answers whatever it is asked with the bytes of a hit. */
  readonly net: Server;
  readonly redis: Server | undefined;
  readonly partitions: number;
  readonly hotReads: number;
}

export async function applicationCells(asked: Asked, keep: Keep): Promise<Cell[]> {
  const { store, proxy, awake, net, redis, partitions, hotReads } = asked;
  const base = { url: store.ready.http, operation: 'GetItem', partitions, requests: hotReads } as const;
  const startHttp = ({ url }: Server) => keep(startApplication({ ...base, way: 'http', url }));
  const [ours, oursQuery, sdk, viaHttp, viaAwake, viaNet] = await Promise.all([
    keep(startApplication({ ...base, way: 'ours' })),
    keep(startApplication({ ...base, way: 'ours', operation: 'Query' })),
    keep(startApplication({ ...base, way: 'sdk' })),
    startHttp(proxy),
    startHttp(awake),
    startHttp(net),
  ]);
  const cells = [
    applicationCell(subjects.inProcess, ours, 1),
    applicationCell(subjects.inProcessQuery, oursQuery, 1),
    applicationCell(subjects.sdk, sdk, 1),
    applicationCell(subjects.httpAside, viaHttp, 1, proxy),
    applicationCell(subjects.httpAside, viaHttp, 32, proxy),
    applicationCell(subjects.awakeAside, viaAwake, 1, awake),
    applicationCell(subjects.netAside, viaNet, 1, net),
  ];
  if (redis === undefined) return cells;
  await fillRedis(redis.url, await itemsOf(store.ready.http, partitions, hotReads));
  const viaRedis = await keep(startApplication({ ...base, way: 'redis', url: redis.url }));
  return [
    ...cells,
    applicationCell(subjects.redisAside, viaRedis, 1, redis),
    applicationCell(subjects.redisAside, viaRedis, 32, redis),
  ];
}

export function startApplication(application: Application): Promise<Child> {
  const script = join(import.meta.dirname, '../application.ts');
  return Child.start([...process.execArgv, script, JSON.stringify(application)]);
}

/** @param server whose processor time counts as well. */
export function applicationCell(subject: string, application: Child, callers: number, server?: Server): Cell {
  return { subject, connections: callers, run: (effort) => askApplication(application, effort, callers, server) };
}

/**
 * Flat out it takes twice as long as the effort says: the calls of one run are counted and those of another are timed, whatever
 * makes them.
 *
 * @param server whose processor time counts as well.
 */
export async function askApplication(
  application: Child,
  effort: Effort,
  callers: number,
  server?: Server,
): Promise<Sample> {
  const ask = (isTimed: boolean) => {
    const question: Question = { ...effort, callers, isTimed };
    return application.ask<Answer>({ ...question });
  };
  const isPaced = effort.ratePerSecond !== undefined;
  const before = server === undefined ? 0 : server.cpuMs();
  const counted = await ask(isPaced);
  const elsewhere = cpuBetween(before, server === undefined ? 0 : server.cpuMs());
  const { histogram } = isPaced ? counted : await ask(true);
  return {
    histogram: decodeFromCompressedBase64(histogram),
    count: counted.count,
    elapsedMs: counted.elapsedMs,
    cpuMs: elsewhere === undefined ? undefined : counted.cpuMs + elsewhere,
  };
}

/** What a cache-aside would keep of each item, by its key there. */
async function itemsOf(url: string, partitions: number, count: number): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  for (const read of new ReadPool('GetItem', partitions).take(count)) {
    const { body } = await call(url, read);
    entries.set(redisKeyOf(read), JSON.stringify(body['Item']));
  }
  return entries;
}
