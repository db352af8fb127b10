/**
 * The reply is the stored JSON between two constant texts: nothing is parsed unless a projection asks for it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
 */
import { Placeholders } from '../expression/placeholders.ts';
import { projectItem } from '../expression/projection.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { capacityModeOf, ConsumedUnits, readUnits } from './capacity.ts';
import { parseKey, rowKeyOfKey, tableOf } from './item-write.ts';
import { getItemRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkPaths, parseProjectionOf } from './projection.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { decodeItem, jsonOfRow, sizeOfRow } from './stored-item.ts';

const EMPTY_BODY = Buffer.from('{}');
const BEFORE_ITEM = Buffer.from('{"Item":');

export function getItem(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, getItemRules);
  checkExpressionParameters(input, ['ProjectionExpression'], ['AttributesToGet']);
  const key = parseKey(input);
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], undefined);
  const projection = parseProjectionOf(input, placeholders);
  placeholders.assertAllUsed();
  const table = tableOf(parts, input);
  const rowKey = rowKeyOfKey(table, key);
  checkPaths(table, projection);

  const isStrong = input['ConsistentRead'] === true;
  const row = parts.replicas.rowsFor(isStrong).peek(rowKey);
  let tail = '}';
  const mode = capacityModeOf(input);
  if (mode !== 'NONE') {
    const units = new ConsumedUnits('read');
    units.addTable(readUnits(row === undefined ? 0 : sizeOfRow(row), isStrong));
    tail = `"ConsumedCapacity":${JSON.stringify(units.toOutput(table, mode))}}`;
    if (row !== undefined) tail = `,${tail}`;
  }
  if (row === undefined) {
    return ServiceReply.fromBody(200, mode === 'NONE' ? EMPTY_BODY : Buffer.from(`{${tail}`));
  }
  const item =
    projection === undefined ? jsonOfRow(row) : Buffer.from(JSON.stringify(projectItem(projection, decodeItem(row))));
  return ServiceReply.fromBody(200, Buffer.concat([BEFORE_ITEM, item, Buffer.from(tail)]));
}
