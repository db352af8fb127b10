/** Which attributes a read shows: ProjectionExpression or AttributesToGet, checked against the table's keys. */
import { parseProjection } from '../expression/parser.ts';
import type { Placeholders } from '../expression/placeholders.ts';
import type { DocumentPath } from '../expression/syntax.ts';
import type { JsonObject } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { checkAttributesToGet } from './parameters.ts';
import type { Table } from './table.ts';

/** Undefined when everything is shown. */
export function parseProjectionOf(input: JsonObject, placeholders: Placeholders): readonly DocumentPath[] | undefined {
  const text = (input['ProjectionExpression'] ?? undefined) as string | undefined;
  if (text !== undefined) return parseProjection(text, placeholders);
  return checkAttributesToGet(input)?.map((name) => [name]);
}

/** @throws {ServiceError} ValidationException when a path goes into a key attribute, which is a scalar. */
export function checkKeyPaths(table: Table, paths: readonly DocumentPath[] | undefined): void {
  if (paths === undefined) return;
  const nested = new Set<string>();
  for (const path of paths) if (path.length > 1) nested.add(path[0] as string);
  if (nested.size === 0) return;
  const check = (kind: 'Key' | 'IndexKey', name: string): void => {
    if (!nested.has(name)) return;
    throw validationError(
      `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ${kind}: ${name}`,
    );
  };
  const { partition, sort } = table.schema.key;
  for (const { name } of [...partition, ...sort]) check('Key', name);
  for (const { schema } of table.indexes) {
    for (const { name } of [...schema.key.partition, ...schema.key.sort]) check('IndexKey', name);
  }
}
