/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html */
import type { ByteString } from '../base/bytes.ts';
import { keyComparisonsOf, keyConditionOf, type KeyCondition } from '../expression/key-condition.ts';
import { parseCondition } from '../expression/parser.ts';
import { Placeholders } from '../expression/placeholders.ts';
import type { Condition } from '../expression/syntax.ts';
import type { JsonObject, ServiceReply } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { capacityModeOf } from './capacity.ts';
import { tableOf } from './item-write.ts';
import { indexSort, keyAfter, partitionHash, rangeOfPrefix, type KeyRange } from './key-space.ts';
import { legacyKeyCondition } from './legacy-parameters.ts';
import { queryRules } from './operation-rules.ts';
import {
  checkFilterPaths,
  indexOf,
  parseFilter,
  parseStartKey,
  selectionOf,
  startPlaceOf,
  type StartPlace,
} from './page-parameters.ts';
import { readPage } from './page.ts';
import { checkAttributesToGet, checkExpressionParameters } from './parameters.ts';
import { checkPaths, parseProjectionOf } from './projection.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import type { Table, TableIndex } from './table.ts';

const EXPRESSIONS = ['ProjectionExpression', 'FilterExpression', 'KeyConditionExpression'];
const LEGACY = ['AttributesToGet', 'QueryFilter', 'ConditionalOperator', 'KeyConditions'];

export function query(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, queryRules);
  checkExpressionParameters(input, EXPRESSIONS, LEGACY);
  checkAttributesToGet(input);
  const start = parseStartKey(input);
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], input['ExpressionAttributeValues']);
  const parsed = parseKeyCondition(input, placeholders);
  const filter = parseFilter(input, placeholders, 'QueryFilter');
  const projection = parseProjectionOf(input, placeholders);
  placeholders.assertAllUsed();
  keyComparisonsOf(parsed);

  const table = tableOf(parts, input);
  const index = indexOf(table, input);
  const place = start === undefined ? undefined : startPlaceOf(table, index, start, false);
  const condition = keyConditionOf(parsed, (index ?? table).schema.key);
  if (place !== undefined) checkStart(condition, place, index ?? table);
  checkPaths(table, projection);
  checkFilterPaths(table, index, filter, input['QueryFilter'] ? 'QueryFilter' : 'Filter Expression');
  const selection = selectionOf(input, table, index, projection);
  const reverse = input['ScanIndexForward'] === false;
  return readPage(parts, {
    table,
    index,
    range: continueAfter(rangeOf(table, index, condition), place?.rowKey, reverse),
    reverse,
    limit: (input['Limit'] ?? undefined) as number | undefined,
    filter,
    projection,
    ...selection,
    isStrong: input['ConsistentRead'] === true,
    capacity: capacityModeOf(input),
  });
}

function parseKeyCondition(input: JsonObject, placeholders: Placeholders): Condition {
  const text = (input['KeyConditionExpression'] ?? undefined) as string | undefined;
  if (text !== undefined) return parseCondition(text, placeholders, 'KeyConditionExpression');
  if ((input['KeyConditions'] ?? undefined) !== undefined) return legacyKeyCondition(input);
  throw validationError(
    'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
  );
}

/**
 * The rows whose sort keys lie in the condition's interval. In an index several entries share a sort key, told apart by
 * what follows 00 01; so "up to and including" ends behind all of those, and "from" begins before them.
 */
export function rangeOf(table: Table, index: TableIndex | undefined, condition: KeyCondition): KeyRange {
  const partition = (index ?? table).space + partitionHash(condition.partition);
  const { low, lowInclusive, high, highInclusive } = condition.range;
  if (index === undefined) {
    const whole = rangeOfPrefix(partition);
    const start = partition + (lowInclusive ? low : keyAfter(low));
    if (high === undefined) return { start, end: whole.end };
    return { start, end: partition + (highInclusive ? keyAfter(high) : high) };
  }
  const before = (sort: ByteString): ByteString => `${partition}${indexSort(sort)}\x00\x01`;
  const behind = (sort: ByteString): ByteString => `${partition}${indexSort(sort)}\x00\x02`;
  return {
    start: lowInclusive ? before(low) : behind(low),
    end: high === undefined ? rangeOfPrefix(partition).end : highInclusive ? behind(high) : before(high),
  };
}

export function continueAfter(range: KeyRange, after: ByteString | undefined, reverse: boolean): KeyRange {
  if (after === undefined) return range;
  if (reverse) return { start: range.start, end: after < range.end ? after : range.end };
  const start = keyAfter(after);
  return { start: start > range.start ? start : range.start, end: range.end };
}

/** @throws {ServiceError} ValidationException when the last page cannot have been one of this query. */
function checkStart(condition: KeyCondition, { position }: StartPlace, queried: Table | TableIndex): void {
  const { low, lowInclusive, high, highInclusive } = condition.range;
  const isWhole = low === '' && high === undefined;
  const hasSort = queried.schema.key.sort.length > 0;
  if (hasSort && !isWhole) {
    const isAbove = lowInclusive ? position.sort >= low : position.sort > low;
    const isBelow = high === undefined || (highInclusive ? position.sort <= high : position.sort < high);
    if (!isAbove || !isBelow) throw validationError('The provided starting key does not match the range key predicate');
  }
  if (position.partition !== condition.partition) {
    throw validationError(
      hasSort && !isWhole
        ? 'The query can return at most one row and cannot be restarted'
        : 'The provided starting key is outside query boundaries based on provided conditions',
    );
  }
}
