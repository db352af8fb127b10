/** What a cached item costs in memory, and how long the garbage collector stops a proxy that holds many and serves them. */
import { join } from 'node:path';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { callAll } from '../call.ts';
import type { Child } from '../child.ts';
import { batchGet, batchWrites, getItem, keyAt } from '../dataset.ts';
import type { GcQuestion, GcReport } from '../gc-watch.ts';
import { runLoad } from '../load.ts';
import { itemCacheOf } from '../metrics.ts';
import type { Plan } from '../options.ts';
import { aimedFacts } from '../report/aims.ts';
import type { Section } from '../report/result.ts';
import { bytesOf } from '../request-bytes.ts';
import { serverOf, startProxy, startStore } from '../stores.ts';
import { measureInTurns } from '../turns.ts';
import { withServers } from '../with-servers.ts';

const ITEMS_A_PARTITION = 100;
const BATCH_KEYS = 100;
/** Requests are made this many items at a time. */
const STEP_ITEMS = 20_000;
const CONNECTIONS = 32;

export async function measureMemory(plan: Plan): Promise<Section> {
  const items = plan.memoryItems;
  return withServers(async (keep) => {
    const store = await keep(startStore('embedded', 0));
    for (let first = 0; first < items; first += STEP_ITEMS) {
      const count = Math.min(STEP_ITEMS, items - first);
      await callAll(store.ready.http, batchWrites(count / ITEMS_A_PARTITION, first / ITEMS_A_PARTITION));
      process.stderr.write(`memory: ${first + count} items in the store\n`);
    }
    // Neither its lifetime nor the cache's size may let anything go meanwhile.
    const flags = ['--item-cache', '4294967296', '--item-ttl', '0'];
    const watch = [...process.execArgv, '--expose-gc', '--import', join(import.meta.dirname, '../gc-watch.ts')];
    const proxy = await keep(startProxy(store, [getItem(keyAt(0))], { flags, nodeFlags: watch }));
    // What the process needs for its work is not the items' memory: it is there before them.
    await callAll(proxy.ready.http, batches(0, Math.min(STEP_ITEMS, items / 10)));
    await fetch(`${proxy.ready.admin ?? ''}/flush`, { method: 'POST' });
    const [before, emptied] = [await ask(proxy, 'collect'), await itemCacheOf(proxy)];
    for (let first = 0; first < items; first += STEP_ITEMS) {
      await callAll(proxy.ready.http, batches(first, Math.min(STEP_ITEMS, items - first)));
    }
    const [filled, cached] = [await ask(proxy, 'collect'), await itemCacheOf(proxy)];
    if (cached.entries < items) throw new Error(`${cached.entries} of ${items} items are cached`);
    const added = cached.entries - emptied.entries;
    const { rows, pauses, hit } = await serveHits(proxy, items, plan);
    return {
      id: 'memory',
      title: `Memory and pauses with ${items.toLocaleString('en-US')} cached items`,
      method:
        'Items of about 500 bytes, cached by BatchGetItem in the process of a proxy whose store is another process. Memory is the ' +
        'growth of the resident set between two full garbage collections; then items are asked for at random, and every ' +
        `pause of the collector in that process counts. ${CONNECTIONS} connections.`,
      rows,
      facts: [
        { name: aimedFacts.rssPerItem, value: (filled.rssBytes - before.rssBytes) / added, unit: 'bytes' },
        {
          name: 'the same after many of them were hit',
          value: (hit.rssBytes - before.rssBytes) / added,
          unit: 'bytes',
        },
        { name: 'bytes that the cache counts for each', value: cached.sizeBytes / cached.entries, unit: 'bytes' },
        { name: 'memory of the process', value: filled.rssBytes / 2 ** 20, unit: 'MiB' },
        { name: aimedFacts.longestPause, value: pauses.longestPauseMs, unit: 'ms' },
        { name: 'GC pauses', value: pauses.pauses, unit: 'in all' },
        { name: 'time in GC pauses', value: pauses.pausedMs, unit: 'ms' },
      ],
    };
  });
}

function batches(first: number, count: number) {
  return Array.from({ length: Math.ceil(count / BATCH_KEYS) }, (_, batch) => {
    const start = first + batch * BATCH_KEYS;
    return batchGet(Array.from({ length: BATCH_KEYS }, (__, step) => start + step));
  });
}

async function serveHits(proxy: Child, items: number, plan: Plan) {
  const random = new SeededRandom(3);
  const { url, cpuMs } = serverOf(proxy);
  const next = () => bytesOf(getItem(keyAt(Math.floor(random.next() * items))));
  await ask(proxy, 'begin');
  const rows = await measureInTurns(
    [
      {
        subject: 'Slipstream, HTTP, hits at random',
        connections: CONNECTIONS,
        run: (effort) =>
          runLoad({ url, cpuMs, connections: CONNECTIONS, next, expected: 'x-slipstream-cache: hit' }, effort),
      },
    ],
    { turns: 1, seconds: plan.memorySeconds, warmUpSeconds: 0 },
  );
  const pauses = await ask(proxy, 'report');
  return { rows, pauses, hit: await ask(proxy, 'collect') };
}

function ask(proxy: Child, question: GcQuestion): Promise<GcReport> {
  return proxy.ask<GcReport>(question);
}
