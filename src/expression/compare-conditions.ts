/**
 * In PartiQL a condition is a boolean like any other: it may be compared with a value, a path or another condition. Conditions of
 * the other expressions know no such thing, so it is said in their terms.
 */
import type { AttributeValue } from '../model/attribute-value.ts';
import { checkComparison } from './check-operands.ts';
import type { TokenReader } from './token-reader.ts';
import type { Comparator, Condition, Operand } from './syntax.ts';

const TRUE: AttributeValue = { BOOL: true };
const FALSE: AttributeValue = { BOOL: false };

/** As many as any other expression may have. A comparison doubles the conditions that it compares, so the limit is needed here. */
const OPERATORS_MAX = 300;

/** @param left of the two sides one at least is a condition. */
export function compareConditions(
  reader: Pick<TokenReader, 'note'>,
  comparator: Comparator,
  left: Condition | Operand,
  right: Condition | Operand,
): Condition {
  if (comparator !== '=' && comparator !== '<>') {
    // Booleans have no order; the check says so.
    const value: Operand = { kind: 'value', value: TRUE };
    checkComparison(reader, comparator, value, value);
  }
  let equal = equalityOf(left, right);
  const operators = operatorsOf(equal, OPERATORS_MAX);
  if (operators > OPERATORS_MAX) {
    reader.note('operand', `The expression contains too many operators; operator count: ${operators}`);
    equal = NEVER;
  }
  return comparator === '<>' ? { kind: 'not', condition: equal } : equal;
}

const NEVER: Condition = { kind: 'or', conditions: [] };

function equalityOf(left: Condition | Operand, right: Condition | Operand): Condition {
  if (isOperand(left)) return isOperand(right) ? NEVER : equalityOf(right, left);
  if (isOperand(right) && right.kind === 'value') {
    if (!('BOOL' in right.value)) return NEVER;
    return right.value.BOOL ? left : { kind: 'not', condition: left };
  }
  return {
    kind: 'or',
    conditions: [
      { kind: 'and', conditions: [left, isTrue(right)] },
      { kind: 'and', conditions: [{ kind: 'not', condition: left }, isFalse(right)] },
    ],
  };
}

function isTrue(side: Condition | Operand): Condition {
  if (!isOperand(side)) return side;
  return { kind: 'compare', comparator: '=', left: side, right: { kind: 'value', value: TRUE } };
}

function isFalse(side: Condition | Operand): Condition {
  if (!isOperand(side)) return { kind: 'not', condition: side };
  return { kind: 'compare', comparator: '=', left: side, right: { kind: 'value', value: FALSE } };
}

/** Counts no further than one beyond `countMax`. */
function operatorsOf(condition: Condition, countMax: number): number {
  const parts =
    'conditions' in condition ? condition.conditions : condition.kind === 'not' ? [condition.condition] : [];
  let count = 1;
  for (const part of parts) {
    if (count > countMax) break;
    count += operatorsOf(part, countMax - count);
  }
  return count;
}

function isOperand(side: Condition | Operand): side is Operand {
  return side.kind === 'path' || side.kind === 'value' || side.kind === 'size';
}
