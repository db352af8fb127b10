/** What an accelerator counts, under the names that metrics have. */
import type { Accelerator, CacheStats } from '../accelerator/accelerator.ts';
import type { FeedState } from '../feed/change-feed.ts';
import type { ReadMetrics } from './read-metrics.ts';

const FEED_STATES: readonly FeedState[] = ['live', 'starting', 'lost', 'none'];

type Row = readonly [name: string, help: string, read: (stats: CacheStats) => number];

const COUNTERS: readonly Row[] = [
  ['cache_hits_total', 'Look-ups that were answered', (stats) => stats.hits],
  ['cache_misses_total', 'Look-ups that were not answered', (stats) => stats.misses],
  ['cache_fills_total', "The store's answers that were kept", (stats) => stats.fills],
  ['cache_fills_refused_total', 'Answers not kept: a mutation came in between', (stats) => stats.fillsRefused],
];

const GAUGES: readonly Row[] = [
  ['cache_entries', 'Entries kept now', (stats) => stats.entries],
  ['cache_size_bytes', 'Bytes kept now', (stats) => stats.sizeBytes],
  ['cache_limit_bytes', 'Bytes that may be kept', (stats) => stats.limitBytes],
];

/** Only the first `tableLabelsMax` tables get a label. */
export function addAcceleratorMetrics(metrics: ReadMetrics, accelerator: Accelerator, tableLabelsMax: number): void {
  addCaches(metrics, accelerator);
  metrics.counter('coalesced_total', "Reads that waited for another caller's read", [], (counter) =>
    counter.inc(accelerator.stats().coalesced),
  );
  metrics.counter('invalidations_total', 'Entries and pages dropped, by what told of it', ['source'], (counter) => {
    for (const [source, count] of Object.entries(accelerator.stats().drops)) counter.inc({ source }, count);
  });
  metrics.counter('feed_records_total', 'Changes that the feed told of', [], (counter) =>
    counter.inc(accelerator.stats().feedRecords),
  );
  metrics.counter(
    'audits_total',
    'Hits that were compared with a strong read, by what came of it',
    ['outcome'],
    (counter) => {
      for (const [outcome, count] of Object.entries(accelerator.stats().audits)) counter.inc({ outcome }, count);
    },
  );
  addTables(metrics, () => accelerator.tables().slice(0, tableLabelsMax));
}

function addCaches(metrics: ReadMetrics, accelerator: Accelerator): void {
  const caches = (): readonly (readonly [cache: string, stats: CacheStats])[] => {
    const { item, query } = accelerator.stats();
    return [
      ['item', item],
      ['query', query],
    ];
  };
  for (const [name, help, read] of COUNTERS) {
    metrics.counter(name, help, ['cache'], (counter) => {
      for (const [cache, stats] of caches()) counter.inc({ cache }, read(stats));
    });
  }
  for (const [name, help, read] of GAUGES) {
    metrics.gauge(name, help, ['cache'], (gauge) => {
      for (const [cache, stats] of caches()) gauge.set({ cache }, read(stats));
    });
  }
  metrics.counter('cache_removals_total', 'Entries gone, by cause', ['cache', 'cause'], (counter) => {
    for (const [cache, stats] of caches()) {
      counter.inc({ cache, cause: 'size' }, stats.removedBySize);
      counter.inc({ cache, cause: 'expired' }, stats.removedByExpiry);
      counter.inc({ cache, cause: 'invalidated' }, stats.removedByInvalidation);
    }
  });
}

function addTables(metrics: ReadMetrics, tables: () => ReturnType<Accelerator['tables']>): void {
  metrics.gauge('feed_age_seconds', "How long ago a table's feed was last caught up", ['table'], (gauge) => {
    for (const { name, feedAgeMs } of tables()) {
      if (feedAgeMs !== undefined) gauge.set({ table: name }, feedAgeMs / 1000);
    }
  });
  metrics.gauge('feed_state', "1 for the state that a table's feed is in", ['table', 'state'], (gauge) => {
    for (const { name, feed } of tables()) {
      for (const state of FEED_STATES) gauge.set({ table: name, state }, state === feed ? 1 : 0);
    }
  });
  metrics.gauge('table_serving', "1 while a table's reads may be answered from the caches", ['table'], (gauge) => {
    for (const { name, serving } of tables()) gauge.set({ table: name }, serving ? 1 : 0);
  });
}
