/**
 * What a write through the proxy costs when pages of its partition are cached: pages that it does not concern, which have to be
 * told from those that it does, and pages that it concerns, all of which go.
 */
import { call, callAll } from '../call.ts';
import type { Child } from '../child.ts';
import { itemOf, keyAt, TABLE } from '../dataset.ts';
import type { Request } from '../dataset.ts';
import { dealOut, runLoad } from '../load.ts';
import { cpuBetween, latencyHistogram, recordMs } from '../measurement.ts';
import type { Plan } from '../options.ts';
import type { Row, Section } from '../report/result.ts';
import { bytesOf } from '../request-bytes.ts';
import { serverOf, startProxy, startStore, untilHits } from '../stores.ts';
import { measureInTurns, rowOfRun } from '../turns.ts';
import type { Cell } from '../turns.ts';
import { withServers } from '../with-servers.ts';

const ITEMS_A_PARTITION = 100;
/** Pages hold sort keys below this one; so none of them holds the partition's last item. */
const PAGED_ITEMS = 90;
const REPETITIONS = 10;

export async function measureInvalidation(plan: Plan): Promise<Section> {
  const rows = await withServers(async (keep) => {
    const store = await keep(startStore('embedded', plan.cachedPages.length));
    const proxy = await keep(startProxy(store, [pageOf(0, 1)], { flags: ['--query-cache', '1073741824'] }));
    for (const [partition, count] of plan.cachedPages.entries()) await untilHits(proxy, pagesOf(partition, count));
    const cells = plan.cachedPages.map((count, partition) => cellOf(proxy, partition, count));
    const unconcerned = await measureInTurns(cells, plan);
    const concerned: Row[] = [];
    for (const [partition, count] of plan.cachedPages.entries()) {
      if (count > 0) concerned.push(await measureDrops(proxy, partition, count));
    }
    return [...unconcerned, ...concerned];
  });
  return {
    id: 'invalidation',
    title: 'A write beside cached pages',
    method:
      'PutItem through the proxy, one connection, in a partition of which so many different pages of Query are cached. The first ' +
      `rows write an item that none of the pages holds; the others (${REPETITIONS} writes each) an item that all of them hold, ` +
      'after which all of them are gone and are cached anew.',
    rows,
  };
}

/** Pages that differ in their ranges, and all hold the item in the middle. */
function pagesOf(partition: number, count: number): Request[] {
  const middle = PAGED_ITEMS / 2;
  return Array.from({ length: count }, (_, page) => {
    const low = page % middle;
    return pageOf(partition, low, middle + (Math.floor(page / middle) % middle));
  });
}

function pageOf(partition: number, low: number, high = low + 1): Request {
  const [from, to] = [low, high].map((sk) => keyAt(partition * ITEMS_A_PARTITION + sk));
  return {
    operation: 'Query',
    input: {
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :low AND :high',
      ExpressionAttributeValues: { ':pk': from!.pk, ':low': from!.sk, ':high': to!.sk },
    },
  };
}

function putOf(partition: number, sk: number, version: number): Request {
  const Item = itemOf(keyAt(partition * ITEMS_A_PARTITION + sk), version);
  return { operation: 'PutItem', input: { TableName: TABLE, Item } };
}

function cellOf(proxy: Child, partition: number, count: number): Cell {
  const { url, cpuMs } = serverOf(proxy);
  const writes = [1, 2].map((version) => bytesOf(putOf(partition, ITEMS_A_PARTITION - 1, version)));
  const next = dealOut(writes, 1);
  return {
    subject: `write that concerns none of ${count.toLocaleString('en-US')} cached pages`,
    connections: 1,
    run: (effort) => runLoad({ url, cpuMs, connections: 1, next }, effort),
  };
}

async function measureDrops(proxy: Child, partition: number, count: number): Promise<Row> {
  const histogram = latencyHistogram();
  let cpuMs: number | undefined = 0;
  const pages = pagesOf(partition, count);
  for (let version = 1; version <= REPETITIONS; version++) {
    await untilHits(proxy, pages);
    const put = putOf(partition, PAGED_ITEMS / 2, version);
    const before = proxy.cpuMs();
    const sentMs = performance.now();
    await call(proxy.ready.http, put);
    recordMs(histogram, performance.now() - sentMs);
    const spent = cpuBetween(before, proxy.cpuMs());
    cpuMs = cpuMs === undefined || spent === undefined ? undefined : cpuMs + spent;
    const left = (await callAll(proxy.ready.http, pages)).filter((outcome) => outcome === 'hit').length;
    if (left > 0) throw new Error(`${left} of ${count} pages that a write concerned are still cached`);
  }
  const elapsedMs = (histogram.mean * histogram.totalCount) / 1e6;
  const subject = `write that concerns all of ${count.toLocaleString('en-US')} cached pages`;
  return rowOfRun(subject, 1, { histogram, elapsedMs, cpuMs });
}
