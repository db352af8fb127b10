/** Checks that several operations make of their parameters before they look the table up, with DynamoDB's messages. */
import type { JsonObject } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';

const isPresent = (input: JsonObject, name: string): boolean => input[name] !== undefined && input[name] !== null;

/**
 * Expressions and the legacy parameters exclude each other, and placeholders need an expression.
 *
 * @throws {ServiceError} ValidationException.
 */
export function checkExpressionParameters(
  input: JsonObject,
  expressions: readonly string[],
  legacy: readonly string[],
): void {
  const given = expressions.filter((name) => isPresent(input, name));
  if (given.length > 0) {
    const mixed = legacy.filter(
      (name) => isPresent(input, name) && (name !== 'KeyConditions' || isPresent(input, 'KeyConditionExpression')),
    );
    if (mixed.length > 0) {
      throw validationError(
        'Can not use both expression and non-expression parameters in the same request: ' +
          `Non-expression parameters: {${mixed.join(', ')}} Expression parameters: {${given.join(', ')}}`,
      );
    }
  }
  checkConditionalOperator(input, legacy);
  if (isPresent(input, 'ExpressionAttributeNames') && given.length === 0) {
    throw validationError('ExpressionAttributeNames can only be specified when using expressions');
  }
  const withValues = expressions.filter((name) => name !== 'ProjectionExpression');
  if (
    withValues.length > 0 &&
    isPresent(input, 'ExpressionAttributeValues') &&
    withValues.every((name) => !isPresent(input, name))
  ) {
    throw validationError(
      'ExpressionAttributeValues can only be specified when using expressions: ' +
        `${withValues.join(' and ')} ${withValues.length > 1 ? 'are' : 'is'} null`,
    );
  }
}

/** Parameters whose conditions `ConditionalOperator` joins; each operation takes one of them. */
const JOINED = ['Expected', 'QueryFilter', 'ScanFilter'];

/** There have to be conditions to join, and more than one of them. */
function checkConditionalOperator(input: JsonObject, legacy: readonly string[]): void {
  const joined = legacy.find((name) => JOINED.includes(name));
  if (joined === undefined || !isPresent(input, 'ConditionalOperator')) return;
  if (!isPresent(input, joined)) {
    throw validationError('ConditionalOperator cannot be used without Filter or Expected');
  }
  if (Object.keys(input[joined] as JsonObject).length < 2) {
    throw validationError('ConditionalOperator can only be used when Filter or Expected has two or more elements');
  }
}

/** @throws {ServiceError} ValidationException when a name is given twice. */
export function checkAttributesToGet(input: JsonObject): readonly string[] | undefined {
  const names = (input['AttributesToGet'] ?? undefined) as readonly string[] | undefined;
  if (names === undefined) return undefined;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw validationError(`One or more parameter values were invalid: Duplicate value in attribute name: ${twice}`);
  }
  return names;
}
