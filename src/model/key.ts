/**
 * Keys: an item's place in a table or an index as order-preserving bytes, and DynamoDB's checks of the keys it is
 * given. On the path of every hit, so nothing here makes an object that it does not return; an ASCII text is its own bytes.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html
 */
import { byteStringOfText, joinOrdered, type ByteString } from '../base/bytes.ts';
import { emptyItem, typeOf, type AttributeValue, type Item } from './attribute-value.ts';
import { normaliseNumber, orderedNumber } from './decimal.ts';
import { validationError } from './service-error.ts';

export type KeyType = 'S' | 'N' | 'B';

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

/** A table has one partition attribute and at most one sort attribute; a GSI up to four of each. */
export interface KeySchema {
  readonly partition: readonly KeyAttribute[];
  readonly sort: readonly KeyAttribute[];
}

/** Where an item stands in a table or index: both parts in order-preserving bytes; `sort` is '' without a sort key. */
export interface KeyPosition {
  readonly partition: ByteString;
  readonly sort: ByteString;
}

export const PARTITION_KEY_BYTES_MAX = 2048;
export const SORT_KEY_BYTES_MAX = 1024;

const NO_MATCH = 'The provided key element does not match the schema';

/** @param value the text of the attribute value: as is, a number, or base64, by `type`. */
export function keyPart(type: KeyType, value: string): ByteString {
  if (type === 'S') return byteStringOfText(value);
  return type === 'N' ? orderedNumber(value) : Buffer.from(value, 'base64').toString('latin1');
}

/**
 * Where the item stands. Undefined when a key attribute is missing, of another type, or empty: such an item is not in
 * the index.
 */
export function positionOf(schema: KeySchema, item: Item): KeyPosition | undefined {
  const partition = partOf(schema.partition, item);
  if (partition === undefined) return undefined;
  const sort = schema.sort.length === 0 ? '' : partOf(schema.sort, item);
  return sort === undefined ? undefined : { partition, sort };
}

