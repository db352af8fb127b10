/** How often a cache that is smaller than the data hits, by its size, from the first read on. */
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { callAll } from '../call.ts';
import { batchGet, getItem, keyAt } from '../dataset.ts';
import { runLoad } from '../load.ts';
import type { Load } from '../load.ts';
import { itemCacheOf } from '../metrics.ts';
import type { Plan } from '../options.ts';
import type { Line, Point, Row, Section } from '../report/result.ts';
import { bytesOf } from '../request-bytes.ts';
import { serverOf, startProxy, startStore } from '../stores.ts';
import { measureInTurns } from '../turns.ts';
import { withServers } from '../with-servers.ts';
import { scatteredPlaces, ZipfRanks } from '../zipf.ts';

const CONNECTIONS = 32;
const ITEMS_A_PARTITION = 100;
const BATCH_KEYS = 100;
/** The hit ratio over time has so many points. */
const POINTS = 25;
const FILL_SECONDS_MAX = 60;
const SEED = 7;

interface Swept {
  readonly row: Row;
  readonly line: Line;
}

export async function measureHitRatio(plan: Plan): Promise<Section> {
  const items = plan.ycsbItems;
  const swept: Swept[] = [];
  const gets = Array.from({ length: items }, (_, place) => bytesOf(getItem(keyAt(place))));
  await withServers(async (keep) => {
    const store = await keep(startStore('embedded', items / ITEMS_A_PARTITION));
    const itemBytes = await withServers(async (keepProxy) => {
      const proxy = await keepProxy(startProxy(store, [getItem(keyAt(0))]));
      await callAll(proxy.ready.http, wholeTable(items));
      const { entries, sizeBytes } = await itemCacheOf(proxy);
      return sizeBytes / entries;
    });
    for (const share of plan.cacheShares) {
      swept.push(
        await withServers(async (keepProxy) => {
          const size = String(Math.ceil(itemBytes * items * share));
          const proxy = await keepProxy(startProxy(store, [getItem(keyAt(0))], { flags: ['--item-cache', size] }));
          const { url, cpuMs } = serverOf(proxy);
          return sweep(share, { url, cpuMs, connections: CONNECTIONS }, gets, plan);
        }),
      );
    }
  });
  return {
    id: 'hit-ratio',
    title: 'The hit ratio by the size of the cache',
    method:
      `GetItem of ${items.toLocaleString('en-US')} items by Zipf's law (θ 0.99) over ${CONNECTIONS} connections, through a ` +
      'proxy whose cache is empty at first. No cache can hit more often than if it always held the most popular items: ' +
      'that is the best in brackets.',
    rows: swept.map(({ row }) => row),
    chart: {
      title: 'Hit ratio over time, from an empty cache',
      x: 'reads so far',
      y: 'hits, %',
      lines: swept.map(({ line }) => line),
    },
  };
}

function wholeTable(items: number) {
  const places = Array.from({ length: items }, (_, place) => place);
  return places
    .filter((place) => place % BATCH_KEYS === 0)
    .map((place) => batchGet(places.slice(place, place + BATCH_KEYS)));
}

async function sweep(
  share: number,
  load: Pick<Load, 'url' | 'cpuMs' | 'connections'>,
  gets: readonly Buffer[],
  plan: Plan,
): Promise<Swept> {
  const random = new SeededRandom(SEED);
  const ranks = new ZipfRanks(gets.length, random);
  const places = scatteredPlaces(gets.length, random);
  const next = () => gets[places[ranks.next()]!]!;
  let left = plan.sweepReads;
  const some = () => (left-- > 0 ? next() : undefined);
  const outcomes: boolean[] = [];
  const observe = (head: string) => void outcomes.push(head.includes('x-slipstream-cache: hit'));
  await runLoad({ ...load, next: some, observe }, { seconds: FILL_SECONDS_MAX });

  const steady = { all: 0, hits: 0 };
  const count = (head: string) => {
    steady.all += 1;
    if (head.includes('x-slipstream-cache: hit')) steady.hits += 1;
  };
  const best = (100 * ranks.shareOf(Math.floor(gets.length * share))).toFixed(1);
  const [row] = await measureInTurns(
    [
      {
        subject: `cache of ${100 * share} % of the data (best: ${best} %)`,
        connections: CONNECTIONS,
        run: (effort) => runLoad({ ...load, next, observe: count }, effort),
        hitRatio: () => steady.hits / steady.all,
      },
    ],
    { turns: 1, seconds: plan.seconds, warmUpSeconds: 0 },
  );
  return { row: row!, line: { name: `${100 * share} %`, points: overTime(outcomes) } };
}

/** The share of hits among each of the equal parts of a course. */
function overTime(outcomes: readonly boolean[]): Point[] {
  const size = Math.max(1, Math.ceil(outcomes.length / POINTS));
  return Array.from({ length: Math.ceil(outcomes.length / size) }, (_, part) => {
    const reads = outcomes.slice(part * size, (part + 1) * size);
    return [part * size + reads.length, (100 * reads.filter(Boolean).length) / reads.length];
  });
}
