/** The metrics of several processes that do the work of one, added up. */
import { AggregatorRegistry } from 'prom-client';
import type { Metrics } from './metrics.ts';

export type MetricValues = Awaited<ReturnType<Metrics['values']>>;

/** What is no count is not summed. */
const AGGREGATORS: Readonly<Record<string, 'first' | 'min' | 'max'>> = {
  slipstream_build_info: 'first',
  slipstream_feed_age_seconds: 'max',
  slipstream_feed_state: 'max',
  slipstream_table_serving: 'min',
};

/** @returns text as `Metrics` gives it. */
export function addMetrics(processes: readonly MetricValues[]): Promise<string> {
  const all = processes.map((values) =>
    values.map((metric) => ({ ...metric, aggregator: AGGREGATORS[metric.name] ?? metric.aggregator })),
  );
  return AggregatorRegistry.aggregate(all).metrics();
}
