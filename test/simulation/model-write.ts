/** One write of one item as the model store understands it, with the expressions read by the project's own parser. */
import { evaluateCondition } from '../../src/expression/condition.ts';
import { parseCondition, parseUpdate } from '../../src/expression/parser.ts';
import { Placeholders } from '../../src/expression/placeholders.ts';
import { applyUpdate } from '../../src/expression/update.ts';
import type { Condition, Update } from '../../src/expression/syntax.ts';
import { copyItem, emptyItem, type AttributeValue, type Item } from '../../src/model/attribute-value.ts';
import { parseItem } from '../../src/model/parse-item.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { ServiceError } from '../../src/model/service-error.ts';
import type { ModelTable } from './model-tables.ts';

export type WriteKind = 'PutItem' | 'UpdateItem' | 'DeleteItem';

export interface Change {
  readonly key: Item;
  /** Of a put; an update has its expression instead. */
  readonly image: Item | undefined;
  readonly update: Update | undefined;
  readonly condition: Condition | undefined;
}

export function changeOf(kind: WriteKind, input: JsonObject, table: ModelTable): Change {
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], input['ExpressionAttributeValues']);
  const conditionText = input['ConditionExpression'] as string | undefined;
  const condition =
    conditionText === undefined ? undefined : parseCondition(conditionText, placeholders, 'ConditionExpression');
  if (kind === 'PutItem') {
    const image = parseItem(input['Item']);
    return { key: keyOf(table, image), image, update: undefined, condition };
  }
  const update = kind === 'UpdateItem' ? parseUpdate(input['UpdateExpression'] as string, placeholders) : undefined;
  return { key: parseItem(input['Key']), image: undefined, update, condition };
}

/** The image that the write leaves. @throws {ServiceError} ConditionalCheckFailedException. */
export function applyWrite({ key, image, update, condition }: Change, current: Item | undefined): Item | undefined {
  if (condition !== undefined && !evaluateCondition(condition, current)) {
    throw new ServiceError('ConditionalCheckFailedException', 'The conditional request failed');
  }
  return update === undefined ? image : applyUpdate(update, current ?? copyItem(key));
}

function keyOf(table: ModelTable, image: Item): Item {
  const key = emptyItem();
  for (const name of table.keyNames) key[name] = image[name] as AttributeValue;
  return key;
}
