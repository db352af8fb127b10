import { describe, expect, it } from 'vitest';
import { parseAttributeValue, parseItem } from '../../src/model/parse-item.ts';

const INVALID = 'One or more parameter values were invalid: ';
const EMPTY = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes';
const TOO_DEEP =
  'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit';

function nested(levels: number, leaf: unknown): unknown {
  return levels === 0 ? leaf : { M: { n: nested(levels - 1, leaf) } };
}

describe('parseAttributeValue', () => {
  it.each([
    [{ S: '' }, { S: '' }],
    [{ N: '1.50' }, { N: '1.5' }],
    [{ B: '' }, { B: '' }],
    [{ B: 'AAE=' }, { B: 'AAE=' }],
    [{ BOOL: 'yes' }, { BOOL: true }],
    [{ BOOL: '0' }, { BOOL: false }],
    [{ NULL: 'true' }, { NULL: true }],
    [{ SS: ['', 'a'] }, { SS: ['', 'a'] }],
    [{ NS: ['1.0', '2'] }, { NS: ['1', '2'] }],
    [{ BS: ['', 'AA=='] }, { BS: ['', 'AA=='] }],
    [{ L: [] }, { L: [] }],
    [{ M: { a: { L: [{ N: '1e1' }] } } }, { M: { a: { L: [{ N: '10' }] } } }],
    [{ S: 'a', N: null, X: 1 }, { S: 'a' }],
  ])('reads %j as %j', (json, value) => {
    expect(parseAttributeValue(json)).toEqual(value);
  });

  it.each([
    [{}, EMPTY],
    [null, EMPTY],
    [{ S: null }, EMPTY],
    [{ L: [null] }, EMPTY],
    [
      { S: 'a', N: '1' },
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    ],
    [{ NULL: false }, `${INVALID}Null attribute value types must have the value of true`],
    [{ SS: [] }, `${INVALID}An string set  may not be empty`],
    [{ NS: [] }, `${INVALID}An number set  may not be empty`],
    [{ BS: [] }, `${INVALID}Binary sets should not be empty`],
    [{ SS: ['b', 'a', 'b'] }, `${INVALID}Input collection [b, a, b] contains duplicates.`],
    [{ NS: ['1', '1.0'] }, 'Input collection contains duplicates'],
    [{ BS: ['AA==', 'AA=='] }, `${INVALID}Input collection [AA==, AA==]of type BS contains duplicates.`],
    [{ SS: ['a', null] }, `${INVALID}An string set may not have a null string as a member`],
    [{ N: 'abc' }, 'The parameter cannot be converted to a numeric value: abc'],
    [{ M: { x: { L: [{ N: 'abc' }] } } }, 'The parameter cannot be converted to a numeric value: abc'],
    [nested(32, { S: 'leaf' }), TOO_DEEP],
    [nested(40, { N: 'abc' }), TOO_DEEP],
  ])('refuses %j: %s', (json, message) => {
    expect(() => parseAttributeValue(json)).toThrow(expect.objectContaining({ name: 'ValidationException', message }));
  });

  it('takes 32 levels, the leaf counted', () => {
    const value = nested(31, { S: 'leaf' });
    expect(parseAttributeValue(value)).toEqual(value);
  });

  it.each([
    [1, 'Unexpected value type in payload'],
    [[], 'Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue'],
    [{ S: 1 }, 'NUMBER_VALUE cannot be converted to String'],
    [{ S: 1.5 }, 'DECIMAL_VALUE cannot be converted to String'],
    [{ N: true }, 'TRUE_VALUE cannot be converted to String'],
    [{ S: [] }, 'Unrecognized collection type class java.lang.String'],
    [{ S: {} }, 'Start of structure or map found where not expected'],
    [{ BOOL: 1 }, 'NUMBER_VALUE cannot be converted to Boolean'],
    [{ BOOL: 'maybe' }, 'Unexpected token received from parser'],
    [{ B: 1 }, 'only base-64-encoded strings are convertible to bytes'],
    [{ B: [] }, 'Unrecognized collection type class java.nio.ByteBuffer'],
    [{ B: 'AAA' }, 'Base64 encoded length is expected a multiple of 4 bytes but found: 3'],
    [{ B: 'AA_=' }, "Invalid Base64 character: '_'"],
    [{ B: 'AB==' }, 'Invalid last non-pad Base64 character dectected'],
    [{ SS: 'a' }, 'Unexpected field type'],
    [{ L: {} }, 'Start of structure or map found where not expected'],
    [{ M: 'a' }, 'Unexpected field type'],
    [
      { M: [] },
      'Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>',
    ],
  ])('does not understand %j: %s', (json, message) => {
    expect(() => parseAttributeValue(json)).toThrow(
      expect.objectContaining({ name: 'SerializationException', message }),
    );
  });
});

describe('parseItem', () => {
  it('takes any name for an attribute, those of the prototype included', () => {
    const item = parseItem(JSON.parse('{"__proto__":{"S":"a"},"constructor":{"N":"1"}}'));
    expect(Object.keys(item)).toEqual(['__proto__', 'constructor']);
    expect(item['__proto__']).toEqual({ S: 'a' });
    expect(Object.getPrototypeOf(item)).toBeNull();
    expect(item['toString']).toBeUndefined();
  });
});
