/** The condition of a write: read from its parameters, judged on the item as it is. */
import { evaluateCondition } from '../expression/condition.ts';
import { parseCondition } from '../expression/parser.ts';
import { Placeholders } from '../expression/placeholders.ts';
import type { Condition } from '../expression/syntax.ts';
import type { JsonObject } from '../model/service-call.ts';
import { ServiceError } from '../model/service-error.ts';
import { legacyExpected } from './legacy-parameters.ts';
import type { StoredItem } from './stored-item.ts';

export const CONDITION_FAILED = 'The conditional request failed';

/** Undefined when nothing is asked. */
export function parseWriteCondition(input: JsonObject, placeholders: Placeholders): Condition | undefined {
  const text = (input['ConditionExpression'] ?? undefined) as string | undefined;
  if (text === undefined) return undefined;
  return parseCondition(text, placeholders, 'ConditionExpression');
}

/** For an operation whose only expression is its condition. */
export function writeConditionOf(input: JsonObject): Condition | undefined {
  if ((input['Expected'] ?? undefined) !== undefined) return legacyExpected(input);
  const placeholders = new Placeholders(input['ExpressionAttributeNames'], input['ExpressionAttributeValues']);
  const condition = parseWriteCondition(input, placeholders);
  placeholders.assertAllUsed();
  return condition;
}

export function conditionHolds(condition: Condition | undefined, old: StoredItem | undefined): boolean {
  return condition === undefined || evaluateCondition(condition, old?.item);
}

/** The refusal, with the item where the caller asked for it. */
export function conditionFailure(input: JsonObject, old: StoredItem | undefined): ServiceError {
  const shows = input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD' && old !== undefined;
  return new ServiceError(
    'ConditionalCheckFailedException',
    CONDITION_FAILED,
    shows ? { members: { Item: old.item } } : {},
  );
}
