/**
 * Sizes as DynamoDB counts them: for the 400 KB of an item, the 1 MB of a page and for capacity units.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
import { typeOf, type AttributeValue, type Item } from './attribute-value.ts';
import { numberSizeBytes } from './decimal.ts';

/** What a list or a map costs beside its contents, and each of its elements. */
const DOCUMENT_OVERHEAD_BYTES = 3;
const ELEMENT_OVERHEAD_BYTES = 1;

export function itemSizeBytes(item: Item): number {
  let size = 0;
  for (const name in item) size += Buffer.byteLength(name) + attributeSizeBytes(item[name] as AttributeValue);
  return size;
}

/** Of the value alone; the name counts too and is added by `itemSizeBytes`. */
export function attributeSizeBytes(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return numberSizeBytes(value.N);
  if ('B' in value) return Buffer.byteLength(value.B, 'base64');
  if ('SS' in value) return sumOf(value.SS, (member) => Buffer.byteLength(member));
  if ('NS' in value) return sumOf(value.NS, numberSizeBytes);
  if ('BS' in value) return sumOf(value.BS, (member) => Buffer.byteLength(member, 'base64'));
  if ('L' in value) {
    return DOCUMENT_OVERHEAD_BYTES + sumOf(value.L, (element) => ELEMENT_OVERHEAD_BYTES + attributeSizeBytes(element));
  }
  if ('M' in value) {
    const elements = Object.keys(value.M).length;
    return DOCUMENT_OVERHEAD_BYTES + elements * ELEMENT_OVERHEAD_BYTES + itemSizeBytes(value.M);
  }
  // BOOL and NULL.
  return 1;
}

/** The result of `size()`: undefined for the types that have none. */
export function sizeOperand(value: AttributeValue): number | undefined {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('B' in value) return Buffer.byteLength(value.B, 'base64');
  if ('SS' in value) return value.SS.length;
  if ('NS' in value) return value.NS.length;
  if ('BS' in value) return value.BS.length;
  if ('L' in value) return value.L.length;
  return typeOf(value) === 'M' ? Object.keys((value as { M: Item }).M).length : undefined;
}

function sumOf<T>(values: readonly T[], sizeOf: (value: T) => number): number {
  let sum = 0;
  for (const value of values) sum += sizeOf(value);
  return sum;
}
