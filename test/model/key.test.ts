import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exactKey,
  keyOf,
  keyText,
  plainKeyText,
  positionOf,
  validateIndexKey,
  validateItemKey,
  validateKey,
  type KeySchema,
} from '../../src/model/key.ts';
import { parseItem } from '../../src/model/parse-item.ts';

const simple: KeySchema = { partition: [{ name: 'pk', type: 'S' }], sort: [] };
const composite: KeySchema = { partition: [{ name: 'pk', type: 'S' }], sort: [{ name: 'sk', type: 'N' }] };
const binary: KeySchema = { partition: [{ name: 'pk', type: 'B' }], sort: [{ name: 'sk', type: 'S' }] };
const several: KeySchema = {
  partition: [
    { name: 'a', type: 'S' },
    { name: 'b', type: 'N' },
  ],
  sort: [
    { name: 'c', type: 'S' },
    { name: 'd', type: 'S' },
  ],
};

describe('positionOf', () => {
  it('uses an ASCII text as its own bytes, and UTF-8 for all others', () => {
    expect(positionOf(simple, parseItem({ pk: { S: 'abc' } }))).toEqual({ partition: 'abc', sort: '' });
    expect(positionOf(simple, parseItem({ pk: { S: 'é' } }))).toEqual({ partition: '\xc3\xa9', sort: '' });
    expect(positionOf(binary, parseItem({ pk: { B: '/wA=' }, sk: { S: 'x' } }))).toEqual({
      partition: '\xff\x00',
      sort: 'x',
    });
  });

  it.each([
    [{}],
    [{ pk: { N: '1' } }],
    [{ pk: { S: '' } }],
    [{ pk: { S: 'a' } }],
    [{ pk: { S: 'a' }, sk: { S: '1' } }],
  ])('gives an item %j no place in an index that needs both keys', (item) => {
    expect(positionOf(composite, parseItem(item))).toBeUndefined();
  });

  it('orders keys of several attributes attribute by attribute', () => {
    const part = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('\x00', '\x01', 'a', 'b', 'ÿ') });
    fc.assert(
      fc.property(part, part, part, part, (c1, d1, c2, d2) => {
        const place = (c: string, d: string) =>
          positionOf(several, { a: { S: 'p' }, b: { N: '1' }, c: { S: c }, d: { S: d } })?.sort ?? '';
        const byBytes = (x: string, y: string) => Buffer.compare(Buffer.from(x), Buffer.from(y));
        const [x, y] = [place(c1, d1), place(c2, d2)];
        expect(x === y ? 0 : x < y ? -1 : 1).toBe(byBytes(c1, c2) || byBytes(d1, d2));
      }),
    );
  });
});

describe('keyText', () => {
  it('tells positions apart wherever one part ends and the other begins', () => {
    const bytes = fc.string({ maxLength: 4, unit: fc.constantFrom('1', ':', '\x00', 'a') });
    fc.assert(
      fc.property(bytes, bytes, bytes, bytes, (p1, s1, p2, s2) => {
        const same = keyText({ partition: p1, sort: s1 }) === keyText({ partition: p2, sort: s2 });
        expect(same).toBe(p1 === p2 && s1 === s2);
      }),
    );
  });
});

describe('exactKey', () => {
  it('gives the key itself when it is canonical, and a canonical copy when a number is not', () => {
    const key = { pk: { S: 'a' }, sk: { N: '1' } };
    expect(exactKey(composite, key)).toBe(key);
    expect(exactKey(composite, { pk: { S: 'a' }, sk: { N: '1.0' } })).toEqual({ pk: { S: 'a' }, sk: { N: '1' } });
  });

  it.each([
    [undefined],
    [null],
    ['a'],
    [[]],
    [{}],
    [{ pk: { S: 'a' } }],
    [{ pk: { S: 'a' }, sk: { N: '1' }, x: { S: 'a' } }],
    [{ pk: { S: 'a' }, x: { N: '1' } }],
    [{ pk: { S: 'a' }, sk: { S: '1' } }],
    [{ pk: { S: 'a' }, sk: { N: 'abc' } }],
    [{ pk: { S: 'a' }, sk: { N: 1 } }],
    [{ pk: { S: '' }, sk: { N: '1' } }],
    [{ pk: { S: 'a', N: '1' }, sk: { N: '1' } }],
    [{ pk: { S: 'a'.repeat(2049) }, sk: { N: '1' } }],
    [{ pk: { S: '€'.repeat(683) }, sk: { N: '1' } }],
  ])('leaves %j to the store', (key) => {
    expect(exactKey(composite, key)).toBeUndefined();
  });

  it('takes keys up to the size limits', () => {
    const key = { pk: { B: Buffer.alloc(2048).toString('base64') }, sk: { S: 'é'.repeat(512) } };
    expect(exactKey(binary, key)).toBe(key);
    expect(exactKey(binary, { ...key, sk: { S: 'é'.repeat(513) } })).toBeUndefined();
    expect(exactKey(binary, { ...key, pk: { B: 'AB==' } })).toBeUndefined();
  });

  it('does not take inherited members for attributes', () => {
    const schema: KeySchema = { partition: [{ name: 'constructor', type: 'S' }], sort: [] };
    expect(exactKey(schema, { pk: { S: 'a' } })).toBeUndefined();
    expect(exactKey(schema, { constructor: { S: 'a' } })).toEqual({ constructor: { S: 'a' } });
  });
});

