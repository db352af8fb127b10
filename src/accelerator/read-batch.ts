/**
 * BatchGetItem: each key is a look-up of its own; what is not cached is asked of the store in one batch, and each item of
 * its answer is a fill under the lease that was taken before (I1, I2).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
import { parseProjection } from '../expression/parser.ts';
import { Placeholders } from '../expression/placeholders.ts';
import { projectItem } from '../expression/projection.ts';
import type { DocumentPath } from '../expression/syntax.ts';
import type { Item } from '../model/attribute-value.ts';
import { exactKey, keyText, positionOf, type KeySchema } from '../model/key.ts';
import { ServiceReply, type JsonObject, type ServiceRequest } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered, passThrough, rework } from './ask-store.ts';
import { capacityOf, hasOnly, isAbsentOrString, noCapacity, planOrPass, type Capacity } from './parameters.ts';
import { copyOfOutput } from './keep.ts';
import type { Parts } from './parts.ts';
import { storeItem } from './read-item.ts';
import { olderBy, type FillLease } from './table.ts';
import type { OpenTable } from './tables.ts';

interface WantedKey {
  readonly key: Item;
  readonly text: string;
}

interface TablePart {
  readonly tableName: string;
  readonly table: OpenTable;
  /** Of the schema that the keys were read with; the table may be forgotten while the store is asked (I13). */
  readonly keySchema: KeySchema;
  readonly wanted: readonly WantedKey[];
  readonly projection: readonly DocumentPath[] | undefined;
  /** What the caller asked of the table, for `UnprocessedKeys` must be good to send again as it is. */
  readonly asked: JsonObject;
  readonly found: Item[];
  /** Age of the oldest cached item among those found. */
  oldestMs: number;
  readonly missing: WantedKey[];
  /** Taken before the store is asked (I1); undefined where the table's feed was not trusted then (I8). */
  lease: FillLease | undefined;
}

