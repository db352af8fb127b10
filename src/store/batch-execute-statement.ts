/**
 * BatchExecuteStatement: statements that are all reads or all writes, each on its own; what is wrong with one is told in its place.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
 */
import { parseStatement } from '../expression/partiql-parser.ts';
import type { SelectStatement, Statement } from '../expression/partiql-syntax.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { capacityModeOf } from './capacity.ts';
import { executeSelect } from './execute-select.ts';
import { EXISTS_MISPLACED, executeWrite } from './execute-statement.ts';
import { checkRequest } from './request-rules.ts';
import { singleReadOf } from './single-read.ts';
import { batchExecuteRules, parseParameters } from './statement-rules.ts';
import type { StoreParts } from './store-parts.ts';

const NOT_ONE_ITEM = 'Select statements within BatchExecuteStatement must specify the primary key in the where clause.';

interface Member {
  readonly input: JsonObject;
  readonly statement: Statement | ServiceError;
}

export async function batchExecuteStatement(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, batchExecuteRules);
  const mode = capacityModeOf(input);
  const members = (input['Statements'] as JsonObject[]).map((member): Member => {
    return { input: { ...member, ReturnConsumedCapacity: mode }, statement: parseMember(member) };
  });
  const kinds = members.flatMap(({ statement }) => (statement instanceof ServiceError ? [] : statement.kind));
  if (kinds.includes('select') && kinds.some((kind) => kind !== 'select')) {
    throw validationError(
      'BatchExecuteStatement API does not support both read and write operations in the same request.',
    );
  }
  // Each is evaluated when it is called, so writes of one item take effect in their order; only their commits are waited for.
  const outcomes = await Promise.all(members.map((member) => outcomeOf(parts, member)));
  const output: JsonObject = { Responses: outcomes.map(({ response }) => response) };
  if (mode !== 'NONE') output['ConsumedCapacity'] = outcomes.flatMap(({ consumed }) => consumed ?? []);
  return ServiceReply.fromOutput(output);
}

function parseMember(member: JsonObject): Statement | ServiceError {
  try {
    return parseStatement(member['Statement'] as string, parseParameters(member));
  } catch (error) {
    if (error instanceof ServiceError && error.name === 'ValidationException') return error;
    throw error;
  }
}

interface Outcome {
  readonly response: JsonObject;
  readonly consumed?: JsonObject | undefined;
}

async function outcomeOf(parts: StoreParts, { input, statement }: Member): Promise<Outcome> {
  if (statement instanceof ServiceError) return { response: { Error: errorOf(statement) } };
  const TableName = tableNameOf(statement.table);
  try {
    const { Item, ConsumedCapacity: consumed } = await execute(parts, statement, input);
    return { response: Item === undefined ? { TableName } : { TableName, Item }, consumed };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { response: { TableName, Error: errorOf(error) } };
  }
}

async function execute(parts: StoreParts, statement: Statement, input: JsonObject): Promise<JsonObject> {
  switch (statement.kind) {
    case 'exists':
      throw validationError(EXISTS_MISPLACED);
    case 'select':
      return readOne(parts, statement, input);
    default: {
      const { Attributes, ConsumedCapacity } = await executeWrite(parts, statement, input);
      return { Item: Attributes as unknown, ConsumedCapacity: ConsumedCapacity as unknown };
    }
  }
}

function readOne(parts: StoreParts, statement: SelectStatement, input: JsonObject): JsonObject {
  const table = parts.catalog.active(tableNameOf(statement.table));
  if (statement.index !== undefined || singleReadOf(statement, table.schema.key) === undefined) {
    throw validationError(NOT_ONE_ITEM);
  }
  const { Items, ConsumedCapacity } = executeSelect(parts, statement, input, '');
  return { Item: (Items as unknown[])[0], ConsumedCapacity: ConsumedCapacity as unknown };
}

/** Codes are the exceptions' names without their last word, but for two. */
function errorOf(error: ServiceError): JsonObject {
  const code = error.name.replace(/^(Validation|Throttling)Exception$/, '$1Error').replace(/Exception$/, '');
  return { Code: code, Message: error.message, ...error.members };
}
