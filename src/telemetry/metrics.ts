/**
 * The metrics of one instance in Prometheus' form: `prom-client` objects that read plain counters in `collect()`, when
 * somebody asks, and are never touched by a call. Labels come from closed sets; a key is never one.
 *
 * The names a DAX user knows: ItemCacheHits is `slipstream_cache_hits_total{cache="item"}`, QueryCacheHits and
 * ScanCacheHits `{cache="query"}`, ErrorRequestCount and FaultRequestCount `slipstream_requests_total{outcome=
 * "client_error"|"server_error"}`, GetItemRequestCount `{operation="GetItem"}`.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { backingChannel, callChannel } from '../base/channels.ts';
import type { BackingEvent, CallEvent } from '../base/channels.ts';
import { operations } from '../model/operations.ts';
import { addAcceleratorMetrics } from './accelerator-metrics.ts';
import { CallCounts } from './call-counts.ts';
import { CountedHistogram } from './counted-histogram.ts';
import { ReadMetrics } from './read-metrics.ts';

export interface MetricsOptions {
  readonly instance: string;
  readonly version: string;
  readonly accelerator?: Accelerator | undefined;
  /** Calls that wait for their answer, and open connections, at the doors. */
  readonly doors?: (() => DoorCounts) | undefined;
  /** Tables that get a label of their own, in the order in which they were met. */
  readonly tableLabelsMax?: number | undefined;
  /** Also CPU, memory, event loop and GC of the process; on unless told otherwise. */
  readonly processMetrics?: boolean | undefined;
}

export interface DoorCounts {
  readonly inFlight: number;
  readonly connections: number;
}

export const metricsDefaults = { tableLabelsMax: 100 } as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #instance: string;
  readonly #calls = new CallCounts();
  readonly #backingCalls = new CallCounts();

  constructor(options: MetricsOptions) {
    const { instance, version, accelerator, doors, tableLabelsMax = metricsDefaults.tableLabelsMax } = options;
    this.#instance = instance;
    const metrics = new ReadMetrics(this.#registry);
    metrics.gauge('build_info', 'Which version runs; always 1', ['version'], (gauge) => gauge.set({ version }, 1));
    this.#addCalls(metrics);
    if (doors !== undefined) {
      metrics.gauge('requests_in_flight', 'Calls that wait for their answer', [], (gauge) =>
        gauge.set(doors().inFlight),
      );
      metrics.gauge('connections', 'Open connections', [], (gauge) => gauge.set(doors().connections));
    }
    if (accelerator !== undefined) addAcceleratorMetrics(metrics, accelerator, tableLabelsMax);
    if (options.processMetrics !== false) collectDefaultMetrics({ register: this.#registry });
    callChannel.subscribe(this.#onCall);
    backingChannel.subscribe(this.#onBackingCall);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, as text. */
  metrics(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The same as `prom-client` hands it on, for a process that adds several up. */
  values(): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
    return this.#registry.getMetricsAsJSON();
  }

  close(): void {
    callChannel.unsubscribe(this.#onCall);
    backingChannel.unsubscribe(this.#onBackingCall);
    this.#registry.clear();
  }

  readonly #onCall = (event: CallEvent): void => {
    if (event.instance !== this.#instance) return;
    this.#calls.add(operationLabel(event.operation), outcomeOf(event), event.durationMs);
  };

  readonly #onBackingCall = (event: BackingEvent): void => {
    if (event.instance !== this.#instance) return;
    const status = event.status === undefined ? 'none' : String(event.status);
    this.#backingCalls.add(operationLabel(event.operation), status, event.durationMs);
  };

  #addCalls(metrics: ReadMetrics): void {
    const rows = [
      ['', this.#calls, 'outcome', 'Calls at the doors, by what answered them'],
      ['backing_', this.#backingCalls, 'status', 'Calls to the backing store; status none: no answer came'],
    ] as const;
    for (const [prefix, counts, label, help] of rows) {
      metrics.counter(`${prefix}requests_total`, help, ['operation', label], (counter) => {
        for (const [operation, value, { count }] of counts.entries()) counter.inc({ operation, [label]: value }, count);
      });
      const name = `slipstream_${prefix}request_duration_seconds`;
      this.#registry.registerMetric(new CountedHistogram(name, `${help}: how long they took`, label, counts));
    }
  }
}

/** An operation's name is the caller's text: one that is not in the table must not make a label. */
function operationLabel(operation: string): string {
  return Object.hasOwn(operations, operation) ? operation : 'other';
}

function outcomeOf(event: CallEvent): string {
  if (event.status >= 500) return 'server_error';
  if (event.status >= 400) return 'client_error';
  return event.cache ?? 'pass';
}
