import { describe, expect, it } from 'vitest';
import { equalValues, sameItem, typeOf, type AttributeValue } from '../../src/model/attribute-value.ts';
import { attributeSizeBytes, itemSizeBytes, sizeOperand } from '../../src/model/item-size.ts';

/** One value of each type, all different. */
const samples: AttributeValue[] = [
  { S: '1' },
  { N: '1' },
  { B: 'AQ==' },
  { SS: ['1'] },
  { NS: ['1'] },
  { BS: ['AQ=='] },
  { M: { a: { N: '1' } } },
  { L: [{ N: '1' }] },
  { BOOL: true },
  { BOOL: false },
  { NULL: true },
];

describe('equalValues', () => {
  it('finds every value equal to a copy of itself and to nothing else', () => {
    for (const [i, a] of samples.entries()) {
      for (const [j, b] of samples.entries()) expect(equalValues(a, structuredClone(b))).toBe(i === j);
    }
  });

  it.each<[AttributeValue, AttributeValue, boolean]>([
    [{ N: '1.0' }, { N: '1' }, true],
    [{ SS: ['a', 'b'] }, { SS: ['b', 'a'] }, true],
    [{ SS: ['a', 'b'] }, { SS: ['a', 'c'] }, false],
    [{ SS: ['a'] }, { SS: ['a', 'b'] }, false],
    [{ NS: ['1.0', '2'] }, { NS: ['2', '1'] }, true],
    [{ L: [{ S: 'a' }, { S: 'b' }] }, { L: [{ S: 'b' }, { S: 'a' }] }, false],
    [{ M: { a: { S: 'a' } } }, { M: { b: { S: 'a' } } }, false],
    [{ M: { a: { S: 'a' } } }, { M: { a: { S: 'a' }, b: { S: 'b' } } }, false],
    [{ M: { toString: { S: 'a' } } }, { M: { a: { S: 'a' } } }, false],
  ])('of %j and %j says %s', (a, b, equal) => {
    expect(equalValues(a, b)).toBe(equal);
    expect(equalValues(b, a)).toBe(equal);
  });

  it('compares items, absent ones included', () => {
    expect(sameItem(undefined, undefined)).toBe(true);
    expect(sameItem(undefined, {})).toBe(false);
    expect(sameItem({ a: { N: '1' } }, { a: { N: '1.0' } })).toBe(true);
    expect(sameItem({ a: { N: '1' } }, { a: { N: '2' } })).toBe(false);
  });

  it('names the type', () => {
    expect(samples.map(typeOf)).toEqual(['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'BOOL', 'BOOL', 'NULL']);
  });
});

describe('sizes', () => {
  it.each<[AttributeValue, number, number | undefined]>([
    [{ S: '€' }, 3, 3],
    [{ N: '-42' }, 3, undefined],
    [{ B: 'AAEC' }, 3, 3],
    [{ B: 'AA==' }, 1, 1],
    [{ SS: ['a', 'bc'] }, 3, 2],
    [{ NS: ['1', '123'] }, 5, 2],
    [{ BS: ['AA==', ''] }, 1, 2],
    [{ BOOL: false }, 1, undefined],
    [{ NULL: true }, 1, undefined],
    [{ L: [] }, 3, 0],
    [{ L: [{ S: 'ab' }, { NULL: true }] }, 3 + 1 + 2 + 1 + 1, 2],
    [{ M: { ab: { S: 'x' } } }, 3 + 1 + 2 + 1, 1],
  ])('of %j are %i bytes, and size() is %s', (value, size, operand) => {
    expect(attributeSizeBytes(value)).toBe(size);
    expect(sizeOperand(value)).toBe(operand);
  });

  it('of an item count the names', () => {
    expect(itemSizeBytes({ id: { S: 'abc' }, é: { N: '0' } })).toBe(2 + 3 + 2 + 1);
  });
});
