import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/**
 * Adds metrics to a registry whose values are read when somebody asks: `read` is given the metric at zero, without
 * labels, and sets it to what the counters say at that moment.
 */
export class ReadMetrics {
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    this.#registers = [registry];
  }

  /** `name` goes without the prefix that all share. */
  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (counter: Counter<Label>) => void,
  ): void {
    new Counter({
      name: `slipstream_${name}`,
      help,
      labelNames,
      registers: this.#registers,
      collect() {
        this.reset();
        read(this);
      },
    });
  }

  gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (gauge: Gauge<Label>) => void,
  ): void {
    new Gauge({
      name: `slipstream_${name}`,
      help,
      labelNames,
      registers: this.#registers,
      collect() {
        this.reset();
        read(this);
      },
    });
  }
}