function partOf(attributes: readonly KeyAttribute[], item: Item): ByteString | undefined {
  if (attributes.length === 1) return bytesOf(attributes[0] as KeyAttribute, item);
  const parts: ByteString[] = [];
  for (const attribute of attributes) {
    const part = bytesOf(attribute, item);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return joinOrdered(parts);
}

function bytesOf({ name, type }: KeyAttribute, item: Item): ByteString | undefined {
  const text = (item[name] as Partial<Record<KeyType, string>> | undefined)?.[type];
  return typeof text !== 'string' || text === '' ? undefined : keyPart(type, text);
}

/**
 * The key as an item with canonical numbers, when it has exactly the schema's attributes, each with its one right type,
 * not empty and within the size limits; undefined otherwise, and then the store has to say what is wrong with it.
 *
 * @param key from a request, not validated.
 */
export function exactKey(schema: KeySchema, key: unknown): Item | undefined {
  if (typeof key !== 'object' || key === null || Array.isArray(key)) return undefined;
  let count = 0;
  for (const _ in key) count++;
  if (count !== schema.partition.length + schema.sort.length) return undefined;
  let exact: Item | undefined = key as Item;
  exact = exactPart(schema.partition, exact, PARTITION_KEY_BYTES_MAX);
  return exact === undefined ? undefined : exactPart(schema.sort, exact, SORT_KEY_BYTES_MAX);
}

/** Checks one side of the key; copies it only to bring a number into canonical form. */
function exactPart(attributes: readonly KeyAttribute[], key: Item, sizeBytesMax: number): Item | undefined {
  let exact = key;
  let size = 0;
  for (const { name, type } of attributes) {
    if (!Object.hasOwn(key, name)) return undefined;
    const value: unknown = key[name];
    if (typeof value !== 'object' || value === null) return undefined;
    for (const member in value) if (member !== type) return undefined;
    const text = (value as Record<string, unknown>)[type];
    if (typeof text !== 'string' || text === '') return undefined;
    if (type === 'N') {
      const canonical = canonicalNumber(text);
      if (canonical === undefined) return undefined;
      if (canonical === text) continue;
      if (exact === key) exact = Object.assign(emptyItem(), key);
      exact[name] = { N: canonical };
    } else {
      if (type === 'B' && !isBase64(text)) return undefined;
      // No text has more than three bytes a code unit, so nearly all are within the limit without being measured.
      size += text.length * 3;
    }
  }
  return size <= sizeBytesMax || keySizeBytes(attributes, exact) <= sizeBytesMax ? exact : undefined;
}

/** How the values of a key are written: as attribute values, or as the document client's own values. */
export type KeyForm = 'values' | 'documents';

/**
 * The key text of a key as it lies in a caller's parameters, for the keys that nearly all are: texts and numbers, in ASCII,
 * not long. Undefined for any other, which `exactKey` may still find right. Nothing is copied, and nothing kept.
 */
export function plainKeyText(schema: KeySchema, key: unknown, form: KeyForm): string | undefined {
  const { partition, sort } = schema;
  if (typeof key !== 'object' || key === null || partition.length !== 1) return undefined;
  let count = 0;
  for (const _ in key) count++;
  if (count !== 1 + sort.length) return undefined;
  const values = key as Readonly<Record<string, unknown>>;
  const first = plainPart(partition[0] as KeyAttribute, values, form);
  if (first === undefined || sort.length === 0) return first && keyTextOf(first, '');
  const second = plainPart(sort[0] as KeyAttribute, values, form);
  return second && keyTextOf(first, second);
}

/** So short that, in ASCII or not, it is within the limit of either part. */
const PLAIN_LENGTH_MAX = 256;

function plainPart(
  { name, type }: KeyAttribute,
  key: Readonly<Record<string, unknown>>,
  form: KeyForm,
): ByteString | undefined {
  const value = Object.hasOwn(key, name) ? key[name] : undefined;
  const text = form === 'values' ? plainValue(value, type) : plainDocument(value, type);
  if (text === undefined || text === '' || text.length > PLAIN_LENGTH_MAX) return undefined;
  if (type === 'S') return isAscii(text) ? text : byteStringOfText(text);
  return canonicalNumber(text) === text ? orderedNumber(text) : undefined;
}

/** For short texts quicker than an expression. */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function plainValue(value: unknown, type: KeyType): string | undefined {
  if (typeof value !== 'object' || value === null || type === 'B') return undefined;
  for (const member in value) if (member !== type) return undefined;
  const text = (value as Record<string, unknown>)[type];
  return typeof text === 'string' ? text : undefined;
}

function plainDocument(value: unknown, type: KeyType): string | undefined {
  if (type === 'S') return typeof value === 'string' ? value : undefined;
  return type === 'N' && Number.isSafeInteger(value) ? String(value) : undefined;
}

function canonicalNumber(text: string): string | undefined {
  try {
    return normaliseNumber(text);
  } catch {
    return undefined;
  }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && Buffer.from(text, 'base64').toString('base64') === text;
}

/** Bytes of all attributes together, as the size limits of keys count them; numbers are never too long. */
function keySizeBytes(attributes: readonly KeyAttribute[], key: Item): number {
  let size = 0;
  for (const { name, type } of attributes) {
    const text = (key[name] as Record<string, string>)[type] as string;
    if (type === 'S') size += Buffer.byteLength(text);
    if (type === 'B') size += Buffer.byteLength(text, 'base64');
  }
  return size;
}

/** One text a position, different for different positions of the same table or index. */
export function keyText(position: KeyPosition): string {
  return keyTextOf(position.partition, position.sort);
}

function keyTextOf(partition: ByteString, sort: ByteString): string {
  return `${partition.length}:${partition}${sort}`;
}

/** The key attributes of an item that has them. */
export function keyOf(schema: KeySchema, item: Item): Item {
  const key = emptyItem();
  for (const { name } of schema.partition) key[name] = item[name] as AttributeValue;
  for (const { name } of schema.sort) key[name] = item[name] as AttributeValue;
  return key;
}

/**
 * Checks the key of a GetItem, DeleteItem or UpdateItem.
 *
 * @throws {ServiceError} ValidationException.
 */
export function validateKey(schema: KeySchema, key: Item): void {
  if (Object.keys(key).length !== schema.partition.length + schema.sort.length) throw validationError(NO_MATCH);
  for (const { name, type } of [...schema.partition, ...schema.sort]) {
    const value = Object.hasOwn(key, name) ? key[name] : undefined;
    if (value === undefined || typeOf(value) !== type) throw validationError(NO_MATCH);
    checkNotEmpty(name, value);
  }
  checkSizes(schema, key);
}

/**
 * Checks that an item that is to be put has the table's key.
 *
 * @throws {ServiceError} ValidationException.
 */
export function validateItemKey(schema: KeySchema, item: Item): void {
  for (const { name, type } of [...schema.partition, ...schema.sort]) {
    const value = Object.hasOwn(item, name) ? item[name] : undefined;
    if (value === undefined) {
      throw validationError(`One or more parameter values were invalid: Missing the key ${name} in the item`);
    }
    if (typeOf(value) !== type) {
      throw validationError(
        `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
      );
    }
    checkNotEmpty(name, value);
  }
  checkSizes(schema, item);
}

/**
 * Checks the attributes of an item that are keys of an index: they may be missing, but not of another type or empty.
 *
 * @throws {ServiceError} ValidationException.
 */
export function validateIndexKey(indexName: string, schema: KeySchema, item: Item): void {
  for (const { name, type } of [...schema.partition, ...schema.sort]) {
    const value = Object.hasOwn(item, name) ? item[name] : undefined;
    if (value === undefined) continue;
    if (typeOf(value) !== type) {
      throw validationError(
        `One or more parameter values were invalid: Type mismatch for Index Key ${name} ` +
          `Expected: ${type} Actual: ${typeOf(value)} IndexName: ${indexName}`,
      );
    }
    if (isEmpty(value)) {
      throw validationError(
        'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
          `The AttributeValue for a key attribute cannot contain an empty ${type === 'S' ? 'string' : 'binary'} value. ` +
          `IndexName: ${indexName}, IndexKey: ${name}`,
      );
    }
  }
  if (schema.partition.every(({ name }) => Object.hasOwn(item, name))) {
    if (schema.sort.every(({ name }) => Object.hasOwn(item, name))) checkSizes(schema, item);
  }
}

function checkNotEmpty(name: string, value: AttributeValue): void {
  if (!isEmpty(value)) return;
  throw validationError(
    'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an ' +
      `empty ${'S' in value ? 'string' : 'binary'} value. Key: ${name}`,
  );
}

function isEmpty(value: AttributeValue): boolean {
  return ('S' in value && value.S === '') || ('B' in value && value.B === '');
}

function checkSizes(schema: KeySchema, key: Item): void {
  if (keySizeBytes(schema.partition, key) > PARTITION_KEY_BYTES_MAX) {
    throw validationError(
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    );
  }
  if (keySizeBytes(schema.sort, key) > SORT_KEY_BYTES_MAX) {
    throw validationError(
      'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
    );
  }
}
