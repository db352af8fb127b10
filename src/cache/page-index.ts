/**
 * Finds the cached pages that a mutation may concern: by index and partition, so that the cost of a mutation depends on the
 * pages of its own partitions alone. Scan pages of an index, which read every partition, stand in a set of their own.
 */
import type { ByteString } from '../base/bytes.ts';
import type { Footprint } from './footprint.ts';

export interface IndexedPage {
  readonly key: string;
  /** '' for the table itself. */
  readonly indexName: string;
  readonly footprint: Footprint;
}

interface PagesOfIndex<P> {
  readonly byPartition: Map<ByteString, Set<P>>;
  readonly scans: Set<P>;
}

export class PageIndex<P extends IndexedPage> {
  readonly #byIndex = new Map<string, PagesOfIndex<P>>();

  add(page: P): void {
    let pages = this.#byIndex.get(page.indexName);
    if (pages === undefined) {
      pages = { byPartition: new Map(), scans: new Set() };
      this.#byIndex.set(page.indexName, pages);
    }
    const { partition } = page.footprint;
    if (partition === undefined) {
      pages.scans.add(page);
      return;
    }
    const inPartition = pages.byPartition.get(partition);
    if (inPartition === undefined) pages.byPartition.set(partition, new Set([page]));
    else inPartition.add(page);
  }

  remove(page: P): void {
    const pages = this.#byIndex.get(page.indexName);
    if (pages === undefined) return;
    const { partition } = page.footprint;
    if (partition === undefined) {
      pages.scans.delete(page);
      return;
    }
    const inPartition = pages.byPartition.get(partition);
    if (inPartition === undefined) return;
    inPartition.delete(page);
    if (inPartition.size === 0) pages.byPartition.delete(partition);
  }

  indexNames(): Iterable<string> {
    return this.#byIndex.keys();
  }

  get isEmpty(): boolean {
    for (const { byPartition, scans } of this.#byIndex.values()) {
      if (byPartition.size > 0 || scans.size > 0) return false;
    }
    return true;
  }

  inPartition(indexName: string, partition: ByteString): Iterable<P> {
    return this.#byIndex.get(indexName)?.byPartition.get(partition) ?? [];
  }

  scans(indexName: string): Iterable<P> {
    return this.#byIndex.get(indexName)?.scans ?? [];
  }

  /** Every page of the index: for a mutation whose place in it is not known. */
  *all(indexName: string): Iterable<P> {
    const pages = this.#byIndex.get(indexName);
    if (pages === undefined) return;
    for (const inPartition of pages.byPartition.values()) yield* inPartition;
    yield* pages.scans;
  }
}
