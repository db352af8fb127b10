import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts';
import { compareNumbers, normaliseNumber } from '../../src/model/decimal.ts';
import type { KeySchema } from '../../src/model/key.ts';
import { readAttributeValue, writeAttributeValue } from '../../src/wire/dax/attribute-values.ts';
import { readNumber, writeNumber } from '../../src/wire/dax/cbor-number.ts';
import { CborReader } from '../../src/wire/dax/cbor-reader.ts';
import { CborWriter } from '../../src/wire/dax/cbor-writer.ts';
import { FrameScanner, frameDefaults } from '../../src/wire/dax/frame-scanner.ts';
import { decodeKey, writeKey } from '../../src/wire/dax/item-keys.ts';
import { decodeLexDecimal, encodeLexDecimal } from '../../src/wire/dax/lex-decimal.ts';
import { MalformedFrame } from '../../src/wire/dax/malformed.ts';
import { clientCodec } from './client-codec.ts';

const writer = new CborWriter();

function written(write: (writer: CborWriter) => void): Buffer {
  write(writer);
  return writer.take();
}

/** Numbers that DynamoDB stores, spelled in the ways that callers spell them. */
const numbers = fc
  .record({
    isNegative: fc.boolean(),
    digits: fc.stringMatching(/^[0-9]{1,38}$/),
    point: fc.integer({ min: 0, max: 38 }),
    power: fc.oneof(fc.constant(0), fc.integer({ min: -85, max: 85 })),
    capital: fc.boolean(),
  })
  .map(({ isNegative, digits, point, power, capital }) => {
    const whole = digits.slice(0, Math.max(1, digits.length - point));
    const fraction = digits.slice(whole.length);
    const exponent = power === 0 ? '' : `${capital ? 'E' : 'e'}${power}`;
    return `${isNegative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
  });

const schemas = {
  number: { partition: [{ name: 'n', type: 'N' }], sort: [] },
  ranged: { partition: [{ name: 'h', type: 'S' }], sort: [{ name: 'r', type: 'N' }] },
  numbers: { partition: [{ name: 'h', type: 'N' }], sort: [{ name: 'r', type: 'N' }] },
} satisfies Record<string, KeySchema>;

/** Numbers alone, behind a text and behind a number. */
const keyForms = fc.constantFrom<((a: string, b: string) => readonly [KeySchema, Item])[]>(
  (a) => [schemas.number, { n: { N: a } }],
  (a) => [schemas.ranged, { h: { S: 'é' }, r: { N: a } }],
  (a, b) => [schemas.numbers, { h: { N: b }, r: { N: a } }],
);

function keyBytes(schema: KeySchema, key: Item): Buffer {
  return written((to) => writeKey(to, schema, key));
}

/** The key with its numbers in canonical form, as every layer behind the codec sees it. */
function canonical(key: Item): Item {
  const entries = Object.entries(key).map(([name, value]) => [
    name,
    'N' in value ? { N: normaliseNumber(value.N) } : value,
  ]);
  return Object.fromEntries(entries) as Item;
}

describe("numbers, against the client's own codec", () => {
  it('mean the same in both directions, as values and as keys', () => {
    fc.assert(
      fc.property(numbers, numbers, keyForms, (a, b, keyOf) => {
        const number = normaliseNumber(a);
        const read = [normaliseNumber(readNumber(new CborReader(clientCodec.encodeValue({ N: a }))))];
        const meant = [number];
        const sent = written((to) => writeNumber(to, number));
        read.push(normaliseNumber(clientCodec.decodeNumber(sent)));
        meant.push(number);
        const [schema, key] = keyOf(a, b);
        const wanted = canonical(key);
        read.push(JSON.stringify(canonical(decodeKey(schema, clientCodec.encodeKey(schema, key)))));
        read.push(JSON.stringify(canonical(clientCodec.decodeKey(schema, keyBytes(schema, wanted)))));
        meant.push(JSON.stringify(wanted), JSON.stringify(wanted));
        // One comparison for all: an `expect` costs more than what it is asked about.
        expect(read.join(' ')).toBe(meant.join(' '));
      }),
      { numRuns: 20_000 },
    );
  });

  it('have the same bytes at the end of a key', () => {
    fc.assert(
      fc.property(numbers, (text) => {
        const key = clientCodec.encodeKey(schemas.ranged, { h: { S: '' }, r: { N: text } });
        expect(encodeLexDecimal(text).toString('hex')).toBe(key.toString('hex').slice(2));
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ['5', 'c1800000'],
    ['-5', '3e7ffff0'],
    ['23', 'c23c8010'],
    ['255', 'c342c020'],
    ['65536', 'c5a6d74004'],
    ['1.5', 'c1288010'],
    ['1.50', 'c1288020'],
    ['0.1', 'c01c0000'],
    ['1e3', 'c41c0000'],
    ['100.0', 'c31c00c000'],
    ['1e-130', '817fffff7f1c0000'],
    ['9.9e125', 'fe8000007efa8010'],
    ['9007199254740993', 'd0e42dbea5e61bd38000'],
    ['0', '80'],
  ])('%s ends a key as %s', (text, hex) => {
    expect(encodeLexDecimal(text).toString('hex')).toBe(hex);
    expect(normaliseNumber(decodeLexDecimal(Buffer.from(hex, 'hex')))).toBe(normaliseNumber(text));
  });

  it('keep their order in their bytes', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [x, y] = [normaliseNumber(a), normaliseNumber(b)];
        const order = Buffer.compare(encodeLexDecimal(x), encodeLexDecimal(y));
        expect(Math.sign(order)).toBe(Math.sign(compareNumbers(x, y)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('are integers or decimals, never floats, which the Go client cannot read', () => {
    const hexOf = (text: string) => written((to) => writeNumber(to, text)).toString('hex');
    expect(hexOf('1.5')).toBe('c482200f');
    expect(hexOf('-1.5')).toBe('c482202e');
    expect(hexOf('0')).toBe('00');
    expect(hexOf('18446744073709551615')).toBe('1bffffffffffffffff');
    expect(hexOf('-18446744073709551616')).toBe('3bffffffffffffffff');
    expect(hexOf('18446744073709551616')).toBe('c48200c249010000000000000000');
  });

  it('too large to be written out are refused for their magnitude, at once', () => {
    const bignum = Buffer.concat([Buffer.from('c25a000fffff', 'hex'), Buffer.alloc(0xfffff, 0xff)]);
    expect(() => normaliseNumber(readNumber(new CborReader(bignum)))).toThrow('Number overflow');
  });
});

const leaf: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((S) => ({ S })),
  numbers.map((text) => ({ N: normaliseNumber(text) })),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ B: Buffer.from(bytes).toString('base64') })),
  fc.boolean().map((BOOL) => ({ BOOL })),
  fc.constant({ NULL: true } as const),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 5 }).map((SS) => ({ SS })),
  fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 5 }).map((NS) => ({ NS: NS.map(String) })),
);

const { value: values } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }).map((L) => ({ L })),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }).map((M) => ({ M })),
  ),
}));

describe('values', () => {
  it('come back as they were written, in whatever pieces their bytes arrive', () => {
    fc.assert(
      fc.property(values, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (value, pieces) => {
        const bytes = written((to) => writeAttributeValue(to, value));
        const reader = new CborReader(bytes);
        const read = readAttributeValue(reader);
        expect(canonicalTexts(read)).toEqual(canonicalTexts(value));
        expect(reader.isAtEnd).toBe(true);
        const scanner = new FrameScanner({ bytesMax: 1_000_000, ...frameDefaults });
        scanner.begin();
        scanner.expect(1);
        let arrived = 0;
        for (let i = 0; arrived < bytes.length; i++) {
          expect(scanner.scan(bytes.subarray(0, arrived))).toBe(false);
          arrived = Math.min(bytes.length, arrived + (pieces[i % pieces.length] as number));
        }
        expect(scanner.scan(bytes)).toBe(true);
        expect(scanner.end).toBe(bytes.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of the client are read as it meant them', () => {
    fc.assert(
      fc.property(
        values.filter((value) => !JSON.stringify(value).includes('"B"')),
        (value) => {
          const read = readAttributeValue(new CborReader(clientCodec.encodeValue(value)));
          expect(canonicalTexts(read)).toEqual(canonicalTexts(value));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** Numbers in canonical form, wherever they are. */
function canonicalTexts(value: AttributeValue): unknown {
  return JSON.parse(JSON.stringify(value), (name, inner: unknown) =>
    name === 'N' && typeof inner === 'string' ? normaliseNumber(inner) : inner,
  );
}

describe('hostile bytes', () => {
  const limits = { bytesMax: 1_000_000, itemsMax: 1_000, depthMax: 16 };
  const scan = (hex: string, items = 1) => {
    const scanner = new FrameScanner(limits);
    scanner.begin();
    scanner.expect(items);
    return scanner.scan(Buffer.from(hex, 'hex'));
  };

  it.each([
    ['a string longer than a request may be', '5b00000000ffffffff'],
    ['an array longer than a request may be', '9b00000000ffffffff'],
    ['a map whose doubled length is not a number any more', 'bbffffffffffffffff'],
    ['arrays inside each other without end', '81'.repeat(100)],
    ['tags inside each other without end', 'c2'.repeat(100)],
    ['open maps inside each other without end', 'bf'.repeat(100)],
    ['more items than a request may have', `9903e8${'00'.repeat(1_001)}`],
    ['an open array of more items than a request may have', `9f${'00'.repeat(1_001)}`],
    ['a break that ends nothing', 'ff'],
    ['a string of unknown length', '5f'],
    ['a head that CBOR has not', '1c'],
  ])('%s is no frame', (_what, hex) => {
    expect(() => scan(hex)).toThrow(MalformedFrame);
  });

  it('announce what does not come, and nothing is allocated for it', () => {
    for (const hex of ['9affffffff', 'baffffffff']) {
      expect(() => new CborReader(Buffer.from(hex, 'hex')).eachElement(() => {})).toThrow(MalformedFrame);
    }
    expect(() => new CborReader(Buffer.from('5affffffff', 'hex')).bytes()).toThrow(MalformedFrame);
    expect(() => readAttributeValue(new CborReader(Buffer.from('81'.repeat(10_000), 'hex')))).toThrow(MalformedFrame);
  });
});
