/** Which attributes a read shows: ProjectionExpression or AttributesToGet, checked against the table's keys. */
import { parseProjection } from '../expression/parser.ts';
import type { Placeholders } from '../expression/placeholders.ts';
import type { DocumentPath } from '../expression/syntax.ts';
import { checkKeyPaths } from '../expression/update-keys.ts';
import type { JsonObject } from '../model/service-call.ts';
import { checkAttributesToGet } from './parameters.ts';
import type { Table } from './table.ts';

/** Undefined when everything is shown. */
export function parseProjectionOf(input: JsonObject, placeholders: Placeholders): readonly DocumentPath[] | undefined {
  const text = (input['ProjectionExpression'] ?? undefined) as string | undefined;
  if (text !== undefined) return parseProjection(text, placeholders);
  return checkAttributesToGet(input)?.map((name) => [name]);
}

/** @throws {ServiceError} ValidationException when a path goes into a key attribute, which is a scalar. */
export function checkPaths(table: Table, paths: readonly DocumentPath[] | undefined): void {
  if (paths === undefined) return;
  checkKeyPaths(paths, table.schema.key, 'Key');
  for (const { schema } of table.indexes) checkKeyPaths(paths, schema.key, 'IndexKey');
}
