/**
 * One application of a clients' run, as a process of its own: callers that share a drop-in client, and writers past it. It
 * begins when it is told to, reports, and then has to end by itself.
 */
import { once } from 'node:events';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import type { Fallback } from './client-session.ts';
import { nowMs, SharedClient } from './client-session.ts';
import type { ConsistencyReport } from './consistency-run.ts';
import { ConsistencyRun } from './consistency-run.ts';
import { openSession, TableName } from './consistency-workload.ts';

export interface ClientProcessOptions {
  readonly feed: 'streams' | 'proxy';
  readonly name: string;
  readonly allNames: readonly string[];
  readonly proxyUrl: string;
  readonly storeUrl: string;
  readonly seconds: number;
  readonly seed: number;
  readonly settleMs: number;
}

/** To the process: when the proxy was killed, in ms since 1970, once the run is over. */
export interface Deaths {
  readonly deathsMs: readonly number[];
}

export interface ClientReport extends ConsistencyReport {
  readonly fallbacks: readonly (Fallback | undefined)[];
  readonly slowestCallMs: number;
  readonly proxyState: string | undefined;
}

const { feed, name, allNames, proxyUrl, storeUrl, seconds, seed, settleMs } = JSON.parse(
  process.argv[2] as string,
) as ClientProcessOptions;

const client = new DynamoDBClient({
  endpoint: storeUrl,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  // What the client's own way past the proxy does not catch is to be seen.
  maxAttempts: 1,
  cache: feed === 'proxy' ? { proxy: proxyUrl } : { feed },
});
const shared = new SharedClient(client);
const run = new ConsistencyRun({
  through: () => shared.openSession(),
  // With streams, the proxy is one of the others that write.
  past: () => openSession(feed === 'proxy' ? storeUrl : proxyUrl),
  store: () => openSession(storeUrl),
  name,
  allNames,
  checksAll: true,
  seconds,
  writersThrough: 3,
  writersPast: 1,
  readers: 3,
  seed,
  settleMs,
});

/** Until the client has served out of its cache, and has been told of a write past it. */
async function warmUp(): Promise<void> {
  const [through, past] = [shared.openSession(), openSession(storeUrl)];
  const Key = { pk: { S: 'warm-up' }, sk: { S: name } };
  while (through.source.last !== 'hit') await through.client.send(new GetItemCommand({ TableName, Key }));
  while (client.cache.stats().feedRecords === 0) {
    await past.client.send(new PutItemCommand({ TableName, Item: { ...Key, at: { S: String(nowMs()) } } }));
  }
  past.close();
}

await warmUp();
const started = once(process, 'message');
process.send?.('ready');
await started;
const report = await run.run();
const ended = once(process, 'message');
process.send?.('done');
const [{ deathsMs }] = (await ended) as [Deaths];
const told: ClientReport = {
  ...report,
  fallbacks: deathsMs.map((momentMs) => shared.fallbackAfter(momentMs)),
  slowestCallMs: shared.slowestMs,
  proxyState: client.cache.proxy()?.state,
};
client.destroy();
process.send?.(told, () => process.disconnect());
