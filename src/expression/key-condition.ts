/**
 * Turns a key condition into what a query reads: one partition and an interval of its sort keys, in the byte order of
 * `model/key.ts`. Everything behind it (the store's scans, the footprints of cached pages) works on these bytes alone.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
 */
import { joinOrdered, successorOfPrefix, type ByteString } from '../base/bytes.ts';
import { typeOf, type AttributeValue } from '../model/attribute-value.ts';
import {
  keyPart,
  PARTITION_KEY_BYTES_MAX,
  SORT_KEY_BYTES_MAX,
  type KeyAttribute,
  type KeySchema,
} from '../model/key.ts';
import { validationError, type ServiceError } from '../model/service-error.ts';
import type { Condition, Operand } from './syntax.ts';

export interface KeyRange {
  readonly low: ByteString;
  readonly lowInclusive: boolean;
  /** Undefined: no end. */
  readonly high: ByteString | undefined;
  readonly highInclusive: boolean;
}

export interface KeyCondition {
  readonly partition: ByteString;
  readonly range: KeyRange;
  /** Equal for conditions that select the same keys. */
  readonly canonical: string;
}

/** A condition on one attribute, the attribute on the left. `between` has two values, all others one. */
export interface KeyComparison {
  readonly name: string;
  readonly operator: '=' | '<' | '<=' | '>' | '>=' | 'between' | 'begins_with';
  readonly values: readonly AttributeValue[];
}

/**
 * @param condition parsed as KeyConditionExpression.
 * @param key of the table or of the index that is queried.
 * @throws {ServiceError} ValidationException.
 */
export function keyConditionOf(condition: Condition, key: KeySchema): KeyCondition {
  return keyConditionOfComparisons(keyComparisonsOf(condition), key);
}

/**
 * The parts of a key condition, checked as far as that goes without knowing the key.
 *
 * @throws {ServiceError} ValidationException.
 */
export function keyComparisonsOf(condition: Condition): KeyComparison[] {
  const comparisons: KeyComparison[] = [];
  collect(condition, comparisons);
  return comparisons;
}

/** The same for conditions that come from elsewhere, such as the legacy parameter KeyConditions. */
export function keyConditionOfComparisons(comparisons: readonly KeyComparison[], key: KeySchema): KeyCondition {
  const byName = new Map(comparisons.map((comparison) => [comparison.name, comparison]));
  const attributes = [...key.partition, ...key.sort];
  if (comparisons.length > attributes.length) {
    throw validationError(
      `The number of query conditions (${comparisons.length}) exceeds the number of key attributes ` +
        `defined in the schema (${attributes.length})`,
    );
  }
  const partition = key.partition.map((attribute) => partitionPart(attribute, byName.get(attribute.name)));
  const range = sortRange(key.sort, byName);
  const missed = [...key.partition, ...key.sort].find(({ name }) => !byName.has(name));
  const known = attributes.filter(({ name }) => byName.has(name)).length;
  if (known < byName.size) throw missedElement(missed as KeyAttribute);
  checkSize(key.partition, byName, PARTITION_KEY_BYTES_MAX, PARTITION_TOO_LARGE);
  checkSize(key.sort, byName, SORT_KEY_BYTES_MAX, SORT_TOO_LARGE);
  const partitionBytes = joinOrdered(partition);
  return { partition: partitionBytes, range, canonical: canonicalText(partitionBytes, range) };
}

const PARTITION_TOO_LARGE =
  'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes';
const SORT_TOO_LARGE =
  'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes';

function canonicalText(partition: ByteString, { low, lowInclusive, high, highInclusive }: KeyRange): string {
  const from = `${lowInclusive ? '[' : '('}${JSON.stringify(low)}`;
  const to = high === undefined ? ')' : `${JSON.stringify(high)}${highInclusive ? ']' : ')'}`;
  return `${JSON.stringify(partition)}${from},${to}`;
}

// What a key condition may look like

