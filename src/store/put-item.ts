/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html */
import type { Item } from '../model/attribute-value.ts';
import { itemSizeBytes } from '../model/item-size.ts';
import { validateIndexKey } from '../model/key.ts';
import { parseItem } from '../model/parse-item.ts';
import type { JsonObject, ServiceReply } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { rowKeyOfItem, tableOf, writeItem } from './item-write.ts';
import { ITEM_BYTES_MAX } from './limits.ts';
import { putItemRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import type { Table } from './table.ts';
import { writeConditionOf } from './write-condition.ts';

export function putItem(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, putItemRules);
  checkExpressionParameters(input, ['ConditionExpression'], ['Expected']);
  const item = parseItem(input['Item']);
  const returnValues: unknown = input['ReturnValues'] ?? 'NONE';
  if (returnValues !== 'NONE' && returnValues !== 'ALL_OLD') {
    throw validationError('ReturnValues can only be ALL_OLD or NONE');
  }
  checkItemSize(item);
  const condition = writeConditionOf(input);
  const table = tableOf(parts, input);
  const key = rowKeyOfItem(table, item);
  checkIndexKeys(table, item);
  return writeItem(parts, input, {
    table,
    key,
    condition,
    next: () => item,
    returned: (old) => (returnValues === 'ALL_OLD' ? old?.item : undefined),
  });
}

/** @throws {ServiceError} ValidationException above 400 KB. */
export function checkItemSize(item: Item): void {
  if (itemSizeBytes(item) > ITEM_BYTES_MAX) {
    throw validationError('Item size has exceeded the maximum allowed size');
  }
}

/** @throws {ServiceError} ValidationException when an attribute that an index is keyed by has another type. */
export function checkIndexKeys(table: Table, item: Item): void {
  for (const { schema } of table.indexes) validateIndexKey(schema.name, schema.key, item);
}
