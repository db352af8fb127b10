/** YCSB's core workloads through the proxy and on the store by itself. */
import { ReadPool } from '../dataset.ts';
import { runLoad } from '../load.ts';
import type { Plan } from '../options.ts';
import type { Section } from '../report/result.ts';
import { serverOf, startProxy, startStore } from '../stores.ts';
import type { Server } from '../stores.ts';
import { measureInTurns } from '../turns.ts';
import type { Cell } from '../turns.ts';
import { withServers } from '../with-servers.ts';
import { YcsbCourse, ycsbWorkloads } from '../ycsb.ts';
import type { YcsbName } from '../ycsb.ts';

const CONNECTIONS = 32;
const ITEMS_A_PARTITION = 100;
const NAMES = Object.keys(ycsbWorkloads) as YcsbName[];

export async function measureYcsb(plan: Plan): Promise<Section> {
  const partitions = plan.ycsbItems / ITEMS_A_PARTITION;
  // Each side has a store of its own, for one workload's inserts are in the table of the next.
  const rows = await withServers(async (keep) => {
    const [direct, behind] = await Promise.all([
      keep(startStore('embedded', partitions)),
      keep(startStore('embedded', partitions)),
    ]);
    const proxy = await keep(startProxy(behind, new ReadPool('GetItem', partitions).take(1)));
    const cells = NAMES.flatMap((name, place) => [
      cellOf('store', name, serverOf(direct), plan.ycsbItems, place),
      cellOf('Slipstream', name, serverOf(proxy), plan.ycsbItems, place),
    ]);
    return measureInTurns(cells, plan);
  });
  return {
    id: 'ycsb',
    title: 'YCSB A to F',
    method:
      `${plan.ycsbItems.toLocaleString('en-US')} items, ${CONNECTIONS} connections, Zipf keys (θ 0.99; D: the latest). The ` +
      'read of F and its write count as one operation each. Hits are the share of the reads that the proxy answered itself.',
    rows,
  };
}

function cellOf(
  where: 'Slipstream' | 'store',
  name: YcsbName,
  { url, cpuMs }: Server,
  items: number,
  seed: number,
): Cell {
  const course = new YcsbCourse(name, items, seed);
  const answers = { all: 0, hits: 0 };
  const observe = (head: string) => {
    answers.all += 1;
    if (head.includes('x-slipstream-cache: hit')) answers.hits += 1;
  };
  const isProxy = where === 'Slipstream';
  return {
    subject: `${where}, ${name}: ${ycsbWorkloads[name].title}`,
    connections: CONNECTIONS,
    run: (effort) => runLoad({ url, cpuMs, connections: CONNECTIONS, observe, next: (at) => course.next(at) }, effort),
    hitRatio: isProxy ? () => answers.hits / (answers.all - course.writes) : undefined,
  };
}