function collect(condition: Condition, comparisons: KeyComparison[]): void {
  switch (condition.kind) {
    case 'and':
      for (const part of condition.conditions) collect(part, comparisons);
      return;
    case 'compare': {
      if (condition.comparator === '<>') throw invalidOperator('<>');
      const { operand, values, swapped } = attributeAndValues([condition.left, condition.right]);
      const operator = swapped ? MIRRORED[condition.comparator] : condition.comparator;
      add({ name: operand, operator, values }, comparisons);
      return;
    }
    case 'between':
    case 'begins_with': {
      const others = condition.kind === 'between' ? [condition.low, condition.high] : [condition.part];
      const { operand, values, swapped } = attributeAndValues([condition.operand, ...others]);
      if (swapped) {
        const operator = condition.kind === 'between' ? 'BETWEEN' : 'begins_with';
        throw invalidCondition(`${operator} operator must have the key attribute as its first operand`);
      }
      add({ name: operand, operator: condition.kind, values }, comparisons);
      return;
    }
    case 'or':
    case 'not':
    case 'in':
      throw invalidOperator(condition.kind.toUpperCase());
    case 'attribute_exists':
    case 'attribute_not_exists':
    case 'attribute_type':
    case 'contains':
      throw invalidOperator(condition.kind);
  }
}

const MIRRORED = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

function add(comparison: KeyComparison, comparisons: KeyComparison[]): void {
  if (comparisons.some(({ name }) => name === comparison.name)) {
    throw invalidExpression('KeyConditionExpressions must only contain one condition per key');
  }
  comparisons.push(comparison);
}

/** One operand has to be an attribute, all others values. `swapped` when the attribute is not the first. */
function attributeAndValues(operands: readonly Operand[]): {
  readonly operand: string;
  readonly values: readonly AttributeValue[];
  readonly swapped: boolean;
} {
  let name: string | undefined;
  const values: AttributeValue[] = [];
  for (const operand of operands) {
    if (operand.kind === 'size') throw invalidExpression('KeyConditionExpressions cannot contain nested operations');
    if (operand.kind === 'value') {
      values.push(operand.value);
      continue;
    }
    if (name !== undefined) throw invalidCondition('Multiple attribute names used in one condition');
    if (operand.path.length > 1) {
      throw invalidExpression('KeyConditionExpressions cannot have conditions on nested attributes');
    }
    name = operand.path[0] as string;
  }
  if (name === undefined) throw invalidCondition('No key attribute specified');
  return { operand: name, values, swapped: operands[0]?.kind !== 'path' };
}

function invalidExpression(message: string): ServiceError {
  return validationError(`Invalid KeyConditionExpression: ${message}`);
}

function invalidOperator(operator: string): ServiceError {
  return validationError(`Invalid operator used in KeyConditionExpression: ${operator}`);
}

function invalidCondition(message: string): ServiceError {
  return validationError(`Invalid condition in KeyConditionExpression: ${message}`);
}

// What it selects

function partitionPart(attribute: KeyAttribute, comparison: KeyComparison | undefined): ByteString {
  if (comparison === undefined) throw missedElement(attribute);
  checkValues(attribute, comparison);
  if (comparison.operator !== '=') throw validationError('Query key condition not supported');
  return bytesOf(attribute, comparison.values[0] as AttributeValue);
}

/** Equalities from the left, then at most one range, then nothing. */
function sortRange(sort: readonly KeyAttribute[], byName: ReadonlyMap<string, KeyComparison>): KeyRange {
  let prefix = '';
  for (const [i, attribute] of sort.entries()) {
    const comparison = byName.get(attribute.name);
    if (comparison !== undefined) checkValues(attribute, comparison);
    if (comparison?.operator === '=') {
      const part = encodedPart(sort, i, bytesOf(attribute, comparison.values[0] as AttributeValue));
      prefix += part;
      continue;
    }
    const later = sort.slice(i + 1).find(({ name }) => byName.has(name));
    if (later !== undefined) {
      throw validationError(
        `RANGE key attributes ${attribute.name} must have equality conditions specified in the query ` +
          `because a condition is present on key attribute ${later.name}`,
      );
    }
    return comparison === undefined ? startingWith(prefix) : rangeOf(sort, i, prefix, comparison);
  }
  // Without a sort key every item of the partition stands at ''.
  return { low: prefix, lowInclusive: true, high: prefix, highInclusive: true };
}

