/**
 * Real processes, real sockets: eight writers and eight readers through the proxy, four writers past it, in front of the
 * embedded store in a process of its own (also by the HTTP and the DAX door in turns, and with lagging replicas and indexes) and
 * of moto's server. Or, with
 * `--clients`, three applications with drop-in clients that follow the streams or a proxy, which is killed and comes back.
 * Fails on any answer that was older than what had been acknowledged, and on any difference after the quiet; with clients
 * also on a call that failed or hung, and on a process that does not end by itself.
 *
 * `npx tsx scripts/consistency.ts [--seconds 60] [--seed N] [--workers N] [--store embedded|doors|lagging|moto] [--clients proxy|streams]`
 */
import { parseArgs } from 'node:util';
import { CliProcess } from '../test/cli/cli-process.ts';
import { runClients } from '../test/end-to-end/clients-run.ts';
import { ConsistencyRun } from '../test/end-to-end/consistency-run.ts';
import { createTable, openSession } from '../test/end-to-end/consistency-workload.ts';
import { openDaxSession } from '../test/end-to-end/dax-session.ts';
import type { ConsistencyReport } from '../test/end-to-end/consistency-run.ts';
import { startMoto } from '../test/support/foreign-stores.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', multiple: true, default: ['embedded', 'doors', 'lagging', 'moto'] },
    clients: { type: 'string', multiple: true },
    workers: { type: 'string', default: '1' },
  },
});

interface Backing {
  readonly url: string;
  close(): Promise<void>;
}

const stores: Record<string, () => Promise<Backing>> = {
  embedded: () => startStore([]),
  doors: () => startStore([]),
  lagging: () => startStore(['--replica-lag', '2s', '--index-lag', '2s']),
  moto: () => startMoto(),
};

async function startStore(flags: readonly string[]): Promise<Backing> {
  const store = new CliProcess(['store', '--in-memory', '--http-port', '0', ...flags]);
  const { http } = await store.ready();
  return { url: http as string, close: () => store[Symbol.asyncDispose]() };
}

