/** Recursive descent over the conditions of PartiQL statements, into the trees that all other conditions are parsed into. */
import type { AttributeType } from '../model/attribute-value.ts';
import { checkBetween, checkComparison, checkFunction, checkIn } from './check-operands.ts';
import { compareConditions } from './compare-conditions.ts';
import { isPartiqlKeyword } from './partiql-keywords.ts';
import { malformed } from './partiql-lexer.ts';
import { isLiteralNext, parseLiteral } from './partiql-literal.ts';
import type { StatementReader } from './statement-reader.ts';
import type { Comparator, Condition, Operand } from './syntax.ts';

const COMPARATORS: Readonly<Record<string, Comparator>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

const CONDITION_FUNCTIONS: ReadonlySet<string> = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
]);

/** What `IS` may compare with, beside MISSING. */
const TYPES: Readonly<Record<string, AttributeType>> = {
  NULL: 'NULL',
  BOOLEAN: 'BOOL',
  BLOB: 'B',
  STRING: 'S',
  NUMERIC: 'N',
  STRUCT: 'M',
  TUPLE: 'M',
  LIST: 'L',
};
/** Types of the language that no attribute has. */
const OTHER_TYPES: ReadonlySet<string> = new Set(
  'BAG BOOL CHAR CHARACTER CLOB DATE DECIMAL DOUBLE FLOAT INT INT2 INT4 INT8 INTEGER REAL SEXP SMALLINT SYMBOL TIME TIMESTAMP VARCHAR'.split(
    ' ',
  ),
);

/** Parentheses may hold a condition or an operand, and a condition may be compared like an operand. */
type Found =
  | { readonly kind: 'condition'; readonly condition: Condition }
  | { readonly kind: 'operand'; readonly operand: Operand };

/** Parses what stands behind WHERE. */
export function parsePartiqlCondition(reader: StatementReader): Condition {
  const it = parseOr(reader);
  if (it.kind === 'condition') return it.condition;
  reader.fault('WHERE clause must contain an expression that resolves to a boolean');
  return STAND_IN;
}

/** For what is wrong and was noted, so nobody will see it. */
const STAND_IN: Condition = { kind: 'attribute_exists', path: [] };

function parseOr(reader: StatementReader): Found {
  return parseChain(reader, 'or', parseAnd);
}

function parseAnd(reader: StatementReader): Found {
  return parseChain(reader, 'and', parseNot);
}

function parseChain(reader: StatementReader, kind: 'and' | 'or', parsePart: (reader: StatementReader) => Found): Found {
  const first = parsePart(reader);
  if (!reader.isKeyword(kind.toUpperCase())) return first;
  const conditions = [part(reader, first)];
  while (reader.takeKeyword(kind.toUpperCase())) {
    checkRightSide(reader);
    conditions.push(part(reader, parsePart(reader)));
  }
  return found({ kind, conditions });
}

/** A side of AND or OR. */
function part(reader: StatementReader, it: Found): Condition {
  if (it.kind === 'condition') return it.condition;
  reader.fault('The arguments to AND/OR must be Expressions');
  return STAND_IN;
}

function parseNot(reader: StatementReader): Found {
  let isNegated = false;
  let isWritten = false;
  for (; reader.takeKeyword('NOT'); isWritten = true) isNegated = !isNegated;
  const it = parseComparison(reader);
  if (!isWritten) return it;
  if (it.kind === 'operand') {
    reader.fault('The argument to NOT must be a Type or Expression');
    return found(STAND_IN);
  }
  return isNegated ? found(negated(it.condition)) : it;
}

function parseComparison(reader: StatementReader): Found {
  let left = parsePrimary(reader);
  for (;;) {
    const comparator = reader.token.kind === 'symbol' ? COMPARATORS[reader.token.text] : undefined;
    if (comparator !== undefined) {
      reader.advance();
      checkRightSide(reader);
      left = found(compared(reader, comparator, left, parsePrimary(reader)));
    } else if (reader.takeKeyword('IS')) {
      left = found(parseIs(reader, left));
    } else if (reader.isKeyword('LIKE')) {
      reader.fault('Unsupported operator in Condition Expression. Operator: LIKE');
      reader.advance();
      parsePrimary(reader);
    } else {
      const isNegated = reader.isKeyword('NOT') && /^(?:in|between)$/i.test(reader.following.text);
      if (isNegated) reader.advance();
      const condition = parseBetweenOrIn(reader, left);
      if (condition === undefined) return left;
      left = found(isNegated ? negated(condition) : condition);
    }
  }
}

function compared(reader: StatementReader, comparator: Comparator, left: Found, right: Found): Condition {
  if (left.kind === 'condition' || right.kind === 'condition') {
    return compareConditions(reader, comparator, sideOf(left), sideOf(right));
  }
  checkComparison(reader, comparator, left.operand, right.operand);
  return { kind: 'compare', comparator, left: left.operand, right: right.operand };
}

function sideOf(it: Found): Condition | Operand {
  return it.kind === 'condition' ? it.condition : it.operand;
}

