/**
 * BatchWriteItem and TransactWriteItems: every key counts as written before the answer goes out, but for those that the
 * store hands back unprocessed (I11).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
import type { Item } from '../model/attribute-value.ts';
import { exactKey, keyOf, keyText, positionOf } from '../model/key.ts';
import { parseItem } from '../model/parse-item.ts';
import type { JsonObject, ServiceReply, ServiceRequest } from '../model/service-call.ts';
import { tableNameOf } from '../model/table-schema.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered } from './ask-store.ts';
import type { Image } from './mutation.ts';
import { beginWrite, isRefusal, writeApplied, writeRefused, writeUnknown, type OwnWrite } from './own-write.ts';
import { planOrPass } from './parameters.ts';
import type { Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';

interface PlannedWrite {
  readonly own: OwnWrite;
  readonly newImage: Image;
}

/** The writes of a call, by the table name that the call uses; undefined where one of them cannot be read. */
type Planner = (tables: ReadonlyMap<string, OpenTable>, input: JsonObject) => WriteOfKey[] | undefined;

interface WriteOfKey {
  readonly table: OpenTable;
  readonly key: Item;
  readonly newImage: Image;
}

export function writeBatch(
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  return writeMany(parts, tables, request, options, writesOfBatch, true);
}

export function writeTransaction(
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  // A transaction with a token that was used before is acknowledged without being applied again, and somebody may have
  // written since: what it would have left must not be cached.
  return writeMany(parts, tables, request, options, writesOfTransaction, false);
}

async function writeMany(
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
  plan: Planner,
  mayInstall: boolean,
): Promise<Answer> {
  const writes = beginAll(planOrPass(() => plan(tables, request.input)));
  let reply: ServiceReply | undefined;
  try {
    reply = await parts.backing.send(request, { signal: options.signal });
  } finally {
    if (writes === undefined) forgetAll(parts, tables, reply);
    else settleAll(parts, writes, reply, mayInstall);
  }
  return answered(reply, 'pass');
}

function beginAll(planned: readonly WriteOfKey[] | undefined): PlannedWrite[] | undefined {
  if (planned === undefined) return undefined;
  const writes: PlannedWrite[] = [];
  for (const { table, key, newImage } of planned) {
    const own = beginWrite(table, key);
    if (own !== undefined) writes.push({ own, newImage });
  }
  return writes;
}

/** Writes that we could not read and the store did not refuse: nothing is known of their tables any more. */
function forgetAll(parts: Parts, tables: ReadonlyMap<string, OpenTable>, reply: ServiceReply | undefined): void {
  if (reply !== undefined && isRefusal(reply)) return;
  for (const table of tables.values()) table.reset(parts.clock.monotonicMs());
}

function settleAll(
  parts: Parts,
  writes: readonly PlannedWrite[],
  reply: ServiceReply | undefined,
  mayInstall: boolean,
): void {
  const unprocessed = reply?.ok === true ? planOrPass(() => unprocessedKeys(writes, reply.output)) : undefined;
  for (const { own, newImage } of writes) {
    if (reply !== undefined && isRefusal(reply)) writeRefused(own);
    else if (unprocessed === undefined) writeUnknown(parts, own, newImage);
    else if (unprocessed.has(own)) writeRefused(own);
    else writeApplied(parts, own, { oldImage: 'unknown', newImage, mayInstall });
  }
}

function unprocessedKeys(writes: readonly PlannedWrite[], output: JsonObject): ReadonlySet<OwnWrite> {
  const unprocessed = new Set<OwnWrite>();
  const left = (output['UnprocessedItems'] ?? {}) as Record<string, readonly JsonObject[]>;
  for (const [tableName, requests] of Object.entries(left)) {
    const name = tableNameOf(tableName);
    for (const request of requests) {
      for (const { own } of writes) {
        if (own.table.name === name && textOf(own.table, request) === own.keyText) unprocessed.add(own);
      }
    }
  }
  return unprocessed;
}

function textOf(table: OpenTable, request: JsonObject): string | undefined {
  const position = positionOf(table.schema.key, (request['PutRequest']?.Item ?? request['DeleteRequest']?.Key) as Item);
  return position && keyText(position);
}

const writesOfBatch: Planner = (tables, input) => {
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
};

const writesOfTransaction: Planner = (tables, input) => {
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
};

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
