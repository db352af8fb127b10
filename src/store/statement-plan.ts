/**
 * What a SELECT reads: whole, or by keys where every alternative of its WHERE names a partition. Reads by keys never overlap, so
 * no item is shown twice.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
 */
import type { ByteString } from '../base/bytes.ts';
import { branchCount, branchesOf, isFixed } from '../expression/key-branches.ts';
import {
  keyConditionOfComparisons,
  type KeyComparison,
  type KeyCondition,
  type KeyRange,
} from '../expression/key-condition.ts';
import type { OrderTerm, SelectStatement } from '../expression/partiql-syntax.ts';
import { equalityOf } from '../expression/statement-key.ts';
import type { Condition, Operand } from '../expression/syntax.ts';
import { emptyItem, equalValues, typeOf, type Item } from '../model/attribute-value.ts';
import type { KeySchema } from '../model/key.ts';
import { validationError } from '../model/service-error.ts';

/** Reads by keys that one statement may come to. */
const READS_MAX = 50;

export interface KeyedRead {
  readonly condition: KeyCondition;
  /** What the keys leave to be asked. */
  readonly filter: readonly Condition[];
  /** Key attributes that equal a value. */
  readonly key: Item;
}

export type ReadPlan =
  | { readonly kind: 'scan'; readonly filter: Condition | undefined }
  /** One after the other, each in descending order of the sort key when `reverse`. */
  | { readonly kind: 'query'; readonly reads: readonly KeyedRead[]; readonly reverse: boolean };

/**
 * @param key of the table or of the index that is read.
 * @throws {ServiceError} ValidationException.
 */
export function planSelect({ where, order }: SelectStatement, key: KeySchema): ReadPlan {
  const attributes = [...key.partition, ...key.sort];
  const isKeyed = where !== undefined && key.partition.every(({ name }) => isFixed(where, name));
  checkOrder(order, where, new Set(attributes.map(({ name }) => name)), isKeyed);
  if (!isKeyed) return { kind: 'scan', filter: where };
  const keyNames = new Set(attributes.map(({ name }) => name));
  if (branchCount(where, keyNames) > READS_MAX) {
    throw validationError('Too many decomposed read operations for a given query.');
  }
  const reads = branchesOf(where, keyNames).flatMap((branch) => readOf(branch, key) ?? []);
  checkApart(reads);
  return { kind: 'query', ...ordered(reads, order, key) };
}

function checkOrder(
  order: readonly OrderTerm[],
  where: Condition | undefined,
  keyNames: ReadonlySet<string>,
  isKeyed: boolean,
): void {
  if (order.length === 0) return;
  if (where === undefined) {
    throw validationError('Must have WHERE clause in the statement when using ORDER BY clause.');
  }
  const other = order.find(({ name }) => !keyNames.has(name));
  if (other !== undefined) {
    throw validationError(`Attribute ${other.name} in ORDER BY clause must be part of the primary key`);
  }
  if (!isKeyed) {
    throw validationError(
      'Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.',
    );
  }
}

/** Undefined when the conditions contradict each other, so that nothing can be found. */
function readOf(branch: readonly Condition[], schema: KeySchema): KeyedRead | undefined {
  const attributes = [...schema.partition, ...schema.sort];
  const key = emptyItem();
  const others: Condition[] = [];
  for (const condition of branch) {
    const equality = equalityOf(condition);
    const attribute = attributes.find(({ name }) => name === equality?.name);
    if (equality === undefined || attribute === undefined) {
      others.push(condition);
      continue;
    }
    checkType(schema, equality.name, [equality.value]);
    const earlier = key[equality.name];
    if (earlier !== undefined && !equalValues(earlier, equality.value)) return undefined;
    key[equality.name] = equality.value;
  }
  const fixed = schema.sort.findIndex(({ name }) => key[name] === undefined);
  // Sort attributes behind one that is not fixed cannot narrow the read.
  const usable = [...schema.partition, ...(fixed === -1 ? schema.sort : schema.sort.slice(0, fixed))];
  const comparisons = usable.map(({ name }): KeyComparison => ({ name, operator: '=', values: [key[name] as never] }));
  for (const { name } of fixed === -1 ? [] : schema.sort.slice(fixed)) {
    const value = key[name];
    const left: Operand = { kind: 'path', path: [name] };
    if (value !== undefined) others.push({ kind: 'compare', comparator: '=', left, right: { kind: 'value', value } });
  }
  return narrowed(schema, comparisons, schema.sort[fixed]?.name, others, key);
}

