/** INSERT, UPDATE and DELETE as writes of one item. */
import { namedKeyOf } from '../expression/statement-key.ts';
import type { DeleteStatement, UpdateStatement, WriteStatement } from '../expression/partiql-syntax.ts';
import type { Condition } from '../expression/syntax.ts';
import { checkUpdateLeavesKey } from '../expression/update-keys.ts';
import { updatedAttributes } from '../expression/update.ts';
import { typeOf, type Item } from '../model/attribute-value.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { rowKeyOfItem, rowKeyOfKey, type ItemWrite } from './item-write.ts';
import { checkIndexKeys, checkItemSize } from './put-item.ts';
import type { StoredItem } from './stored-item.ts';
import type { Table } from './table.ts';
import { updatedItem } from './update-item.ts';

/** @throws {ServiceError} ValidationException when the statement does not write exactly one item that the table takes. */
export function itemWriteOf(table: Table, statement: WriteStatement): ItemWrite {
  return statement.kind === 'insert'
    ? insertOf(table, statement.item)
    : keyedWriteOf(table, statement, singleKeyOf(table, statement.where));
}

function insertOf(table: Table, item: Item): ItemWrite {
  checkItemSize(item);
  const key = rowKeyOfItem(table, item);
  checkIndexKeys(table, item);
  return {
    table,
    key,
    condition: undefined,
    next: (old) => {
      if (old === undefined) return item;
      throw new ServiceError('DuplicateItemException', 'Duplicate primary key exists in table');
    },
    returned: () => undefined,
  };
}

interface SingleKey {
  readonly key: Item;
  readonly rest: readonly Condition[];
}

function singleKeyOf({ schema }: Table, where: Condition | undefined): SingleKey {
  const { key, contradicted, rest } = namedKeyOf(where, schema.key);
  const attributes = [...schema.key.partition, ...schema.key.sort];
  if (attributes.some(({ name }) => key[name] === undefined)) {
    throw validationError('Where clause does not contain a mandatory equality on all key attributes');
  }
  if (contradicted !== undefined) {
    throw validationError(
      `Multiple conditions on same key ${contradicted}. Only single item Update/Insert/Delete are supported`,
    );
  }
  for (const { name, type } of attributes) {
    if (typeOf(key[name] as Item[string]) === type) continue;
    throw validationError(`Key attribute's data type should match its data type in table's schema: Key ${name}`);
  }
  return { key, rest };
}

function keyedWriteOf(table: Table, statement: UpdateStatement | DeleteStatement, { key, rest }: SingleKey): ItemWrite {
  const rowKey = rowKeyOfKey(table, key);
  const path = [table.schema.key.partition[0]?.name ?? ''];
  if (statement.kind === 'delete') {
    // What is not there is not judged: deleting it succeeds and does nothing.
    const isAbsent: Condition = { kind: 'attribute_not_exists', path };
    return {
      table,
      key: rowKey,
      condition: rest.length === 0 ? undefined : either(isAbsent, { kind: 'and', conditions: rest }),
      next: () => undefined,
      returned: (old) => (statement.returning === undefined ? undefined : old?.item),
    };
  }
  checkUpdateLeavesKey(statement.update, table.schema);
  return {
    table,
    key: rowKey,
    // Unlike UpdateItem, the statement never makes an item.
    condition: { kind: 'and', conditions: [{ kind: 'attribute_exists', path }, ...rest] },
    next: (old) => updatedItem(table, statement.update, key, old),
    returned: (old, next) => returned(statement, old, next),
  };
}

function either(one: Condition, other: Condition): Condition {
  return { kind: 'or', conditions: [one, other] };
}

/** Undefined where there is nothing to show. */
function returned(
  { returning, update }: UpdateStatement,
  old: StoredItem | undefined,
  next: Item | undefined,
): Item | undefined {
  if (returning === undefined) return undefined;
  const item = returning.endsWith('OLD') ? old?.item : next;
  if (item === undefined || returning.startsWith('ALL')) return item;
  const modified = updatedAttributes(update, item);
  return Object.keys(modified).length === 0 ? undefined : modified;
}
