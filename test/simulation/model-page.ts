/**
 * How the model store answers a Query or Scan, read with the project's own parser and key bytes. `page-spec.ts` works out
 * the same by other means; where the two differ, one of them is wrong.
 */
import { evaluateCondition } from '../../src/expression/condition.ts';
import { keyConditionOf, type KeyCondition } from '../../src/expression/key-condition.ts';
import { parseCondition, parseProjection } from '../../src/expression/parser.ts';
import { Placeholders } from '../../src/expression/placeholders.ts';
import { projectItem } from '../../src/expression/projection.ts';
import type { Condition, DocumentPath } from '../../src/expression/syntax.ts';
import { rangeHolds } from '../../src/cache/footprint.ts';
import type { Item } from '../../src/model/attribute-value.ts';
import { positionOf, type KeyPosition } from '../../src/model/key.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { TableSchema } from '../../src/model/table-schema.ts';
import type { ItemHistory, Version } from './history.ts';
import { scramble, sizeOf, tieRank, visibleIn, type ModelIndex, type ModelTable } from './model-tables.ts';
import { keyIn } from './page-spec.ts';

interface PageCall {
  readonly operation: 'Query' | 'Scan';
  readonly table: ModelTable;
  readonly schema: TableSchema;
  readonly indexName: string;
  readonly input: JsonObject;
  readonly pageBytes: number;
}

interface Expressions {
  readonly key: KeyCondition | undefined;
  readonly filter: Condition | undefined;
  readonly projection: readonly DocumentPath[] | undefined;
}

interface Place {
  readonly history: ItemHistory;
  readonly image: Item;
  readonly position: KeyPosition;
}

export function readModelPage(
  call: PageCall,
  items: Iterable<ItemHistory>,
  choose: (history: ItemHistory) => Version,
): JsonObject {
  const { table, schema, indexName, input } = call;
  const index = table.indexes.get(indexName) as ModelIndex;
  const order = indexName === '' ? schema.key : (schema.indexes.get(indexName) as { key: TableSchema['key'] }).key;
  const { key, filter, projection } = expressionsOf(call, order);
  const direction = input['ScanIndexForward'] === false ? -1 : 1;
  const start = input['ExclusiveStartKey'] as Item | undefined;
  const startPosition = start && (positionOf(order, start) as KeyPosition);
  const startTie =
    start && scramble(`${table.name}/${table.keyNames.map((name) => (start[name] as { S: string }).S).join('/')}`);
  const places: Place[] = [];
  for (const history of items) {
    const { image } = choose(history);
    const position = image && positionOf(order, image);
    if (image === undefined || position === undefined) continue;
    if (key !== undefined && (position.partition !== key.partition || !rangeHolds(key.range, position.sort))) continue;
    if (startPosition !== undefined) {
      const ordered = comparePositions(position, startPosition) || tieRank(history) - (startTie as number);
      if (ordered * direction <= 0) continue;
    }
    places.push({ history, image, position });
  }
  places.sort(
    (a, b) => (comparePositions(a.position, b.position) || tieRank(a.history) - tieRank(b.history)) * direction,
  );
  return pageOf(call, index, places, filter, projection);
}

function pageOf(
  { table, input, pageBytes }: PageCall,
  index: ModelIndex,
  places: readonly Place[],
  filter: Condition | undefined,
  projection: readonly DocumentPath[] | undefined,
): JsonObject {
  const limit = (input['Limit'] as number | undefined) ?? Infinity;
  const items: Item[] = [];
  let sizeBytes = 0;
  let scanned = 0;
  let last: Item | undefined;
  for (const { image } of places) {
    const visible = visibleIn(table, index, image);
    sizeBytes += sizeOf(visible);
    if (scanned > 0 && sizeBytes > pageBytes) break;
    scanned++;
    last = image;
    if (filter === undefined || evaluateCondition(filter, visible)) items.push(visible);
    if (scanned === limit) break;
  }
  const isCut = scanned < places.length || scanned === limit;
  return {
    ...(input['Select'] !== 'COUNT' && {
      Items: projection === undefined ? items : items.map((item) => projectItem(projection, item)),
    }),
    Count: items.length,
    ScannedCount: scanned,
    ...(isCut && last !== undefined && { LastEvaluatedKey: keyIn(table, index, last) }),
    ...(input['ReturnConsumedCapacity'] === 'TOTAL' && {
      ConsumedCapacity: { TableName: table.name, CapacityUnits: 1 },
    }),
  };
}

function comparePositions(a: KeyPosition, b: KeyPosition): number {
  if (a.partition !== b.partition) return scramble(a.partition) - scramble(b.partition);
  return a.sort === b.sort ? 0 : a.sort < b.sort ? -1 : 1;
}

/** Parsed once for each set of values: requests of one shape share the object, whatever the accelerator adds to them. */
const parsed = new WeakMap<object, Expressions>();

function expressionsOf(call: PageCall, order: TableSchema['key']): Expressions {
  const { input } = call;
  const memoKey = (input['ExpressionAttributeValues'] ?? input['ExpressionAttributeNames']) as object | undefined;
  const known = memoKey && parsed.get(memoKey);
  if (known !== undefined) return known;
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], input['ExpressionAttributeValues']);
  const condition = input['KeyConditionExpression'] as string | undefined;
  const filter = input['FilterExpression'] as string | undefined;
  const projection = input['ProjectionExpression'] as string | undefined;
  const expressions = {
    key:
      condition === undefined
        ? undefined
        : keyConditionOf(parseCondition(condition, placeholders, 'KeyConditionExpression'), order),
    filter: filter === undefined ? undefined : parseCondition(filter, placeholders, 'FilterExpression'),
    projection: projection === undefined ? undefined : parseProjection(projection, placeholders),
  };
  if (memoKey !== undefined) parsed.set(memoKey, expressions);
  return expressions;
}
