/** Recursive descent over the SET and REMOVE clauses of PartiQL's UPDATE. */
import { typeOf, type AttributeType } from '../model/attribute-value.ts';
import { malformed, type PartiqlToken } from './partiql-lexer.ts';
import { isLiteralNext, parseLiteral } from './partiql-literal.ts';
import type { StatementReader } from './statement-reader.ts';
import { samePath, type DocumentPath, type Update, type UpdateAction, type UpdateOperand } from './syntax.ts';
import { overlapText, relationOf } from './update-parser.ts';

/** SET_ADD and SET_DELETE are the ADD and DELETE of update expressions, written as if they were functions. */
const SET_FUNCTIONS: Readonly<Record<string, 'add' | 'delete'>> = { SET_ADD: 'add', SET_DELETE: 'delete' };
const SET_TYPES: ReadonlySet<AttributeType> = new Set(['SS', 'NS', 'BS']);

/** One clause or more. */
export function parseUpdateClauses(reader: StatementReader): Update {
  const actions: UpdateAction[] = [];
  for (;;) {
    if (reader.takeKeyword('SET')) {
      do add(reader, actions, parseAssignment(reader));
      while (reader.takeSymbol(','));
    } else if (reader.takeKeyword('REMOVE')) {
      add(reader, actions, { kind: 'remove', path: reader.path() });
    } else if (actions.length > 0) {
      return { actions };
    } else {
      throw reader.unexpected();
    }
  }
}

function add(reader: StatementReader, actions: UpdateAction[], action: UpdateAction): void {
  for (const { path } of actions) {
    const relation = relationOf(path, action.path);
    if (relation !== 'apart') reader.fault(overlapText(relation, path, action.path));
  }
  actions.push(action);
}

function parseAssignment(reader: StatementReader): UpdateAction {
  const path = reader.path();
  reader.expectSymbol('=');
  const name = reader.token.text.toUpperCase();
  if (reader.isCallNext && Object.hasOwn(SET_FUNCTIONS, name)) return parseSetFunction(reader, path, name);
  return { kind: 'set', path, value: parseSum(reader) };
}

function parseSetFunction(reader: StatementReader, path: DocumentPath, name: string): UpdateAction {
  const call = reader.advance();
  reader.advance();
  const first = reader.token;
  const operands: UpdateOperand[] = [];
  do operands.push(parseSum(reader));
  while (reader.takeSymbol(','));
  reader.expectSymbol(')');
  const [target, members] = operands as [UpdateOperand, UpdateOperand | undefined];
  if (operands.length !== 2) {
    reader.faultAt(`${name} must have exactly two arguments`, call);
  } else if (target.kind !== 'path' || !samePath(target.path, path)) {
    reader.faultAt(`The first argument to ${name} must equal the assignment value`, call);
  } else if (members?.kind === 'value' && SET_TYPES.has(typeOf(members.value))) {
    return { kind: SET_FUNCTIONS[name] as 'add' | 'delete', path, value: members.value };
  } else {
    reader.faultAt(`The second argument to ${name} must be a value with type SET`, first);
  }
  // A fault was noted, and nobody will see the stand-in.
  return { kind: 'remove', path };
}

function parseSum(reader: StatementReader): UpdateOperand {
  let left = parseTerm(reader);
  for (;;) {
    const { kind, text } = reader.token;
    if (kind !== 'symbol' || (text !== '+' && text !== '-')) return left;
    reader.advance();
    if (reader.isAtEnd) throw malformed('Missing right-hand side expression of infix operator');
    const right = parseTerm(reader);
    checkTypes(reader, text, [left, right], 'N');
    left = { kind: text, left, right };
  }
}

function parseTerm(reader: StatementReader): UpdateOperand {
  if (reader.takeSymbol('(')) {
    reader.enterGroup();
    const inner = parseSum(reader);
    reader.expectSymbol(')');
    reader.leaveGroup();
    return inner;
  }
  if (reader.isSymbol('?')) return { kind: 'value', value: reader.parameter() };
  if (isLiteralNext(reader)) return { kind: 'value', value: parseLiteral(reader) };
  if (reader.isCallNext) return parseFunction(reader);
  return { kind: 'path', path: reader.path() };
}

function parseFunction(reader: StatementReader): UpdateOperand {
  const call = reader.advance();
  reader.enterGroup();
  reader.advance();
  const operands: UpdateOperand[] = [];
  do operands.push(parseSum(reader));
  while (reader.takeSymbol(','));
  reader.expectSymbol(')');
  reader.leaveGroup();
  const name = call.text.toLowerCase();
  const [left, right = left] = operands as [UpdateOperand, UpdateOperand | undefined];
  if (name !== 'list_append') {
    reader.fault(`Unrecognized function: ${name}`);
  } else if (operands.length !== 2) {
    noteCount(reader, call, operands.length);
  } else {
    checkTypes(reader, name, operands, 'L');
  }
  return { kind: 'list_append', left, right };
}

function noteCount(reader: StatementReader, { text }: PartiqlToken, count: number): void {
  reader.fault(
    'Incorrect number of operands for operator or function; ' +
      `operator or function: ${text.toLowerCase()}, number of operands: ${count}`,
  );
}

function checkTypes(
  reader: StatementReader,
  operator: string,
  operands: readonly UpdateOperand[],
  type: AttributeType,
): void {
  for (const operand of operands) {
    if (operand.kind !== 'value' || typeOf(operand.value) === type) continue;
    reader.fault(
      'Incorrect operand type for operator or function; ' +
        `operator or function: ${operator}, operand type: ${typeOf(operand.value)}`,
    );
  }
}
