/**
 * Plans a Query or Scan: the key under which its page is cached, and the interval that it may read. Two requests that can
 * only be answered alike get one key, however their placeholders are spelled.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
 */
import { WHOLE_RANGE, cutRange, type Footprint } from '../cache/footprint.ts';
import { canonicalCondition, canonicalProjection } from '../expression/canonical.ts';
import { keyConditionOf } from '../expression/key-condition.ts';
import { parseCondition, parseProjection } from '../expression/parser.ts';
import { Placeholders } from '../expression/placeholders.ts';
import type { Condition } from '../expression/syntax.ts';
import type { Item } from '../model/attribute-value.ts';
import { exactKey, positionOf, type KeyPosition, type KeySchema } from '../model/key.ts';
import type { JsonObject } from '../model/service-call.ts';
import type { IndexSchema } from '../model/table-schema.ts';
import { TABLE } from './mutation.ts';
import type { Shown } from './page-rules.ts';
import { capacityOf, hasOnly, isAbsentOrString, type Capacity } from './parameters.ts';
import type { OpenTable } from './tables.ts';

export interface PagePlan {
  readonly tableName: string;
  /** '' for the table itself. */
  readonly indexName: string;
  readonly index: IndexSchema | undefined;
  /** Key attributes by which the page is ordered. */
  readonly order: KeySchema;
  /** Without the table's prefix. */
  readonly cacheKey: string;
  /** What the page may read: the key condition's range behind ExclusiveStartKey. */
  readonly footprint: Footprint;
  readonly forward: boolean;
  /** A scan of one segment, or behind a start key. */
  readonly isPartialScan: boolean;
  readonly limit: number | undefined;
  readonly filter: Condition | undefined;
  readonly shown: Shown;
  readonly capacity: Capacity;
}

const PLANNED_OF_BOTH = [
  'TableName',
  'IndexName',
  'FilterExpression',
  'ProjectionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'Limit',
  'ExclusiveStartKey',
  'Select',
  'ConsistentRead',
  'ReturnConsumedCapacity',
];
const PLANNED = {
  Query: new Set([...PLANNED_OF_BOTH, 'KeyConditionExpression', 'ScanIndexForward']),
  Scan: new Set([...PLANNED_OF_BOTH, 'Segment', 'TotalSegments']),
} as const;

const SELECTS = new Set(['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES', 'COUNT']);

/** Undefined: not a call that a cache may answer. @throws {ServiceError} where an expression is wrong. */
export function planPage(operation: 'Query' | 'Scan', table: OpenTable, input: JsonObject): PagePlan | undefined {
  if (!hasOnly(input, PLANNED[operation]) || !hasPlainTypes(input)) return undefined;
  const capacity = capacityOf(input['ReturnConsumedCapacity']);
  const { IndexName: indexName = TABLE, Select: select, Limit: limit } = input;
  const index = indexName === TABLE ? undefined : table.schema.indexes.get(indexName as string);
  if (capacity === undefined || (indexName !== TABLE && index?.active !== true)) return undefined;
  const order = index?.key ?? table.schema.key;
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], input['ExpressionAttributeValues']);
  const { partition, range, condition } = readKeyCondition(operation, order, input, placeholders);
  const filterText = input['FilterExpression'] as string | undefined;
  const filter = filterText === undefined ? undefined : parseCondition(filterText, placeholders, 'FilterExpression');
  const projectionText = input['ProjectionExpression'] as string | undefined;
  const paths = projectionText === undefined ? undefined : parseProjection(projectionText, placeholders);
  placeholders.assertAllUsed();
  const start = readStart(table, index, order, input['ExclusiveStartKey']);
  if (start === 'wrong') return undefined;
  const forward = input['ScanIndexForward'] !== false;
  const ties = index !== undefined;
  return {
    tableName: input['TableName'] as string,
    indexName: indexName as string,
    index,
    order,
    cacheKey: JSON.stringify([
      operation,
      indexName,
      condition,
      filter === undefined ? 0 : canonicalCondition(filter),
      paths === undefined ? 0 : canonicalProjection(paths),
      forward,
      limit ?? 0,
      start === undefined ? 0 : start.canonical,
      select ?? 0,
      input['Segment'] ?? 0,
      input['TotalSegments'] ?? 0,
    ]),
    // A scan's order is the store's own affair, so its start says nothing about which keys it reads.
    footprint: {
      partition,
      ...(partition === undefined ? range : cutRange(range, { after: start?.position.sort }, { forward, ties })),
    },
    forward,
    isPartialScan: operation === 'Scan' && (start !== undefined || input['TotalSegments'] !== undefined),
    limit: limit as number | undefined,
    filter,
    shown: select === 'COUNT' ? { kind: 'nothing' } : paths === undefined ? { kind: 'all' } : { kind: 'paths', paths },
    capacity,
  };
}

function readKeyCondition(
  operation: 'Query' | 'Scan',
  order: KeySchema,
  input: JsonObject,
  placeholders: Placeholders,
) {
  if (operation === 'Scan') return { partition: undefined, range: WHOLE_RANGE, condition: '' };
  const parsed = parseCondition(input['KeyConditionExpression'] as string, placeholders, 'KeyConditionExpression');
  const { partition, range, canonical } = keyConditionOf(parsed, order);
  return { partition, range, condition: canonical };
}

/** The start key's place in the order that is read; a key of an index carries the table's key beside its own. */
function readStart(
  table: OpenTable,
  index: IndexSchema | undefined,
  order: KeySchema,
  given: unknown,
): { readonly position: KeyPosition; readonly canonical: string } | undefined | 'wrong' {
  if (given === undefined) return undefined;
  const key = exactKey(index === undefined ? order : unionOf(index.key, table.schema.key), given);
  const position = key && positionOf(order, key);
  if (key === undefined || position === undefined) return 'wrong';
  return { position, canonical: canonicalKey(key) };
}

function unionOf(indexKey: KeySchema, tableKey: KeySchema): KeySchema {
  const own = new Set([...indexKey.partition, ...indexKey.sort].map(({ name }) => name));
  const added = [...tableKey.partition, ...tableKey.sort].filter(({ name }) => !own.has(name));
  return { partition: indexKey.partition, sort: [...indexKey.sort, ...added] };
}

function canonicalKey(key: Item): string {
  return JSON.stringify(
    Object.keys(key)
      .toSorted()
      .map((name) => [name, key[name]]),
  );
}

function hasPlainTypes(input: JsonObject): boolean {
  const { Limit: limit, Select: select, ConsistentRead: strong, ScanIndexForward: forward } = input;
  return (
    (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) &&
    (select === undefined || SELECTS.has(select as string)) &&
    (strong === undefined || strong === false) &&
    (forward === undefined || typeof forward === 'boolean') &&
    isAbsentOrString(input['IndexName']) &&
    isAbsentOrString(input['FilterExpression']) &&
    isAbsentOrString(input['ProjectionExpression']) &&
    (input['Segment'] === undefined || Number.isSafeInteger(input['Segment'])) &&
    (input['TotalSegments'] === undefined || Number.isSafeInteger(input['TotalSegments']))
  );
}
