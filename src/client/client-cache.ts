/** The cache of one client as its user sees it: `client.cache`. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Accelerator, AcceleratorStats, TableStatus } from '../accelerator/accelerator.ts';
import { toWire } from './convert.ts';
import type { NodeBehind, ProxyStatus } from './node-behind.ts';

export class ClientCache {
  readonly #accelerator: Accelerator;
  readonly #node: NodeBehind | undefined;

  constructor(accelerator: Accelerator, node?: NodeBehind) {
    this.#accelerator = accelerator;
    this.#node = node;
  }

  stats(): AcceleratorStats {
    return this.#accelerator.stats();
  }

  /** The tables that are followed, and whether their entries are served now. */
  tables(): readonly TableStatus[] {
    return this.#accelerator.tables();
  }

  /** With feed `'proxy'`: whether the proxy is followed, and why not. Undefined with any other feed. */
  proxy(): ProxyStatus | undefined {
    return this.#node?.status;
  }

  /** Drops one item (its entry and every page it may be on), or all of a table. Returns how many entries went. */
  invalidate(tableName: string, key?: Readonly<Record<string, AttributeValue>>): number {
    return this.#accelerator.invalidate(tableName, key === undefined ? undefined : toWire(key));
  }

  /** Drops everything. */
  flush(): void {
    this.#accelerator.flush();
  }
}
