/**
 * What of a call's parameters the caches are asked with, read where the parameters lie: the key of a plain GetItem, and the
 * spelling of a Query or Scan. Only plain ones: whatever could mean something else than it shows (a getter, a class of the
 * user's, a value that the document client's options convert) is undefined here and goes the long way.
 */
import type { Look } from '../accelerator/accelerator.ts';
import type { KeyForm } from '../model/key.ts';

type Members = Readonly<Record<string, unknown>>;

/** Longer calls are not remembered. */
const SPELLING_LENGTH_MAX = 1_024;

/** Undefined where the caches cannot be asked like this. */
export function lookOf(operation: string, input: object, form: KeyForm): Look | undefined {
  if (operation === 'GetItem') return itemLook(input as Members, form);
  const spelling = spellingOf(operation, input, form);
  return spelling === undefined ? undefined : { operation: operation as 'Query' | 'Scan', spelling };
}

function itemLook(input: Members, form: KeyForm): Look | undefined {
  for (const name in input) {
    if (name !== 'TableName' && name !== 'Key' && input[name] !== undefined) return undefined;
  }
  const { TableName: tableName, Key: key } = input;
  return typeof tableName === 'string' ? { operation: 'GetItem', tableName, key, form } : undefined;
}

/** A text that only calls with the same parameters have, for Query and Scan; undefined where there is none, too. */
export function spellingOf(operation: string, input: object, form: KeyForm): string | undefined {
  if (operation !== 'Query' && operation !== 'Scan') return undefined;
  try {
    return spell(input, form);
  } catch {
    // A getter of the user's; the long way meets it again and reports it.
    return undefined;
  }
}

function spell(input: object, form: KeyForm): string | undefined {
  let text = form === 'values' ? 'v' : 'd';
  for (const name in input) {
    const value = (input as Members)[name];
    if (value === undefined) continue;
    const spelled = spellLeaf(value) ?? spellMap(value, form);
    if (spelled === undefined) return undefined;
    text += `${name}${spelled}`;
  }
  return text.length > SPELLING_LENGTH_MAX ? undefined : text;
}

/** Parameters that are maps: of names, of values, or a key. */
function spellMap(map: unknown, form: KeyForm): string | undefined {
  if (!isPlain(map)) return undefined;
  let text = '{';
  for (const name in map) {
    const value = map[name];
    const spelled = spellLeaf(value) ?? (form === 'values' ? spellValue(value) : undefined);
    if (spelled === undefined) return undefined;
    text += `${name.length}:${name}${spelled}`;
  }
  return `${text}}`;
}

/** An attribute value that is a text, a number or a truth value. */
function spellValue(value: unknown): string | undefined {
  if (!isPlain(value)) return undefined;
  let text: string | undefined;
  for (const type in value) {
    const spelled = spellLeaf(value[type]);
    if (text !== undefined || spelled === undefined) return undefined;
    text = `(${type})${spelled}`;
  }
  return text;
}

/** Empty texts and large numbers are what the document client's options are about. */
function spellLeaf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : `"${value.length}:${value}`;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? `#${value};` : undefined;
  return typeof value === 'boolean' ? (value ? '+' : '-') : undefined;
}

function isPlain(value: unknown): value is Members {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
