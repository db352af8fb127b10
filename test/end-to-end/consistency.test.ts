import { describe, expect, test } from 'vitest';
import { CliProcess } from '../cli/cli-process.ts';
import { motoIsHere, startMoto } from '../support/foreign-stores.ts';
import { ConsistencyRun } from './consistency-run.ts';
import { createTable, openSession } from './consistency-workload.ts';

interface Backing {
  readonly url: string;
  close(): Promise<void>;
}

async function startStore(...flags: string[]): Promise<Backing> {
  const store = new CliProcess(['store', '--in-memory', '--http-port', '0', ...flags]);
  return { url: (await store.ready()).http as string, close: () => store[Symbol.asyncDispose]() };
}

/** A few seconds of what `npm run consistency` does for a minute. */
async function check(start: () => Promise<Backing>): Promise<void> {
  const store = await start();
  const proxy = new CliProcess(['serve', '--backing', store.url, '--http-port', '0', '--admin-port', 'off']);
  try {
    const { http } = await proxy.ready();
    await createTable(store.url);
    const report = await new ConsistencyRun({
      through: () => openSession(http as string),
      past: () => openSession(store.url),
      store: () => openSession(store.url),
      seconds: 4,
      writersThrough: 4,
      writersPast: 2,
      readers: 4,
      seed: 7,
      settleMs: 6_000,
    }).run();
    expect(report.violations).toEqual([]);
    expect(report.differences).toEqual([]);
    expect(report.checkedHits).toBeGreaterThan(0);
  } finally {
    proxy.kill('SIGTERM');
    expect((await proxy.exit()).code).toBe(0);
    await store.close();
  }
}

describe('right after a write, with writers on both sides of the proxy', () => {
  test('in front of the embedded store', { timeout: 60_000 }, () => check(() => startStore()));

  test('in front of the embedded store whose replicas and indexes lag', { timeout: 60_000 }, () =>
    check(() => startStore('--replica-lag', '1s', '--index-lag', '1s')),
  );
});

describe.runIf(motoIsHere())("in front of moto's server", () => {
  test('the same', { timeout: 90_000 }, () => check(startMoto));
});