describe('checks with messages', () => {
  const INVALID = 'One or more parameter values were invalid: ';
  const NO_MATCH = 'The provided key element does not match the schema';
  const EMPTY =
    'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty';

  it.each([
    [simple, {}, NO_MATCH],
    [simple, { pk: { N: '1' } }, NO_MATCH],
    [simple, { x: { S: 'a' } }, NO_MATCH],
    [composite, { pk: { S: 'a' } }, NO_MATCH],
    [simple, { pk: { S: '' } }, `${EMPTY} string value. Key: pk`],
    [binary, { pk: { B: '' }, sk: { S: 'a' } }, `${EMPTY} binary value. Key: pk`],
    [
      simple,
      { pk: { S: 'a'.repeat(2049) } },
      `${INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes`,
    ],
    [
      binary,
      { pk: { B: 'AA==' }, sk: { S: 'a'.repeat(1025) } },
      `${INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes`,
    ],
  ])('refuses the key of case %#', (schema, key, message) => {
    expect(() => validateKey(schema, parseItem(key))).toThrow(
      expect.objectContaining({ name: 'ValidationException', message }),
    );
  });

  it.each([
    [simple, {}, `${INVALID}Missing the key pk in the item`],
    [composite, { pk: { S: 'a' } }, `${INVALID}Missing the key sk in the item`],
    [simple, { pk: { N: '1' } }, `${INVALID}Type mismatch for key pk expected: S actual: N`],
    [simple, { pk: { S: '' } }, `${EMPTY} string value. Key: pk`],
  ])('refuses to put the item of case %#', (schema, item, message) => {
    expect(() => validateItemKey(schema, parseItem(item))).toThrow(
      expect.objectContaining({ name: 'ValidationException', message }),
    );
  });

  it('lets an item without an index key pass, but not one with a key of another type', () => {
    expect(() => validateIndexKey('gsi', composite, parseItem({ pk: { S: 'a' } }))).not.toThrow();
    expect(() => validateIndexKey('gsi', composite, parseItem({ sk: { S: 'a' } }))).toThrow(
      `${INVALID}Type mismatch for Index Key sk Expected: N Actual: S IndexName: gsi`,
    );
    expect(() => validateIndexKey('gsi', composite, parseItem({ pk: { S: '' } }))).toThrow('IndexKey: pk');
  });

  it('accepts what is right, and gives the key of an item', () => {
    const item = parseItem({ pk: { S: 'a' }, sk: { N: '1' }, x: { S: 'y' } });
    expect(() => validateItemKey(composite, item)).not.toThrow();
    const key = keyOf(composite, item);
    expect(key).toEqual({ pk: { S: 'a' }, sk: { N: '1' } });
    expect(() => validateKey(composite, key)).not.toThrow();
  });
});

describe('plainKeyText', () => {
  const keyTextOf = (schema: KeySchema, key: unknown) => {
    const exact = exactKey(schema, key);
    const position = exact && positionOf(schema, exact);
    return position && keyText(position);
  };
  const text = fc.oneof(fc.constantFrom('', 'a', '1', '01', '-0', '1e3', 'é', '\x7f', '\x80'), fc.string());
  const number = fc.oneof(text, fc.integer().map(String));
  const attribute = fc.oneof(
    text.map((S) => ({ S })),
    number.map((N) => ({ N })),
    text.map((B) => ({ B })),
    text.map((S) => ({ S, N: '1' })),
    fc.constantFrom(null, undefined, 'a', 1, [], {}, { S: 1 }),
  );
  const key = fc.record({ pk: attribute, sk: attribute, other: attribute }, { requiredKeys: [] });

  it('is the text of the exact key, or none', () => {
    fc.assert(
      fc.property(fc.constantFrom(simple, composite, binary, several), key, (schema, given) => {
        const plain = plainKeyText(schema, given, 'values');
        if (plain !== undefined) expect(plain).toBe(keyTextOf(schema, given));
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds the keys that nearly all are, in both forms', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), fc.maxSafeInteger(), (pk, sk) => {
        const values = { pk: { S: pk }, sk: { N: String(sk) } };
        expect(plainKeyText(composite, values, 'values')).toBe(keyTextOf(composite, values));
        expect(plainKeyText(composite, { pk, sk }, 'documents')).toBe(keyTextOf(composite, values));
        expect(plainKeyText(simple, { pk: { S: pk } }, 'values')).toBe(keyTextOf(simple, { pk: { S: pk } }));
      }),
    );
  });

  it.each([
    ['a number for a text', { pk: 1, sk: 1 }],
    ['a text for a number', { pk: 'a', sk: '1' }],
    ['a fraction, which may be written in many ways', { pk: 'a', sk: 0.5 }],
    ['a number that no double holds', { pk: 'a', sk: 2 ** 60 }],
    ['a big integer', { pk: 'a', sk: 1n }],
    ['an attribute value', { pk: { S: 'a' }, sk: 1 }],
    ['an object that is a text', { pk: new String('a'), sk: 1 }],
    ['an inherited attribute', Object.create({ pk: 'a', sk: 1 }) as object],
    ['one attribute more', { pk: 'a', sk: 1, more: 1 }],
    ['one attribute less', { pk: 'a' }],
    ['a long text', { pk: 'a'.repeat(2_000), sk: 1 }],
    ['nothing', undefined],
  ])('finds no document key with %s', (_what, given) => {
    expect(plainKeyText(composite, given, 'documents')).toBeUndefined();
  });
});
