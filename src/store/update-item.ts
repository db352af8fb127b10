/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html */
import { parseUpdate } from '../expression/parser.ts';
import { Placeholders } from '../expression/placeholders.ts';
import type { Condition, Update } from '../expression/syntax.ts';
import { checkUpdatedIndexKeys, checkUpdateLeavesKey } from '../expression/update-keys.ts';
import { applyUpdate, updatedAttributes } from '../expression/update.ts';
import type { Item } from '../model/attribute-value.ts';
import { itemSizeBytes } from '../model/item-size.ts';
import type { JsonObject, ServiceReply } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { parseKey, rowKeyOfKey, tableOf, writeItem } from './item-write.ts';
import { legacyExpected, legacyUpdates } from './legacy-parameters.ts';
import { ITEM_BYTES_MAX } from './limits.ts';
import { updateItemRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import type { StoredItem } from './stored-item.ts';
import type { Table } from './table.ts';
import { parseWriteCondition } from './write-condition.ts';

const NO_UPDATE: Update = { actions: [] };

export function updateItem(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, updateItemRules);
  checkExpressionParameters(
    input,
    ['UpdateExpression', 'ConditionExpression'],
    ['AttributeUpdates', 'Expected', 'ConditionalOperator'],
  );
  const key = parseKey(input);
  const { update, condition } = parseUpdateParameters(input);
  const table = tableOf(parts, input);
  const rowKey = rowKeyOfKey(table, key);
  checkUpdateLeavesKey(update, table.schema);
  return writeItem(parts, input, {
    table,
    key: rowKey,
    condition,
    next: (old) => updatedItem(table, update, key, old),
    returned: (old, next) => returnedAttributes(input, update, old, next),
  });
}

export function parseUpdateParameters(input: JsonObject): {
  readonly update: Update;
  readonly condition: Condition | undefined;
} {
  const isGiven = (name: string): boolean => input[name] !== undefined && input[name] !== null;
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], input['ExpressionAttributeValues']);
  let update = NO_UPDATE;
  if (isGiven('UpdateExpression')) update = parseUpdate(input['UpdateExpression'] as string, placeholders);
  else if (isGiven('AttributeUpdates')) update = legacyUpdates(input);
  const condition = isGiven('Expected') ? legacyExpected(input) : parseWriteCondition(input, placeholders);
  placeholders.assertAllUsed();
  return { update, condition };
}

/**
 * The item as the update leaves it; undefined where there was none and the update only takes away. An update without any
 * action makes an item of its key.
 *
 * @throws {ServiceError} ValidationException.
 */
export function updatedItem(table: Table, update: Update, key: Item, old: StoredItem | undefined): Item | undefined {
  const { actions } = update;
  const takesAway = actions.length > 0 && actions.every(({ kind }) => kind === 'remove' || kind === 'delete');
  const next = applyUpdate(update, old?.item ?? key);
  checkUpdatedIndexKeys(update, table.schema, next);
  if (itemSizeBytes(next) > ITEM_BYTES_MAX) {
    throw validationError('Item size to update has exceeded the maximum allowed size');
  }
  return old === undefined && takesAway ? undefined : next;
}

function returnedAttributes(
  input: JsonObject,
  update: Update,
  old: StoredItem | undefined,
  next: Item | undefined,
): Item | undefined {
  switch (input['ReturnValues']) {
    case 'ALL_OLD':
      return old?.item;
    case 'ALL_NEW':
      return next;
    case 'UPDATED_OLD':
      return old === undefined ? undefined : nonEmpty(updatedAttributes(update, old.item));
    case 'UPDATED_NEW':
      return next === undefined ? undefined : nonEmpty(updatedAttributes(update, next));
    default:
      return undefined;
  }
}

/** DynamoDB leaves `Attributes` out when there is nothing to show. */
function nonEmpty(item: Item): Item | undefined {
  return Object.keys(item).length === 0 ? undefined : item;
}
