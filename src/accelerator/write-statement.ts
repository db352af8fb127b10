/**
 * PartiQL. A statement that writes names the one item that it writes; a SELECT writes nothing and passes through. Where a
 * statement cannot be read, everything of the tables that it may have written becomes unreachable (I5, I11).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
 */
import type { AttributeValue } from '../model/attribute-value.ts';
import { parseStatement } from '../expression/partiql-parser.ts';
import type { Statement } from '../expression/partiql-syntax.ts';
import { writtenKeyOf } from '../expression/statement-key.ts';
import { parseAttributeValue } from '../model/parse-item.ts';
import type { JsonObject, ServiceReply, ServiceRequest } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered } from './ask-store.ts';
import type { Image } from './mutation.ts';
import { isRefusal } from './own-write.ts';
import { planOrPass } from './parameters.ts';
import type { Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';
import { writeMany, type WriteKind, type WriteOfKey } from './write-many.ts';

export function writeStatements(
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  const canBeRead = planOrPass(() => statementsOf(request)) !== undefined;
  return canBeRead ? writeMany(parts, tables, request, options, statements) : writeUnread(parts, request, options);
}

/** Not even the tables are known. */
async function writeUnread(parts: Parts, request: ServiceRequest, options: ExecuteOptions): Promise<Answer> {
  let reply: ServiceReply | undefined;
  try {
    reply = await parts.backing.send(request, { signal: options.signal });
  } finally {
    const isRefused = reply !== undefined && isRefusal(reply);
    if (!isRefused) parts.tables.resetAll();
  }
  return answered(reply, 'pass');
}

/** The tables that the statements name. @throws {ServiceError} where one of them cannot be read. */
export function tablesOfStatements(request: ServiceRequest): string[] {
  return [...new Set(statementsOf(request).map((statement) => statement.table))];
}

function statementsOf({ operation, input }: ServiceRequest): Statement[] {
  return partsOf(operation, input).map(({ Statement: text, Parameters: given }) => {
    const parameters: AttributeValue[] = ((given ?? []) as unknown[]).map(parseAttributeValue);
    return parseStatement(text as string, parameters);
  });
}

function partsOf(operation: string, input: JsonObject): readonly JsonObject[] {
  switch (operation) {
    case 'ExecuteStatement':
      return [input];
    case 'BatchExecuteStatement':
      return input['Statements'] as JsonObject[];
    default:
      return input['TransactStatements'] as JsonObject[];
  }
}

const statements: WriteKind = {
  plan(tables, request) {
    const planned: WriteOfKey[] = [];
    for (const statement of statementsOf(request)) {
      if (statement.kind === 'select' || statement.kind === 'exists') continue;
      const table = tables.get(statement.table);
      if (table === undefined) continue;
      const key = writtenKeyOf(statement, table.schema.key);
      if (key === undefined) return undefined;
      planned.push({ table, key, newImage: newImageOf(statement) });
    }
    return planned;
  },
  // In a batch each statement has an outcome of its own. One that failed may have been applied all the same when the
  // fault was the store's; dropping what it names costs a read, so all of them count.
  notWritten: () => new Set(),
  mayInstall: false,
};

function newImageOf(statement: Statement): Image {
  if (statement.kind === 'insert') return statement.item;
  return statement.kind === 'delete' ? undefined : 'unknown';
}
