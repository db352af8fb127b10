/**
 * Parses PartiQL statements.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
 */
import type { AttributeValue } from '../model/attribute-value.ts';
import { emptyItem } from '../model/attribute-value.ts';
import { parsePartiqlCondition } from './partiql-condition.ts';
import { malformed } from './partiql-lexer.ts';
import { parseItemLiteral } from './partiql-literal.ts';
import type {
  Column,
  DeleteStatement,
  ExistsStatement,
  InsertStatement,
  OrderTerm,
  Returning,
  SelectStatement,
  Statement,
  UpdateStatement,
} from './partiql-syntax.ts';
import { parseUpdateClauses } from './partiql-update.ts';
import { StatementReader } from './statement-reader.ts';
import type { Condition, DocumentPath } from './syntax.ts';

const TABLE_NAME = /^[a-zA-Z0-9_.-]{3,255}$/;

/**
 * @param parameters what the question marks stand for, in their order.
 * @throws {ServiceError} ValidationException.
 */
export function parseStatement(text: string, parameters: readonly AttributeValue[] = []): Statement {
  const reader = new StatementReader(text, parameters);
  const statement = parseAny(reader);
  reader.finish();
  return statement;
}

function parseAny(reader: StatementReader): Statement {
  if (reader.takeKeyword('SELECT')) return parseSelect(reader);
  if (reader.takeKeyword('INSERT')) return parseInsert(reader);
  if (reader.takeKeyword('UPDATE')) return parseUpdate(reader);
  if (reader.takeKeyword('DELETE')) return parseDelete(reader);
  if (reader.takeKeyword('FROM')) return parseFromFirst(reader);
  if (reader.isKeyword('EXISTS') && reader.isCallNext) return parseExists(reader);
  throw reader.isAtEnd ? reader.unexpected() : malformed('Expected data manipulation');
}

function parseSelect(reader: StatementReader): SelectStatement {
  if (reader.isKeyword('VALUE') || reader.isKeyword('PIVOT')) {
    reader.fault("Select projection doesn't support value or pivot keywords");
    reader.advance();
  }
  const columns = parseColumns(reader);
  if (!reader.takeKeyword('FROM')) throw reader.unexpected();
  if (!reader.isNameNext) throw reader.unexpected();
  const { table, index } = parseTable(reader);
  if (reader.isSymbol(',')) {
    reader.fault('Only select from a single table or index is supported.');
    while (reader.takeSymbol(',')) reader.path();
  }
  checkNoAlias(reader);
  const where = parseWhere(reader);
  const order = parseOrder(reader);
  if (reader.isKeyword('LIMIT') || reader.isKeyword('GROUP')) {
    reader.fault(`Unsupported clause: ${reader.advance().text.toUpperCase()}`);
    reader.skipRest();
  }
  return { kind: 'select', table, index, columns, where, order };
}

/** Undefined for `*`. */
function parseColumns(reader: StatementReader): Column[] | undefined {
  const columns: Column[] = [];
  let hasStar = false;
  let count = 0;
  do {
    count++;
    if (reader.takeSymbol('*')) hasStar = true;
    else columns.push(parseColumn(reader));
  } while (reader.takeSymbol(','));
  if (hasStar && count > 1) {
    reader.fault("Other attributes should not be present in the projection when '*' is used.");
  }
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) reader.fault(`Duplicate identifiers in select clause: ${twice}`);
  return hasStar ? undefined : columns;
}

function parseColumn(reader: StatementReader): Column {
  const path = reader.path();
  if (reader.takeKeyword('AS')) {
    reader.fault('Aliasing is not supported');
    reader.name();
  }
  return { name: columnName(path), path };
}

function columnName(path: DocumentPath): string {
  const last = path.findLastIndex((element) => typeof element === 'string');
  const indexes = path.slice(last + 1).map((index) => `[${index}]`);
  return `${String(path[last])}${indexes.join('')}`;
}

function parseOrder(reader: StatementReader): OrderTerm[] {
  const order: OrderTerm[] = [];
  if (!reader.takeKeyword('ORDER')) return order;
  if (!reader.takeKeyword('BY')) throw reader.unexpected();
  do {
    const path = reader.path();
    if (path.length > 1) reader.fault('Argument to ORDER BY must be of type VariableReference. Type: Path');
    const descending = reader.takeKeyword('DESC');
    if (!descending) reader.takeKeyword('ASC');
    order.push({ name: String(path[0]), descending });
  } while (reader.takeSymbol(','));
  return order;
}

