/** The admin door: what an orchestrator, a scraper and an operator get from it. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Accelerator, AcceleratorStats, TableStatus } from '../../src/accelerator/accelerator.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import type { Proxy, ProxyOptions } from '../../src/proxy/proxy.ts';
import type { ReadinessReport } from '../../src/proxy/readiness.ts';

const store: BackingStore = {
  send: () => Promise.resolve(ServiceReply.fromOutput({ TableNames: [] })),
  close: () => Promise.resolve(),
};

const emptyCache = {
  hits: 0,
  misses: 0,
  fills: 0,
  fillsRefused: 0,
  entries: 0,
  sizeBytes: 0,
  limitBytes: 0,
  removedBySize: 0,
  removedByExpiry: 0,
  removedByInvalidation: 0,
};

/** As much of an accelerator as the admin door asks of one: tables in given states, and a count of what is dropped. */
class Shown implements Accelerator {
  readonly flushed: (string | undefined)[] = [];
  readonly #tables: readonly TableStatus[];

  constructor(tables: readonly TableStatus[] = []) {
    this.#tables = tables;
  }

  execute(): never {
    throw new Error('the admin door calls nothing');
  }

  stats(): AcceleratorStats {
    return {
      item: { ...emptyCache, entries: 3 },
      query: { ...emptyCache, entries: 2 },
      coalesced: 0,
      drops: { write: 0, feed: 0, gap: 0, request: 0 },
      feedRecords: 0,
      audits: { match: 0, explained: 0, under100Ms: 0, under1S: 0, under10S: 0, more: 0, failed: 0 },
    };
  }

  tables(): readonly TableStatus[] {
    return this.#tables;
  }

  follow(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  invalidate(tableName: string): number {
    this.flushed.push(tableName);
    return 7;
  }

  flush(): void {
    this.flushed.push(undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const open: Proxy[] = [];

async function listen(options: Partial<ProxyOptions> = {}): Promise<string> {
  const proxy = createProxy({ backing: store, httpPort: 'off', adminPort: 0, ...options });
  open.push(proxy);
  return (await proxy.listen()).admin as string;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((proxy) => proxy.close()));
});

async function readiness(url: string): Promise<{ readonly status: number; readonly report: ReadinessReport }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, report: (await response.json()) as ReadinessReport };
}

const live: TableStatus = { name: 'Live', feed: 'live', feedAgeMs: 0, serving: true };
const streamless: TableStatus = { name: 'Streamless', feed: 'none', feedAgeMs: undefined, serving: true };

