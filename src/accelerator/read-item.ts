/**
 * GetItem: look up, else one flight to the store, and a fill if its lease still holds (I1, I2, I10).
 *
 * The item cache keeps whole items. A projection is left out of the read and applied to the answer, so that one entry
 * serves every projection; DynamoDB charges a read by the size of the whole item either way.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
 */
import { onePiece } from '../base/bytes.ts';
import { ENTRY_OVERHEAD_BYTES } from '../cache/entry-cache.ts';
import { parseProjection } from '../expression/parser.ts';
import { Placeholders } from '../expression/placeholders.ts';
import { projectItem } from '../expression/projection.ts';
import type { DocumentPath } from '../expression/syntax.ts';
import type { Item } from '../model/attribute-value.ts';
import { exactKey, keyText, positionOf } from '../model/key.ts';
import { ServiceReply, type JsonObject, type ServiceRequest } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered, passThrough, rework } from './ask-store.ts';
import { copyOfOutput, keep, replyOf, type KeptAnswer } from './keep.ts';
import { load, type Miss } from './load.ts';
import { capacityOf, hasOnly, isAbsentOrString, noCapacity, planOrPass, type Capacity } from './parameters.ts';
import { expiryOf, type Parts } from './parts.ts';
import { orStale, staleAnswer } from './stale-if-error.ts';
import { olderBy, type FillLease } from './table.ts';
import type { OpenTable } from './tables.ts';
import { withParameter } from './with-parameter.ts';

export interface ItemPlan {
  readonly tableName: string;
  readonly key: Item;
  readonly keyText: string;
  readonly projection: readonly DocumentPath[] | undefined;
  readonly capacity: Capacity;
}

const PLANNED = new Set([
  'TableName',
  'Key',
  'ConsistentRead',
  'ProjectionExpression',
  'ExpressionAttributeNames',
  'ReturnConsumedCapacity',
]);

const WHOLE_ANSWER = new Set(['Item']);

/** Undefined: not a call that a cache may answer. */
export function planItemRead(table: OpenTable, input: JsonObject): ItemPlan | undefined {
  if (!hasOnly(input, PLANNED)) return undefined;
  const { ConsistentRead: strong, ProjectionExpression: text, ExpressionAttributeNames: names } = input;
  if (strong !== undefined && strong !== false) return undefined;
  const capacity = capacityOf(input['ReturnConsumedCapacity']);
  const key = exactKey(table.schema.key, input['Key']);
  const position = key && positionOf(table.schema.key, key);
  if (key === undefined || position === undefined || capacity === undefined) return undefined;
  if (!isAbsentOrString(text)) return undefined;
  if (text === undefined && names !== undefined) return undefined;
  return {
    tableName: input['TableName'] as string,
    key,
    keyText: keyText(position),
    projection: text === undefined ? undefined : projectionOf(text, names),
    capacity,
  };
}

/** @throws {ServiceError} when it is not one. */
function projectionOf(text: string, names: unknown): readonly DocumentPath[] {
  const placeholders = new Placeholders(names, undefined);
  const projection = parseProjection(text, placeholders);
  placeholders.assertAllUsed();
  return projection;
}

export function readItem(
  parts: Parts,
  table: OpenTable,
  request: ServiceRequest,
  options: ExecuteOptions,
): Answer | Promise<Answer> {
  const nowMs = parts.clock.monotonicMs();
  const isServing = table.isServing(nowMs);
  const mayBeStale = parts.tuning.staleIfErrorMs > 0;
  const mayServe = options.control !== 'bypass' && (isServing || mayBeStale);
  const plan = mayServe ? planOrPass(() => planItemRead(table, request.input)) : undefined;
  if (plan === undefined) return passThrough(parts, request, options);
  if (isServing && options.control !== 'refresh') {
    const cacheKey = table.prefix + plan.keyText;
    const entry = parts.items.get(cacheKey, nowMs);
    if (entry !== undefined) {
      const reply = answerFrom(plan, entry.value);
      if (isWhole(plan)) parts.known.note(request, table, parts.items, cacheKey);
      return { reply, cache: 'hit', ageMs: entry.ageMs };
    }
  }
  const asked = isServing ? loadItem(parts, table, plan, request, options) : passThrough(parts, request, options);
  if (!mayBeStale) return asked;
  return orStale(asked, () => {
    // The table's prefix as it is now: what was cached before a gap is not to be found (I9).
    const entry = parts.items.stale(table.prefix + plan.keyText, parts.clock.monotonicMs());
    return staleAnswer(parts, table, entry, (kept) => answerFrom(plan, kept));
  });
}

/** A cached reply as this caller asked for it; the very bytes when there is nothing to change. */
function answerFrom(plan: ItemPlan, cached: KeptAnswer): ServiceReply {
  if (isWhole(plan)) return replyOf(cached);
  return ServiceReply.fromOutput(shapeAnswer(plan, copyOfOutput(cached), noCapacity));
}

function isWhole({ projection, capacity }: ItemPlan): boolean {
  return projection === undefined && capacity === 'NONE';
}

