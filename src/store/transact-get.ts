/**
 * TransactGetItems: all items are read in one stretch, so they are of one committed moment. An item that is being written
 * at that moment cancels the read, as in DynamoDB (see `transaction-locks.ts`).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
 */
import type { ByteString } from '../base/bytes.ts';
import { Placeholders } from '../expression/placeholders.ts';
import { projectItem } from '../expression/projection.ts';
import type { Item } from '../model/attribute-value.ts';
import { parseItem } from '../model/parse-item.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { capacityModeOf, readUnits, TRANSACTION_FACTOR } from './capacity.ts';
import { rowKeyOfKey, tableOf } from './item-write.ts';
import { TRANSACTION_BYTES_MAX } from './limits.ts';
import { transactGetRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkPaths, parseProjectionOf } from './projection.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { decodeItem, sizeOfRow } from './stored-item.ts';
import type { Table } from './table.ts';
import { canceledError, locateAll, type CancellationReason } from './transact-write.ts';
import { CONFLICT } from './transaction-locks.ts';
import { UnitsByTable } from './transaction-output.ts';

/** An item of a transactional read, and what is shown of it. */
export interface LocatedGet {
  readonly table: Table;
  readonly rowKey: ByteString;
  show(item: Item): Item;
}

export function transactGetItems(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, transactGetRules);
  const gets = (input['TransactItems'] as JsonObject[]).map((item) => parseGet(item['Get'] as JsonObject));
  const tables = gets.map((get) => {
    const table = tableOf(parts, get.input);
    checkPaths(table, get.projection);
    return table;
  });
  const located = locateAll(gets, ({ key, projection }, i): LocatedGet => {
    const table = tables[i] as Table;
    return {
      table,
      rowKey: rowKeyOfKey(table, key),
      show: (item) => (projection === undefined ? item : projectItem(projection, item)),
    };
  });
  return ServiceReply.fromOutput(readTogether(parts, input, located));
}

/** @throws {ServiceError} TransactionCanceledException when one of them is being written. */
export function readTogether(parts: StoreParts, input: JsonObject, gets: readonly LocatedGet[]): JsonObject {
  if (new Set(gets.map(({ rowKey }) => rowKey)).size < gets.length) {
    throw validationError('Transaction request cannot include multiple operations on one item');
  }
  const reasons = gets.map(({ rowKey }): CancellationReason =>
    parts.locks.isBeingWritten(rowKey) ? { Code: 'TransactionConflict', Message: CONFLICT } : { Code: 'None' },
  );
  if (reasons.some(({ Code }) => Code !== 'None')) throw canceledError(reasons);
  const units = new UnitsByTable('read');
  let bytes = 0;
  const responses = gets.map((get): JsonObject => {
    const { table, rowKey } = get;
    const row = parts.environment.get(rowKey);
    units.of(table).addTable(TRANSACTION_FACTOR * readUnits(row === undefined ? 0 : sizeOfRow(row), true));
    if (row === undefined) return {};
    bytes += sizeOfRow(row);
    return { Item: get.show(decodeItem(row)) };
  });
  if (bytes > TRANSACTION_BYTES_MAX) {
    throw validationError('Collection size exceeded: The aggregate size of items in the transaction exceeded 4 MB');
  }
  const output: JsonObject = { Responses: responses };
  if (capacityModeOf(input) !== 'NONE') output['ConsumedCapacity'] = units.toOutput(input);
  return output;
}

function parseGet(input: JsonObject) {
  checkExpressionParameters(input, ['ProjectionExpression'], []);
  const key = parseItem(input['Key']);
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], undefined);
  const projection = parseProjectionOf(input, placeholders);
  placeholders.assertAllUsed();
  return { input, key, projection };
}
