/** Runs a SELECT by its plan: Query or Scan pages one after the other, until Limit or 1 MB is reached. */
import type { Column, SelectStatement } from '../expression/partiql-syntax.ts';
import { pathsOf, valueAt, type Condition } from '../expression/syntax.ts';
import { emptyItem, type AttributeValue, type Item } from '../model/attribute-value.ts';
import type { JsonObject } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { capacityModeOf, ConsumedUnits } from './capacity.ts';
import { rangeOfPrefix, type KeyRange } from './key-space.ts';
import { PAGE_BYTES_MAX } from './limits.ts';
import { isProjected, selectionOf, startPlaceOf } from './page-parameters.ts';
import { readPage, type PageRequest } from './page.ts';
import { continueAfter, rangeOf } from './query.ts';
import { checkPaths } from './projection.ts';
import { planSelect, type ReadPlan } from './statement-plan.ts';
import { decodeToken, encodeToken, FIRST_PLACE, type StatementPlace } from './statement-token.ts';
import type { StoreParts } from './store-parts.ts';
import { ownItem } from './stored-item.ts';
import type { Table, TableIndex } from './table.ts';

/** What a strongly consistent read gets for one capacity unit; others get twice as much. */
const UNIT_BYTES = 4096;

/** A SELECT whose table and index are looked up. */
interface Source {
  readonly table: Table;
  readonly index: TableIndex | undefined;
  readonly plan: ReadPlan;
}

/**
 * @param input of ExecuteStatement.
 * @param identity the statement with its parameters, as a text: what NextToken is good for.
 */
export function executeSelect(
  parts: StoreParts,
  statement: SelectStatement,
  input: JsonObject,
  identity: string,
): JsonObject {
  const source = sourceOf(parts, statement, input);
  const readCount = source.plan.kind === 'scan' ? 1 : source.plan.reads.length;
  const token = (input['NextToken'] ?? undefined) as string | undefined;
  // Conditions that contradict each other leave nothing to read.
  let place: StatementPlace | undefined = readCount === 0 ? undefined : FIRST_PLACE;
  if (token !== undefined) place = decodeToken(identity, token, readCount);
  const base = pageRequestOf(source, statement, input);
  const items: Item[] = [];
  let limit = base.limit;
  let consumed: JsonObject | undefined;
  let last: unknown;
  while (place !== undefined) {
    const { output: page } = readPage(parts, { ...base, ...rowsOf(source, place), limit });
    for (const item of page['Items'] as Record<string, AttributeValue>[]) {
      items.push(shown(statement.columns, ownItem(item)));
    }
    consumed = sum(consumed, page['ConsumedCapacity'] as JsonObject);
    if (limit !== undefined) limit -= page['ScannedCount'] as number;
    last = page['LastEvaluatedKey'];
    place = nextPlace(place, last as Item | undefined, readCount);
    const bytesRead = (consumed['CapacityUnits'] as number) * UNIT_BYTES * (base.isStrong ? 1 : 2);
    if (limit === 0 || last !== undefined || bytesRead >= PAGE_BYTES_MAX) break;
  }
  const output: JsonObject = { Items: items };
  if (place !== undefined) output['NextToken'] = encodeToken(identity, place);
  if (last !== undefined) output['LastEvaluatedKey'] = last;
  const mode = capacityModeOf(input);
  if (mode !== 'NONE') output['ConsumedCapacity'] = consumed ?? new ConsumedUnits('read').toOutput(source.table, mode);
  return output;
}

/** @throws {ServiceError} for what is not there or cannot be read so. */
function sourceOf(parts: StoreParts, statement: SelectStatement, input: JsonObject): Source {
  const table = parts.catalog.active(tableNameOf(statement.table));
  const index = indexOf(table, statement.index, input['ConsistentRead'] === true);
  const plan = planSelect(statement, (index ?? table).schema.key);
  checkPaths(
    table,
    statement.columns?.map(({ path }) => path),
  );
  if (statement.where !== undefined) checkPaths(table, pathsOf(statement.where));
  if (index !== undefined && plan.kind === 'query') {
    for (const read of plan.reads) checkFilterProjected(table, index, read.filter);
  }
  return { table, index, plan };
}

