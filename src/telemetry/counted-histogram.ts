import { Histogram } from 'prom-client';
import type { MetricObjectWithValues, MetricValueWithName } from 'prom-client';
import { DURATION_BOUNDS_MS } from './call-counts.ts';
import type { CallCounts } from './call-counts.ts';

type Values = MetricObjectWithValues<MetricValueWithName<string>>;

/**
 * A histogram in seconds over buckets that somebody else has counted: `prom-client`'s own can only be filled one
 * observation at a time, which costs more than a hit.
 */
export class CountedHistogram extends Histogram {
  readonly #label: string;
  readonly #counts: CallCounts;
  readonly #about: { readonly name: string; readonly help: string };

  constructor(name: string, help: string, label: string, counts: CallCounts) {
    super({ name, help, labelNames: ['operation', label], registers: [] });
    this.#about = { name, help };
    this.#label = label;
    this.#counts = counts;
  }

  override async get(): Promise<Values> {
    return this.getForPromString();
  }

  /** What a registry calls in place of `get` where it finds it. */
  async getForPromString(): Promise<Values> {
    const { name, help } = this.#about;
    const values: MetricValueWithName<string>[] = [];
    for (const [operation, label, { buckets, count, sumMs }] of this.#counts.entries()) {
      const labels = { operation, [this.#label]: label };
      let upTo = 0;
      for (let i = 0; i < buckets.length; i++) {
        upTo += buckets[i] as number;
        const bound = DURATION_BOUNDS_MS[i];
        const le = bound === undefined ? '+Inf' : bound / 1000;
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo });
      }
      values.push({ metricName: `${name}_sum`, labels, value: sumMs / 1000 });
      values.push({ metricName: `${name}_count`, labels, value: count });
    }
    // The types call `type` a number; what every metric of the library carries is its name.
    const type = 'histogram' as unknown as Values['type'];
    return { name, help, type, values, aggregator: 'sum', collect: () => {} };
  }
}
