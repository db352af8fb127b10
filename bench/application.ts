/**
 * A process that calls as applications do, by one of four ways: our client, Amazon's, Redis with `JSON.parse` (the cache-aside
 * that people write), or our HTTP door by undici and `JSON.parse`. One argument, an `Application` as JSON; then each message is
 * a `Question`, and is answered by an `Answer`. Ends with the process that started it.
 */
import { createClient } from '@redis/client';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { Pool } from 'undici';
import { headersOf } from './call.ts';
import { putItem, ReadPool } from './dataset.ts';
import type { Request } from './dataset.ts';
import type { Effort } from './load.ts';
import { latencyHistogram, recordMs } from './measurement.ts';
import { keepPace } from './pace.ts';
import { redisKeyOf } from './redis.ts';
import { sdkWay } from './sdk-way.ts';

export interface Application {
  readonly way: 'ours' | 'sdk' | 'redis' | 'http';
  readonly url: string;
  readonly operation: 'GetItem' | 'Query' | 'PutItem';
  /** What is meant to become of the calls of our client; of a miss each is asked once a run. */
  readonly course?: 'hit' | 'miss' | 'write' | undefined;
  readonly partitions: number;
  /** Different ones. */
  readonly requests: number;
  /** Our client of another checkout. */
  readonly module?: string | undefined;
}

export interface Way {
  readonly ask: (request: Request) => Promise<unknown>;
  /** Throws when an answer is not what was meant. */
  readonly judge?: ((answer: unknown) => void) | undefined;
  /** Before each run. */
  readonly prepare?: (() => void) | undefined;
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

/** The event loop gets its turn this often: the feed and the timers have to live beside the calls. */
const CALLS_A_TURN = 200;

async function serve(application: Application): Promise<void> {
  const requests = requestsOf(application);
  const wayFor = await ways[application.way](application, requests);
  const isOnce = application.course === 'miss';
  process.on('message', (question: Question) => {
    void run(wayFor(question.callers), requests, isOnce, question).then((answer) => process.send!(answer));
  });
  process.once('disconnect', () => process.exit(0));
  console.log(JSON.stringify({ http: application.url }));
}

function requestsOf({ operation, partitions, requests: count }: Application): Request[] {
  if (operation !== 'PutItem') return new ReadPool(operation, partitions).take(count);
  // Each item twice, and not the same both times: else there would be no change to tell of.
  return Array.from({ length: count }, (_, index) => putItem(index % (count / 2), Math.floor(index / (count / 2))));
}

/** Each makes what asks for so many callers at once. */
const ways = {
  ours: viaSdk,
  sdk: viaSdk,
  async redis({ url }) {
    const client = createClient({ url });
    await client.connect();
    const ask: Way['ask'] = async (request) => JSON.parse((await client.get(redisKeyOf(request)))!) as unknown;
    return () => ({ ask });
  },
  async http({ url, operation }) {
    const pools = new Map<number, Pool>();
    const headers = headersOf(operation);
    return (callers) => {
      const pool = pools.get(callers) ?? new Pool(url, { connections: callers });
      pools.set(callers, pool);
      const ask: Way['ask'] = async ({ input }) => {
        const request = { method: 'POST', path: '/', headers, body: JSON.stringify(input) } as const;
        const { statusCode, body } = await pool.request(request);
        if (statusCode !== 200) throw new Error(`status ${statusCode}`);
        return body.json();
      };
      return { ask };
    };
  },
} as const satisfies Record<
  Application['way'],
  (application: Application, requests: readonly Request[]) => Promise<(callers: number) => Way>
>;

async function viaSdk(application: Application, requests: readonly Request[]): Promise<() => Way> {
  const way = await sdkWay(application, requests);
  return () => way;
}

async function run(way: Way, requests: readonly Request[], isOnce: boolean, question: Question): Promise<Answer> {
  const { ask, judge = () => undefined } = way;
  way.prepare?.();
  const histogram = latencyHistogram();
  const call = async (place: number, meantMs: number): Promise<void> => {
    const answer = await ask(requests[place % requests.length]!);
    recordMs(histogram, performance.now() - meantMs);
    judge(answer);
  };
  const callsMax = isOnce ? requests.length : Infinity;
  const { user, system } = process.cpuUsage();
  const startedMs = performance.now();
  const { seconds, ratePerSecond, callers } = question;
  if (ratePerSecond === undefined) await flatOut(call, seconds, callers, callsMax);
  else await paced(call, seconds, ratePerSecond, callsMax);
  const cpu = process.cpuUsage({ user, system });
  const elapsedMs = performance.now() - startedMs;
  return { histogram: encodeIntoCompressedBase64(histogram), elapsedMs, cpuMs: (cpu.user + cpu.system) / 1000 };
}

type Call = (place: number, meantMs: number) => Promise<void>;

async function flatOut(call: Call, seconds: number, callers: number, callsMax: number): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const caller = async (first: number) => {
    for (let place = first, count = 1; place < callsMax; place += callers, count++) {
      const askedMs = performance.now();
      if (askedMs >= until) return;
      await call(place, askedMs);
      if (count % CALLS_A_TURN === 0) await turnOfTheLoop();
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, first) => caller(first)));
}

async function paced(call: Call, seconds: number, ratePerSecond: number, callsMax: number): Promise<void> {
  const asked: Promise<void>[] = [];
  await keepPace({ seconds, ratePerSecond }, (meantMs) => {
    if (asked.length >= callsMax) return false;
    asked.push(call(asked.length, meantMs));
    return true;
  });
  await Promise.all(asked);
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

await serve(JSON.parse(process.argv[2]!) as Application);
