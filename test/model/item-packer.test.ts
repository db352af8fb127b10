/**
 * Goal: what was packed comes back as it was, costs what it says, and shapes are shared without ever becoming many.
 * Method: random answers with names chosen to confuse, and answers by the thousand that have no shape in common.
 */
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ItemPacker } from '../../src/model/item-packer.ts';
import { outputFrom } from '../../src/model/packed-reply.ts';
import { value } from '../support/random-values.ts';

const name = fc.oneof(fc.constantFrom('a', 'b', 'S', 'M', 'L', '__proto__', 'constructor', '1', '10'), fc.string());
const item = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });
const page = fc
  .record({
    Items: fc.option(fc.array(item, { maxLength: 4 }), { nil: undefined }),
    Count: fc.nat(),
    ScannedCount: fc.nat(),
    LastEvaluatedKey: fc.option(item, { nil: undefined }),
  })
  .map((members) => JSON.parse(JSON.stringify(members)) as Record<string, unknown>);
const answer = fc.oneof(
  item.map((Item) => ({ Item })),
  fc.constant({}),
  page,
);

const shapeOf = (packer: ItemPacker, Item: object) => packer.pack({ Item })?.answer.shape;
const countsOf = (packer: ItemPacker, items: number, nameOf: (place: number) => string) =>
  Array.from({ length: items }, (_, place) => packer.pack({ Item: { [nameOf(place)]: { S: 'x' } } })).filter(
    (packed) => packed !== undefined,
  ).length;

describe('ItemPacker', () => {
  it('gives back what it was given, with the order and the prototype of parsed JSON', () => {
    const packer = new ItemPacker();
    fc.assert(
      fc.property(answer, (output) => {
        const made = outputFrom(packer.pack(output)!.answer);
        expect(isDeepStrictEqual(made, JSON.parse(JSON.stringify(output)))).toBe(true);
        const order = (object: object | undefined) => Object.keys(object ?? {});
        expect(order((made as { Item?: object }).Item)).toEqual(order((output as { Item?: object }).Item));
      }),
    );
  });

  it('shares nothing with what it was given, nor one answer with the next', () => {
    const packer = new ItemPacker();
    const given = { Item: { set: { SS: ['a'] }, list: { L: [{ M: { x: { BS: ['AQ=='] } } }] } } };
    const before = JSON.stringify(given);
    const packed = packer.pack(given)!.answer;
    const spoil = ({ Item }: typeof given) => {
      Item.set.SS.push('b');
      Item.list.L[0]!.M.x.BS[0] = 'Ag==';
      Item.list.L.length = 0;
    };
    spoil(given);
    spoil(outputFrom(packed) as typeof given);
    expect(JSON.stringify(outputFrom(packed))).toBe(before);
  });

  it('gives one shape to items with the same names and types, in the same order, and to no others', () => {
    const packer = new ItemPacker();
    const one = shapeOf(packer, { a: { S: 'x' }, m: { M: { n: { N: '1' } } } });
    expect(shapeOf(packer, { a: { S: 'y' }, m: { M: { n: { N: '2' } } } })).toBe(one);
    expect(shapeOf(packer, { a: { S: 'y' }, m: { M: { n: { S: '2' } } } })).not.toBe(one);
    expect(shapeOf(packer, { m: { M: { n: { N: '2' } } }, a: { S: 'y' } })).not.toBe(one);
    expect(shapeOf(packer, { a: { N: '1' }, m: { M: { n: { N: '2' } } } })).not.toBe(one);
    expect(shapeOf(packer, { 'a1:S1:b': { S: 'x' } })).not.toBe(shapeOf(packer, { a: { S: 'x' }, b: { S: 'x' } }));
    expect(shapeOf(packer, { l: { L: [] } })).toBe(shapeOf(packer, { l: { L: [{ S: 'x' }, { N: '1' }] } }));
  });

  it.each([
    ['a value of two types', { Item: { a: { S: 'x', N: '1' } } }],
    ['a value of no type', { Item: { a: {} } }],
    ['an unknown type', { Item: { a: { X: 'x' } } }],
    ['a type with a wrong content', { Item: { a: { SS: [1] } } }],
    ['a text that is none', { Item: { a: { S: 1 } } }],
    ['an item that is none', { Item: ['a'] }],
    ['something beside the item', { Item: {}, Extra: 1 }],
    ['something beside the page', { Items: [], Count: 0, ScannedCount: 0, Extra: 1 }],
    ['a page without a count', { Items: [], ScannedCount: 0 }],
  ])('leaves alone %s', (_what, output) => {
    expect(new ItemPacker().pack(output)).toBeUndefined();
  });

  it('leaves alone what is nested deeper than DynamoDB nests', () => {
    const nested = (depth: number): object => (depth === 0 ? { S: 'x' } : { L: [{ M: { a: nested(depth - 2) } }] });
    expect(new ItemPacker().pack({ Item: { a: nested(30) } })).toBeDefined();
    expect(new ItemPacker().pack({ Item: { a: nested(40) } })).toBeUndefined();
  });

  it('stops at a thousand shapes where items have none in common, and tries again later', () => {
    const packer = new ItemPacker();
    expect(countsOf(packer, 5_000, (place) => `unique-${place}`)).toBe(1_000);
    expect(countsOf(packer, 100, (place) => `unique-${place}`)).toBe(100);
    expect(countsOf(packer, 60_000, (place) => `other-${place}`)).toBeGreaterThan(0);
  });

  it('makes room for new shapes where shapes are shared', () => {
    const packer = new ItemPacker();
    expect(countsOf(packer, 50_000, (place) => `table-${Math.floor(place / 20)}`)).toBe(50_000);
  });

  it('counts texts by their width, and a new shape once', () => {
    const sizeOf = (packer: ItemPacker, text: string) => packer.pack({ Item: { a: { S: text } } })!.sizeBytes;
    const packer = new ItemPacker();
    const first = sizeOf(packer, '');
    const empty = sizeOf(packer, '');
    expect(first).toBeGreaterThan(empty);
    expect(sizeOf(packer, 'x'.repeat(800)) - empty).toBe(800);
    expect(sizeOf(packer, 'é'.repeat(800)) - empty).toBe(800);
    expect(sizeOf(packer, '€'.repeat(800)) - empty).toBe(1_600);
  });
});
