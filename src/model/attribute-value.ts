/**
 * Attribute values in AWS JSON form: binary values are base64 texts, numbers are texts.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
 */
import { compareNumbers, normaliseNumber } from './decimal.ts';

export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }
  | { readonly M: Item }
  | { readonly L: readonly AttributeValue[] }
  | { readonly BOOL: boolean }
  | { readonly NULL: true };

export type AttributeType = 'S' | 'N' | 'B' | 'SS' | 'NS' | 'BS' | 'M' | 'L' | 'BOOL' | 'NULL';

/** Attributes by name. Made by us with a null prototype, so that `__proto__` is a name like any other. */
export interface Item {
  [name: string]: AttributeValue;
}

export function emptyItem(): Item {
  return Object.create(null) as Item;
}

export function copyItem(item: Item): Item {
  return Object.assign(emptyItem(), item);
}

export function typeOf(value: AttributeValue): AttributeType {
  // An attribute value has exactly one member, which makes the loop the cheapest way to its name.
  for (const type in value) return type as AttributeType;
  return 'NULL';
}

/** Equal as DynamoDB's `=` has it: numbers by value, sets in any order, lists and maps deeply, types never mixed. */
export function equalValues(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true;
  if ('S' in a) return 'S' in b && a.S === b.S;
  if ('N' in a) return 'N' in b && compareNumbers(a.N, b.N) === 0;
  if ('B' in a) return 'B' in b && a.B === b.B;
  if ('BOOL' in a) return 'BOOL' in b && a.BOOL === b.BOOL;
  if ('NULL' in a) return 'NULL' in b;
  if ('SS' in a) return 'SS' in b && equalSets(a.SS, b.SS);
  if ('BS' in a) return 'BS' in b && equalSets(a.BS, b.BS);
  if ('NS' in a) return 'NS' in b && equalSets(a.NS.map(normaliseNumber), b.NS.map(normaliseNumber));
  if ('L' in a) return 'L' in b && equalLists(a.L, b.L);
  return 'M' in b && equalItems(a.M, b.M);
}

/** True when both are absent, or both are there with equal attributes. */
export function sameItem(a: Item | undefined, b: Item | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return equalItems(a, b);
}

function equalSets(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const members = new Set(a);
  return b.every((member) => members.has(member));
}

function equalLists(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return a.length === b.length && a.every((value, i) => equalValues(value, b[i] as AttributeValue));
}

function equalItems(a: Item, b: Item): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    // Items parsed elsewhere may have a prototype, whose members are no attributes.
    return Object.hasOwn(b, name) && equalValues(a[name] as AttributeValue, b[name] as AttributeValue);
  });
}
