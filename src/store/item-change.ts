/**
 * One change of one item, from the decision to the rows: planned first (nothing is written, everything that can be wrong is
 * found), then staged: item row, index entries, counts, change record, and the record of the direct feed. All of it goes
 * into one LMDB transaction.
 */
import type { ByteString } from '../base/bytes.ts';
import { sameItem, type Item } from '../model/attribute-value.ts';
import { itemSizeBytes } from '../model/item-size.ts';
import { keyOf } from '../model/key.ts';
import type { JsonObject } from '../model/service-call.ts';
import { stageExpiryChange } from './expiry.ts';
import { planIndexChange, stageIndexChange, type IndexChange } from './indexes.ts';
import type { StoreParts } from './store-parts.ts';
import { encodeItem, jsonOfRow, type StoredItem } from './stored-item.ts';
import type { Table } from './table.ts';

export interface ItemChange {
  readonly table: Table;
  readonly key: ByteString;
  readonly old: StoredItem | undefined;
  readonly next: Item | undefined;
  readonly nextRow: Buffer | undefined;
  readonly nextSizeBytes: number;
  readonly indexes: readonly IndexChange[];
  /** True when the item stays as it is: nothing is written and no record is left. */
  readonly isNoOp: boolean;
  readonly userIdentity: JsonObject | undefined;
}

/** @param next undefined to delete the item. */
export function planChange(
  parts: StoreParts,
  table: Table,
  key: ByteString,
  old: StoredItem | undefined,
  next: Item | undefined,
  userIdentity?: JsonObject,
): ItemChange {
  const nextSizeBytes = next === undefined ? 0 : itemSizeBytes(next);
  const nextRow = next === undefined ? undefined : encodeItem(next, nextSizeBytes);
  const isNoOp = isUnchanged(parts, table, old, next, nextRow);
  return {
    table,
    key,
    old,
    next,
    nextRow,
    nextSizeBytes,
    indexes: isNoOp ? [] : table.indexes.map((index) => planIndexChange(parts, table, index, key, old, next)),
    isNoOp,
    userIdentity,
  };
}

/** Equal bytes settle most cases; equal items with other bytes (a set in another order) matter only to those who are told. */
function isUnchanged(
  parts: StoreParts,
  table: Table,
  old: StoredItem | undefined,
  next: Item | undefined,
  nextRow: Buffer | undefined,
): boolean {
  if (old === undefined || nextRow === undefined) return old === undefined && nextRow === undefined;
  if (old.row.equals(nextRow)) return true;
  const isTold = table.stream !== undefined || parts.feed.isWatched(table.name);
  return isTold && sameItem(old.item, next);
}

/** Must be called in the same stretch as the plan, with no other change of the item in between. */
export function stageChange(parts: StoreParts, change: ItemChange): void {
  if (change.isNoOp) return;
  const { writer } = parts;
  const { table, key, old, nextRow } = change;
  if (nextRow === undefined) writer.remove(key);
  else writer.put(key, nextRow);
  const items = (nextRow === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
  table.counts.add(items, change.nextSizeBytes - (old?.sizeBytes ?? 0), writer);
  for (const index of change.indexes) stageIndexChange(writer, index);
  if (table.timeToLive !== undefined) stageExpiryChange(writer, table.timeToLive, change);
  if (table.stream !== undefined) appendToStream(parts, change);
  if (parts.feed.isWatched(table.name)) tellFeed(parts, change);
}

function kindOf(change: ItemChange): 'INSERT' | 'MODIFY' | 'REMOVE' {
  if (change.next === undefined) return 'REMOVE';
  return change.old === undefined ? 'INSERT' : 'MODIFY';
}

function keyItemOf(change: ItemChange): Item {
  return keyOf(change.table.schema.key, change.next ?? (change.old as StoredItem).item);
}

function appendToStream(parts: StoreParts, change: ItemChange): void {
  const { table, old, nextRow } = change;
  const stream = table.stream;
  if (stream === undefined) return;
  const key = keyItemOf(change);
  const carriesNew = stream.viewType === 'NEW_IMAGE' || stream.viewType === 'NEW_AND_OLD_IMAGES';
  const carriesOld = stream.viewType === 'OLD_IMAGE' || stream.viewType === 'NEW_AND_OLD_IMAGES';
  parts.changeLog.append(stream, change.key, parts.region, {
    kind: kindOf(change),
    keysJson: JSON.stringify(key),
    oldJson: carriesOld && old !== undefined ? jsonOfRow(old.row).toString('utf8') : undefined,
    newJson: carriesNew && nextRow !== undefined ? jsonOfRow(nextRow).toString('utf8') : undefined,
    sizeBytes: itemSizeBytes(key) + (carriesNew ? change.nextSizeBytes : 0) + (carriesOld ? (old?.sizeBytes ?? 0) : 0),
    userIdentity: change.userIdentity,
  });
}

function tellFeed(parts: StoreParts, change: ItemChange): void {
  const record = {
    tableName: change.table.name,
    key: keyItemOf(change),
    oldImage: change.old?.item,
    newImage: change.next,
    kind: kindOf(change),
    viewType: 'NEW_AND_OLD_IMAGES' as const,
  };
  parts.writer.afterCommit(() => parts.feed.deliver(record));
}
