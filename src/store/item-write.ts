/**
 * What PutItem, UpdateItem and DeleteItem have in common: from the moment the item's newest state is read to the reply. There is
 * no pause between the two, so nothing can come in between (see `writer.ts`).
 */
import type { ByteString } from '../base/bytes.ts';
import type { Condition } from '../expression/syntax.ts';
import type { Item } from '../model/attribute-value.ts';
import { keyOf, positionOf, validateItemKey, validateKey } from '../model/key.ts';
import { parseItem } from '../model/parse-item.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { assert } from '../base/errors.ts';
import { capacityModeOf, ConsumedUnits } from './capacity.ts';
import { planChange, stageChange, type ItemChange } from './item-change.ts';
import { itemKey } from './key-space.ts';
import type { StoreParts } from './store-parts.ts';
import { storedItem, type StoredItem } from './stored-item.ts';
import type { Table } from './table.ts';
import { conditionFailure, conditionHolds } from './write-condition.ts';

export interface ItemWrite {
  readonly table: Table;
  readonly key: ByteString;
  readonly condition: Condition | undefined;
  /** What the item becomes; undefined to delete it. Throws what DynamoDB refuses. */
  next(old: StoredItem | undefined): Item | undefined;
  /** The `Attributes` of the reply. */
  returned(old: StoredItem | undefined, next: Item | undefined): Item | undefined;
}

export async function writeItem(parts: StoreParts, input: JsonObject, write: ItemWrite): Promise<ServiceReply> {
  const { writer } = parts;
  parts.locks.assertFree(write.key);
  const old = storedItem(writer.latest(write.key));
  let change: ItemChange;
  try {
    if (!conditionHolds(write.condition, old)) throw conditionFailure(input, old);
    change = planChange(parts, write.table, write.key, old, write.next(old));
  } catch (refusal) {
    await writer.settled(write.key);
    throw refusal;
  }
  stageChange(parts, change);
  const output = outputOf(input, write, change);
  // A write that changed nothing is answered when the state that it found is committed.
  await (change.isNoOp ? writer.settled(write.key) : writer.committed());
  return ServiceReply.fromOutput(output);
}

function outputOf(input: JsonObject, write: ItemWrite, change: ItemChange): JsonObject {
  const output: JsonObject = {};
  const attributes = write.returned(change.old, change.next);
  if (attributes !== undefined) output['Attributes'] = attributes;
  const mode = capacityModeOf(input);
  if (mode !== 'NONE') {
    const units = new ConsumedUnits('write');
    units.addChange(change);
    output['ConsumedCapacity'] = units.toOutput(write.table, mode);
  }
  if (input['ReturnItemCollectionMetrics'] === 'SIZE') {
    const metrics = collectionMetricsOf(change);
    if (metrics !== undefined) output['ItemCollectionMetrics'] = metrics;
  }
  return output;
}

/** Item collections are counted only where a local index makes DynamoDB keep them together. */
export function collectionMetricsOf(change: ItemChange): JsonObject | undefined {
  const { table } = change;
  if (!table.indexes.some((index) => index.schema.kind === 'LSI')) return undefined;
  const item = change.next ?? change.old?.item;
  if (item === undefined) return undefined;
  const collectionKey = keyOf({ partition: table.schema.key.partition, sort: [] }, item);
  return { ItemCollectionKey: collectionKey, SizeEstimateRangeGB: [0, 1] };
}

/** The table that the request names. */
export function tableOf(parts: StoreParts, input: JsonObject): Table {
  return parts.catalog.active(tableNameOf(input['TableName'] as string));
}

/** The row of a valid key. */
export function rowKeyOf(table: Table, item: Item): ByteString {
  const position = positionOf(table.schema.key, item);
  assert(position !== undefined, 'a validated key has a place');
  return itemKey(table.space, position);
}

/** @throws {ServiceError} ValidationException unless it is a key of the table. */
export function rowKeyOfKey(table: Table, key: Item): ByteString {
  validateKey(table.schema.key, key);
  return rowKeyOf(table, key);
}

/** @throws {ServiceError} ValidationException unless the item has the table's key. */
export function rowKeyOfItem(table: Table, item: Item): ByteString {
  validateItemKey(table.schema.key, item);
  return rowKeyOf(table, item);
}

export function parseKey(input: JsonObject): Item {
  return parseItem(input['Key']);
}
