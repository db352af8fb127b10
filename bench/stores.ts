/** The servers that are measured: a store that holds the table, and the proxy in front of it. */
import { join } from 'node:path';
import { call, callAll } from './call.ts';
import { Child } from './child.ts';
import { TABLE, batchWrites, createTable } from './dataset.ts';
import type { Request } from './dataset.ts';

const root = join(import.meta.dirname, '..');
const slipstream = join(root, 'dist/cli/main.js');
const ACTIVE_WITHIN_MS = 10_000;
const CACHED_WITHIN_MS = 20_000;

export type StoreName = 'embedded' | 'dynalite';

const stores: Readonly<Record<StoreName, { readonly command: readonly string[]; readonly hasStreams: boolean }>> = {
  embedded: { command: [slipstream, 'store', '--in-memory', '--http-port', '0'], hasStreams: true },
  dynalite: { command: [...process.execArgv, join(root, 'bench/dynalite.ts')], hasStreams: false },
};

/** Starts the store and loads the table. */
export async function startStore(name: StoreName, partitions: number): Promise<Child> {
  const { command, hasStreams } = stores[name];
  const store = await Child.start(command);
  try {
    await call(store.ready.http, createTable(hasStreams));
    await eventually(ACTIVE_WITHIN_MS, `${TABLE} is not active`, async () => {
      const { body } = await call(store.ready.http, { operation: 'DescribeTable', input: { TableName: TABLE } });
      return (body['Table'] as { TableStatus: string }).TableStatus === 'ACTIVE';
    });
    await callAll(store.ready.http, batchWrites(partitions));
  } catch (error) {
    await store.stop();
    throw error;
  }
  return store;
}

/** Starts a proxy whose caches are empty, and waits until it trusts the table's feed: until what it is asked is a hit. */
export async function startProxy(store: Child, asked: readonly Request[]): Promise<Child> {
  const ports = ['--http-port', '0', '--admin-port', '0', '--dax-port', 'off'];
  const proxy = await Child.start([slipstream, 'serve', '--backing', store.ready.http, ...ports]);
  try {
    await eventually(CACHED_WITHIN_MS, 'the proxy answers nothing from its caches', async () =>
      (await callAll(proxy.ready.http, asked)).every((outcome) => outcome === 'hit'),
    );
  } catch (error) {
    await proxy.stop();
    throw error;
  }
  return proxy;
}

async function eventually(withinMs: number, complaint: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const until = performance.now() + withinMs; !(await isSo());) {
    if (performance.now() > until) throw new Error(complaint);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
