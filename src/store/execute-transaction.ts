/**
 * ExecuteTransaction: statements that are all reads or all writes (EXISTS goes with writes), as one transaction.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
 */
import { parseStatement } from '../expression/partiql-parser.ts';
import type { ExistsStatement, SelectStatement, Statement, WriteStatement } from '../expression/partiql-syntax.ts';
import { namedKeyOf } from '../expression/statement-key.ts';
import type { AttributeValue } from '../model/attribute-value.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { shown } from './execute-select.ts';
import { rowKeyOfKey, type ItemWrite } from './item-write.ts';
import { checkRequest } from './request-rules.ts';
import { singleReadOf } from './single-read.ts';
import { executeTransactionRules, parseParameters } from './statement-rules.ts';
import { itemWriteOf } from './statement-write.ts';
import type { StoreParts } from './store-parts.ts';
import type { Table } from './table.ts';
import { readTogether, type LocatedGet } from './transact-get.ts';
import { canceledError, commitActions, type Action, type CancellationReason } from './transact-write.ts';

interface Member<S extends Statement> {
  readonly input: JsonObject;
  readonly statement: S;
}

export async function executeTransaction(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, executeTransactionRules);
  const inputs = input['TransactStatements'] as JsonObject[];
  const parameters = inputs.map(parseParameters);
  const members = inputs.map((member, i) => {
    const statement = inPlace(i, () =>
      parseStatement(member['Statement'] as string, parameters[i] as AttributeValue[]),
    );
    return { input: member, statement };
  });
  const reads = members.filter((member): member is Member<SelectStatement> => member.statement.kind === 'select');
  if (reads.length === members.length) {
    return ServiceReply.fromOutput(readTogether(parts, input, located(parts, reads, locateRead)));
  }
  if (reads.length > 0) {
    throw validationError(
      'ExecuteTransaction API does not support both read and write operations in the same request.',
    );
  }
  const writes = members as Member<WriteStatement | ExistsStatement>[];
  const output = await commitActions(parts, input, located(parts, writes, locateWrite));
  return ServiceReply.fromOutput({ Responses: [], ...output });
}

/** Codes of what cancels the transaction when a statement meets its table. */
const CODES: Readonly<Partial<Record<string, string>>> = {
  ResourceNotFoundException: 'ResourceNotFound',
  ValidationException: 'ValidationError',
};

/** What no transaction may ask: it fails the request at once, where another ValidationException cancels the transaction. */
class RefusedRequest extends ServiceError {}

/** Says which statement a refusal is about. */
function inPlace<T>(position: number, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.name !== 'ValidationException') throw error;
    throw new RefusedRequest(error.name, `Validation failed in TransactStatements[${position}]: ${error.message}`);
  }
}

/**
 * Finds every statement's table and item. What only the table shows to be wrong cancels the transaction, when all statements have
 * been looked at.
 */
function located<S extends Statement, T>(
  parts: StoreParts,
  members: readonly Member<S>[],
  locate: (table: Table, member: Member<S>) => () => T,
): T[] {
  const targets: T[] = [];
  const reasons = members.map((member, i): CancellationReason => {
    try {
      const table = parts.catalog.active(tableNameOf(member.statement.table));
      const find = inPlace(i, () => locate(table, member));
      targets.push(find());
      return { Code: 'None' };
    } catch (error) {
      const code = error instanceof ServiceError && !(error instanceof RefusedRequest) ? CODES[error.name] : undefined;
      if (code === undefined) throw error;
      return { Code: code, Message: (error as ServiceError).message };
    }
  });
  if (targets.length < members.length) throw canceledError(reasons);
  return targets;
}

function locateRead(table: Table, { statement }: Member<SelectStatement>): () => LocatedGet {
  if (statement.index !== undefined) {
    throw validationError('Reads on indices are not supported within transactions.');
  }
  const { columns } = statement;
  const find = (key: Parameters<typeof rowKeyOfKey>[1]): LocatedGet => ({
    table,
    rowKey: rowKeyOfKey(table, key),
    show: (item) => shown(columns, item),
  });
  const { key, contradicted, rest } = namedKeyOf(statement.where, table.schema.key);
  // A whole key of the wrong types cancels; it would have no plan.
  if (contradicted === undefined && rest.length === 0 && hasWholeKey(table, key)) return () => find(key);
  const planned = singleReadOf(statement, table.schema.key);
  if (planned === undefined) {
    throw validationError(
      'Select statements within ExecuteTransaction must specify the primary key in the where clause.',
    );
  }
  return () => find(planned);
}

function locateWrite(table: Table, member: Member<WriteStatement | ExistsStatement>): () => Action {
  const { input, statement } = member;
  if (statement.kind === 'exists') return locateCheck(table, input, statement);
  if (statement.kind !== 'insert') {
    if (statement.returning !== undefined) {
      throw validationError('RETURNING clause is not supported in ExecuteTransaction.');
    }
    const { key, contradicted } = namedKeyOf(statement.where, table.schema.key);
    return () => {
      // In the words of the item operations, where a single statement has its own.
      if (contradicted === undefined) rowKeyOfKey(table, key);
      return actionOf(input, itemWriteOf(table, statement));
    };
  }
  return () => actionOf(input, itemWriteOf(table, statement));
}

function actionOf(input: JsonObject, write: ItemWrite): Action {
  return { input, table: write.table, key: write.key, condition: write.condition, next: (old) => write.next(old) };
}

/** EXISTS is a condition check: the select names an item by its whole key, and what else it asks is the condition. */
function locateCheck(table: Table, input: JsonObject, { select }: ExistsStatement): () => Action {
  if (select.index !== undefined) throw validationError('Operations on indices are not supported in transactions');
  const { key, rest } = namedKeyOf(select.where, table.schema.key);
  if (!hasWholeKey(table, key) || rest.length === 0) {
    throw validationError('EXISTS() must contain a single item read with additional condition');
  }
  return () => ({
    input: { ...input, Key: key },
    table,
    key: rowKeyOfKey(table, key),
    condition: { kind: 'and', conditions: rest },
  });
}

function hasWholeKey({ schema }: Table, key: Readonly<Record<string, AttributeValue>>): boolean {
  return [...schema.key.partition, ...schema.key.sort].every(({ name }) => key[name] !== undefined);
}
