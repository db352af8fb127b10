/**
 * A mutation is a change of one item, seen as an own write or as a feed record: what the item was and became, as far as
 * that is known, and where that puts it in the table and in each index.
 */
import { footprintHolds, type Footprint } from '../cache/footprint.ts';
import { sameItem, type Item } from '../model/attribute-value.ts';
import { itemSizeBytes } from '../model/item-size.ts';
import { keyText, positionOf, type KeyPosition } from '../model/key.ts';
import type { TableSchema } from '../model/table-schema.ts';

/** An item, its absence (undefined), or that we were not told. */
export type Image = Item | undefined | 'unknown';

/** Both are known and equal. */
export function sameImage(a: Image, b: Image): boolean {
  return a !== 'unknown' && b !== 'unknown' && sameItem(a, b);
}

/** Where an image stands in an index: nowhere (absent or sparse), or maybe anywhere. */
export type Place = KeyPosition | 'nowhere' | 'unknown';

export interface Places {
  readonly oldPlace: Place;
  readonly newPlace: Place;
}

export interface Mutation {
  /** The primary key's attributes. */
  readonly key: Item;
  readonly keyText: string;
  readonly oldImage: Image;
  readonly newImage: Image;
  /** By index name; '' is the table. */
  readonly places: ReadonlyMap<string, Places>;
}

/** The name under which the table itself stands among its indexes. */
export const TABLE = '';

/** @param key the item's primary key; its place in the table is known even when the images are not. */
export function mutationOf(schema: TableSchema, key: Item, oldImage: Image, newImage: Image): Mutation | undefined {
  const position = positionOf(schema.key, key);
  if (position === undefined) return undefined;
  const places = new Map<string, Places>();
  places.set(TABLE, {
    oldPlace: oldImage === undefined ? 'nowhere' : position,
    newPlace: newImage === undefined ? 'nowhere' : position,
  });
  for (const index of schema.indexes.values()) {
    places.set(index.name, { oldPlace: placeOf(index.key, oldImage), newPlace: placeOf(index.key, newImage) });
  }
  return { key, keyText: keyText(position), oldImage, newImage, places };
}

function placeOf(schema: TableSchema['key'], image: Image): Place {
  if (image === undefined) return 'nowhere';
  if (image === 'unknown') return 'unknown';
  return positionOf(schema, image) ?? 'nowhere';
}

export function mayHold(footprint: Footprint, place: Place): boolean {
  if (place === 'nowhere') return false;
  return place === 'unknown' || footprintHolds(footprint, place);
}

/** True unless the mutation is known to lie outside of the footprint. */
export function touches(mutation: Mutation, indexName: string, footprint: Footprint): boolean {
  const places = mutation.places.get(indexName);
  // An index that the mutation's schema did not know yet.
  if (places === undefined) return true;
  return mayHold(footprint, places.oldPlace) || mayHold(footprint, places.newPlace);
}

/** The topics under which the mutation log files a mutation, and under which readers look for it. */
export const topics = {
  item: (text: string): string => `=${text}`,
  partition: (indexName: string, partition: string): string => `/${indexName}/${partition}`,
  /** Mutations whose place in the index is not known. */
  anywhere: (indexName: string): string => `?${indexName}`,
  /** All mutations of entries of the index: what a scan may meet. */
  index: (indexName: string): string => `*${indexName}`,
};

export function topicsOf(mutation: Mutation): string[] {
  const filed = [topics.item(mutation.keyText)];
  for (const [indexName, { oldPlace, newPlace }] of mutation.places) {
    if (oldPlace === 'nowhere' && newPlace === 'nowhere') continue;
    filed.push(topics.index(indexName));
    if (oldPlace === 'unknown' || newPlace === 'unknown') filed.push(topics.anywhere(indexName));
    const from = typeof oldPlace === 'object' ? oldPlace.partition : undefined;
    const to = typeof newPlace === 'object' ? newPlace.partition : undefined;
    if (from !== undefined) filed.push(topics.partition(indexName, from));
    if (to !== undefined && to !== from) filed.push(topics.partition(indexName, to));
  }
  return filed;
}

/** What a mutation costs in the log, roughly: twice the size that DynamoDB counts for objects instead of bytes. */
export function mutationSizeBytes(mutation: Mutation, filed: readonly string[]): number {
  let size = 300;
  for (const topic of filed) size += topic.length + 40;
  return size + imageSizeBytes(mutation.oldImage) + imageSizeBytes(mutation.newImage);
}

function imageSizeBytes(image: Image): number {
  return typeof image === 'object' ? 2 * itemSizeBytes(image) : 0;
}
