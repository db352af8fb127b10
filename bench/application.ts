/**
 * A process that calls as applications do, by one of four ways: our client, Amazon's, Redis with `JSON.parse` (the cache-aside
 * that people write), or our HTTP door by undici and `JSON.parse`. One argument, an `Application` as JSON; then each message is
 * a `Question`, and is answered by an `Answer`. Ends with the process that started it.
 *
 * A call in process takes so little that to look at the clock before and after it and to note the difference would be a quarter
 * of it. So each run is asked for either how long its calls took or how many they were and what they cost, whatever the way.
 */
import { createClient } from '@redis/client';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { putItem, ReadPool } from './dataset.ts';
import type { Request } from './dataset.ts';
import { httpWay } from './http-way.ts';
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
  /** Whether each call is; those at a rate always are. */
  readonly isTimed: boolean;
}

export interface Answer {
  readonly count: number;
  /** Empty where the calls were not timed. */
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
  http: (application) => Promise.resolve(httpWay(application)),
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
  const { seconds, ratePerSecond, callers, isTimed } = question;
  way.prepare?.();
  const histogram = latencyHistogram();
  const call: Call = (place) => ask(requests[place % requests.length]!);
  const timedCall = async (place: number, meantMs = performance.now()): Promise<unknown> => {
    const answer = await call(place);
    recordMs(histogram, performance.now() - meantMs);
    return answer;
  };
  const calls = { call: isTimed ? timedCall : call, judge, callsMax: isOnce ? requests.length : Infinity };
  const { user, system } = process.cpuUsage();
  const startedMs = performance.now();
  const count =
    ratePerSecond === undefined
      ? await flatOut(calls, seconds, callers)
      : await paced({ ...calls, call: timedCall }, seconds, ratePerSecond);
  const cpu = process.cpuUsage({ user, system });
  const elapsedMs = performance.now() - startedMs;
  return { count, histogram: encodeIntoCompressedBase64(histogram), elapsedMs, cpuMs: (cpu.user + cpu.system) / 1000 };
}

type Call = (place: number, meantMs?: number) => Promise<unknown>;

interface Calls {
  readonly call: Call;
  readonly judge: (answer: unknown) => void;
  readonly callsMax: number;
}

/** Both return how many calls there were. */
async function flatOut({ call, judge, callsMax }: Calls, seconds: number, callers: number): Promise<number> {
  let isOver = false;
  let count = 0;
  const end = setTimeout(() => {
    isOver = true;
  }, seconds * 1000);
  const caller = async (first: number) => {
    for (let place = first; place < callsMax && !isOver; place += callers) {
      judge(await call(place));
      count++;
      if (count % CALLS_A_TURN === 0) await turnOfTheLoop();
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, first) => caller(first)));
  clearTimeout(end);
  return count;
}

async function paced({ call, judge, callsMax }: Calls, seconds: number, ratePerSecond: number): Promise<number> {
  const asked: Promise<void>[] = [];
  await keepPace({ seconds, ratePerSecond }, (meantMs) => {
    if (asked.length >= callsMax) return false;
    asked.push(call(asked.length, meantMs).then(judge));
    return true;
  });
  await Promise.all(asked);
  return asked.length;
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

await serve(JSON.parse(process.argv[2]!) as Application);
