/**
 * Scan in the order of the partition hashes. A segment is an equal share of the hash numbers.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
 */
import { Placeholders } from '../expression/placeholders.ts';
import type { JsonObject, ServiceReply } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { capacityModeOf } from './capacity.ts';
import { tableOf } from './item-write.ts';
import { rangeOfPrefix, uint32Text, type KeyRange } from './key-space.ts';
import { scanRules } from './operation-rules.ts';
import { checkFilterPaths, indexOf, parseFilter, parseStartKey, selectionOf, startPlaceOf } from './page-parameters.ts';
import { readPage } from './page.ts';
import { checkAttributesToGet, checkExpressionParameters } from './parameters.ts';
import { checkPaths, parseProjectionOf } from './projection.ts';
import { continueAfter } from './query.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';

const HASH_NUMBERS = 2 ** 32;

export function scan(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, scanRules);
  checkExpressionParameters(
    input,
    ['ProjectionExpression', 'FilterExpression'],
    ['AttributesToGet', 'ScanFilter', 'ConditionalOperator'],
  );
  checkAttributesToGet(input);
  const start = parseStartKey(input);
  checkSegments(input);
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], input['ExpressionAttributeValues']);
  const filter = parseFilter(input, placeholders, 'ScanFilter');
  const projection = parseProjectionOf(input, placeholders);
  placeholders.assertAllUsed();

  const table = tableOf(parts, input);
  const index = indexOf(table, input);
  const place = start === undefined ? undefined : startPlaceOf(table, index, start, true);
  const segment = segmentRange((index ?? table).space, input);
  if (place !== undefined && (place.rowKey < segment.start || place.rowKey >= segment.end)) {
    throw validationError(
      'The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct ' +
        `Segment. TotalSegments: ${input['TotalSegments']} Segment: ${input['Segment']}`,
    );
  }
  checkPaths(table, projection);
  checkFilterPaths(table, index, filter, undefined);
  return readPage(parts, {
    table,
    index,
    range: continueAfter(segment, place?.rowKey, false),
    reverse: false,
    limit: (input['Limit'] ?? undefined) as number | undefined,
    filter,
    projection,
    ...selectionOf(input, table, index, projection),
    isStrong: input['ConsistentRead'] === true,
    capacity: capacityModeOf(input),
  });
}

function checkSegments(input: JsonObject): void {
  const segment = (input['Segment'] ?? undefined) as number | undefined;
  const total = (input['TotalSegments'] ?? undefined) as number | undefined;
  if (segment !== undefined && total === undefined) {
    throw validationError(
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    );
  }
  if (total === undefined) return;
  if (segment === undefined) {
    throw validationError(
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    );
  }
  if (segment >= total) {
    throw validationError(
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: ' +
        `Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
  }
}

function segmentRange(space: string, input: JsonObject): KeyRange {
  const whole = rangeOfPrefix(space);
  const total = (input['TotalSegments'] ?? 1) as number;
  const segment = (input['Segment'] ?? 0) as number;
  const bound = (number: number): string => space + uint32Text(Math.ceil((HASH_NUMBERS / total) * number));
  return {
    start: segment === 0 ? whole.start : bound(segment),
    end: segment === total - 1 ? whole.end : bound(segment + 1),
  };
}
