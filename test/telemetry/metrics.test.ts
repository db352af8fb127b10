/** The metrics: counted by events, read when asked, with labels from closed sets. */
import { afterEach, expect, test } from 'vitest';
import type { Accelerator, AcceleratorStats } from '../../src/accelerator/accelerator.ts';
import { backingChannel, callChannel } from '../../src/base/channels.ts';
import type { CallEvent } from '../../src/base/channels.ts';
import { ServiceReply, ServiceRequest } from '../../src/model/service-call.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import type { MetricsOptions } from '../../src/telemetry/metrics.ts';
import { observeStore } from '../../src/telemetry/observe-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const open: Metrics[] = [];

function metricsOf(options: Partial<MetricsOptions> = {}): Metrics {
  const metrics = new Metrics({ instance: 'a', version: '1.2.3', processMetrics: false, ...options });
  open.push(metrics);
  return metrics;
}

afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close();
});

/** The samples of the text, without comments. */
async function samples(metrics: Metrics): Promise<string[]> {
  return (await metrics.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function call(event: Partial<CallEvent>): void {
  callChannel.publish({
    instance: 'a',
    door: 'http',
    operation: 'GetItem',
    cache: 'hit',
    status: 200,
    durationMs: 0.2,
    ...event,
  });
}

test('calls are counted by operation and by what answered them', async () => {
  const metrics = metricsOf();
  call({});
  call({});
  call({ cache: 'miss' });
  call({ status: 400, operation: 'PutItem', cache: 'pass' });
  call({ status: 503, cache: undefined });
  expect((await samples(metrics)).filter((line) => line.startsWith('slipstream_requests_total'))).toEqual([
    'slipstream_requests_total{operation="GetItem",outcome="hit"} 2',
    'slipstream_requests_total{operation="GetItem",outcome="miss"} 1',
    'slipstream_requests_total{operation="GetItem",outcome="server_error"} 1',
    'slipstream_requests_total{operation="PutItem",outcome="client_error"} 1',
  ]);
});

test("a caller's own words never become a label", async () => {
  const metrics = metricsOf();
  call({ operation: 'Evil"} 1' });
  call({ operation: '__proto__' });
  expect(await samples(metrics)).toContain('slipstream_requests_total{operation="other",outcome="hit"} 2');
});

test("another instance's calls in this process are not counted", async () => {
  const metrics = metricsOf();
  call({ instance: 'b' });
  expect((await metrics.metrics()).includes('slipstream_requests_total{')).toBe(false);
});

test('durations fall into cumulative buckets, in seconds', async () => {
  const metrics = metricsOf();
  for (const durationMs of [0.05, 0.06, 3, 60_000]) call({ durationMs });
  const found = await samples(metrics);
  const bucket = (le: string) =>
    `slipstream_request_duration_seconds_bucket{operation="GetItem",outcome="hit",le="${le}"}`;
  expect(found).toContain(`${bucket('0.00005')} 1`);
  expect(found).toContain(`${bucket('0.0001')} 2`);
  expect(found).toContain(`${bucket('0.005')} 3`);
  expect(found).toContain(`${bucket('10')} 3`);
  expect(found).toContain(`${bucket('+Inf')} 4`);
  expect(found).toContain('slipstream_request_duration_seconds_count{operation="GetItem",outcome="hit"} 4');
  expect(found).toContain('slipstream_request_duration_seconds_sum{operation="GetItem",outcome="hit"} 60.00311');
});

test('the store is counted by status, also where no answer came', async () => {
  const metrics = metricsOf();
  const clock = new VirtualClock();
  let fails = false;
  const store = observeStore(
    {
      send: () =>
        fails
          ? Promise.reject(new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'reset'))
          : Promise.resolve(ServiceReply.fromOutput({}, { status: 400 })),
      close: () => Promise.resolve(),
    },
    'a',
    clock,
  );
  const request = ServiceRequest.fromInput('Query', {});
  expect((await store.send(request)).status).toBe(400);
  fails = true;
  await expect(store.send(request)).rejects.toThrow('reset');
  const found = await samples(metrics);
  expect(found).toContain('slipstream_backing_requests_total{operation="Query",status="400"} 1');
  expect(found).toContain('slipstream_backing_requests_total{operation="Query",status="none"} 1');
  expect(found).toContain('slipstream_backing_request_duration_seconds_sum{operation="Query",status="400"} 0');
});

test('a store that nobody watches is asked all the same', async () => {
  expect(backingChannel.hasSubscribers).toBe(false);
  const reply = ServiceReply.fromOutput({});
  let closed = false;
  const store = observeStore(
    {
      send: () => Promise.resolve(reply),
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    },
    'a',
  );
  expect(await store.send(ServiceRequest.fromInput('Query', {}))).toBe(reply);
  await store.close();
  expect(closed).toBe(true);
});

test("an accelerator's counters are read when somebody asks, tables up to their bound", async () => {
  const cache = {
    hits: 10,
    misses: 4,
    fills: 3,
    fillsRefused: 1,
    entries: 2,
    sizeBytes: 512,
    limitBytes: 1024,
    removedBySize: 5,
    removedByExpiry: 6,
    removedByInvalidation: 7,
  };
  const stats: AcceleratorStats = {
    item: cache,
    query: { ...cache, hits: 1 },
    coalesced: 9,
    drops: { write: 1, feed: 2, gap: 3, request: 4 },
    feedRecords: 8,
    audits: { match: 11, explained: 12, under100Ms: 13, under1S: 14, under10S: 15, more: 16, failed: 17 },
  };
  const accelerator: Pick<Accelerator, 'stats' | 'tables'> = {
    stats: () => stats,
    tables: () => [
      { name: 'Live', feed: 'live', feedAgeMs: 250, serving: true },
      { name: 'Plain', feed: 'none', feedAgeMs: undefined, serving: true },
      { name: 'Third', feed: 'lost', feedAgeMs: 9_000, serving: false },
    ],
  };
  const metrics = metricsOf({ accelerator: accelerator as Accelerator, tableLabelsMax: 2 });
  const found = await samples(metrics);
  for (const line of [
    'slipstream_cache_hits_total{cache="item"} 10',
    'slipstream_cache_hits_total{cache="query"} 1',
    'slipstream_cache_misses_total{cache="item"} 4',
    'slipstream_cache_fills_total{cache="item"} 3',
    'slipstream_cache_fills_refused_total{cache="item"} 1',
    'slipstream_cache_removals_total{cache="item",cause="size"} 5',
    'slipstream_cache_removals_total{cache="item",cause="expired"} 6',
    'slipstream_cache_removals_total{cache="query",cause="invalidated"} 7',
    'slipstream_cache_entries{cache="item"} 2',
    'slipstream_cache_size_bytes{cache="item"} 512',
    'slipstream_cache_limit_bytes{cache="item"} 1024',
    'slipstream_coalesced_total 9',
    'slipstream_invalidations_total{source="feed"} 2',
    'slipstream_invalidations_total{source="gap"} 3',
    'slipstream_feed_records_total 8',
    'slipstream_audits_total{outcome="under1S"} 14',
    'slipstream_feed_age_seconds{table="Live"} 0.25',
    'slipstream_feed_state{table="Live",state="live"} 1',
    'slipstream_feed_state{table="Plain",state="none"} 1',
    'slipstream_table_serving{table="Live"} 1',
    'slipstream_build_info{version="1.2.3"} 1',
  ]) {
    expect(found).toContain(line);
  }
  expect(found.filter((line) => line.includes('Third'))).toEqual([]);
  expect(found.filter((line) => line.startsWith('slipstream_feed_age_seconds{table="Plain"'))).toEqual([]);
  cache.hits++;
  expect(await samples(metrics)).toContain('slipstream_cache_hits_total{cache="item"} 11');
});

test('closed metrics listen no longer', () => {
  const metrics = metricsOf();
  expect(callChannel.hasSubscribers).toBe(true);
  metrics.close();
  expect([callChannel.hasSubscribers, backingChannel.hasSubscribers]).toEqual([false, false]);
});
