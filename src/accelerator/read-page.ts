/**
 * Query and Scan: look up the page, else one flight to the store, and a fill with the footprint that the answer shows to
 * have been read, if its lease still holds there (I1, I2, I7, I10).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
 */
import { onePiece } from '../base/bytes.ts';
import { ENTRY_OVERHEAD_BYTES } from '../cache/entry-cache.ts';
import { cutRange, type Footprint } from '../cache/footprint.ts';
import type { Item } from '../model/attribute-value.ts';
import { keyText, positionOf } from '../model/key.ts';
import { ServiceReply, type JsonObject, type ServiceRequest } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { passThrough } from './ask-store.ts';
import { load, type Miss } from './load.ts';
import { ttlOf } from './options.ts';
import { touches, type Mutation } from './mutation.ts';
import type { CachedPage } from './page-rules.ts';
import { noCapacity, planOrPass } from './parameters.ts';
import { keep, replyOf } from './keep.ts';
import { expiryOf, type Parts } from './parts.ts';
import { planPage, type PagePlan } from './plan-page.ts';
import { orStale, staleAnswer } from './stale-if-error.ts';
import { olderBy, type FillLease } from './table.ts';
import type { OpenTable } from './tables.ts';

export function readPage(
  parts: Parts,
  table: OpenTable,
  request: ServiceRequest,
  options: ExecuteOptions,
): Answer | Promise<Answer> {
  const nowMs = parts.clock.monotonicMs();
  const isServing = table.isServing(nowMs);
  const mayBeStale = parts.tuning.staleIfErrorMs > 0;
  const mayServe = options.control !== 'bypass' && (isServing || mayBeStale);
  const operation = request.operation as 'Query' | 'Scan';
  const plan = mayServe ? planOrPass(() => planPage(operation, table, request.input)) : undefined;
  if (plan === undefined) return passThrough(parts, request, options);
  if (isServing && options.control !== 'refresh') {
    const cacheKey = table.prefix + plan.cacheKey;
    const entry = parts.pages.get(cacheKey, nowMs);
    if (entry !== undefined) {
      const reply = answerFrom(plan, entry.value.reply);
      if (reply === entry.value.reply) parts.known.note(request, table, parts.pages, cacheKey);
      return { reply, cache: 'hit', ageMs: entry.ageMs };
    }
  }
  const asked = isServing ? loadPage(parts, table, plan, request, options) : passThrough(parts, request, options);
  if (!mayBeStale) return asked;
  return orStale(asked, () => {
    // The table's prefix as it is now: what was cached before a gap is not to be found (I9).
    const entry = parts.pages.stale(table.prefix + plan.cacheKey, parts.clock.monotonicMs());
    return staleAnswer(parts, table, entry, (page) => answerFrom(plan, page.reply));
  });
}

const CLOSING_BRACE = Buffer.from('}');

/** The cached bytes, with what the hit consumed put in front of the closing brace where the caller asks for it. */
function answerFrom(plan: PagePlan, cached: ServiceReply): ServiceReply {
  if (plan.capacity === 'NONE') return cached;
  const consumed = JSON.stringify(noCapacity(plan.tableName, plan.capacity));
  const { body } = cached;
  const open = body.subarray(0, body.byteLength - 1);
  return ServiceReply.fromBody(
    200,
    Buffer.concat([open, Buffer.from(`,"ConsumedCapacity":${consumed}`), CLOSING_BRACE]),
  );
}

function loadPage(
  parts: Parts,
  table: OpenTable,
  plan: PagePlan,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  const miss: Miss = {
    table,
    flights: parts.pageFlights,
    key: onePiece(table.prefix + plan.cacheKey),
    capacity: plan.capacity,
    isUntouchedSince: (position) => table.pageLeaseHolds(position, plan.indexName, plan.footprint),
    async read(lease) {
      const isGlobal = plan.index?.kind === 'GSI';
      const unsettled = isGlobal ? table.unsettledIn(plan.indexName, plan.footprint, lease.takenMs) : [];
      const reply = await parts.backing.send(readRequest(parts, table, plan, request));
      fillPage(parts, table, plan, lease, unsettled, reply);
      return reply;
    },
  };
  return load(parts, miss, options);
}

