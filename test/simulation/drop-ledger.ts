/**
 * What invalidation costs and what it spares, seen from outside: pages that were dropped although they were still right, and
 * hits on pages that a cache which drops the whole partition at each write would have lost.
 */
import type { AcceleratorStats, Answer } from '../../src/accelerator/accelerator.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { Commit } from './history.ts';
import { MODEL_TABLES } from './model-tables.ts';
import { partitionOf, type PageSpec } from './page-spec.ts';

interface LastHit {
  readonly output: JsonObject;
  readonly expiresMs: number;
  readonly evictions: number;
  readonly resets: number;
}

export class DropLedger {
  /** Pages that were a hit and then a miss, for no other reason than a mutation. */
  dropped = 0;
  /** Those of them that the store's state at that miss would have given again. */
  notNeeded = 0;
  /** Hits on pages that are older than the last change in their partition of their index. */
  kept = 0;
  readonly #ttlMs: number;
  readonly #lastHits = new Map<PageSpec, LastHit>();
  readonly #changedMs = new Map<string, number>();

  constructor(ttlMs: number) {
    // The shortest that jitter leaves of it.
    this.#ttlMs = ttlMs * 0.9;
  }

  noteCommit({ history, before, after }: Commit): void {
    for (const index of MODEL_TABLES.get(history.tableName)?.indexes.values() ?? []) {
      for (const image of [before.image, after.image]) {
        const partition = partitionOf(index, image);
        if (partition === undefined) continue;
        for (const name of [partition, '*']) {
          this.#changedMs.set(nameOf(history.tableName, index.name, name), after.atMs);
        }
      }
    }
  }

  notePage(
    spec: PageSpec,
    answer: Answer,
    stats: AcceleratorStats,
    nowMs: number,
    isStillRight: (shown: JsonObject) => boolean,
  ): void {
    const evictions = stats.query.removedBySize;
    const resets = stats.drops.gap + stats.drops.request;
    if (answer.cache === 'hit') {
      const storedMs = nowMs - (answer.ageMs ?? 0);
      const changedMs = this.#changedMs.get(nameOf(spec.table.name, spec.index.name, spec.partition ?? '*'));
      if (changedMs !== undefined && changedMs > storedMs) this.kept++;
      this.#lastHits.set(spec, { output: answer.reply.output, expiresMs: storedMs + this.#ttlMs, evictions, resets });
      return;
    }
    const last = this.#lastHits.get(spec);
    if (last === undefined || answer.cache !== 'miss') return;
    this.#lastHits.delete(spec);
    if (nowMs >= last.expiresMs || evictions !== last.evictions || resets !== last.resets) return;
    this.dropped++;
    if (isStillRight(last.output)) this.notNeeded++;
  }
}

function nameOf(tableName: string, indexName: string, partition: string): string {
  return `${tableName}|${indexName}|${partition}`;
}
