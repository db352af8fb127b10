/**
 * The parameters from before expressions, turned into the same trees: Expected, QueryFilter and ScanFilter into a condition,
 * KeyConditions into a key condition, AttributeUpdates into an update. So there is one evaluator of each.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
 */
import { evaluateCondition } from '../expression/condition.ts';
import type { Comparator, Condition, Operand, Update, UpdateAction } from '../expression/syntax.ts';
import { emptyItem, typeOf, type AttributeType, type AttributeValue } from '../model/attribute-value.ts';
import { parseAttributeValue } from '../model/parse-item.ts';
import type { JsonObject } from '../model/service-call.ts';
import { validationError, type ServiceError } from '../model/service-error.ts';

const INVALID = 'One or more parameter values were invalid: ';

const COMPARATORS: Readonly<Record<string, Comparator>> = {
  EQ: '=',
  NE: '<>',
  LE: '<=',
  LT: '<',
  GE: '>=',
  GT: '>',
};

const SCALARS: readonly AttributeType[] = ['S', 'N', 'B'];
const SETS: readonly AttributeType[] = ['SS', 'NS', 'BS'];
const OPERAND_TYPES: Readonly<Record<string, readonly AttributeType[]>> = {
  LE: SCALARS,
  LT: SCALARS,
  GE: SCALARS,
  GT: SCALARS,
  CONTAINS: SCALARS,
  NOT_CONTAINS: SCALARS,
  IN: SCALARS,
  BETWEEN: SCALARS,
  BEGINS_WITH: ['S', 'B'],
};

function invalid(message: string): ServiceError {
  return validationError(INVALID + message);
}

function combined(input: JsonObject, conditions: readonly Condition[]): Condition | undefined {
  if (conditions.length <= 1) return conditions[0];
  return { kind: input['ConditionalOperator'] === 'OR' ? 'or' : 'and', conditions };
}

/** @throws {ServiceError} ValidationException. */
export function legacyExpected(input: JsonObject): Condition | undefined {
  const expected = Object.entries(input['Expected'] as Record<string, JsonObject>);
  return combined(
    input,
    expected.map(([name, condition]) => expectation(name, condition)),
  );
}

function expectation(name: string, condition: JsonObject): Condition {
  const has = (member: string): boolean => condition[member] !== undefined && condition[member] !== null;
  if (has('AttributeValueList') && has('Value')) {
    throw invalid(`Value and AttributeValueList cannot be used together for Attribute: ${name}`);
  }
  if (has('ComparisonOperator')) {
    const operator = condition['ComparisonOperator'] as string;
    if (has('Exists')) throw invalid(`Exists and ComparisonOperator cannot be used together for Attribute: ${name}`);
    if (operator !== 'NULL' && operator !== 'NOT_NULL' && !has('AttributeValueList') && !has('Value')) {
      throw invalid(
        `Value or AttributeValueList must be used with ComparisonOperator: ${operator} for Attribute: ${name}`,
      );
    }
    const list = (condition['AttributeValueList'] ?? (has('Value') ? [condition['Value']] : [])) as unknown[];
    return comparison(name, operator, list.map(parseAttributeValue));
  }
  if (has('AttributeValueList')) {
    throw invalid(`AttributeValueList can only be used with a ComparisonOperator for Attribute: ${name}`);
  }
  const exists = !has('Exists') || condition['Exists'] === true;
  if (exists && !has('Value')) {
    const shown = has('Exists') ? String(condition['Exists']) : 'null';
    throw invalid(`Value must be provided when Exists is ${shown} for Attribute: ${name}`);
  }
  if (!exists && has('Value')) throw invalid(`Value cannot be used when Exists is false for Attribute: ${name}`);
  if (!exists) return { kind: 'attribute_not_exists', path: [name] };
  return comparison(name, 'EQ', [parseAttributeValue(condition['Value'])]);
}

/** @throws {ServiceError} ValidationException. */
export function legacyFilter(input: JsonObject, parameter: 'QueryFilter' | 'ScanFilter'): Condition | undefined {
  return combined(input, legacyConditions(input[parameter] as Record<string, JsonObject>));
}

/** The key conditions of a Query; their number is checked here, their attributes against the table's key. */
export function legacyKeyCondition(input: JsonObject): Condition {
  const conditions = legacyConditions(input['KeyConditions'] as Record<string, JsonObject>);
  if (conditions.length !== 1 && conditions.length !== 2) {
    throw validationError('Conditions can be of length 1 or 2 only');
  }
  const unusable = Object.values(input['KeyConditions'] as Record<string, JsonObject>).some(
    ({ ComparisonOperator }) => !['EQ', 'LE', 'LT', 'GE', 'GT', 'BEGINS_WITH', 'BETWEEN'].includes(ComparisonOperator),
  );
  if (unusable) throw validationError('Attempted conditional constraint is not an indexable operation');
  return conditions.length === 1 ? (conditions[0] as Condition) : { kind: 'and', conditions };
}