function readRequest(parts: Parts, table: OpenTable, plan: PagePlan, request: ServiceRequest): ServiceRequest {
  // I2: a replica may still hold the state before a recent mutation. A global index has no strong read; see `fillPage`.
  const canBeStrong = plan.index?.kind !== 'GSI';
  if (!canBeStrong || parts.backing.settlesReads === true) return request;
  if (!table.isRecentFootprint(plan.indexName, plan.footprint, parts.clock.monotonicMs())) return request;
  return request.withInput({ ...request.input, ConsistentRead: true });
}

function fillPage(
  parts: Parts,
  table: OpenTable,
  plan: PagePlan,
  lease: FillLease,
  unsettled: readonly Mutation[] | undefined,
  reply: ServiceReply,
): void {
  const { queryTtlMs } = ttlOf(parts.tuning, table.name, plan.indexName);
  if (!reply.ok || reply.isUncertain || queryTtlMs === 0) return;
  const kept = planOrPass(() => pageOf(parts, table, plan, reply));
  if (kept === undefined) return;
  const { page, sizeBytes } = kept;
  const nowMs = parts.clock.monotonicMs();
  const isSettled = unsettled?.some((mutation) => touches(mutation, plan.indexName, page.footprint)) === false;
  // I2: an index trails its table, so a page that holds a recent mutation may be from before it, without a later event.
  if (!isSettled || !table.isServing(nowMs) || !table.pageLeaseHolds(lease, plan.indexName, page.footprint)) {
    parts.pages.counters.fillsRefused++;
    return;
  }
  // A page that was read later, by a call that did not share this flight, may show more than this one.
  const presentSinceMs = parts.pages.storedAtMs(page.key, nowMs);
  if (presentSinceMs !== undefined && presentSinceMs > lease.takenMs) return;
  const { askedAtMs } = olderBy(lease, reply.ageMs);
  const isKept = parts.pages.set(page.key, {
    value: page,
    askedAtMs,
    storedAtMs: nowMs,
    expiresAtMs: expiryOf(parts, askedAtMs, queryTtlMs),
    sizeBytes: sizeBytes + 2 * page.key.length + listedSizeBytes(page) + 2 * ENTRY_OVERHEAD_BYTES,
  });
  if (isKept) table.pages.add(page);
}

function listedSizeBytes({ listed }: CachedPage): number {
  let size = 0;
  for (const text of listed ?? []) size += text.length + 50;
  return size;
}

/** The page as it is cached, or undefined when the answer is not one that can be understood, or too large. */
function pageOf(
  parts: Parts,
  table: OpenTable,
  plan: PagePlan,
  reply: ServiceReply,
): { readonly page: CachedPage; readonly sizeBytes: number } | undefined {
  const { ConsumedCapacity: consumed, ...output } = reply.output;
  const { Items: items, ScannedCount: scanned, LastEvaluatedKey: last } = output;
  if (typeof scanned !== 'number') return undefined;
  const kept = keep(parts, output, consumed === undefined ? () => reply.body : undefined);
  if (kept === undefined) return undefined;
  const isLimited = last !== undefined && scanned === plan.limit;
  const page: CachedPage = {
    key: table.prefix + plan.cacheKey,
    indexName: plan.indexName,
    footprint: isLimited ? cutAtEnd(plan, last as Item) : plan.footprint,
    reply: replyOf(kept.answer),
    filter: plan.filter,
    shown: plan.shown,
    listed: listedKeys(table, items),
    isSizeCapped: last !== undefined && !isLimited,
    isPartOfScan: plan.isPartialScan || (plan.footprint.partition === undefined && last !== undefined),
    owner: table.pages,
  };
  return { page, sizeBytes: kept.sizeBytes };
}

/** Only where Limit ended the page: behind the 1 MB cap a smaller item could have let it grow. */
function cutAtEnd(plan: PagePlan, last: Item): Footprint {
  const { footprint, forward } = plan;
  const position = positionOf(plan.order, last);
  if (footprint.partition === undefined || position === undefined) return footprint;
  const range = cutRange(footprint, { upTo: position.sort }, { forward, ties: plan.index !== undefined });
  return { partition: footprint.partition, ...range };
}

/** Undefined unless each item shows its table key. */
function listedKeys(table: OpenTable, items: unknown): ReadonlySet<string> | undefined {
  if (!Array.isArray(items)) return undefined;
  const listed = new Set<string>();
  for (const item of items as JsonObject[]) {
    const position = positionOf(table.schema.key, item as Item);
    if (position === undefined) return undefined;
    listed.add(onePiece(keyText(position)));
  }
  return listed;
}
