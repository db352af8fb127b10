/**
 * The one path by which a mutation takes effect on the caches, whether a write of ours or a record of the feed brought it
 * (I3, I6, I7): it is logged, so that fills that began before it are refused; the item's entry stays only if it equals the
 * new image; each page that could differ goes.
 */
import type { Item } from '../model/attribute-value.ts';
import { sameItem } from '../model/attribute-value.ts';
import { copyOfOutput, type KeptAnswer } from './keep.ts';
import type { Image, Mutation, Places } from './mutation.ts';
import { mayDiffer, type CachedPage } from './page-rules.ts';
import type { DropCounters, Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';

export type MutationSource = keyof DropCounters;

/**
 * Returns how many entries and pages went.
 *
 * @param entry 'drop' where whoever calls knows that the item's entry goes whatever it holds, which spares looking into it.
 */
export function invalidate(
  parts: Parts,
  table: OpenTable,
  mutation: Mutation,
  source: MutationSource,
  entry: 'judge' | 'drop' = 'judge',
): number {
  const nowMs = parts.clock.monotonicMs();
  table.record(mutation, nowMs);
  const droppedItems = entry === 'drop' ? dropEntry(parts, table, mutation) : dropItem(parts, table, mutation, nowMs);
  const dropped = droppedItems + dropPages(parts, table, mutation);
  parts.drops[source] += dropped;
  return dropped;
}

/** I6: never an older image over a newer one, so the entry is kept or dropped, not replaced. */
function dropItem(parts: Parts, table: OpenTable, mutation: Mutation, nowMs: number): number {
  const entry = parts.items.stale(table.prefix + mutation.keyText, nowMs);
  if (entry === undefined || holdsImage(entry.value, mutation.newImage)) return 0;
  return dropEntry(parts, table, mutation);
}

function dropEntry(parts: Parts, table: OpenTable, mutation: Mutation): number {
  return parts.items.invalidate(table.prefix + mutation.keyText) ? 1 : 0;
}

function holdsImage(cached: KeptAnswer, image: Image): boolean {
  if (image === 'unknown') return false;
  const { Item: item } = copyOfOutput(cached) as { readonly Item?: Item };
  return sameItem(item, image);
}

function dropPages(parts: Parts, table: OpenTable, mutation: Mutation): number {
  let dropped = 0;
  for (const indexName of table.pages.indexNames()) {
    const places = mutation.places.get(indexName) ?? UNKNOWN_PLACES;
    for (const pages of concerned(table, indexName, places)) {
      // Dropping a page takes it out of the set that is being walked, which a Set allows.
      for (const page of pages) {
        if (mayDiffer(page, mutation, places, table.schema) && parts.pages.invalidate(page.key)) dropped++;
      }
    }
  }
  return dropped;
}

/** Of an index that the mutation's schema did not know. */
const UNKNOWN_PLACES: Places = { oldPlace: 'unknown', newPlace: 'unknown' };

/** The pages of an index that could hold the item before or after: those of its partitions, and scans. */
function concerned(table: OpenTable, indexName: string, { oldPlace, newPlace }: Places): Iterable<CachedPage>[] {
  if (oldPlace === 'unknown' || newPlace === 'unknown') return [table.pages.all(indexName)];
  const from = typeof oldPlace === 'object' ? oldPlace.partition : undefined;
  const to = typeof newPlace === 'object' ? newPlace.partition : undefined;
  if (from === undefined && to === undefined) return [];
  const pages = [table.pages.scans(indexName)];
  if (from !== undefined) pages.push(table.pages.inPartition(indexName, from));
  if (to !== undefined && to !== from) pages.push(table.pages.inPartition(indexName, to));
  return pages;
}
