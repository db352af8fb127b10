/** What Query and Scan ask in the same way: index, selection, filter, ExclusiveStartKey. */
import type { ByteString } from '../base/bytes.ts';
import { parseCondition } from '../expression/parser.ts';
import type { Placeholders } from '../expression/placeholders.ts';
import { pathsOf, type Condition, type DocumentPath } from '../expression/syntax.ts';
import { typeOf, type Item } from '../model/attribute-value.ts';
import { keyOf, positionOf, validateKey, type KeyPosition } from '../model/key.ts';
import { parseItem } from '../model/parse-item.ts';
import type { JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { assert } from '../base/errors.ts';
import { indexEntryKey, itemKey, placeOf } from './key-space.ts';
import { legacyFilter } from './legacy-parameters.ts';
import { startKeyNames } from './page.ts';
import { checkPaths } from './projection.ts';
import type { Table, TableIndex } from './table.ts';

const INVALID_START = 'The provided starting key is invalid';

/** Undefined for the table itself. @throws {ServiceError} ValidationException. */
export function indexOf(table: Table, input: JsonObject): TableIndex | undefined {
  const name = (input['IndexName'] ?? undefined) as string | undefined;
  if (name === undefined) return undefined;
  const index = table.indexNamed(name);
  if (index === undefined) throw validationError(`The table does not have the specified index: ${name}`);
  if (index.schema.kind === 'GSI' && !index.backfilling && !index.schema.active) {
    throw validationError(`The table does not have the specified index: ${name}`);
  }
  if (index.backfilling) {
    throw validationError(`Cannot read from backfilling global secondary index: ${name}`);
  }
  if (index.schema.kind === 'GSI' && input['ConsistentRead'] === true) {
    throw validationError('Consistent reads are not supported on global secondary indexes');
  }
  return index;
}

export function parseFilter(
  input: JsonObject,
  placeholders: Placeholders,
  legacy: 'QueryFilter' | 'ScanFilter',
): Condition | undefined {
  const text = (input['FilterExpression'] ?? undefined) as string | undefined;
  if (text !== undefined) return parseCondition(text, placeholders, 'FilterExpression');
  return (input[legacy] ?? undefined) === undefined ? undefined : legacyFilter(input, legacy);
}

/** @throws {ServiceError} ValidationException when it has values that no item can have. */
export function parseStartKey(input: JsonObject): Item | undefined {
  const given: unknown = input['ExclusiveStartKey'] ?? undefined;
  if (given === undefined) return undefined;
  try {
    return parseItem(given);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.name !== 'ValidationException') throw error;
    // DynamoDB tells where the value stood for some messages only.
    const isBare = /contains duplicates|number set|numeric value|significant digits|number with magnitude/.test(
      error.message,
    );
    throw isBare ? error : validationError(`${INVALID_START}: ${error.message}`);
  }
}

export interface StartPlace {
  readonly rowKey: ByteString;
  /** In the table, or in the index. */
  readonly position: KeyPosition;
}

/** The row that the last page ended with, which need not be there any more. @throws {ServiceError} ValidationException. */
export function startPlaceOf(table: Table, index: TableIndex | undefined, start: Item, isScan: boolean): StartPlace {
  const names = startKeyNames(table, index);
  const hasAll = names.every((name) => Object.hasOwn(start, name));
  if (Object.keys(start).length !== names.length || !hasAll) {
    throw validationError(
      isScan && index === undefined
        ? `${INVALID_START}: The provided key element does not match the schema`
        : INVALID_START,
    );
  }
  if (index !== undefined) {
    for (const { name, type } of [...index.schema.key.partition, ...index.schema.key.sort]) {
      const value = start[name];
      if (value === undefined || typeOf(value) !== type) {
        throw validationError('The provided key element does not match the schema');
      }
    }
  }
  const key = keyOf(table.schema.key, start);
  try {
    validateKey(table.schema.key, key);
  } catch (error) {
    throw validationError(`${INVALID_START}: ${(error as Error).message}`);
  }
  const base = positionOf(table.schema.key, key);
  assert(base !== undefined, 'a validated key has a place');
  const baseKey = itemKey(table.space, base);
  if (index === undefined) return { rowKey: baseKey, position: base };
  const position = positionOf(index.schema.key, start);
  if (position === undefined) throw validationError(INVALID_START);
  return { rowKey: indexEntryKey(index.space, position, placeOf(baseKey)), position };
}

export interface Selection {
  readonly countOnly: boolean;
  readonly fetchAll: boolean;
}

/** @throws {ServiceError} ValidationException when Select does not go with the rest. */
export function selectionOf(
  input: JsonObject,
  table: Table,
  index: TableIndex | undefined,
  projection: readonly DocumentPath[] | undefined,
): Selection {
  const select = (input['Select'] ?? undefined) as string | undefined;
  if (projection !== undefined && select !== undefined && select !== 'SPECIFIC_ATTRIBUTES') {
    const parameter =
      (input['AttributesToGet'] ?? undefined) === undefined ? 'ProjectionExpression' : 'AttributesToGet';
    throw validationError(`Cannot specify the ${parameter} when choosing to get ${select}`);
  }
  if (select === 'SPECIFIC_ATTRIBUTES' && projection === undefined) {
    throw validationError(
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    );
  }
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && index === undefined) {
    throw validationError('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName');
  }
  const projectsAll = index === undefined || index.schema.projection === 'ALL';
  if (select === 'ALL_ATTRIBUTES' && !projectsAll && index.schema.kind === 'GSI') {
    throw validationError(
      'One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary ' +
        `index ${index.schema.name} because its projection type is not ALL`,
    );
  }
  const reachesPast =
    !projectsAll && projection !== undefined && projection.some((path) => !isProjected(table, index, path));
  if (reachesPast && index?.schema.kind === 'GSI') {
    throw validationError(
      'One or more parameter values were invalid: Global secondary index ' +
        `${index.schema.name} does not project [${unprojected(table, index, projection).join(', ')}]`,
    );
  }
  return { countOnly: select === 'COUNT', fetchAll: !projectsAll && (select === 'ALL_ATTRIBUTES' || reachesPast) };
}

export function isProjected(table: Table, index: TableIndex, path: DocumentPath): boolean {
  const name = path[0] as string;
  return startKeyNames(table, index).includes(name) || index.schema.projectedNames.includes(name);
}

function unprojected(table: Table, index: TableIndex, projection: readonly DocumentPath[]): string[] {
  return projection.filter((path) => !isProjected(table, index, path)).map((path) => path[0] as string);
}

/** @throws {ServiceError} ValidationException when a Query's filter names a key attribute, or a path goes into one. */
export function checkFilterPaths(
  table: Table,
  index: TableIndex | undefined,
  filter: Condition | undefined,
  parameter: 'QueryFilter' | 'Filter Expression' | undefined,
): void {
  if (filter === undefined) return;
  const paths = pathsOf(filter);
  if (parameter !== undefined) {
    const { partition, sort } = (index ?? table).schema.key;
    const keys = [...partition, ...sort].map(({ name }) => name);
    const found = keys.find((name) => paths.some((path) => path[0] === name));
    if (found !== undefined) {
      throw validationError(
        `${parameter} can only contain non-primary key attributes: Primary key attribute: ${found}`,
      );
    }
  }
  checkPaths(table, paths);
}
