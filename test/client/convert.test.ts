/**
 * Goal: parameters and results keep their meaning between the SDK's form and AWS JSON, and never share an object with
 * the other form. Method: random items of all types, nested, with attribute names chosen to confuse.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromWire, parseOutput, toWire } from '../../src/client/convert.ts';

const name = fc.oneof(fc.constantFrom('B', 'BS', 'S', 'M', '__proto__', 'constructor', 'toJSON'), fc.string());
const bytes = fc.uint8Array({ maxLength: 20 });

const { value } = fc.letrec<{ value: object; item: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.record({ S: fc.string() }),
    fc.record({ N: fc.integer().map(String) }),
    fc.record({ B: bytes }),
    fc.record({ SS: fc.array(fc.string(), { minLength: 1, maxLength: 3 }) }),
    fc.record({ BS: fc.array(bytes, { minLength: 1, maxLength: 3 }) }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ NULL: fc.constant(true) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ M: tie('item') }),
  ),
  item: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));
const item = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });

/** Every object within a value, byte arrays included. */
function objectsIn(root: unknown, found = new Set<object>()): Set<object> {
  if (typeof root !== 'object' || root === null) return found;
  found.add(root);
  if (!(root instanceof Uint8Array)) for (const key of Object.keys(root)) objectsIn((root as never)[key], found);
  return found;
}

describe('conversion of parameters and results', () => {
  it('gives back what it was given, and bytes as base64 in between', () => {
    fc.assert(
      fc.property(item, (original) => {
        const wire = toWire({ Item: original });
        expect([...objectsIn(wire)].some((object) => object instanceof Uint8Array)).toBe(false);
        expect(fromWire(wire)).toEqual({ Item: original });
        expect(fromWire(JSON.parse(JSON.stringify(wire)) as object)).toEqual({ Item: original });
      }),
    );
  });

  it('parses a body into what the parameters were made of', () => {
    fc.assert(
      fc.property(item, fc.constantFrom(undefined, 1), (original, blanks) => {
        const body = Buffer.from(JSON.stringify(toWire({ Item: original, Count: 1 }), undefined, blanks));
        expect(parseOutput(body)).toEqual({ Item: original, Count: 1 });
      }),
    );
  });

  it('shares no object between the two forms, nor between two readings of one body', () => {
    fc.assert(
      fc.property(item, (original) => {
        const before = objectsIn(original);
        const wire = toWire(original);
        for (const object of objectsIn(wire)) expect(before.has(object)).toBe(false);
        const body = Buffer.from(JSON.stringify(wire));
        const first = objectsIn(parseOutput(body));
        for (const object of objectsIn(parseOutput(body))) expect(first.has(object)).toBe(false);
      }),
    );
  });

  it('keeps an attribute called __proto__ an attribute', () => {
    const parameters = { Item: JSON.parse('{"__proto__":{"S":"x"},"id":{"S":"1"}}') as object };
    expect(JSON.stringify(toWire(parameters))).toBe('{"Item":{"__proto__":{"S":"x"},"id":{"S":"1"}}}');
    expect(Object.keys(fromWire(toWire(parameters))['Item'] as object)).toEqual(['__proto__', 'id']);
  });

  it('takes the binary values that the document client takes, with the bytes that they cover', () => {
    const memory = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
    const views = { a: { B: memory }, b: { B: new DataView(memory, 2, 3) }, c: { B: new Uint16Array(memory, 4, 1) } };
    expect(toWire(views)).toEqual({ a: { B: 'AQIDBAUGBwg=' }, b: { B: 'AwQF' }, c: { B: 'BQY=' } });
  });

  it('gives byte arrays that own their memory', () => {
    const { B } = (fromWire({ x: { B: 'AQI=' } }) as { x: { B: Uint8Array } }).x;
    expect([B.constructor, B.buffer.byteLength, B.byteOffset]).toEqual([Uint8Array, 2, 0]);
  });

  it('writes dates of descriptions as seconds, as the API does', () => {
    expect(toWire({ CreationDateTime: new Date(1_500) })).toEqual({ CreationDateTime: 1.5 });
  });
});