function legacyConditions(conditions: Readonly<Record<string, JsonObject>>): Condition[] {
  return Object.entries(conditions).map(([name, condition]) => {
    const list = ((condition['AttributeValueList'] ?? []) as unknown[]).map(parseAttributeValue);
    return comparison(name, condition['ComparisonOperator'] as string, list);
  });
}

function comparison(name: string, operator: string, values: readonly AttributeValue[]): Condition {
  checkOperands(operator, values);
  const attribute: Operand = { kind: 'path', path: [name] };
  const operands = values.map((value): Operand => ({ kind: 'value', value }));
  const [first, second] = operands as [Operand, Operand];
  const comparator = COMPARATORS[operator];
  if (comparator !== undefined) return { kind: 'compare', comparator, left: attribute, right: first };
  switch (operator) {
    case 'NULL':
      return { kind: 'attribute_not_exists', path: [name] };
    case 'NOT_NULL':
      return { kind: 'attribute_exists', path: [name] };
    case 'CONTAINS':
      return { kind: 'contains', operand: attribute, part: first };
    case 'NOT_CONTAINS':
      return { kind: 'not', condition: { kind: 'contains', operand: attribute, part: first } };
    case 'BEGINS_WITH':
      return { kind: 'begins_with', operand: attribute, part: first };
    case 'IN':
      return { kind: 'in', operand: attribute, choices: operands };
    default:
      return { kind: 'between', operand: attribute, low: first, high: second };
  }
}

function checkOperands(operator: string, values: readonly AttributeValue[]): void {
  const count = operator === 'NULL' || operator === 'NOT_NULL' ? 0 : operator === 'BETWEEN' ? 2 : 1;
  if (operator === 'IN' ? values.length === 0 : values.length !== count) {
    throw invalid(`Invalid number of argument(s) for the ${operator} ComparisonOperator`);
  }
  const [first, second] = values;
  if (first === undefined) return;
  const type = typeOf(first);
  if (values.some((value) => typeOf(value) !== type)) {
    throw invalid('AttributeValues inside AttributeValueList must be of same type');
  }
  if (OPERAND_TYPES[operator]?.includes(type) === false) {
    throw invalid(`ComparisonOperator ${operator} is not valid for ${type} AttributeValue type`);
  }
  if (operator === 'BETWEEN' && second !== undefined && isGreater(first, second)) {
    throw validationError(
      'The BETWEEN condition was provided a range where the lower bound is greater than the upper bound',
    );
  }
}

function isGreater(left: AttributeValue, right: AttributeValue): boolean {
  const operand = (value: AttributeValue): Operand => ({ kind: 'value', value });
  return evaluateCondition(
    { kind: 'compare', comparator: '>', left: operand(left), right: operand(right) },
    emptyItem(),
  );
}

/** @throws {ServiceError} ValidationException. */
export function legacyUpdates(input: JsonObject): Update {
  const updates = Object.entries(input['AttributeUpdates'] as Record<string, JsonObject>);
  return { actions: updates.map(([name, update]) => legacyUpdate(name, update)) };
}

function legacyUpdate(name: string, update: JsonObject): UpdateAction {
  const path = [name];
  const action = (update['Action'] ?? 'PUT') as string;
  const given: unknown = update['Value'] ?? undefined;
  if (given === undefined) {
    if (action !== 'DELETE') throw invalid('Only DELETE action is allowed when no attribute value is specified');
    return { kind: 'remove', path };
  }
  const value = parseAttributeValue(given);
  const type = typeOf(value);
  if (action === 'DELETE') {
    if (!SETS.includes(type)) throw invalid(`DELETE action with value is not supported for the type ${type}`);
    return { kind: 'delete', path, value };
  }
  if (action !== 'ADD') return { kind: 'set', path, value: { kind: 'value', value } };
  if (type === 'L') {
    const before = { kind: 'if_not_exists', path, fallback: { kind: 'value', value: { L: [] } } } as const;
    return { kind: 'set', path, value: { kind: 'list_append', left: before, right: { kind: 'value', value } } };
  }
  if (type !== 'N' && !SETS.includes(type)) throw invalid(`ADD action is not supported for the type ${type}`);
  return { kind: 'add', path, value };
}