function shapeAnswer(
  plan: ItemPlan,
  output: JsonObject,
  consumed: (tableName: string, capacity: 'TOTAL' | 'INDEXES') => JsonObject,
): JsonObject {
  const item = output['Item'] as Item | undefined;
  return {
    ...(item !== undefined && { Item: plan.projection === undefined ? item : projectItem(plan.projection, item) }),
    ...(plan.capacity !== 'NONE' && { ConsumedCapacity: consumed(plan.tableName, plan.capacity) }),
  };
}

function loadItem(
  parts: Parts,
  table: OpenTable,
  plan: ItemPlan,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  const miss: Miss = {
    table,
    flights: parts.itemFlights,
    key: table.prefix + plan.keyText,
    capacity: plan.capacity,
    isUntouchedSince: (position) => table.itemLeaseHolds(position, plan.keyText),
    async read(lease) {
      const reply = await parts.backing.send(readRequest(parts, table, plan, request));
      fillItem(parts, table, plan.keyText, lease, reply);
      return reply;
    },
  };
  const loaded = load(parts, miss, options);
  if (plan.projection === undefined) return loaded;
  return loaded.then(({ reply, cache }) => answered(shapeReply(plan, reply), cache));
}

/** The caller's own request wherever it already asks for the whole item in the right way. */
function readRequest(parts: Parts, table: OpenTable, plan: ItemPlan, request: ServiceRequest): ServiceRequest {
  // I2: a replica may still hold the state before a recent mutation, and no later event would drop it.
  const isStrong = !parts.backing.settlesReads && table.isRecentItem(plan.keyText, parts.clock.monotonicMs());
  if (plan.projection === undefined) return isStrong ? withParameter(request, 'ConsistentRead', true) : request;
  return request.withInput({
    TableName: plan.tableName,
    Key: plan.key,
    ...(isStrong && { ConsistentRead: true }),
    ...(plan.capacity !== 'NONE' && { ReturnConsumedCapacity: plan.capacity }),
  });
}

function shapeReply(plan: ItemPlan, reply: ServiceReply): ServiceReply {
  if (!reply.ok) return reply;
  return rework(
    reply,
    shapeAnswer(plan, reply.output, () => reply.output['ConsumedCapacity'] as JsonObject),
  );
}

function fillItem(parts: Parts, table: OpenTable, text: string, lease: FillLease, reply: ServiceReply): void {
  if (!reply.ok) return;
  table.writes.noteRead(text);
  if (reply.isUncertain) return;
  // Where the store answered something that is not JSON the caller gets it, and nobody else shall (I13).
  const output = planOrPass(() => reply.output);
  if (typeof output !== 'object' || output === null) return;
  const item: unknown = output['Item'];
  const hasMore = !hasOnly(output, WHOLE_ANSWER);
  const answer = item === undefined ? {} : { Item: item };
  // Bytes that carry nothing but the item are kept as they came.
  storeItem(parts, table, text, olderBy(lease, reply.ageMs), answer, hasMore ? undefined : () => reply.body);
}

/** GetItem's answer without what is not the item's. */
export interface ItemAnswer {
  readonly Item?: unknown;
}

/** Keeps a whole-item answer if no mutation of the key came after the lease (I1). */
export function storeItem(
  parts: Parts,
  table: OpenTable,
  text: string,
  lease: FillLease,
  answer: ItemAnswer,
  bytesOf?: () => Buffer,
): void {
  const nowMs = parts.clock.monotonicMs();
  if (!table.itemLeaseHolds(lease, text) || !table.isServing(nowMs)) {
    parts.items.counters.fillsRefused++;
    return;
  }
  // What came in since this read began, by a batch or a refresh, may be newer than its answer: a reader who has seen it must
  // not be shown what was before it.
  const presentSinceMs = parts.items.storedAtMs(table.prefix + text, nowMs);
  if (presentSinceMs !== undefined && presentSinceMs > lease.takenMs) return;
  keepAnswer(parts, table, text, answer, lease.askedAtMs, bytesOf);
}

/** Stores without asking for a lease: for the value that a write of ours is known to have left. */
export function keepItem(
  parts: Parts,
  table: OpenTable,
  text: string,
  isNegative: boolean,
  body: Buffer,
  askedAtMs: number,
): void {
  // Parsed also where the caller has the objects: texts of a program may be slices, which would keep what they were cut from.
  const answer = isNegative || parts.packer === undefined ? {} : (JSON.parse(body.toString('utf8')) as ItemAnswer);
  keepAnswer(parts, table, text, answer, askedAtMs, () => body, isNegative);
}

function keepAnswer(
  parts: Parts,
  table: OpenTable,
  text: string,
  answer: ItemAnswer,
  askedAtMs: number,
  bytesOf?: () => Buffer,
  isNegative = answer.Item === undefined,
): void {
  const { itemTtlMs, negativeTtlMs } = table.options.ttl;
  if (isNegative && negativeTtlMs === 0) return;
  const kept = keep(parts, answer, bytesOf);
  if (kept === undefined) return;
  const ttlMs = isNegative ? negativeTtlMs : itemTtlMs;
  parts.items.set(onePiece(table.prefix + text), {
    value: kept.answer,
    askedAtMs,
    storedAtMs: parts.clock.monotonicMs(),
    expiresAtMs: ttlMs === 0 ? Infinity : expiryOf(parts, askedAtMs, ttlMs),
    sizeBytes: kept.sizeBytes + text.length + ENTRY_OVERHEAD_BYTES,
  });
}
