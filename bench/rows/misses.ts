/** What the proxy adds to a miss and to a write: the same calls to the embedded store by itself, in turns. */
import { putItem, ReadPool } from '../dataset.ts';
import { dealOut, onceEach, runLoad } from '../load.ts';
import type { Plan } from '../options.ts';
import { subjects } from '../report/result.ts';
import type { Section } from '../report/result.ts';
import { bytesOf } from '../request-bytes.ts';
import { serverOf, startProxy, startStore } from '../stores.ts';
import type { Server } from '../stores.ts';
import { measureInTurns } from '../turns.ts';
import type { Cell } from '../turns.ts';
import { withServers } from '../with-servers.ts';

const CONNECTIONS = [1, 32] as const;
const MISS = 'x-slipstream-cache: miss';
const OK = ' 200 OK';
const WRITTEN_ITEMS = 1_000;

export function measureMisses(plan: Plan): Promise<Section> {
  return withServers(async (keep) => {
    const pool = new ReadPool('GetItem', plan.partitions);
    const store = await keep(startStore('embedded', plan.partitions));
    const proxy = await keep(startProxy(store, pool.take(1)));
    const reads = pool.take(plan.missesMax).map(bytesOf);
    // Each item is written with something new every time, as otherwise there would be no change to tell of.
    const writes = [0, 1].flatMap((version) =>
      Array.from({ length: WRITTEN_ITEMS }, (_, place) => bytesOf(putItem(place, version))),
    );
    const [door, direct] = [serverOf(proxy), serverOf(store)];
    const flush = () => fetch(`${proxy.ready.admin ?? ''}/flush`, { method: 'POST' });
    const rows = await measureInTurns(
      CONNECTIONS.flatMap((connections) => [
        readCell(subjects.embeddedRead, direct, connections, reads, OK),
        readCell(subjects.miss, door, connections, reads, MISS, flush),
        writeCell(subjects.embeddedWrite, direct, connections, writes),
        writeCell(subjects.write, door, connections, writes),
      ]),
      plan,
    );
    return {
      id: 'misses',
      title: 'A miss and a write, beside the store by itself',
      method:
        'GetItem of items that were not asked for since the caches were flushed, each once, and PutItem of items of about 500 ' +
        'bytes. Processor time is that of the process that is asked: of the proxy, without the store behind it.',
      rows,
    };
  });
}

function readCell(
  subject: string,
  { url, cpuMs }: Server,
  connections: number,
  reads: readonly Buffer[],
  expected: string,
  prepare?: () => Promise<unknown>,
): Cell {
  const run: Cell['run'] = async (effort) => {
    await prepare?.();
    return runLoad({ url, cpuMs, connections, expected, next: onceEach(reads) }, effort);
  };
  return { subject, connections, run };
}

function writeCell(subject: string, { url, cpuMs }: Server, connections: number, writes: readonly Buffer[]): Cell {
  const next = dealOut(writes, connections);
  return { subject, connections, run: (effort) => runLoad({ url, cpuMs, connections, expected: OK, next }, effort) };
}
