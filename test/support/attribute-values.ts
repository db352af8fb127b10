/** Attribute values and items written as plain values, for tests that write many. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Plain =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | ReadonlySet<string | number | Uint8Array>
  | readonly Plain[]
  | { readonly [name: string]: Plain };

export type SdkItem = Record<string, AttributeValue>;

/** `'a'` is an S, `1` an N, bytes a B, a set of them SS, NS or BS, an array an L, an object an M. */
export function valueOf(plain: Plain): AttributeValue {
  if (plain === null) return { NULL: true };
  if (typeof plain === 'string') return { S: plain };
  if (typeof plain === 'number' || typeof plain === 'bigint') return { N: String(plain) };
  if (typeof plain === 'boolean') return { BOOL: plain };
  if (plain instanceof Uint8Array) return { B: plain };
  if (plain instanceof Set) return setOf([...(plain as ReadonlySet<string | number | Uint8Array>)]);
  if (Array.isArray(plain)) return { L: (plain as readonly Plain[]).map(valueOf) };
  return { M: itemOf(plain as { readonly [name: string]: Plain }) };
}

function setOf(members: readonly (string | number | Uint8Array)[]): AttributeValue {
  const [first] = members;
  if (typeof first === 'number') return { NS: members.map(String) };
  return typeof first === 'string' ? { SS: members as string[] } : { BS: members as Uint8Array[] };
}

export function itemOf(plain: { readonly [name: string]: Plain }): SdkItem {
  return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, valueOf(value)]));
}