/** Takes the comparisons of the first sort attribute that is not fixed into the range; the rest is the filter. */
function narrowed(
  schema: KeySchema,
  fixed: readonly KeyComparison[],
  rangeName: string | undefined,
  others: readonly Condition[],
  key: Item,
): KeyedRead | undefined {
  let condition = keyConditionOfComparisons(fixed, schema);
  const filter: Condition[] = [];
  for (const other of others) {
    const comparison = comparisonOf(other);
    if (comparison === undefined || comparison.name !== rangeName) {
      filter.push(other);
      continue;
    }
    checkType(schema, comparison.name, comparison.values);
    const { range } = keyConditionOfComparisons([...fixed, comparison], schema);
    condition = { ...condition, range: intersection(condition.range, range) };
  }
  return isEmpty(condition.range) ? undefined : { condition, filter, key };
}

function checkType(schema: KeySchema, name: string, values: KeyComparison['values']): void {
  const type = [...schema.partition, ...schema.sort].find((attribute) => attribute.name === name)?.type;
  if (values.every((value) => typeOf(value) === type)) return;
  throw validationError(`Key attribute's data type should match its data type in table's schema: Key ${name}`);
}

const MIRRORED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

/** A condition on an attribute that selects an interval of its values. */
function comparisonOf(condition: Condition): KeyComparison | undefined {
  switch (condition.kind) {
    case 'compare': {
      const { comparator, left, right } = condition;
      if (comparator === '=' || comparator === '<>') return undefined;
      return comparison(left, comparator, [right]) ?? comparison(right, MIRRORED[comparator], [left]);
    }
    case 'between':
      return comparison(condition.operand, 'between', [condition.low, condition.high]);
    case 'begins_with':
      return comparison(condition.operand, 'begins_with', [condition.part]);
    default:
      return undefined;
  }
}

function comparison(
  path: Operand,
  operator: KeyComparison['operator'],
  operands: readonly Operand[],
): KeyComparison | undefined {
  if (path.kind !== 'path' || path.path.length > 1) return undefined;
  const values = operands.flatMap((operand) => (operand.kind === 'value' ? operand.value : []));
  if (values.length < operands.length) return undefined;
  return { name: String(path.path[0]), operator, values };
}

function intersection(a: KeyRange, b: KeyRange): KeyRange {
  const low = a.low === b.low ? (a.lowInclusive ? b : a) : a.low > b.low ? a : b;
  const high = a.high === b.high ? (a.highInclusive ? b : a) : isBelow(a.high, b.high) ? a : b;
  return { low: low.low, lowInclusive: low.lowInclusive, high: high.high, highInclusive: high.highInclusive };
}

function isBelow(a: ByteString | undefined, b: ByteString | undefined): boolean {
  return b === undefined || (a !== undefined && a < b);
}

function isEmpty({ low, lowInclusive, high, highInclusive }: KeyRange): boolean {
  if (high === undefined || low < high) return false;
  return low > high || !lowInclusive || !highInclusive;
}

function checkApart(reads: readonly KeyedRead[]): void {
  reads.forEach(({ condition }, i) => {
    for (const { condition: earlier } of reads.slice(0, i)) {
      if (earlier.partition !== condition.partition) continue;
      if (isEmpty(intersection(earlier.range, condition.range))) continue;
      throw validationError('Overlapping conditions with range keys are not supported in where clause');
    }
  });
}

/**
 * Partitions come in the order of their keys when the order names them. An order that leaves the sort key out has it descending,
 * which is what DynamoDB does.
 */
function ordered(
  reads: readonly KeyedRead[],
  order: readonly OrderTerm[],
  { partition, sort }: KeySchema,
): { readonly reads: readonly KeyedRead[]; readonly reverse: boolean } {
  if (order.length === 0) return { reads, reverse: false };
  const termOf = (attributes: KeySchema['sort']): OrderTerm | undefined =>
    order.find((term) => attributes.some(({ name }) => name === term.name));
  const byPartition = termOf(partition);
  const partitions = new Set(reads.map(({ condition }) => condition.partition));
  if (byPartition === undefined && partitions.size > 1) {
    throw validationError(
      'Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.',
    );
  }
  const reverse = termOf(sort)?.descending ?? true;
  const inOrder = reads.toSorted((a, b) => {
    const partitionOrder = compareText(a.condition.partition, b.condition.partition);
    if (partitionOrder !== 0) return byPartition?.descending === true ? -partitionOrder : partitionOrder;
    const rangeOrder = compareText(a.condition.range.low, b.condition.range.low);
    return reverse ? -rangeOrder : rangeOrder;
  });
  return { reads: inOrder, reverse };
}

function compareText(a: ByteString, b: ByteString): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