async function metric(admin: string, name: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  let sum = 0;
  for (const [, amount] of text.matchAll(new RegExp(`^slipstream_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))) {
    sum += Number(amount);
  }
  return sum;
}

const countOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const percentile = (sorted: readonly number[], share: number): string =>
  sorted.length === 0 ? 'none' : `${Math.round(sorted[Math.floor((sorted.length - 1) * share)] as number)} ms`;

async function checkProxy(name: string): Promise<boolean> {
  const start = stores[name];
  if (start === undefined) throw new Error(`--store ${name}: it must be one of ${Object.keys(stores).join(', ')}`);
  const store = await start();
  const isByBothDoors = name === 'doors';
  const doors = ['--http-port', '0', '--dax-port', isByBothDoors ? '0' : 'off', '--admin-port', '0'];
  const options = ['--backing', store.url, '--workers', values.workers, ...doors, '--audit', '0.01'];
  const proxy = new CliProcess(['serve', ...options]);
  try {
    const { http, dax, admin } = await proxy.ready();
    let opened = 0;
    const byTurns = () => (opened++ % 2 === 0 ? openDaxSession(dax as string) : openSession(http as string));
    await createTable(store.url);
    const report = await new ConsistencyRun({
      through: isByBothDoors ? byTurns : () => openSession(http as string),
      // DAX does not say where an answer came from, and the store does not lag there.
      checksAll: isByBothDoors,
      past: () => openSession(store.url),
      store: () => openSession(store.url),
      seconds: Number(values.seconds),
      writersThrough: 8,
      writersPast: 4,
      readers: 8,
      seed: Number(values.seed),
      settleMs: 6_000,
    }).run();
    console.log(`\n${name}, ${values.seconds} s, seed ${values.seed}`);
    await printReport(report, admin as string);
    return report.violations.length === 0 && report.differences.length === 0 && report.checkedHits > 0;
  } finally {
    proxy.kill('SIGTERM');
    await proxy.exit();
    await store.close();
  }
}

async function printReport(report: ConsistencyReport, admin: string): Promise<void> {
  const { droppedPages, needlesslyDropped, foreignLatenciesMs: latencies } = report;
  const hits = await metric(admin, 'cache_hits_total');
  const misses = await metric(admin, 'cache_misses_total');
  const drops = await metric(admin, 'invalidations_total');
  const writes = report.writes + report.foreignWrites;
  console.log(
    `  writes through ${report.writes}, past ${report.foreignWrites}; answers ${JSON.stringify(report.reads)}, the store's own faults ${countOf(report.faults)}`,
  );
  console.log(
    `  hit ratio ${((100 * hits) / (hits + misses)).toFixed(1)} %; drops a write ${(drops / writes).toFixed(2)}; hits a write ${(hits / writes).toFixed(2)}`,
  );
  console.log(
    `  pages in use that were dropped ${droppedPages}, ${((100 * needlesslyDropped) / Math.max(1, droppedPages)).toFixed(1)} % of them although they say the same again`,
  );
  console.log(
    `  a write past the proxy is seen after p50 ${percentile(latencies, 0.5)}, p99 ${percentile(latencies, 0.99)} (${latencies.length} probes)`,
  );
  console.log(`  cached answers checked ${report.checkedHits}, violations of I3: ${report.violations.length}`);
  console.log(`  answers compared after the quiet ${report.compared}, differences: ${report.differences.length}`);
  for (const line of [...report.violations, ...report.differences].slice(0, 10)) console.log(`    ${line}`);
}

async function checkClients(feed: string): Promise<boolean> {
  if (feed !== 'proxy' && feed !== 'streams') throw new Error(`--clients ${feed}: it must be proxy or streams`);
  const { seconds, seed } = values;
  const run = await runClients({
    feed,
    clients: 3,
    workers: Number(values.workers),
    seconds: Number(seconds),
    seed: Number(seed),
    settleMs: 6_000,
  });
  const { reports, deaths, fallbacks, failures } = run;
  const sum = (of: (report: (typeof reports)[number]) => number) => reports.reduce((so, report) => so + of(report), 0);
  const latencies = reports.flatMap((report) => report.foreignLatenciesMs).toSorted((a, b) => a - b);
  const reads: Record<string, number> = {};
  for (const report of reports) {
    for (const [source, count] of Object.entries(report.reads)) reads[source] = (reads[source] ?? 0) + count;
  }
  const [first, slowest] = [
    fallbacks.map(({ firstAnswerMs }) => firstAnswerMs).toSorted((a, b) => a - b),
    fallbacks.map(({ slowestMs }) => slowestMs).toSorted((a, b) => a - b),
  ];
  console.log(`\n${reports.length} clients with feed '${feed}', ${seconds} s, seed ${seed}`);
  console.log(
    `  writes through them ${sum((report) => report.writes)}, past them ${sum((report) => report.foreignWrites)}; answers ${JSON.stringify(reads)}`,
  );
  console.log(
    `  a write past them is seen after p50 ${percentile(latencies, 0.5)}, p99 ${percentile(latencies, 0.99)}, at most ${percentile(latencies, 1)} (${latencies.length} probes)`,
  );
  console.log(
    `  the proxy was killed ${deaths} times; the first answer after it came after p50 ${percentile(first, 0.5)}, at most ${percentile(first, 1)}; the slowest call around it took p50 ${percentile(slowest, 0.5)}, at most ${percentile(slowest, 1)}`,
  );
  console.log(
    `  the slowest call of all took ${Math.round(Math.max(...reports.map(({ slowestCallMs }) => slowestCallMs)))} ms; calls of others that failed with the proxy ${sum((report) => countOf(report.faults))}`,
  );
  console.log(
    `  answers checked ${sum((report) => report.checkedHits)}, compared after the quiet ${sum((report) => report.compared)}; failures of any kind: ${failures.length}`,
  );
  for (const line of failures.slice(0, 10)) console.log(`    ${line}`);
  return failures.length === 0 && (reads['hit'] ?? 0) > 0;
}

const checks =
  values.clients === undefined
    ? values.store.map((name) => () => checkProxy(name))
    : values.clients.map((feed) => () => checkClients(feed));
for (const check of checks) if (!(await check())) process.exitCode = 1;
