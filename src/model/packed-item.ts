/**
 * Items taken apart for keeping: what items of one kind have in common, their attributes' names and types, is a *shape* that
 * they share; what is their own is a flat list of *leaves*. An item is put together from the two without looking into a
 * single text, for a text in JavaScript is a pointer. Parsing its JSON touches every byte, which nobody has read lately.
 *
 * The values are those of AWS JSON: numbers are texts, binary values are base64 texts.
 */
import type { AttributeType } from './attribute-value.ts';

/** Of a value: its type, or for a map its shape. */
export type Kind = Exclude<AttributeType, 'M'> | Shape;

/** A text, a truth value, the members of a set, or the kinds of the elements of a list, whose own leaves follow. */
export type Leaf = string | boolean | readonly string[] | readonly Kind[];

export interface Shape {
  readonly id: number;
  readonly names: readonly string[];
  /** Of the attribute at the same place in `names`. */
  readonly kinds: readonly Kind[];
  /** One of the names, here or further in, is `__proto__`, which an assignment would take for the prototype. */
  readonly hasProto: boolean;
}

export interface PackedItem {
  readonly shape: Shape;
  readonly leaves: readonly Leaf[];
}

/** Reads leaves one after the other; the kinds say how many belong to a value. */
export interface LeafCursor {
  readonly leaves: readonly Leaf[];
  next: number;
}

/** Puts the attributes of a map together. `valueOf` makes one value of its kind and takes its leaves. */
export function mapFrom<Value>(
  shape: Shape,
  cursor: LeafCursor,
  valueOf: (kind: Kind, cursor: LeafCursor) => Value,
): Record<string, Value> {
  const map: Record<string, Value> = {};
  const { names, kinds } = shape;
  for (let place = 0; place < names.length; place++) {
    const name = names[place] as string;
    const value = valueOf(kinds[place] as Kind, cursor);
    if (name === '__proto__') defineProto(map, value);
    else map[name] = value;
  }
  return map;
}

function defineProto(map: object, value: unknown): void {
  Object.defineProperty(map, '__proto__', { value, enumerable: true, configurable: true, writable: true });
}

/** An attribute value in AWS JSON form. */
export function wireValueFrom(kind: Kind, cursor: LeafCursor): Record<string, unknown> {
  if (typeof kind === 'object') return { M: mapFrom(kind, cursor, wireValueFrom) };
  const leaf = cursor.leaves[cursor.next++];
  if (kind === 'L') return { L: (leaf as readonly Kind[]).map((element) => wireValueFrom(element, cursor)) };
  return { [kind]: Array.isArray(leaf) ? [...(leaf as readonly string[])] : leaf };
}
