/**
 * TransactGetItems: all items are read in one stretch, so they are of one committed moment.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
 */
import { Placeholders } from '../expression/placeholders.ts';
import { projectItem } from '../expression/projection.ts';
import { parseItem } from '../model/parse-item.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { capacityModeOf, ConsumedUnits, readUnits, TRANSACTION_FACTOR } from './capacity.ts';
import { rowKeyOfKey, tableOf } from './item-write.ts';
import { TRANSACTION_BYTES_MAX } from './limits.ts';
import { transactGetRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkPaths, parseProjectionOf } from './projection.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { decodeItem, sizeOfRow } from './stored-item.ts';
import type { Table } from './table.ts';

export function transactGetItems(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, transactGetRules);
  const gets = (input['TransactItems'] as JsonObject[]).map((item) => parseGet(item['Get'] as JsonObject));
  const located = gets.map((get) => {
    const table = tableOf(parts, get.input);
    checkPaths(table, get.projection);
    return { ...get, table, rowKey: rowKeyOfKey(table, get.key) };
  });
  if (new Set(located.map(({ rowKey }) => rowKey)).size < located.length) {
    throw validationError('Transaction request cannot include multiple operations on one item');
  }
  const units = new Map<Table, ConsumedUnits>();
  let bytes = 0;
  const responses = located.map(({ table, rowKey, projection }): JsonObject => {
    const row = parts.environment.get(rowKey);
    let ofTable = units.get(table);
    if (ofTable === undefined) units.set(table, (ofTable = new ConsumedUnits('read')));
    ofTable.addTable(TRANSACTION_FACTOR * readUnits(row === undefined ? 0 : sizeOfRow(row), true));
    if (row === undefined) return {};
    bytes += sizeOfRow(row);
    const item = decodeItem(row);
    return { Item: projection === undefined ? item : projectItem(projection, item) };
  });
  if (bytes > TRANSACTION_BYTES_MAX) {
    throw validationError('Collection size exceeded: The aggregate size of items in the transaction exceeded 4 MB');
  }
  const output: JsonObject = { Responses: responses };
  const mode = capacityModeOf(input);
  if (mode !== 'NONE') {
    output['ConsumedCapacity'] = [...units].map(([table, ofTable]) => ofTable.toOutput(table, mode, true));
  }
  return ServiceReply.fromOutput(output);
}

function parseGet(input: JsonObject) {
  checkExpressionParameters(input, ['ProjectionExpression'], []);
  const key = parseItem(input['Key']);
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], undefined);
  const projection = parseProjectionOf(input, placeholders);
  placeholders.assertAllUsed();
  return { input, key, projection };
}
