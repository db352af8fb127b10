import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addNumbers,
  compareNumbers,
  normaliseNumber,
  numberSizeBytes,
  orderedNumber,
  subtractNumbers,
} from '../../src/model/decimal.ts';

const OVERFLOW = 'Number overflow. Attempting to store a number with magnitude larger than supported range';
const UNDERFLOW = 'Number underflow. Attempting to store a number with magnitude smaller than supported range';
const NOT_NUMERIC = 'The parameter cannot be converted to a numeric value';

/** coefficient × 10^scale as an exact integer multiple of 10^-170, the oracle's unit. */
const UNIT = 170;
const exact = (coefficient: bigint, scale: number): bigint => coefficient * 10n ** BigInt(scale + UNIT);

const number = fc
  .record({
    coefficient: fc.oneof(
      fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
      fc.bigInt({ min: -1000n, max: 1000n }),
      // Few different digits, so that one number's digits often begin another's.
      fc
        .tuple(fc.boolean(), fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('0', '1', '9') }))
        .map(([negative, digits]) => BigInt(digits.padEnd(9, '0')) * (negative ? -1n : 1n)),
    ),
    scale: fc.oneof(fc.integer({ min: -90, max: 85 }), fc.integer({ min: -1, max: 1 })),
  })
  .map(({ coefficient, scale }) => ({ text: `${coefficient}E${scale}`, value: exact(coefficient, scale) }));

function valueOf(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(UNIT - fraction.length);
}

describe('normaliseNumber', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['0.000', '0'],
    ['0e125', '0'],
    ['0042.1200', '42.12'],
    ['+5', '5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-12.340e1', '-123.4'],
    ['1e3', '1000'],
    ['1E125', `1${'0'.repeat(125)}`],
    ['1e-130', `0.${'0'.repeat(129)}1`],
    ['999999999999999', '999999999999999'],
    ['-999999999999999', '-999999999999999'],
    ['1234567890123456', '1234567890123456'],
    [`${'9'.repeat(38)}E88`, '9'.repeat(38) + '0'.repeat(88)],
  ])('writes %s as %s', (text, canonical) => {
    expect(normaliseNumber(text)).toBe(canonical);
  });

  it.each([
    ['', NOT_NUMERIC],
    ['abc', `${NOT_NUMERIC}: abc`],
    ['1.2.3', `${NOT_NUMERIC}: 1.2.3`],
    [' 1', `${NOT_NUMERIC}:  1`],
    ['1 ', `${NOT_NUMERIC}: 1 `],
    ['.', `${NOT_NUMERIC}: .`],
    ['-', `${NOT_NUMERIC}: -`],
    ['1e', `${NOT_NUMERIC}: 1e`],
    ['0x10', `${NOT_NUMERIC}: 0x10`],
    ['NaN', `${NOT_NUMERIC}: NaN`],
    ['Infinity', `${NOT_NUMERIC}: Infinity`],
    ['1e9223372036854775808', `${NOT_NUMERIC}: 1e9223372036854775808`],
    ['1e126', OVERFLOW],
    ['-1e126', OVERFLOW],
    ['1e99999999999', OVERFLOW],
    ['0e126', OVERFLOW],
    ['1e-131', UNDERFLOW],
    ['0e-131', UNDERFLOW],
    ['1'.repeat(39), 'Attempting to store more than 38 significant digits in a Number'],
  ])('refuses %j: %s', (text, message) => {
    expect(() => normaliseNumber(text)).toThrow(expect.objectContaining({ name: 'ValidationException', message }));
  });

  it('keeps the value, and gives equal numbers equal texts', () => {
    fc.assert(
      fc.property(number, ({ text, value }) => {
        const canonical = normaliseNumber(text);
        expect(valueOf(canonical)).toBe(value);
        expect(normaliseNumber(canonical)).toBe(canonical);
        expect(canonical).toMatch(/^(?:0|-?(?:[1-9][0-9]*|0)(?:\.[0-9]*[1-9])?)$/);
      }),
    );
  });
});

describe('arithmetic and order', () => {
  it('compares as the exact numbers do', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(Math.sign(compareNumbers(a.text, b.text))).toBe(a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
      }),
    );
  });

  it('orders bytes as the numbers are ordered', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [x, y] = [orderedNumber(a.text), orderedNumber(b.text)];
        expect(x < y).toBe(a.value < b.value);
        expect(x === y).toBe(a.value === b.value);
      }),
    );
  });

  it.each([
    ['-1', '-1.0005'],
    ['10', '9'],
    ['0', '-1e-130'],
    ['1e-130', '0'],
    ['0.1', '0.09999'],
    ['9.9e125', '9.8e125'],
  ])('gives %s more bytes than %s', (greater, smaller) => {
    expect(orderedNumber(greater) > orderedNumber(smaller)).toBe(true);
  });

  it('adds and subtracts exactly, or refuses a result that does not fit', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        for (const [operation, value] of [
          [addNumbers, a.value + b.value],
          [subtractNumbers, a.value - b.value],
        ] as const) {
          const digits = String(value < 0n ? -value : value).replace(/0+$/, '').length;
          if (digits > 38) expect(() => operation(a.text, b.text)).toThrow('38 significant digits');
          else expect(valueOf(operation(a.text, b.text))).toBe(value);
        }
      }),
    );
  });

  it('adds short integers without leaving their exact range', () => {
    expect(addNumbers('999999999999999', '999999999999999')).toBe('1999999999999998');
    expect(subtractNumbers('0', '5')).toBe('-5');
    expect(subtractNumbers('5', '5')).toBe('0');
  });

  it('refuses sums beyond the range', () => {
    expect(() => addNumbers('9e125', '1e125')).toThrow(OVERFLOW);
    expect(() => subtractNumbers('-9e125', '1e125')).toThrow(OVERFLOW);
  });
});

describe('numberSizeBytes', () => {
  // Measured on DynamoDB by items on either side of the size limit.
  it.each([
    ['0', 1],
    ['1', 2],
    ['12', 2],
    ['123', 3],
    ['1234', 3],
    ['12345678901234567890123456789012345678', 20],
    ['0042', 2],
    ['100', 2],
    ['1010', 3],
    ['0.0000001', 2],
    ['1E125', 2],
    ['1E-100', 2],
    ['1.5', 3],
    ['15', 2],
    ['1.200', 3],
    ['1.234', 4],
    ['3.14159', 5],
    ['123456', 4],
    ['100.5', 4],
    ['0.15', 2],
    ['-42', 3],
    ['-0', 1],
  ])('counts %s as %i bytes', (text, size) => {
    expect(numberSizeBytes(text)).toBe(size);
  });
});
