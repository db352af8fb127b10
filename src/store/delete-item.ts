/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html */
import type { JsonObject, ServiceReply } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { parseKey, rowKeyOfKey, tableOf, writeItem } from './item-write.ts';
import { deleteItemRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { writeConditionOf } from './write-condition.ts';

export function deleteItem(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, deleteItemRules);
  checkExpressionParameters(input, ['ConditionExpression'], ['Expected']);
  const key = parseKey(input);
  const returnValues: unknown = input['ReturnValues'] ?? 'NONE';
  if (returnValues !== 'NONE' && returnValues !== 'ALL_OLD') {
    throw validationError('ReturnValues can only be ALL_OLD or NONE');
  }
  const condition = writeConditionOf(input);
  const table = tableOf(parts, input);
  return writeItem(parts, input, {
    table,
    key: rowKeyOfKey(table, key),
    condition,
    next: () => undefined,
    returned: (old) => (returnValues === 'ALL_OLD' ? old?.item : undefined),
  });
}