function parseInsert(reader: StatementReader): InsertStatement {
  if (!reader.takeKeyword('INTO')) throw reader.unexpected();
  if (!reader.isNameNext) throw malformed('Expected identifier for simple path');
  const { table } = parseWrittenTable(reader);
  let item = emptyItem();
  if (reader.takeKeyword('VALUE')) {
    if (reader.isSymbol('{')) {
      item = parseItemLiteral(reader);
    } else {
      reader.fault(
        'Unsupported format in item expression. Please use struct format {...} to express item values for insert statement.',
      );
      if (reader.isSymbol('?')) reader.parameter();
      else parsePartiqlCondition(reader);
    }
  } else if (reader.isKeyword('VALUES') || reader.isSymbol('<<') || reader.isSymbol('(')) {
    reader.fault(
      'Unsupported operation: Inserting multiple items in a single statement is not supported, ' +
        'use "INSERT INTO tableName VALUE item" instead',
    );
    reader.skipRest();
  } else {
    throw reader.isAtEnd ? reader.unexpected() : malformed('Unexpected token after expression');
  }
  if (parseReturning(reader) !== undefined) reader.fault('RETURNING is not supported in INSERT');
  return { kind: 'insert', table, item };
}

function parseUpdate(reader: StatementReader): UpdateStatement {
  if (!reader.isNameNext) throw malformed('Expected identifier for simple path');
  const { table } = parseWrittenTable(reader);
  checkNoAlias(reader);
  const update = parseUpdateClauses(reader);
  const where = parseWhere(reader);
  return { kind: 'update', table, update, where, returning: parseReturning(reader) };
}

/** The other way to write an update: `FROM table WHERE condition SET path = value`. */
function parseFromFirst(reader: StatementReader): UpdateStatement {
  if (!reader.isNameNext) throw reader.unexpected();
  const { table } = parseWrittenTable(reader);
  checkNoAlias(reader);
  const where = parseWhere(reader);
  const update = parseUpdateClauses(reader);
  return { kind: 'update', table, update, where, returning: parseReturning(reader) };
}

function parseDelete(reader: StatementReader): DeleteStatement {
  if (!reader.takeKeyword('FROM')) throw reader.unexpected();
  if (!reader.isNameNext) throw malformed('Expected identifier for simple path');
  const { table } = parseWrittenTable(reader);
  checkNoAlias(reader);
  const where = parseWhere(reader);
  const returning = parseReturning(reader);
  if (returning !== undefined && returning !== 'ALL OLD') {
    reader.fault(
      `Invalid returning clause: RETURNING ${returning} *. Only RETURNING ALL OLD * is allowed in DELETE statements.`,
    );
  }
  return { kind: 'delete', table, where, returning: returning === undefined ? undefined : 'ALL OLD' };
}

function parseExists(reader: StatementReader): ExistsStatement {
  reader.advance();
  reader.advance();
  if (!reader.takeKeyword('SELECT')) throw reader.unexpected();
  const select = parseSelect(reader);
  reader.expectSymbol(')');
  return { kind: 'exists', table: select.table, select };
}

function parseTable(reader: StatementReader): { readonly table: string; readonly index: string | undefined } {
  const path = reader.path();
  const [table, index] = path as [string, string | number | undefined];
  if (path.length > 2) reader.fault('A path may contain at most 2 components in the FROM clause');
  else if (typeof index === 'number') reader.fault('Invalid list expression in source.');
  if (!TABLE_NAME.test(table) && !table.startsWith('arn:')) {
    reader.fault(
      "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'.",
    );
  }
  return { table, index: index === undefined ? undefined : String(index) };
}

function parseWrittenTable(reader: StatementReader): { readonly table: string } {
  const { table, index } = parseTable(reader);
  if (index !== undefined) reader.fault('This operation is not supported on an index');
  return { table };
}

function checkNoAlias(reader: StatementReader): void {
  if (!reader.takeKeyword('AS') && !reader.isNameNext) return;
  reader.fault('Aliasing is not supported');
  reader.name();
}

function parseWhere(reader: StatementReader): Condition | undefined {
  return reader.takeKeyword('WHERE') ? parsePartiqlCondition(reader) : undefined;
}

function parseReturning(reader: StatementReader): Returning | undefined {
  if (!reader.takeKeyword('RETURNING')) return undefined;
  const extent = reader.advance().text.toUpperCase();
  const time = reader.advance().text.toUpperCase();
  if (!/^(?:ALL|MODIFIED)$/.test(extent) || !/^(?:OLD|NEW)$/.test(time) || !reader.takeSymbol('*')) {
    throw malformed("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause");
  }
  if (reader.isSymbol(',')) {
    reader.fault('Invalid syntax with multiple returning elements in RETURNING clause');
    reader.skipRest();
  }
  return `${extent} ${time}` as Returning;
}
