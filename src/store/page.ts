/**
 * One page of a Query or Scan: rows are read in order until Limit or 1 MB is reached, both counted before the filter. The page
 * without filter and projection is put together from stored bytes; nothing but its last key is parsed.
 */
import { evaluateCondition } from '../expression/condition.ts';
import { projectItem } from '../expression/projection.ts';
import type { Condition, DocumentPath } from '../expression/syntax.ts';
import { emptyItem, type AttributeValue, type Item } from '../model/attribute-value.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ConsumedUnits, readUnits, type CapacityMode } from './capacity.ts';
import type { Row } from './environment.ts';
import { basePlaceOf, type KeyRange } from './key-space.ts';
import type { ReadableRows } from './lagging-rows.ts';
import { PAGE_BYTES_MAX } from './limits.ts';
import type { StoreParts } from './store-parts.ts';
import { decodeItem, jsonOfRow, sizeOfRow } from './stored-item.ts';
import type { Table, TableIndex } from './table.ts';

export interface PageRequest {
  readonly table: Table;
  readonly index: TableIndex | undefined;
  readonly range: KeyRange;
  readonly reverse: boolean;
  readonly limit: number | undefined;
  readonly filter: Condition | undefined;
  readonly projection: readonly DocumentPath[] | undefined;
  readonly countOnly: boolean;
  /** The whole item, also where the index projects less (a local one). */
  readonly fetchAll: boolean;
  readonly isStrong: boolean;
  readonly capacity: CapacityMode;
}

interface PageSums {
  scanned: number;
  count: number;
  /** What decides about the end of the page: the size of what the index shows, or of the item. */
  readBytes: number;
  fetchedBytes: number;
  fetched: number;
  last: Buffer | undefined;
}

export function readPage(parts: StoreParts, request: PageRequest): ServiceReply {
  const sums: PageSums = { scanned: 0, count: 0, readBytes: 0, fetchedBytes: 0, fetched: 0, last: undefined };
  const items: Buffer[] = [];
  const limit = request.limit ?? Infinity;
  let isCut = false;
  const rows = parts.replicas.rowsFor(request.isStrong, request.index);
  for (const row of rows.rows(request.range, request.reverse)) {
    const shown = shownRow(rows, request, row, sums);
    if (shown === undefined) continue;
    sums.scanned++;
    sums.last = shown;
    const json = filtered(request, shown);
    if (json !== undefined) {
      sums.count++;
      if (!request.countOnly) items.push(json);
    }
    if (sums.scanned >= limit || sums.readBytes >= PAGE_BYTES_MAX) {
      isCut = true;
      break;
    }
  }
  return replyOf(request, sums, items, isCut);
}

/** The row whose item the page shows; undefined for an entry whose item is gone. */
function shownRow(rows: ReadableRows, request: PageRequest, row: Row, sums: PageSums): Buffer | undefined {
  const { index, table } = request;
  if (index === undefined) {
    sums.readBytes += sizeOfRow(row.value);
    return row.value;
  }
  const isPointer = index.schema.projection === 'ALL';
  if (!isPointer) sums.readBytes += sizeOfRow(row.value);
  if (!isPointer && !request.fetchAll) return row.value;
  const item = rows.get(table.space + basePlaceOf(row.key));
  if (item === undefined) return undefined;
  if (isPointer) {
    sums.readBytes += sizeOfRow(item);
  } else {
    sums.fetched++;
    sums.fetchedBytes += sizeOfRow(item);
  }
  return item;
}

/** The item's JSON as the page shows it; undefined when the filter hides it. */
function filtered({ filter, projection, countOnly }: PageRequest, row: Buffer): Buffer | undefined {
  if (filter === undefined && (projection === undefined || countOnly)) return jsonOfRow(row);
  const item = decodeItem(row);
  if (filter !== undefined && !evaluateCondition(filter, item)) return undefined;
  if (projection === undefined || countOnly) return jsonOfRow(row);
  return Buffer.from(JSON.stringify(projectItem(projection, item)));
}

const OPEN_ITEMS = Buffer.from('{"Items":[');
const COMMA = Buffer.from(',');

function replyOf(request: PageRequest, sums: PageSums, items: readonly Buffer[], isCut: boolean): ServiceReply {
  const rest: JsonObject = { Count: sums.count, ScannedCount: sums.scanned };
  if (isCut && sums.last !== undefined) rest['LastEvaluatedKey'] = startKeyOf(request, decodeItem(sums.last));
  if (request.capacity !== 'NONE') rest['ConsumedCapacity'] = capacityOf(request, sums);
  const restJson = JSON.stringify(rest);
  if (request.countOnly) return ServiceReply.fromBody(200, Buffer.from(restJson));
  const chunks: Buffer[] = [OPEN_ITEMS];
  items.forEach((item, position) => {
    if (position > 0) chunks.push(COMMA);
    chunks.push(item);
  });
  chunks.push(Buffer.from(`],${restJson.slice(1)}`));
  return ServiceReply.fromBody(200, Buffer.concat(chunks));
}

function capacityOf(request: PageRequest, sums: PageSums): JsonObject {
  const units = new ConsumedUnits('read');
  const { index, isStrong } = request;
  if (index === undefined) {
    units.addTable(readUnits(sums.readBytes, isStrong));
  } else {
    units.addIndex(index.schema.name, index.schema.kind, readUnits(sums.readBytes, isStrong));
    if (sums.fetched > 0) units.addTable(readUnits(sums.fetchedBytes, isStrong));
  }
  return units.toOutput(request.table, request.capacity);
}

/** The attributes that say where a page ended: the table's key and, in an index, the index's. */
export function startKeyNames(table: Table, index: TableIndex | undefined): readonly string[] {
  const { key } = table.schema;
  const names = new Set([...key.partition, ...key.sort].map(({ name }) => name));
  if (index !== undefined) {
    for (const { name } of [...index.schema.key.partition, ...index.schema.key.sort]) names.add(name);
  }
  return [...names];
}

function startKeyOf({ table, index }: PageRequest, item: Item): Item {
  const key = emptyItem();
  for (const name of startKeyNames(table, index)) key[name] = item[name] as AttributeValue;
  return key;
}
