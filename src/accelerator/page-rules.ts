/**
 * When a mutation makes a cached query page stale (I7): exactly when the page could differ from what the store would answer
 * now. The argument is in `README.md` beside this file.
 */
import type { IndexedPage, PageIndex } from '../cache/page-index.ts';
import { evaluateCondition } from '../expression/condition.ts';
import { projectItem } from '../expression/projection.ts';
import type { Condition, DocumentPath } from '../expression/syntax.ts';
import { emptyItem, sameItem, type Item } from '../model/attribute-value.ts';
import { itemSizeBytes } from '../model/item-size.ts';
import type { ServiceReply } from '../model/service-call.ts';
import type { TableSchema } from '../model/table-schema.ts';
import { mayHold, TABLE, type Mutation, type Place, type Places } from './mutation.ts';

/** What of an item shows on a page. */
export type Shown =
  | { readonly kind: 'all' }
  /** COUNT: nothing but the number. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'paths'; readonly paths: readonly DocumentPath[] };

export interface CachedPage extends IndexedPage {
  readonly reply: ServiceReply;
  readonly filter: Condition | undefined;
  readonly shown: Shown;
  /** Key texts of the items on the page; undefined when the page does not show the keys. */
  readonly listed: ReadonlySet<string> | undefined;
  /** It ended because of the 1 MB cap and not because of Limit: a smaller item may let it grow. */
  readonly isSizeCapped: boolean;
  /** A scan that did not read everything: which keys its page read, nobody can tell. */
  readonly isPartOfScan: boolean;
  /** The index that must forget the page when the cache lets go of it. */
  readonly owner: PageIndex<CachedPage>;
}

/** @param places where the mutation's images stand in the page's index. */
export function mayDiffer(page: CachedPage, mutation: Mutation, places: Places, schema: TableSchema): boolean {
  const isNew = mayHold(page.footprint, places.newPlace);
  if (mutation.oldImage === 'unknown') return mayDifferBlindly(page, mutation, places, isNew);
  const isOld = mayHold(page.footprint, places.oldPlace);
  if (!isOld && !isNew) return false;
  const { oldImage, newImage } = mutation;
  if (newImage === 'unknown' || oldImage === undefined || newImage === undefined) return true;
  if (!isOld || !isNew || !isSamePlace(places.oldPlace, places.newPlace)) return true;
  return shownDiffers(page, mutation, schema, oldImage, newImage);
}

/**
 * The old image is not known. In the table the key tells the place. In an index an unfiltered page still tells whether it
 * lists the item; a filtered one does not, for an item that the filter hid still counts towards Limit and ScannedCount.
 */
function mayDifferBlindly(page: CachedPage, mutation: Mutation, places: Places, isNew: boolean): boolean {
  if (page.indexName === TABLE) return isNew || mayHold(page.footprint, places.oldPlace);
  if (isNew || page.filter !== undefined || page.listed === undefined || page.isSizeCapped) return true;
  return page.listed.has(mutation.keyText);
}

/**
 * Both images stand in the footprint at one place: the page can only differ in what it shows of the item, or, where the item
 * takes another share of the 1 MB that a page may read, in where it ends.
 */
function shownDiffers(
  page: CachedPage,
  mutation: Mutation,
  schema: TableSchema,
  oldImage: Item,
  newImage: Item,
): boolean {
  const before = visibleIn(schema, page.indexName, oldImage);
  const after = visibleIn(schema, page.indexName, newImage);
  const grownBytes = itemSizeBytes(after) - itemSizeBytes(before);
  const passed = page.filter === undefined || evaluateCondition(page.filter, before);
  if (passed && page.listed?.has(mutation.keyText) === false) {
    // Behind the cap, or among a scan's other pages, an item may stand in the footprint and on another page; then this one
    // changes only if the item shrank and now fits in front of the cap.
    if (page.isSizeCapped || page.isPartOfScan) return grownBytes < 0 && page.isSizeCapped;
    // The old image belongs on the page, so the page is older than it: from before an insert that was not noted yet. After
    // an own write, what is from before the write must not be served (I3).
    return true;
  }
  // An item that grew may push the page over the cap, and how much the page had read is not known; one that shrank can
  // only matter where the cap had cut.
  if (grownBytes > 0 || (grownBytes < 0 && page.isSizeCapped)) return true;
  if (page.filter !== undefined && passed !== evaluateCondition(page.filter, after)) return true;
  if (!passed) return false;
  switch (page.shown.kind) {
    case 'nothing':
      return false;
    case 'all':
      return !sameItem(before, after);
    case 'paths':
      return !sameItem(projectItem(page.shown.paths, before), projectItem(page.shown.paths, after));
  }
}

/** A global index holds only what is projected into it; a local one fetches the rest from the table. */
function visibleIn(schema: TableSchema, indexName: string, image: Item): Item {
  const index = schema.indexes.get(indexName);
  if (index === undefined || index.kind === 'LSI' || index.projection === 'ALL') return image;
  const visible = emptyItem();
  const show = (name: string) => {
    const value = image[name];
    if (value !== undefined) visible[name] = value;
  };
  for (const key of [schema.key, index.key]) {
    for (const { name } of key.partition) show(name);
    for (const { name } of key.sort) show(name);
  }
  for (const name of index.projectedNames) show(name);
  return visible;
}

function isSamePlace(a: Place, b: Place): boolean {
  return typeof a === 'object' && typeof b === 'object' && a.partition === b.partition && a.sort === b.sort;
}