function parseBetweenOrIn(reader: StatementReader, left: Found): Condition | undefined {
  if (reader.takeKeyword('BETWEEN')) {
    const operand = operandOf(reader, left);
    const low = operandOf(reader, parsePrimary(reader));
    if (!reader.takeKeyword('AND')) throw reader.unexpected();
    const high = operandOf(reader, parsePrimary(reader));
    checkBetween(reader, operand, low, high);
    return { kind: 'between', operand, low, high };
  }
  if (!reader.takeKeyword('IN')) return undefined;
  const choices = parseSequence(reader);
  if (left.kind === 'condition') {
    const conditions = choices.map((choice) => compareConditions(reader, '=', left.condition, choice));
    return { kind: 'or', conditions };
  }
  checkIn(reader, left.operand, choices);
  return { kind: 'in', operand: left.operand, choices };
}

/** The right side of IN, in any of the brackets of sequences. Unlike elsewhere, parameters may stand in them. */
function parseSequence(reader: StatementReader): Operand[] {
  const end = { '[': ']', '(': ')', '<<': '>>' }[reader.token.kind === 'symbol' ? reader.token.text : ''];
  const choices: Operand[] = [];
  if (end !== undefined) {
    reader.advance();
    if (!reader.isSymbol(end)) {
      do choices.push(operandOf(reader, parsePrimary(reader)));
      while (reader.takeSymbol(','));
    }
    reader.expectSymbol(end);
  } else {
    parsePrimary(reader);
  }
  if (choices.length === 0) {
    reader.fault(
      'IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq ' +
        'with at least one member',
    );
  }
  return choices;
}

function parseIs(reader: StatementReader, left: Found): Condition {
  const isNegated = reader.takeKeyword('NOT');
  const operand = operandOf(reader, left);
  const { kind, text } = reader.advance();
  const name = text.toUpperCase();
  const type = kind === 'word' && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  let condition: Condition;
  if (kind === 'word' && name === 'MISSING') {
    if (operand.kind === 'path') {
      return { kind: isNegated ? 'attribute_exists' : 'attribute_not_exists', path: operand.path };
    }
    reader.fault('The left hand side argument to IS must be a Variable Reference, Literal, or Path');
    condition = STAND_IN;
  } else if (type !== undefined) {
    condition = { kind: 'attribute_type', operand, type };
  } else {
    if (kind !== 'word' || !OTHER_TYPES.has(name)) throw malformed('Expected type name');
    reader.fault(
      `Unsupported data type for IS operator: ${name}. Supported data types are ` +
        '[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]',
    );
    condition = STAND_IN;
  }
  return isNegated ? negated(condition) : condition;
}

function parsePrimary(reader: StatementReader): Found {
  if (reader.takeSymbol('(')) {
    reader.enterGroup();
    const inner = parseOr(reader);
    reader.expectSymbol(')');
    reader.leaveGroup();
    return inner;
  }
  if (reader.isSymbol('?')) return { kind: 'operand', operand: { kind: 'value', value: reader.parameter() } };
  if (isLiteralNext(reader)) return { kind: 'operand', operand: { kind: 'value', value: parseLiteral(reader) } };
  if (reader.isCallNext && !isStructural(reader.token.text)) return parseCall(reader);
  return { kind: 'operand', operand: { kind: 'path', path: reader.path() } };
}

/** Of the keywords, only EXISTS may look like a function, and has its own message. */
function isStructural(word: string): boolean {
  return isPartiqlKeyword(word) && word.toUpperCase() !== 'EXISTS';
}

/** A call of a function, whose name comes next. */
function parseCall(reader: StatementReader): Found {
  const name = reader.advance().text.toLowerCase();
  reader.advance();
  if (name === 'exists') {
    reader.fault('EXISTS can only be used in ExecuteTransaction write requests.');
    return found(STAND_IN);
  }
  const operands: Operand[] = [];
  do operands.push(operandOf(reader, parsePrimary(reader)));
  while (reader.takeSymbol(','));
  reader.expectSymbol(')');
  if (name !== 'size' && !CONDITION_FUNCTIONS.has(name)) {
    reader.fault(`Unrecognized function: ${name}`);
    return found(STAND_IN);
  }
  checkFunction(reader, name, operands);
  const [first, second = first] = operands as [Operand, Operand | undefined];
  if (name === 'size') return { kind: 'operand', operand: { kind: 'size', of: first } };
  return found(callOf(name, first, second));
}

function callOf(name: string, first: Operand, second: Operand): Condition {
  if (name === 'attribute_exists' || name === 'attribute_not_exists') {
    return { kind: name, path: first.kind === 'path' ? first.path : [] };
  }
  if (name === 'attribute_type') {
    const type = second.kind === 'value' && 'S' in second.value ? second.value.S : 'NULL';
    return { kind: 'attribute_type', operand: first, type: type as AttributeType };
  }
  return { kind: name as 'begins_with' | 'contains', operand: first, part: second };
}

/** What was found has to be an operand. */
function operandOf(reader: StatementReader, it: Found): Operand {
  if (it.kind === 'operand') return it.operand;
  reader.fault('Unsupported token in expression: condition');
  return { kind: 'value', value: { NULL: true } };
}

function checkRightSide(reader: StatementReader): void {
  if (reader.isAtEnd) throw malformed('Missing right-hand side expression of infix operator');
}

function negated(condition: Condition): Condition {
  return { kind: 'not', condition };
}

function found(condition: Condition): Found {
  return { kind: 'condition', condition };
}
