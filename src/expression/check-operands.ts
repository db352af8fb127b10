/** Which operands the operators and functions of conditions take, with DynamoDB's messages. Faults are noted in the reader. */
import { byteStringOfText } from '../base/bytes.ts';
import { typeOf, type AttributeType, type AttributeValue } from '../model/attribute-value.ts';
import { compareNumbers } from '../model/decimal.ts';
import { pathText, samePath, type Comparator, type Operand } from './syntax.ts';
import type { TokenReader } from './token-reader.ts';

/** PartiQL's reader takes notes too. */
type FaultNotes = Pick<TokenReader, 'note'>;

const OPERAND_COUNTS: Readonly<Record<string, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
  size: 1,
};
const TYPES: ReadonlySet<string> = new Set(['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'BOOL', 'NULL']);
const IN_CHOICES_MAX = 100;
const ORDERED: ReadonlySet<AttributeType> = new Set(['S', 'N', 'B']);

export function checkComparison(reader: FaultNotes, comparator: Comparator, left: Operand, right: Operand): void {
  if (comparator !== '=' && comparator !== '<>') checkOrdered(reader, comparator, [left, right]);
  checkDistinct(reader, comparator, left, right);
}

export function checkIn(reader: FaultNotes, operand: Operand, choices: readonly Operand[]): void {
  if (choices.length > IN_CHOICES_MAX) {
    reader.note('operand', `The IN operator is provided with too many operands; number of operands: ${choices.length}`);
  }
  for (const choice of choices) checkDistinct(reader, 'IN', operand, choice);
}

export function checkBetween(reader: FaultNotes, operand: Operand, low: Operand, high: Operand): void {
  checkOrdered(reader, 'BETWEEN', [operand, low, high]);
  if (low.kind !== 'value' || high.kind !== 'value') return;
  const bounds = `lower bound operand: ${valueText(low.value)}, upper bound operand: ${valueText(high.value)}`;
  const order = compareOrdered(low.value, high.value);
  if (order === undefined) {
    const requirement = 'same data type for lower and upper bounds';
    reader.note('operand', `The BETWEEN operator requires ${requirement}; ${bounds}`);
  } else if (order > 0) {
    const requirement = 'upper bound to be greater than or equal to lower bound';
    reader.note('operand', `The BETWEEN operator requires ${requirement}; ${bounds}`);
  }
}

export function checkFunction(reader: FaultNotes, name: string, operands: readonly Operand[]): void {
  if (operands.length !== OPERAND_COUNTS[name]) {
    reader.note(
      'operand',
      'Incorrect number of operands for operator or function; ' +
        `operator or function: ${name}, number of operands: ${operands.length}`,
    );
    return;
  }
  const [first, second] = operands as [Operand, Operand | undefined];
  if (second !== undefined) checkDistinct(reader, name, first, second);
  switch (name) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      if (first.kind === 'path') return;
      reader.note('operand', `Operator or function requires a document path; operator or function: ${name}`);
      return;
    case 'attribute_type':
      checkTypeName(reader, second as Operand);
      return;
    case 'begins_with':
      checkOperandTypes(reader, name, operands, (type) => type === 'S' || type === 'B');
      return;
    case 'size':
      checkOperandTypes(reader, name, operands, (type) => type !== 'N' && type !== 'BOOL' && type !== 'NULL');
  }
}

/**
 * Negative, zero or positive by DynamoDB's order: numbers by value, strings and binaries by their bytes. Undefined for values of
 * different or unordered types.
 */
export function compareOrdered(a: AttributeValue, b: AttributeValue): number | undefined {
  if ('N' in a) return 'N' in b ? compareNumbers(a.N, b.N) : undefined;
  if ('S' in a) return 'S' in b ? compareBytes(byteStringOfText(a.S), byteStringOfText(b.S)) : undefined;
  if ('B' in a && 'B' in b) return Buffer.compare(Buffer.from(a.B, 'base64'), Buffer.from(b.B, 'base64'));
  return undefined;
}

function compareBytes(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function checkOrdered(reader: FaultNotes, operator: string, operands: readonly Operand[]): void {
  checkOperandTypes(reader, operator, operands, (type) => ORDERED.has(type));
}

function checkOperandTypes(
  reader: FaultNotes,
  operator: string,
  operands: readonly Operand[],
  isAllowed: (type: AttributeType) => boolean,
): void {
  for (const operand of operands) {
    const type = typeOfOperand(operand);
    if (type === undefined || isAllowed(type)) continue;
    reader.note('operand', incorrectType(operator, type));
    return;
  }
}

function checkTypeName(reader: FaultNotes, operand: Operand): void {
  if (operand.kind !== 'value' || !('S' in operand.value)) {
    const type = typeOfOperand(operand) ?? '{NS,SS,L,BS,N,M,B,BOOL,NULL,S}';
    reader.note('operand', incorrectType('attribute_type', type));
  } else if (!TYPES.has(operand.value.S)) {
    const valid = '{B,NULL,SS,BOOL,L,BS,N,NS,S,M}';
    reader.note('operand', `Invalid attribute type name found; type: ${operand.value.S}, valid types: ${valid}`);
  }
}

function checkDistinct(reader: FaultNotes, operator: string, first: Operand, second: Operand): void {
  if (first.kind !== 'path' || second.kind !== 'path' || !samePath(first.path, second.path)) return;
  reader.note(
    'operand',
    'The first operand must be distinct from the remaining operands for this operator or function; ' +
      `operator: ${operator}, first operand: ${pathText(first.path)}`,
  );
}

/** Undefined for a path, whose type is not known before there is an item. */
function typeOfOperand(operand: Operand): AttributeType | undefined {
  if (operand.kind === 'path') return undefined;
  return operand.kind === 'size' ? 'N' : typeOf(operand.value);
}

function incorrectType(operator: string, type: string): string {
  return `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`;
}

function valueText(value: AttributeValue): string {
  const type = typeOf(value);
  const member = (value as Record<string, unknown>)[type];
  // Maps have no prototype and so no text of their own.
  return `AttributeValue: {${type}:${typeof member === 'string' ? member : JSON.stringify(member)}}`;
}
