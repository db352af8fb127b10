/**
 * Evaluates conditions and filters. Never fails: where types don't fit or attributes are missing a comparison is false, and only
 * `<>` is then true.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
import { equalValues, typeOf, type AttributeValue, type Item } from '../model/attribute-value.ts';
import { sizeOperand } from '../model/item-size.ts';
import { compareOrdered } from './check-operands.ts';
import { valueAt, type Comparator, type Condition, type Operand } from './syntax.ts';

/** @param item undefined when there is none: a condition then sees no attributes. */
export function evaluateCondition(condition: Condition, item: Item | undefined): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((part) => evaluateCondition(part, item));
    case 'or':
      return condition.conditions.some((part) => evaluateCondition(part, item));
    case 'not':
      return !evaluateCondition(condition.condition, item);
    case 'attribute_exists':
      return item !== undefined && valueAt(condition.path, item) !== undefined;
    case 'attribute_not_exists':
      return item === undefined || valueAt(condition.path, item) === undefined;
    case 'compare':
      return compare(condition.comparator, resolve(condition.left, item), resolve(condition.right, item));
    case 'between': {
      const value = resolve(condition.operand, item);
      return compare('>=', value, resolve(condition.low, item)) && compare('<=', value, resolve(condition.high, item));
    }
    case 'in': {
      const value = resolve(condition.operand, item);
      return condition.choices.some((choice) => compare('=', value, resolve(choice, item)));
    }
    case 'attribute_type': {
      const value = resolve(condition.operand, item);
      return value !== undefined && typeOf(value) === condition.type;
    }
    case 'begins_with':
      return beginsWith(resolve(condition.operand, item), resolve(condition.part, item));
    case 'contains':
      return contains(resolve(condition.operand, item), resolve(condition.part, item));
  }
}

/** One comparison, as expressions and legacy parameters share it; undefined stands for a missing attribute. */
export function compare(comparator: Comparator, a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (a === undefined || b === undefined) return comparator === '<>';
  if (comparator === '=') return equalValues(a, b);
  if (comparator === '<>') return !equalValues(a, b);
  const order = compareOrdered(a, b);
  if (order === undefined) return false;
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

export function beginsWith(value: AttributeValue | undefined, prefix: AttributeValue | undefined): boolean {
  if (value === undefined || prefix === undefined) return false;
  if ('S' in value) return 'S' in prefix && value.S.startsWith(prefix.S);
  return 'B' in value && 'B' in prefix && bytes(value.B).startsWith(bytes(prefix.B));
}

/** A string in a string, bytes in bytes, a member in a set, an element in a list. */
export function contains(value: AttributeValue | undefined, part: AttributeValue | undefined): boolean {
  if (value === undefined || part === undefined) return false;
  if ('L' in value) return value.L.some((element) => equalValues(element, part));
  if ('S' in part) return ('S' in value && value.S.includes(part.S)) || ('SS' in value && value.SS.includes(part.S));
  if ('N' in part) return 'NS' in value && value.NS.some((member) => equalValues({ N: member }, part));
  if ('B' in part) {
    return ('B' in value && bytes(value.B).includes(bytes(part.B))) || ('BS' in value && value.BS.includes(part.B));
  }
  return false;
}

function resolve(operand: Operand, item: Item | undefined): AttributeValue | undefined {
  switch (operand.kind) {
    case 'value':
      return operand.value;
    case 'path':
      return item === undefined ? undefined : valueAt(operand.path, item);
    case 'size': {
      const value = resolve(operand.of, item);
      const size = value === undefined ? undefined : sizeOperand(value);
      return size === undefined ? undefined : { N: String(size) };
    }
  }
}

function bytes(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}
