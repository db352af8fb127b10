/**
 * A process that asks for items as applications do, by one of four ways: our client, Amazon's, Redis with `JSON.parse` (the
 * cache-aside that people write), or our HTTP door by undici and `JSON.parse`. One argument, an `Application` as JSON; then
 * each message is a `Question`, and is answered by an `Answer`. Ends with the process that started it.
 */
import type { GetItemCommandInput, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { createClient } from '@redis/client';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { Pool } from 'undici';
import { headersOf } from './call.ts';
import { ReadPool } from './dataset.ts';
import type { OperationName, Request } from './dataset.ts';
import type { Effort } from './load.ts';
import { latencyHistogram, recordMs } from './measurement.ts';
import { keepPace } from './pace.ts';
import { redisKeyOf } from './redis.ts';

export interface Application {
  readonly way: 'ours' | 'sdk' | 'redis' | 'http';
  readonly url: string;
  readonly operation: OperationName;
  readonly partitions: number;
  readonly hotReads: number;
  /** Our client of another checkout. */
  readonly module?: string | undefined;
}

export interface Question extends Effort {
  /** That ask at once, each for one item after the other. */
  readonly callers: number;
}

export interface Answer {
  readonly histogram: string;
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

/** The event loop gets its turn this often: the feed and the timers have to live beside the reads. */
const READS_A_TURN = 200;
const CACHED_WITHIN_MS = 60_000;

type Ask = (read: Request) => Promise<unknown>;

async function serve(application: Application): Promise<void> {
  const { operation, partitions, hotReads, way, url } = application;
  const reads = new ReadPool(operation, partitions).take(hotReads);
  const asksFor = await ways[way](application, reads);
  process.on('message', (question: Question) => {
    void run(asksFor(question.callers), reads, question).then((answer) => process.send!(answer));
  });
  process.once('disconnect', () => process.exit(0));
  console.log(JSON.stringify({ http: url }));
}

/** Each makes what asks for so many callers at once. */
const ways = {
  ours: ({ url, operation, module = 'slipstream/client-dynamodb' }, reads) => viaSdk(module, url, operation, reads),
  sdk: ({ url, operation }) => viaSdk('@aws-sdk/client-dynamodb', url, operation, []),
  async redis({ url }) {
    const client = createClient({ url });
    await client.connect();
    return () => async (read) => JSON.parse((await client.get(redisKeyOf(read)))!) as unknown;
  },
  async http({ url, operation }) {
    const pools = new Map<number, Pool>();
    const headers = headersOf(operation);
    return (callers) => {
      const pool = pools.get(callers) ?? new Pool(url, { connections: callers });
      pools.set(callers, pool);
      return async ({ input }) => {
        const request = { method: 'POST', path: '/', headers, body: JSON.stringify(input) } as const;
        const { statusCode, body } = await pool.request(request);
        if (statusCode !== 200) throw new Error(`status ${statusCode}`);
        return body.json();
      };
    };
  },
} as const satisfies Record<
  Application['way'],
  (application: Application, reads: readonly Request[]) => Promise<(callers: number) => Ask>
>;

/** With a fresh command object each time. Ours exports what Amazon's exports, under the same names. */
async function viaSdk(module: string, endpoint: string, operation: OperationName, hits: readonly Request[]) {
  const sdk = (await import(module)) as typeof import('@aws-sdk/client-dynamodb');
  const client = new sdk.DynamoDBClient({ endpoint });
  const ask = ({ input }: Request) =>
    operation === 'GetItem'
      ? client.send(new sdk.GetItemCommand(input as unknown as GetItemCommandInput))
      : client.send(new sdk.QueryCommand(input as unknown as QueryCommandInput));
  const isHit = async (read: Request) => {
    const { $metadata } = await ask(read);
    return ($metadata as { readonly slipstream?: { readonly cache: string } }).slipstream?.cache === 'hit';
  };
  for (const until = performance.now() + CACHED_WITHIN_MS; ;) {
    let misses = 0;
    for (const read of hits) if (!(await isHit(read))) misses += 1;
    if (misses === 0) break;
    if (performance.now() > until) throw new Error(`${misses} reads are still not answered from the cache`);
    await turnOfTheLoop();
  }
  return () => ask;
}

async function run(ask: Ask, reads: readonly Request[], question: Question): Promise<Answer> {
  const histogram = latencyHistogram();
  const read = (place: number) => ask(reads[place % reads.length]!);
  const record = (meantMs: number) => recordMs(histogram, performance.now() - meantMs);
  const { user, system } = process.cpuUsage();
  const startedMs = performance.now();
  const { seconds, ratePerSecond, callers } = question;
  if (ratePerSecond === undefined) await flatOut(read, record, seconds, callers);
  else await paced(read, record, seconds, ratePerSecond);
  const cpu = process.cpuUsage({ user, system });
  const elapsedMs = performance.now() - startedMs;
  return { histogram: encodeIntoCompressedBase64(histogram), elapsedMs, cpuMs: (cpu.user + cpu.system) / 1000 };
}

type Read = (place: number) => Promise<unknown>;
type RecordFrom = (meantMs: number) => void;

async function flatOut(read: Read, record: RecordFrom, seconds: number, callers: number): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const caller = async (first: number) => {
    for (let place = first, count = 1; ; place += callers, count++) {
      const askedMs = performance.now();
      if (askedMs >= until) return;
      await read(place);
      record(askedMs);
      if (count % READS_A_TURN === 0) await turnOfTheLoop();
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, first) => caller(first)));
}

async function paced(read: Read, record: RecordFrom, seconds: number, ratePerSecond: number): Promise<void> {
  const asked: Promise<void>[] = [];
  await keepPace({ seconds, ratePerSecond }, (meantMs) => {
    asked.push(read(asked.length).then(() => record(meantMs)));
    return true;
  });
  await Promise.all(asked);
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

await serve(JSON.parse(process.argv[2]!) as Application);