function indexOf(table: Table, name: string | undefined, isStrong: boolean): TableIndex | undefined {
  if (name === undefined) return undefined;
  const index = table.indexNamed(name);
  if (index === undefined) throw validationError('The table does not have the specified index');
  if (index.backfilling) throw validationError(`Cannot read from backfilling global secondary index: ${name}`);
  if (isStrong && index.schema.kind === 'GSI') {
    throw validationError('Strongly consistent read is not supported on Global Secondary Indexes');
  }
  return index;
}

/** A scan of an index filters what the index shows; a query must not ask for what is not there. */
function checkFilterProjected(table: Table, index: TableIndex, filter: readonly Condition[]): void {
  if (index.schema.projection === 'ALL') return;
  const names = filter.flatMap(pathsOf).filter((path) => !isProjected(table, index, path));
  if (names.length === 0) return;
  throw validationError(
    `One or more parameter values were invalid: Secondary index ${index.schema.name} does not project one or more ` +
      `filter attributes: [${[...new Set(names.map((path) => path[0]))].join(', ')}]`,
  );
}

function pageRequestOf({ table, index, plan }: Source, statement: SelectStatement, input: JsonObject): PageRequest {
  const { fetchAll } = selectionOf(
    {},
    table,
    index,
    statement.columns?.map(({ path }) => path),
  );
  return {
    table,
    index,
    range: rangeOfPrefix((index ?? table).space),
    reverse: plan.kind === 'query' && plan.reverse,
    limit: (input['Limit'] ?? undefined) as number | undefined,
    filter: undefined,
    // Columns are cut out of whole items: they stand side by side, wherever in the item they come from.
    projection: undefined,
    countOnly: false,
    fetchAll,
    isStrong: input['ConsistentRead'] === true,
    // Asked for in any case: it tells how much was read, also of what the filter hid.
    capacity: capacityModeOf(input) === 'INDEXES' ? 'INDEXES' : 'TOTAL',
  };
}

/** What is left of the read that the place is in. */
function rowsOf(
  { table, index, plan }: Source,
  { read, after }: StatementPlace,
): Pick<PageRequest, 'range' | 'filter'> {
  const start = after === undefined ? undefined : startPlaceOf(table, index, after, plan.kind === 'scan');
  let range: KeyRange = rangeOfPrefix((index ?? table).space);
  if (plan.kind === 'scan') return { range: continueAfter(range, start?.rowKey, false), filter: plan.filter };
  const { condition, filter } = plan.reads[read] as (typeof plan.reads)[number];
  range = rangeOf(table, index, condition);
  return {
    range: continueAfter(range, start?.rowKey, plan.reverse),
    filter: filter.length === 0 ? undefined : { kind: 'and', conditions: filter },
  };
}

function nextPlace({ read }: StatementPlace, last: Item | undefined, readCount: number): StatementPlace | undefined {
  if (last !== undefined) return { read, after: last };
  return read + 1 < readCount ? { read: read + 1, after: undefined } : undefined;
}

/** The columns side by side under their own names; an item that has none of them is shown empty. */
export function shown(columns: readonly Column[] | undefined, item: Item): Item {
  if (columns === undefined) return item;
  const row = emptyItem();
  for (const { name, path } of columns) {
    const value = valueAt(path, item);
    if (value !== undefined) row[name] = value;
  }
  return row;
}

/** Adds up the consumed capacity of several pages, index by index. */
function sum(one: JsonObject | undefined, other: JsonObject): JsonObject {
  if (one === undefined) return other;
  const total: JsonObject = { ...one };
  for (const [name, value] of Object.entries(other) as [string, unknown][]) {
    if (typeof value === 'number') total[name] = value + ((total[name] as number | undefined) ?? 0);
    else if (typeof value === 'object' && value !== null) {
      total[name] = sum(total[name] as JsonObject | undefined, value as JsonObject);
    }
  }
  return total;
}
