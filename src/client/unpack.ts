/**
 * Answers out of packed replies, in the SDK's two forms: attribute values, and the document client's own values. Everything
 * in them is new but the texts, which nobody can change.
 */
import { mapFrom, type Kind, type Leaf, type LeafCursor, type Shape } from '../model/packed-item.ts';
import { assemble, type PackedReply } from '../model/packed-reply.ts';
import { bytesOf } from './convert.ts';

/** The output of a command of the low-level client. */
export function sdkOutputFrom(packed: PackedReply, metadata: object): object {
  return assemble(packed, sdkItemFrom, metadata);
}

function sdkItemFrom(shape: Shape, cursor: LeafCursor): Record<string, unknown> {
  return mapFrom(shape, cursor, sdkValueFrom);
}

function sdkValueFrom(kind: Kind, cursor: LeafCursor): unknown {
  if (typeof kind === 'object') return { M: mapFrom(kind, cursor, sdkValueFrom) };
  const leaf = cursor.leaves[cursor.next++];
  switch (kind) {
    case 'S':
      return { S: leaf };
    case 'N':
      return { N: leaf };
    case 'B':
      return { B: bytesOf(leaf as string) };
    case 'BOOL':
      return { BOOL: leaf };
    case 'NULL':
      return { NULL: leaf };
    case 'SS':
      return { SS: [...(leaf as readonly string[])] };
    case 'NS':
      return { NS: [...(leaf as readonly string[])] };
    case 'BS':
      return { BS: (leaf as readonly string[]).map(bytesOf) };
    case 'L':
      return { L: (leaf as readonly Kind[]).map((element) => sdkValueFrom(element, cursor)) };
  }
}

/**
 * V8 remembers what a property has been set to so far, and looks at each new value to see whether that still holds: at a text,
 * that is, which nobody has read lately, and waiting for it to come from memory costs more than the rest of a hit. A
 * property that has been set to a little of everything is not watched.
 */
for (const kind of ['S', 'N', 'BOOL', 'NULL'] as const) {
  for (const leaf of [0, 0.5, true, '', [], {}]) sdkValueFrom(kind, { leaves: [leaf as Leaf], next: 0 });
}

/** Thrown within a reply that holds what is the SDK's to convert. */
const NOT_HERE = Symbol('the SDK converts it');

/**
 * The output of a command of the document client under its default options. Undefined where the SDK does something special,
 * which is then its own to do: with numbers that no double holds, and with an attribute called `__proto__`.
 */
export function documentOutputFrom(packed: PackedReply, metadata: object): object | undefined {
  try {
    return assemble(packed, documentItemFrom, metadata);
  } catch (error) {
    if (error === NOT_HERE) return undefined;
    throw error;
  }
}

function documentItemFrom(shape: Shape, cursor: LeafCursor): Record<string, unknown> {
  // oxlint-disable-next-line no-throw-literal, only-throw-error -- no error: it never leaves `documentOutputFrom`
  if (shape.hasProto) throw NOT_HERE;
  return mapFrom(shape, cursor, documentValueFrom);
}

function documentValueFrom(kind: Kind, cursor: LeafCursor): unknown {
  if (typeof kind === 'object') return mapFrom(kind, cursor, documentValueFrom);
  const leaf = cursor.leaves[cursor.next++];
  switch (kind) {
    case 'S':
    case 'BOOL':
      return leaf;
    case 'N':
      return numberOf(leaf as string);
    case 'B':
      return bytesOf(leaf as string);
    case 'NULL':
      return null;
    case 'SS':
      return new Set(leaf as readonly string[]);
    case 'NS':
      return new Set((leaf as readonly string[]).map(numberOf));
    case 'BS':
      return new Set((leaf as readonly string[]).map(bytesOf));
    case 'L':
      return (leaf as readonly Kind[]).map((element) => documentValueFrom(element, cursor));
  }
}

function numberOf(text: string): number {
  const value = Number(text);
  // oxlint-disable-next-line no-throw-literal, only-throw-error -- as above
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) throw NOT_HERE;
  return value;
}