describe('/readyz', () => {
  test('is 200 when the store answers and every feed is caught up, or there is none', async () => {
    const url = await listen({ accelerator: new Shown([live, streamless]) });
    const { status, report } = await readiness(url);
    expect(status).toBe(200);
    expect(report).toEqual({ ready: true, reasons: [], tables: [live, JSON.parse(JSON.stringify(streamless))] });
    const head = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test.each([
    [{ ...live, feed: 'lost', serving: false } as const, 'the feed of table Live is lost'],
    [{ ...live, feed: 'starting', serving: false } as const, 'the feed of table Live is starting'],
    [{ ...live, feedAgeMs: 60_000, serving: false } as const, 'the feed of table Live is behind'],
  ])('is 503 and says why while a feed is not caught up', async (table, reason) => {
    const { status, report } = await readiness(await listen({ accelerator: new Shown([table]) }));
    expect(status).toBe(503);
    expect(report.reasons).toEqual([expect.stringContaining(reason)]);
  });

  test('takes a refusal of the store for an answer, and a fault or silence for none', async () => {
    const answers: readonly (readonly [() => Promise<ServiceReply>, number, string])[] = [
      [() => Promise.resolve(ServiceReply.fromOutput({ __type: 'AccessDeniedException' }, { status: 400 })), 200, ''],
      [() => Promise.resolve(ServiceReply.fromOutput({}, { status: 500 })), 503, 'answers with status 500'],
      [
        () => Promise.reject(new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'refused')),
        503,
        'cannot be reached: refused',
      ],
    ];
    for (const [send, status, reason] of answers) {
      const url = await listen({ backing: { ...store, send } });
      const found = await readiness(url);
      expect([found.status, found.report.reasons.join()]).toEqual([status, expect.stringContaining(reason)]);
    }
  });

  test('asks the store once for many who ask at once', async () => {
    let asked = 0;
    const url = await listen({
      backing: {
        ...store,
        send: () => {
          asked++;
          return Promise.resolve(ServiceReply.fromOutput({}));
        },
      },
    });
    await Promise.all(Array.from({ length: 8 }, () => readiness(url)));
    expect(asked).toBe(1);
  });

  test('says that it drains while calls are still in flight', async () => {
    let answer: (reply: ServiceReply) => void = () => {};
    let reached: () => void = () => {};
    const inStore = new Promise<void>((resolve) => (reached = resolve));
    const backing: BackingStore = {
      ...store,
      send: ({ operation }) =>
        operation === 'ListTables'
          ? store.send(undefined as never)
          : new Promise((resolve) => {
              answer = resolve;
              reached();
            }),
    };
    const proxy = createProxy({ backing, httpPort: 0, adminPort: 0 });
    open.push(proxy);
    const { http, admin } = await proxy.listen();
    const call = fetch(http as string, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.GetItem' },
      body: '{}',
    });
    await inStore;
    const closing = proxy.close();
    const { status, report } = await readiness(admin as string);
    expect([status, report.reasons]).toEqual([503, ['draining']]);
    answer(ServiceReply.fromOutput({}));
    expect((await call).status).toBe(200);
    await closing;
  });
});

test('/healthz says that the process is alive, whatever the store does', async () => {
  const url = await listen({ backing: { ...store, send: () => Promise.reject(new Error('down')) } });
  const response = await fetch(`${url}/healthz`);
  expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
});

test('/metrics gives the text of the registry it was given, and 404 without one', async () => {
  const metrics = { contentType: 'text/plain; version=0.0.4', metrics: () => Promise.resolve('up 1\n') };
  const response = await fetch(`${await listen({ metrics })}/metrics`);
  expect(response.headers.get('content-type')).toBe(metrics.contentType);
  expect(await response.text()).toBe('up 1\n');
  expect((await fetch(`${await listen()}/metrics`)).status).toBe(404);
});

describe('/flush', () => {
  test('empties all, or one table, and says how much went', async () => {
    const accelerator = new Shown();
    const url = await listen({ accelerator });
    const all = await fetch(`${url}/flush`, { method: 'POST' });
    expect(await all.json()).toEqual({ flushed: '*', entries: 5 });
    const one = await fetch(`${url}/flush?table=Movies`, { method: 'POST' });
    expect(await one.json()).toEqual({ flushed: 'Movies', entries: 7 });
    expect(accelerator.flushed).toEqual([undefined, 'Movies']);
  });

  test('is not done by a GET, nor for a page of another place, nor where nothing is cached', async () => {
    const accelerator = new Shown();
    const url = await listen({ accelerator });
    const got = await fetch(`${url}/flush`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const crossed = await fetch(`${url}/flush`, { method: 'POST', headers: { origin: 'http://elsewhere.example' } });
    expect(crossed.status).toBe(403);
    expect((await fetch(`${await listen()}/flush`, { method: 'POST' })).status).toBe(404);
    expect(accelerator.flushed).toEqual([]);
  });
});

test('an unknown path names those that there are', async () => {
  const response = await fetch(`${await listen()}/nothing`);
  expect([response.status, await response.json()]).toEqual([
    404,
    { error: 'no /nothing here', paths: ['/healthz', '/readyz', '/metrics', '/flush'] },
  ]);
});