const PLANNED = new Set(['RequestItems', 'ReturnConsumedCapacity']);
const PLANNED_OF_TABLE = new Set(['Keys', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames']);
const KEYS_MAX = 100;

export async function readBatch(
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  const capacity = capacityOf(request.input['ReturnConsumedCapacity']);
  const batch = options.control === 'bypass' ? undefined : planOrPass(() => planBatch(tables, request.input));
  if (batch === undefined || capacity === undefined) return passThrough(parts, request, options);
  const nowMs = parts.clock.monotonicMs();
  for (const part of batch) lookUp(parts, part, nowMs, options.control === 'refresh');
  const asked = batch.filter((part) => part.missing.length > 0);
  if (asked.length === 0) {
    const reply = ServiceReply.fromOutput(answerOf(batch, {}, capacity, undefined));
    return { reply, cache: 'hit', ageMs: Math.max(...batch.map((part) => part.oldestMs)) };
  }
  const storeRequest = request.withInput({
    RequestItems: Object.fromEntries(asked.map((part) => [part.tableName, askFor(parts, part, nowMs)])),
    ...(capacity !== 'NONE' && { ReturnConsumedCapacity: capacity }),
  });
  const reply = await parts.backing.send(storeRequest, { signal: options.signal });
  if (!reply.ok) return answered(reply, 'miss');
  const { Responses: responses = {}, UnprocessedKeys: unprocessed = {}, ConsumedCapacity: consumed } = reply.output;
  for (const part of asked) {
    part.lease = part.lease && !reply.isUncertain ? olderBy(part.lease, reply.ageMs) : undefined;
    const left = (unprocessed[part.tableName] as { readonly Keys?: readonly Item[] } | undefined)?.Keys ?? [];
    fillPart(parts, part, (responses[part.tableName] as Item[] | undefined) ?? [], left);
  }
  return answered(
    rework(reply, answerOf(batch, unprocessed as JsonObject, capacity, consumed as JsonObject[])),
    'miss',
  );
}

function planBatch(tables: ReadonlyMap<string, OpenTable>, input: JsonObject): TablePart[] | undefined {
  if (!hasOnly(input, PLANNED)) return undefined;
  const batch: TablePart[] = [];
  let count = 0;
  for (const [tableName, asked] of Object.entries(input['RequestItems'] as Record<string, JsonObject>)) {
    const table = tables.get(tableName);
    const part = table && planPart(table, tableName, asked);
    if (part === undefined) return undefined;
    count += part.wanted.length;
    batch.push(part);
  }
  return count > 0 && count <= KEYS_MAX ? batch : undefined;
}

function planPart(table: OpenTable, tableName: string, asked: JsonObject): TablePart | undefined {
  const { Keys: keys, ConsistentRead: strong, ProjectionExpression: text, ExpressionAttributeNames: names } = asked;
  if (!hasOnly(asked, PLANNED_OF_TABLE) || !Array.isArray(keys) || !isAbsentOrString(text)) return undefined;
  if ((strong !== undefined && strong !== false) || (text === undefined && names !== undefined)) return undefined;
  const placeholders = new Placeholders(names, undefined);
  const projection = text === undefined ? undefined : parseProjection(text, placeholders);
  placeholders.assertAllUsed();
  const keySchema = table.schema.key;
  const wanted: WantedKey[] = [];
  const seen = new Set<string>();
  for (const given of keys) {
    const key = exactKey(keySchema, given);
    const position = key && positionOf(keySchema, key);
    if (key === undefined || position === undefined) return undefined;
    const text = keyText(position);
    // The store refuses a batch that names a key twice.
    if (seen.has(text)) return undefined;
    seen.add(text);
    wanted.push({ key, text });
  }
  return {
    tableName,
    table,
    keySchema,
    wanted,
    projection,
    asked,
    found: [],
    oldestMs: 0,
    missing: [],
    lease: undefined,
  };
}

function lookUp(parts: Parts, part: TablePart, nowMs: number, isRefresh: boolean): void {
  const isTrusted = part.table.isServing(nowMs);
  const isServed = !isRefresh && isTrusted;
  if (isTrusted) part.lease = part.table.lease(nowMs);
  for (const wanted of part.wanted) {
    const entry = isServed ? parts.items.get(part.table.prefix + wanted.text, nowMs) : undefined;
    if (entry === undefined) {
      part.missing.push(wanted);
      continue;
    }
    part.oldestMs = Math.max(part.oldestMs, entry.ageMs);
    const { Item: item } = copyOfOutput(entry.value) as { readonly Item?: Item };
    if (item !== undefined) part.found.push(item);
  }
}

function askFor({ backing }: Parts, part: TablePart, nowMs: number): JsonObject {
  // I2: one recent key makes the table's whole part a strong read, for ConsistentRead is said once a table.
  const isStrong = !backing.settlesReads && part.missing.some(({ text }) => part.table.isRecentItem(text, nowMs));
  return { Keys: part.missing.map(({ key }) => key), ...(isStrong && { ConsistentRead: true }) };
}

/** A key that was asked for, answered with no item and not left unprocessed, is an absence. */
function fillPart(parts: Parts, part: TablePart, items: readonly Item[], unprocessed: readonly Item[]): void {
  const { table, keySchema, lease } = part;
  for (const { text } of part.missing) table.writes.noteRead(text);
  const settled = new Set<string>();
  for (const item of items) {
    part.found.push(item);
    const position = positionOf(keySchema, item);
    if (position === undefined) continue;
    const text = keyText(position);
    settled.add(text);
    if (lease !== undefined) storeItem(parts, table, text, lease, { Item: item });
  }
  for (const key of unprocessed) {
    const position = positionOf(keySchema, key);
    if (position !== undefined) settled.add(keyText(position));
  }
  for (const { text } of part.missing) {
    if (lease !== undefined && !settled.has(text)) storeItem(parts, table, text, lease, {});
  }
}

function answerOf(
  batch: readonly TablePart[],
  unprocessed: JsonObject,
  capacity: Capacity,
  consumed: readonly JsonObject[] | undefined,
): JsonObject {
  const responses: Record<string, Item[]> = {};
  const unprocessedOfCaller: JsonObject = {};
  for (const { tableName, projection, asked, found } of batch) {
    responses[tableName] = projection === undefined ? found : found.map((item) => projectItem(projection, item));
    const left = unprocessed[tableName] as JsonObject | undefined;
    if (left !== undefined) unprocessedOfCaller[tableName] = { ...asked, Keys: left['Keys'] };
  }
  return {
    Responses: responses,
    UnprocessedKeys: unprocessedOfCaller,
    ...(capacity !== 'NONE' && { ConsumedCapacity: capacitiesOf(batch, capacity, consumed) }),
  };
}

function capacitiesOf(
  batch: readonly TablePart[],
  capacity: 'TOTAL' | 'INDEXES',
  consumed: readonly JsonObject[] = [],
): JsonObject[] {
  return batch.map(
    ({ tableName }) => consumed.find((part) => part['TableName'] === tableName) ?? noCapacity(tableName, capacity),
  );
}
