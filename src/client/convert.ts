/**
 * The two forms of a call's parameters and results: the SDK's, where binary values are byte arrays, and AWS JSON, where
 * they are base64 texts. Both directions copy, always. What a caller passes in or gets out shares nothing with what the
 * caches hold, so a caller may change either afterwards: a parameter object that is used again with another key while a
 * read is under way must not file one item under the other's key, and an answer that is changed must not change the next.
 *
 * The walk knows no schema and needs none. In every item operation a member called `B` holds a text, or one called `BS` a
 * list of texts, only where it is an attribute value: members of an item are always objects, and the placeholders in
 * `ExpressionAttributeNames` begin with `#`.
 */
import type { JsonObject } from '../model/service-call.ts';

/** A copy in AWS JSON form. Dates, which only descriptions of tables and streams carry, become seconds since 1970. */
export function toWire(value: object): JsonObject {
  return copyOut(value) as JsonObject;
}

/** A copy in the SDK's form. */
export function fromWire(json: JsonObject): JsonObject {
  return copyIn(json) as JsonObject;
}

/** Parses a reply's body into the SDK's form. Each call makes new objects. */
export function parseOutput(body: Buffer): JsonObject {
  const text = body.toString('utf8');
  const output = JSON.parse(text) as JsonObject;
  // Most items hold nothing binary, and finding that out in the text is quicker than a walk. A store that puts blanks
  // into its JSON is walked always.
  if (text.includes('"B":"') || text.includes('"BS":[') || !COMPACT.test(text)) reviveBinary(output);
  return output;
}

/** True for JSON whose first member has no blank around its colon; who writes one member so writes all of them so. */
const COMPACT = /^\{(?:\}|"[^"\\]*":[^\s])/;

function copyOut(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOut);
  if (value instanceof Uint8Array) return base64(value.buffer, value.byteOffset, value.byteLength);
  // The document client takes every kind of binary value that JavaScript has.
  if (ArrayBuffer.isView(value)) return base64(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return base64(value, 0, value.byteLength);
  if (value instanceof Date) return value.getTime() / 1000;
  const source = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(source)) {
    const member = source[name];
    if (member !== undefined) put(copy, name, copyOut(member));
  }
  return copy;
}

function copyIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyIn);
  const source = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(source)) put(copy, name, binaryOf(name, source[name]) ?? copyIn(source[name]));
  return copy;
}

function reviveBinary(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const element of value) reviveBinary(element);
    return;
  }
  const object = value as Record<string, unknown>;
  for (const name of Object.keys(object)) {
    const bytes = binaryOf(name, object[name]);
    if (bytes === undefined) reviveBinary(object[name]);
    else object[name] = bytes;
  }
}

/** The byte arrays that a member stands for when it is a binary attribute value; undefined when it is not one. */
function binaryOf(name: string, member: unknown): Uint8Array | Uint8Array[] | undefined {
  if (name === 'B') return typeof member === 'string' ? bytesOf(member) : undefined;
  if (name !== 'BS' || !Array.isArray(member)) return undefined;
  return member.every((element) => typeof element === 'string') ? member.map(bytesOf) : undefined;
}

/** As the SDK: a plain Uint8Array that owns its memory, not a Buffer, which may be a view of a pool. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function base64(memory: ArrayBufferLike, offset: number, length: number): string {
  return Buffer.from(memory, offset, length).toString('base64');
}

/** An attribute may be called `__proto__`; an assignment would then set the prototype and lose the attribute. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}