function rangeOf(
  sort: readonly KeyAttribute[],
  index: number,
  prefix: ByteString,
  { operator, values }: KeyComparison,
): KeyRange {
  const attribute = sort[index] as KeyAttribute;
  const [value, upper] = values as [AttributeValue, AttributeValue | undefined];
  const bytes = bytesOf(attribute, value);
  if (operator === 'begins_with') return startingWith(prefix + (sort.length === 1 ? bytes : escaped(bytes)));
  const all = startingWith(prefix);
  const at = placesOf(sort, index, prefix + encodedPart(sort, index, bytes));
  switch (operator) {
    case '<':
      return { ...all, high: at.low, highInclusive: false };
    case '<=':
      return { ...all, high: at.high, highInclusive: at.highInclusive };
    case '>':
      // The interval of one attribute value ends where that of the next begins, so an end that is not inside is a start.
      return { ...all, low: at.high as ByteString, lowInclusive: !at.highInclusive };
    case '>=':
      return { ...all, low: at.low, lowInclusive: true };
    case 'between': {
      const to = bytesOf(attribute, upper as AttributeValue);
      const end = placesOf(sort, index, prefix + encodedPart(sort, index, to));
      return { low: at.low, lowInclusive: true, high: end.high, highInclusive: end.highInclusive };
    }
    case '=':
      return at;
  }
}

/** Where items stand whose sort attributes up to that one are encoded as `encoded`: one place, or all that begin so. */
function placesOf(sort: readonly KeyAttribute[], index: number, encoded: ByteString): KeyRange {
  if (index + 1 < sort.length) return startingWith(encoded);
  return { low: encoded, lowInclusive: true, high: encoded, highInclusive: true };
}

function startingWith(prefix: ByteString): KeyRange {
  return { low: prefix, lowInclusive: true, high: successorOfPrefix(prefix), highInclusive: false };
}

/** One attribute's share of what `joinOrdered` makes of all of them. */
function encodedPart(sort: readonly KeyAttribute[], index: number, part: ByteString): ByteString {
  if (sort.length === 1) return part;
  return index + 1 < sort.length ? joinOrdered([part, '']) : escaped(part);
}

function escaped(part: ByteString): ByteString {
  // The last part of a join is escaped and has no terminator; what precedes it is the empty first part's terminator.
  return joinOrdered(['', part]).slice(joinOrdered(['', '']).length);
}

function bytesOf({ type }: KeyAttribute, value: AttributeValue): ByteString {
  return keyPart(type, (value as Record<string, string>)[type] as string);
}

function checkValues({ name, type }: KeyAttribute, { values }: KeyComparison): void {
  for (const value of values) {
    if (typeOf(value) !== type) {
      throw validationError(
        'One or more parameter values were invalid: Condition parameter type does not match schema type',
      );
    }
    if ((value as Record<string, string>)[type] === '') {
      throw validationError(
        'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an ' +
          `empty ${type === 'S' ? 'string' : 'binary'} value. Key: ${name}`,
      );
    }
  }
}

function checkSize(
  attributes: readonly KeyAttribute[],
  byName: ReadonlyMap<string, KeyComparison>,
  sizeBytesMax: number,
  message: string,
): void {
  let size = 0;
  for (const { name, type } of attributes) {
    if (type === 'N') continue;
    const sizes = (byName.get(name)?.values ?? []).map(
      (value) => keyPart(type, (value as Record<string, string>)[type] as string).length,
    );
    size += Math.max(0, ...sizes);
  }
  if (size > sizeBytesMax) throw validationError(message);
}

function missedElement({ name }: KeyAttribute): ServiceError {
  return validationError(`Query condition missed key schema element: ${name}`);
}
