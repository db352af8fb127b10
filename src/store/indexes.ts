/**
 * Index entries. An entry's key tells the index key and the item's own key; its value is the projected item, or nothing
 * where the index projects everything: then readers fetch the item itself. So a write that leaves the keys of an index
 * alone does not touch an ALL index at all (a copy would double both the file and the bytes of every write), while
 * KEYS_ONLY and INCLUDE entries, which are small, save their readers the fetch. An item without all of the index's key
 * attributes has no entry.
 */
import type { ByteString } from '../base/bytes.ts';
import { emptyItem, type AttributeValue, type Item } from '../model/attribute-value.ts';
import { itemSizeBytes } from '../model/item-size.ts';
import { positionOf } from '../model/key.ts';
import { indexEntryKey, itemSpace, keyAfter, KEY_BYTES_MAX, placeOf, rangeOfPrefix } from './key-space.ts';
import type { StoreParts } from './store-parts.ts';
import { decodeItem, encodeItem, sizeOfRow, type StoredItem } from './stored-item.ts';
import type { Table, TableIndex } from './table.ts';
import type { Writer } from './writer.ts';

/** The value of an entry that points to its item. LMDB takes empty values too; one byte keeps clear of special cases. */
const POINTER = Buffer.from([0]);

export interface IndexEntry {
  readonly key: ByteString;
  readonly value: Buffer;
  /** DynamoDB's size of the projected item. */
  readonly sizeBytes: number;
}

export interface IndexChange {
  readonly index: TableIndex;
  readonly old: IndexEntry | undefined;
  readonly next: IndexEntry | undefined;
}

/** What the index shows of the item. */
export function projectToIndex(table: Table, index: TableIndex, item: Item): Item {
  if (index.schema.projection === 'ALL') return item;
  const projected = emptyItem();
  const add = (name: string): void => {
    if (Object.hasOwn(item, name)) projected[name] = item[name] as AttributeValue;
  };
  for (const { partition, sort } of [table.schema.key, index.schema.key]) {
    for (const { name } of partition) add(name);
    for (const { name } of sort) add(name);
  }
  for (const name of index.schema.projectedNames) add(name);
  return projected;
}

/**
 * Undefined when the item has no place in the index. A write whose index keys are too long is refused before it comes
 * here; an older item that has such keys when the index is made stays out of it, as in DynamoDB.
 */
export function entryOf(table: Table, index: TableIndex, itemKey: ByteString, item: Item): IndexEntry | undefined {
  const position = positionOf(index.schema.key, item);
  if (position === undefined) return undefined;
  const key = indexEntryKey(index.space, position, placeOf(itemKey));
  if (key.length > KEY_BYTES_MAX) return undefined;
  if (index.schema.projection === 'ALL') return { key, value: POINTER, sizeBytes: itemSizeBytes(item) };
  const value = encodeItem(projectToIndex(table, index, item));
  return { key, value, sizeBytes: sizeOfRow(value) };
}

export function planIndexChange(
  parts: StoreParts,
  table: Table,
  index: TableIndex,
  itemKey: ByteString,
  old: StoredItem | undefined,
  next: Item | undefined,
): IndexChange {
  let before = old === undefined ? undefined : entryOf(table, index, itemKey, old.item);
  // The backfill may not have come to this item yet; only entries that are there are taken off the counts.
  if (before !== undefined && index.backfilling && parts.writer.latest(before.key) === undefined) before = undefined;
  return { index, old: before, next: next === undefined ? undefined : entryOf(table, index, itemKey, next) };
}

export function stageIndexChange(writer: Writer, { index, old, next }: IndexChange): void {
  if (old !== undefined && old.key !== next?.key) writer.remove(old.key);
  if (next !== undefined && (old === undefined || old.key !== next.key || !old.value.equals(next.value))) {
    writer.put(next.key, next.value);
  }
  const items = (next === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
  index.counts.add(items, (next?.sizeBytes ?? 0) - (old?.sizeBytes ?? 0), writer);
}

/**
 * Makes the entries of up to `rowsMax` items behind `after` and returns where it stopped, or undefined at the table's end.
 * Every item is taken as the writer has it now, and from its creation on the index is kept by all writes; so items that
 * change meanwhile come out right, whichever side comes first.
 */
export function backfillStep(
  parts: StoreParts,
  table: Table,
  index: TableIndex,
  after: ByteString | undefined,
  rowsMax: number,
): ByteString | undefined {
  const range = rangeOfPrefix(itemSpace(table.number));
  const start = after === undefined ? range.start : keyAfter(after);
  let count = 0;
  for (const key of parts.environment.keys({ start, end: range.end })) {
    const row = parts.writer.latest(key);
    const entry = row === undefined ? undefined : entryOf(table, index, key, decodeItem(row));
    if (entry !== undefined && parts.writer.latest(entry.key) === undefined) {
      parts.writer.put(entry.key, entry.value);
      index.counts.add(1, entry.sizeBytes, parts.writer);
    }
    if (++count === rowsMax) return key;
  }
  return undefined;
}
