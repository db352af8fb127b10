/** The servers that are measured: a store that holds the table, and the proxy in front of it. */
import { join } from 'node:path';
import { call, callAll } from './call.ts';
import { Child } from './child.ts';
import { TABLE, batchWrites, createTable } from './dataset.ts';
import type { Request } from './dataset.ts';

const root = join(import.meta.dirname, '..');
const slipstream = join(root, 'dist/cli/main.js');
// Long enough for a machine that has much else to do.
const ACTIVE_WITHIN_MS = 60_000;
const CACHED_WITHIN_MS = 60_000;

export type StoreName = 'embedded' | 'slow' | 'dynalite';

interface StoreRow {
  readonly command: (program: string) => readonly string[];
  readonly hasStreams: boolean;
}

const embedded = (program: string) => [program, 'store', '--in-memory', '--http-port', '0'];
const stores: Readonly<Record<StoreName, StoreRow>> = {
  embedded: { command: embedded, hasStreams: true },
  slow: { command: (program) => [...embedded(program), '--latency', '3'], hasStreams: true },
  dynalite: { command: () => [...process.execArgv, join(root, 'bench/dynalite.ts')], hasStreams: false },
};

export interface ProxyStart {
  /** Of `slipstream serve`. */
  readonly flags?: readonly string[] | undefined;
  /** Of node. */
  readonly nodeFlags?: readonly string[] | undefined;
  /** Another checkout's `dist/cli/main.js`. */
  readonly program?: string | undefined;
}

/** What is asked: where, and whose processor time counts. */
export interface Server {
  readonly url: string;
  readonly cpuMs: () => number | undefined;
  readonly stop: () => Promise<void>;
}

export function serverOf(child: Child): Server {
  return { url: child.ready.http, cpuMs: () => child.cpuMs(), stop: () => child.stop() };
}

/** Starts the store and loads the table. */
export async function startStore(name: StoreName, partitions: number, program = slipstream): Promise<Child> {
  const { command, hasStreams } = stores[name];
  const store = await Child.start(command(program));
  try {
    await call(store.ready.http, createTable(hasStreams));
    await fillTable(store.ready.http, partitions);
  } catch (error) {
    await store.stop();
    throw error;
  }
  return store;
}

/** A store that somebody else runs, on this machine; the table is deleted in the end. Its processor time is not known. */
export async function useStore(url: string, partitions: number): Promise<Server> {
  const { hostname } = new URL(url);
  if (!['127.0.0.1', '[::1]', 'localhost'].includes(hostname)) {
    throw new Error(`--store ${url}: the bench loads only what listens on this machine's loopback`);
  }
  // One that is there already is somebody's, and this fails.
  await call(url, createTable(false));
  const stop = async () => {
    await call(url, { operation: 'DeleteTable', input: { TableName: TABLE } });
  };
  try {
    await fillTable(url, partitions);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, cpuMs: () => undefined, stop };
}

/** Starts a proxy whose caches are empty, and waits until it trusts the table's feed: until what it is asked is a hit. */
export async function startProxy(
  store: Child,
  asked: readonly Request[],
  { flags = [], nodeFlags = [], program = slipstream }: ProxyStart = {},
): Promise<Child> {
  const ports = ['--http-port', '0', '--admin-port', '0', '--dax-port', 'off'];
  const backing = ['--backing', store.ready.http];
  const proxy = await Child.start([...nodeFlags, program, 'serve', ...backing, ...ports, ...flags]);
  try {
    await untilHits(proxy, asked);
  } catch (error) {
    await proxy.stop();
    throw error;
  }
  return proxy;
}

/** Asks until each was a hit once. */
export async function untilHits(proxy: Child, asked: readonly Request[]): Promise<void> {
  let left = asked;
  await eventually(CACHED_WITHIN_MS, 'the proxy answers nothing from its caches', async () => {
    const outcomes = await callAll(proxy.ready.http, left);
    left = left.filter((_, place) => outcomes[place] !== 'hit');
    return left.length === 0;
  });
}

async function fillTable(url: string, partitions: number): Promise<void> {
  await eventually(ACTIVE_WITHIN_MS, `${TABLE} is not active`, async () => {
    const { body } = await call(url, { operation: 'DescribeTable', input: { TableName: TABLE } });
    return (body['Table'] as { TableStatus: string }).TableStatus === 'ACTIVE';
  });
  await callAll(url, batchWrites(partitions));
}

async function eventually(withinMs: number, complaint: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const until = performance.now() + withinMs; !(await isSo());) {
    if (performance.now() > until) throw new Error(complaint);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
