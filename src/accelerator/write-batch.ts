/**
 * BatchWriteItem and TransactWriteItems: which keys a call writes, and which of them the store hands back unprocessed.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
import type { Item } from '../model/attribute-value.ts';
import { exactKey, keyOf, keyText, positionOf } from '../model/key.ts';
import { parseItem } from '../model/parse-item.ts';
import type { JsonObject, ServiceRequest } from '../model/service-call.ts';
import { tableNameOf } from '../model/table-schema.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import type { Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';
import { writeMany, type WriteKind, type WriteOfKey } from './write-many.ts';

export function writeBatch(
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  return writeMany(parts, tables, request, options, batch);
}

export function writeTransaction(
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  return writeMany(parts, tables, request, options, transaction);
}

const batch: WriteKind = { plan: writesOfBatch, notWritten: unprocessedOf, mayInstall: true };

const transaction: WriteKind = {
  plan: writesOfTransaction,
  notWritten: () => new Set(),
  // A transaction with a token that was used before is acknowledged without being applied again, and somebody may have
  // written since: what it would have left must not be cached.
  mayInstall: false,
};

function unprocessedOf(planned: readonly WriteOfKey[], output: JsonObject): ReadonlySet<WriteOfKey> {
  const unprocessed = new Set<WriteOfKey>();
  const left = (output['UnprocessedItems'] ?? {}) as Record<string, readonly JsonObject[]>;
  for (const [tableName, requests] of Object.entries(left)) {
    const name = tableNameOf(tableName);
    for (const request of requests) {
      for (const write of planned) {
        if (write.table.name === name && isOf(write, request)) unprocessed.add(write);
      }
    }
  }
  return unprocessed;
}

function isOf({ table, key }: WriteOfKey, request: JsonObject): boolean {
  const theirs = positionOf(table.schema.key, (request['PutRequest']?.Item ?? request['DeleteRequest']?.Key) as Item);
  const ours = positionOf(table.schema.key, key);
  return theirs !== undefined && ours !== undefined && keyText(theirs) === keyText(ours);
}

function writesOfBatch(tables: ReadonlyMap<string, OpenTable>, { input }: ServiceRequest): WriteOfKey[] | undefined {
  const planned: WriteOfKey[] = [];
  for (const [tableName, requests] of Object.entries(input['RequestItems'] as Record<string, JsonObject[]>)) {
    const table = tables.get(tableName);
    if (table === undefined) continue;
    for (const { PutRequest: put, DeleteRequest: remove } of requests) {
      const write = put === undefined ? removed(table, remove.Key) : written(table, put.Item);
      if (write === undefined) return undefined;
      planned.push(write);
    }
  }
  return planned;
}

function writesOfTransaction(
  tables: ReadonlyMap<string, OpenTable>,
  { input }: ServiceRequest,
): WriteOfKey[] | undefined {
  const planned: WriteOfKey[] = [];
  for (const { Put: put, Update: update, Delete: remove, ConditionCheck: check } of input['TransactItems']) {
    if (check !== undefined) continue;
    const table = tables.get((put ?? update ?? remove).TableName as string);
    if (table === undefined) continue;
    let write: WriteOfKey | undefined;
    if (put !== undefined) write = written(table, put.Item);
    else if (remove !== undefined) write = removed(table, remove.Key);
    else write = updated(table, update.Key);
    if (write === undefined) return undefined;
    planned.push(write);
  }
  return planned;
}

function written(table: OpenTable, item: unknown): WriteOfKey | undefined {
  const newImage = parseItem(item);
  const key = exactKey(table.schema.key, keyOf(table.schema.key, newImage));
  return key && { table, key, newImage };
}

function removed(table: OpenTable, given: unknown): WriteOfKey | undefined {
  const key = exactKey(table.schema.key, given);
  return key && { table, key, newImage: undefined };
}

function updated(table: OpenTable, given: unknown): WriteOfKey | undefined {
  const key = exactKey(table.schema.key, given);
  return key && { table, key, newImage: 'unknown' };
}
