import { describe, expect, test } from 'vitest';
import { CliProcess } from '../cli/cli-process.ts';
import { motoIsHere, startMoto } from '../support/foreign-stores.ts';
import { ConsistencyRun } from './consistency-run.ts';
import { createTable, openSession } from './consistency-workload.ts';
import { openDaxSession } from './dax-session.ts';

interface Backing {
  readonly url: string;
  close(): Promise<void>;
}

async function startStore(...flags: string[]): Promise<Backing> {
  const store = new CliProcess(['store', '--in-memory', '--http-port', '0', ...flags]);
  return { url: (await store.ready()).http as string, close: () => store[Symbol.asyncDispose]() };
}

/** A few seconds of what `npm run consistency` does for a minute. */
async function check(start: () => Promise<Backing>, isByBothDoors = false): Promise<void> {
  const store = await start();
  const doors = ['--http-port', '0', '--dax-port', isByBothDoors ? '0' : 'off', '--admin-port', 'off'];
  const proxy = new CliProcess(['serve', '--backing', store.url, ...doors]);
  try {
    const { http, dax } = await proxy.ready();
    let opened = 0;
    const byTurns = () => (opened++ % 2 === 0 ? openDaxSession(dax as string) : openSession(http as string));
    await createTable(store.url);
    const report = await new ConsistencyRun({
      through: isByBothDoors ? byTurns : () => openSession(http as string),
      // DAX does not say where an answer came from, and this store does not lag.
      checksAll: isByBothDoors,
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

  test('by DAX and by HTTP in turns', { timeout: 60_000 }, () => check(() => startStore(), true));

  test('in front of the embedded store whose replicas and indexes lag', { timeout: 60_000 }, () =>
    check(() => startStore('--replica-lag', '1s', '--index-lag', '1s')),
  );
});

describe.runIf(motoIsHere())("in front of moto's server", () => {
  test('the same', { timeout: 90_000 }, () => check(startMoto));
});
