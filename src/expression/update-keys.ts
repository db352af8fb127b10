/** Checks updates against the keys of a table and of its indexes: a key cannot be updated, and an index key keeps its type. */
import { typeOf, type Item } from '../model/attribute-value.ts';
import { validationError } from '../model/service-error.ts';
import type { KeySchema } from '../model/key.ts';
import type { TableSchema } from '../model/table-schema.ts';
import type { DocumentPath, Update } from './syntax.ts';

/** @throws {ServiceError} ValidationException. To be called before the item is read. */
export function checkUpdateLeavesKey(update: Update, { key, indexes }: TableSchema): void {
  const keyNames = namesOf(key);
  const indexNames = new Set([...indexes.values()].flatMap((index) => [...namesOf(index.key)]));
  for (const { path } of update.actions) {
    const name = path[0] as string;
    if (keyNames.has(name)) {
      throw validationError(
        `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
      );
    }
    if (indexNames.has(name)) checkScalar(path, 'IndexKey');
  }
}

/**
 * Checks the attributes that an update has set and that are keys of an index.
 *
 * @param item after the update.
 * @throws {ServiceError} ValidationException.
 */
export function checkUpdatedIndexKeys(update: Update, { indexes }: TableSchema, item: Item): void {
  const updated = new Set(update.actions.map(({ path }) => path[0] as string));
  for (const { name: indexName, key } of indexes.values()) {
    for (const { name, type } of [...key.partition, ...key.sort]) {
      const value = item[name];
      if (!updated.has(name) || value === undefined) continue;
      if (typeOf(value) !== type) {
        throw validationError('The update expression attempted to update the secondary index key to unsupported type');
      }
      if ('N' in value || (value as Record<string, string>)[type] !== '') continue;
      throw validationError(
        'One or more parameter values are not valid. The update expression attempted to update a secondary index key ' +
          `to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty ` +
          `${type === 'S' ? 'string' : 'binary'} value. IndexName: ${indexName}, IndexKey: ${name}`,
      );
    }
  }
}

/**
 * Checks that no path goes into a key attribute, which has no inside.
 *
 * @param role as messages name it: `Key` for the table's, `IndexKey` for an index's.
 * @throws {ServiceError} ValidationException.
 */
export function checkKeyPaths(paths: readonly DocumentPath[], key: KeySchema, role: 'Key' | 'IndexKey'): void {
  const names = namesOf(key);
  for (const path of paths) if (names.has(path[0] as string)) checkScalar(path, role);
}

function checkScalar(path: DocumentPath, role: 'Key' | 'IndexKey'): void {
  if (path.length === 1) return;
  throw validationError(
    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: " +
      `${role}: ${String(path[0])}`,
  );
}

function namesOf(key: KeySchema): ReadonlySet<string> {
  return new Set([...key.partition, ...key.sort].map(({ name }) => name));
}
