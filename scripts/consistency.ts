/**
 * Real processes, real sockets: eight writers and eight readers through the proxy, four writers past it, in front of the
 * embedded store in a process of its own (also with lagging replicas and indexes) and of moto's server. Fails on the
 * first answer that was older than what had been acknowledged, and on any difference after the quiet.
 *
 * `npx tsx scripts/consistency.ts [--seconds 60] [--seed N] [--store embedded|lagging|moto]`
 */
import { parseArgs } from 'node:util';
import { CliProcess } from '../test/cli/cli-process.ts';
import { ConsistencyRun } from '../test/end-to-end/consistency-run.ts';
import { startMoto } from '../test/support/foreign-stores.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', multiple: true, default: ['embedded', 'lagging', 'moto'] },
  },
});

interface Backing {
  readonly url: string;
  close(): Promise<void>;
}

const stores: Record<string, () => Promise<Backing>> = {
  embedded: () => startStore([]),
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

const percentile = (sorted: readonly number[], share: number): string =>
  sorted.length === 0 ? 'none' : `${Math.round(sorted[Math.floor((sorted.length - 1) * share)] as number)} ms`;

for (const name of values.store) {
  const start = stores[name];
  if (start === undefined) throw new Error(`--store ${name}: it must be one of ${Object.keys(stores).join(', ')}`);
  const store = await start();
  const proxy = new CliProcess([
    'serve',
    '--backing',
    store.url,
    '--http-port',
    '0',
    '--admin-port',
    '0',
    '--audit',
    '0.01',
  ]);
  try {
    const { http, admin } = await proxy.ready();
    const report = await new ConsistencyRun({
      proxyUrl: http as string,
      storeUrl: store.url,
      seconds: Number(values.seconds),
      writersThrough: 8,
      writersPast: 4,
      readers: 8,
      seed: Number(values.seed),
      settleMs: 6_000,
    }).run();
    const hits = await metric(admin as string, 'cache_hits_total');
    const misses = await metric(admin as string, 'cache_misses_total');
    const drops = await metric(admin as string, 'invalidations_total');
    const writes = report.writes + report.foreignWrites;
    console.log(`\n${name}, ${values.seconds} s, seed ${values.seed}`);
    console.log(
      `  writes through ${report.writes}, past ${report.foreignWrites}; answers ${JSON.stringify(report.reads)}, the store's own faults ${report.faults}`,
    );
    console.log(
      `  hit ratio ${((100 * hits) / (hits + misses)).toFixed(1)} %; drops a write ${(drops / writes).toFixed(2)}; hits a write ${(hits / writes).toFixed(2)}`,
    );
    const { droppedPages, needlesslyDropped } = report;
    console.log(
      `  pages in use that were dropped ${droppedPages}, ${((100 * needlesslyDropped) / Math.max(1, droppedPages)).toFixed(1)} % of them although they say the same again`,
    );
    const { foreignLatenciesMs: latencies } = report;
    console.log(
      `  a write past the proxy is seen after p50 ${percentile(latencies, 0.5)}, p99 ${percentile(latencies, 0.99)} (${latencies.length} probes)`,
    );
    console.log(`  cached answers checked ${report.checkedHits}, violations of I3: ${report.violations.length}`);
    console.log(`  answers compared after the quiet ${report.compared}, differences: ${report.differences.length}`);
    for (const line of [...report.violations, ...report.differences].slice(0, 10)) console.log(`    ${line}`);
    if (report.violations.length > 0 || report.differences.length > 0 || report.checkedHits === 0) process.exitCode = 1;
  } finally {
    proxy.kill('SIGTERM');
    await proxy.exit();
    await store.close();
  }
}
