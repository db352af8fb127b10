/** The one item that a statement is about: the key that its WHERE names, and what else its WHERE asks. */
import { equalValues, emptyItem, type AttributeValue, type Item } from '../model/attribute-value.ts';
import { exactKey, keyOf, type KeySchema } from '../model/key.ts';
import type { Statement } from './partiql-syntax.ts';
import type { Condition, Operand } from './syntax.ts';

export interface NamedKey {
  /** The key attributes that have to equal a value; perhaps not all of them, and of any type. */
  readonly key: Item;
  /** A key attribute that has to equal two different values; the first of them is in `key`. */
  readonly contradicted: string | undefined;
  /** Everything else, in its order. */
  readonly rest: readonly Condition[];
}

/** Equalities count wherever AND alone stands between them and the top. */
export function namedKeyOf(where: Condition | undefined, schema: KeySchema): NamedKey {
  const names = new Set([...schema.partition, ...schema.sort].map(({ name }) => name));
  const key = emptyItem();
  const rest: Condition[] = [];
  let contradicted: string | undefined;
  for (const condition of conjunctsOf(where)) {
    const equality = equalityOf(condition);
    if (equality === undefined || !names.has(equality.name)) {
      rest.push(condition);
      continue;
    }
    const earlier = key[equality.name];
    if (earlier === undefined) {
      key[equality.name] = equality.value;
    } else if (!equalValues(earlier, equality.value)) {
      contradicted ??= equality.name;
      rest.push(condition);
    }
  }
  return { key, contradicted, rest };
}

/**
 * The exact key of the item that a statement writes (or checks, in a transaction). Undefined for a SELECT, and where the statement
 * names no single item of this schema, which the store refuses.
 */
export function writtenKeyOf(statement: Statement, schema: KeySchema): Item | undefined {
  switch (statement.kind) {
    case 'select':
      return undefined;
    case 'insert': {
      const names = [...schema.partition, ...schema.sort];
      const hasAll = names.every(({ name }) => Object.hasOwn(statement.item, name));
      return hasAll ? exactKey(schema, keyOf(schema, statement.item)) : undefined;
    }
    case 'exists':
      return exactKey(schema, namedKeyOf(statement.select.where, schema).key);
    case 'update':
    case 'delete': {
      const { key, contradicted } = namedKeyOf(statement.where, schema);
      return contradicted === undefined ? exactKey(schema, key) : undefined;
    }
  }
}

/** All parts that have to hold together. */
export function conjunctsOf(condition: Condition | undefined): Condition[] {
  if (condition === undefined) return [];
  return condition.kind === 'and' ? condition.conditions.flatMap(conjunctsOf) : [condition];
}

export interface Equality {
  readonly name: string;
  readonly value: AttributeValue;
}

/** The condition as `attribute = value`, whichever side the attribute is on. */
export function equalityOf(condition: Condition): Equality | undefined {
  if (condition.kind !== 'compare' || condition.comparator !== '=') return undefined;
  return equality(condition.left, condition.right) ?? equality(condition.right, condition.left);
}

function equality(path: Operand, value: Operand): Equality | undefined {
  if (path.kind !== 'path' || path.path.length > 1 || value.kind !== 'value') return undefined;
  return { name: String(path.path[0]), value: value.value };
}
