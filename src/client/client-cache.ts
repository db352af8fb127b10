/** The cache of one client as its user sees it: `client.cache`. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Accelerator, AcceleratorStats, TableStatus } from '../accelerator/accelerator.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import { assert } from '../base/errors.ts';
import type { AcceleratedSend } from './accelerated-send.ts';
import { commandFor } from './commands.ts';
import { toWire } from './convert.ts';
import type { NodeBehind, ProxyStatus } from './node-behind.ts';
import { warmTable, type Ask, type WarmResult } from './warm.ts';

export interface ClientCacheParts {
  readonly accelerator: Accelerator;
  readonly path: AcceleratedSend;
  readonly node?: NodeBehind | undefined;
  readonly clock?: Clock | undefined;
}

export interface WarmOptions {
  readonly abortSignal?: AbortSignal | undefined;
}

export class ClientCache {
  readonly #accelerator: Accelerator;
  readonly #path: AcceleratedSend;
  readonly #node: NodeBehind | undefined;
  readonly #clock: Clock;

  constructor({ accelerator, path, node, clock = systemClock }: ClientCacheParts) {
    this.#accelerator = accelerator;
    this.#path = path;
    this.#node = node;
    this.#clock = clock;
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

  /**
   * Drops one item, by its key or as a whole (its entry and every page it may be on), or all of a table. Returns how many
   * entries went.
   */
  invalidate(tableName: string, key?: Readonly<Record<string, AttributeValue>>): number {
    return this.#accelerator.invalidate(tableName, key === undefined ? undefined : toWire(key));
  }

  /** Drops everything. */
  flush(): void {
    this.#accelerator.flush();
  }

  /**
   * Reads a whole table into the item cache, through this client: its keys by strongly consistent Scans, its items by
   * BatchGetItem, 100 at a time, one after the other. Ends before the cache would have to let others go, and says so in
   * `isComplete`. It costs what reading the table twice costs; while the table's feed is not trusted, nothing is kept.
   *
   * @throws what `send` throws, also when the signal aborts.
   */
  warm(tableName: string, { abortSignal }: WarmOptions = {}): Promise<WarmResult> {
    const before = this.stats().item;
    const roomFor = (soFar: number) => {
      const { removedBySize, sizeBytes, limitBytes, entries } = this.stats().item;
      if (removedBySize > before.removedBySize || sizeBytes >= limitBytes) return 0;
      const average = entries === 0 ? 0 : sizeBytes / entries;
      const grown = soFar === 0 ? 0 : (sizeBytes - before.sizeBytes) / soFar;
      const bytesAnItem = Math.max(average, grown, 1);
      return Math.floor((limitBytes - sizeBytes) / bytesAnItem);
    };
    const ask: Ask = (operation, input) => {
      const command = commandFor(operation, input);
      assert(command !== undefined, `there is no command for ${operation}`);
      return this.#path.send(command, abortSignal && { abortSignal });
    };
    return warmTable(ask, tableName, { clock: this.#clock, signal: abortSignal, roomFor });
  }
}
