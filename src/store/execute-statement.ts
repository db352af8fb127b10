/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html */
import { parseStatement } from '../expression/partiql-parser.ts';
import type { WriteStatement } from '../expression/partiql-syntax.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { executeSelect } from './execute-select.ts';
import { writeItem } from './item-write.ts';
import { checkRequest } from './request-rules.ts';
import { executeStatementRules, parseParameters } from './statement-rules.ts';
import { itemWriteOf } from './statement-write.ts';
import type { StoreParts } from './store-parts.ts';

export const EXISTS_MISPLACED = 'EXISTS can only be used in ExecuteTransaction write requests.';

export async function executeStatement(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, executeStatementRules);
  const parameters = parseParameters(input);
  const text = input['Statement'] as string;
  const statement = parseStatement(text, parameters);
  if (statement.kind === 'exists') throw validationError(EXISTS_MISPLACED);
  if (statement.kind === 'select') {
    const identity = JSON.stringify([text, parameters]);
    return ServiceReply.fromOutput(executeSelect(parts, statement, input, identity));
  }
  const { Attributes: attributes, ...rest } = await executeWrite(parts, statement, input);
  return ServiceReply.fromOutput({ Items: attributes === undefined ? [] : [attributes], ...rest });
}

/** The output of the item operation that the statement comes to. */
export async function executeWrite(
  parts: StoreParts,
  statement: WriteStatement,
  input: JsonObject,
): Promise<JsonObject> {
  const table = parts.catalog.active(tableNameOf(statement.table));
  const { output } = await writeItem(parts, input, itemWriteOf(table, statement));
  return output;
}
