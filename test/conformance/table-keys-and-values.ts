/** Keys and values of items: their types, limits and canonical forms. */
import { TableName, api, get, guide, invalid, LIMITS, put, thing, type Behaviour } from './behaviour.ts';
import { binaries, indexed, simple, texts } from './layouts.ts';
import { itemOf } from '../support/attribute-values.ts';

const GET = api('GetItem');
const PUT = api('PutItem');
const DELETE = api('DeleteItem');
const VALUE = api('AttributeValue');
const TYPES = guide('HowItWorks.NamingRulesDataTypes');
const MISMATCH = 'The provided key element does not match the schema';
const INVALID = 'One or more parameter values were invalid: ';

const bytes = (...members: number[]) => Uint8Array.from(members);
const number = (text: string) => ({ p: { S: 'a' }, s: { N: '1' }, n: { N: text } });

export const keysAndValues: readonly Behaviour[] = [
  // Keys.
  {
    name: 'a key without its sort key is refused',
    page: GET,
    call: ['GetItem', { TableName, Key: itemOf({ p: 'a' }) }],
    error: invalid(MISMATCH),
  },
  {
    name: 'a key with one attribute too many is refused',
    page: GET,
    call: ['GetItem', { TableName, Key: itemOf({ p: 'a', s: 1, t: 2 }) }],
    error: invalid(MISMATCH),
  },
  {
    name: 'a key of another type is refused',
    page: GET,
    call: ['GetItem', { TableName, Key: itemOf({ p: 'a', s: 'b' }) }],
    error: invalid(MISMATCH),
  },
  {
    name: 'a key of another name is refused',
    page: DELETE,
    call: ['DeleteItem', { TableName, Key: itemOf({ p: 'a', q: 1 }) }],
    error: invalid(MISMATCH),
  },
  {
    name: 'an item without its sort key is refused',
    page: PUT,
    call: put(itemOf({ p: 'a', x: 1 })),
    error: invalid(`${INVALID}Missing the key s in the item`),
  },
  {
    name: 'an item whose key has another type is refused',
    page: PUT,
    call: put(itemOf({ p: 1, s: 1 })),
    error: invalid(`${INVALID}Type mismatch for key p expected: S actual: N`),
  },
  {
    name: 'an item whose index key has another type is refused',
    page: PUT,
    tables: [indexed],
    call: put(thing('a', 1, { g: 1 })),
    error: invalid(
      /One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: (all|keys|some)/,
    ),
  },
  {
    name: 'an empty text as a partition key is refused',
    page: LIMITS,
    call: put(itemOf({ p: '', s: 1 })),
    error: invalid(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p',
    ),
  },
  {
    name: 'an empty text as a sort key is refused',
    page: LIMITS,
    tables: [texts],
    call: put(itemOf({ p: 'a', s: '' })),
    error: invalid(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: s',
    ),
  },
  {
    name: 'empty bytes as a key are refused',
    page: LIMITS,
    tables: [binaries],
    call: put(itemOf({ p: bytes(1), s: bytes() })),
    error: invalid(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary value. Key: s',
    ),
  },
  {
    name: 'an empty text as an index key is refused',
    page: LIMITS,
    tables: [indexed],
    call: put(thing('a', 1, { g: '' })),
    error: invalid(
      /One or more parameter values are not valid\. A value specified for a secondary index key is not supported\. The AttributeValue for a key attribute cannot contain an empty string value\. IndexName: (all|keys|some), IndexKey: g/,
    ),
  },
  {
    name: 'a read with an empty key is refused',
    page: LIMITS,
    tables: [simple],
    call: ['GetItem', { TableName, Key: itemOf({ p: '' }) }],
    error: invalid(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p',
    ),
  },
  {
    name: 'bytes are a key',
    page: TYPES,
    tables: [binaries],
    items: [itemOf({ p: bytes(0), s: bytes(255), x: 1 })],
    call: ['GetItem', { TableName, Key: itemOf({ p: bytes(0), s: bytes(255) }) }],
    output: { Item: itemOf({ p: bytes(0), s: bytes(255), x: 1 }) },
  },
  {
    name: 'numbers that are equal are one key',
    page: TYPES,
    items: [thing('a', 1, { x: 1 })],
    call: ['GetItem', { TableName, Key: { p: { S: 'a' }, s: { N: '1.000' } } }],
    output: { Item: thing('a', 1, { x: 1 }) },
  },
  {
    name: 'a partition key of 2048 bytes is stored',
    page: LIMITS,
    tables: [simple],
    items: [itemOf({ p: 'k'.repeat(2048) })],
    call: ['GetItem', { TableName, Key: itemOf({ p: 'k'.repeat(2048) }) }],
    output: { Item: itemOf({ p: 'k'.repeat(2048) }) },
  },
  {
    name: 'a partition key of 2049 bytes is refused',
    page: LIMITS,
    tables: [simple],
    call: put(itemOf({ p: 'k'.repeat(2049) })),
    error: invalid(
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    ),
  },
  {
    name: 'a sort key of 1025 bytes is refused',
    page: LIMITS,
    tables: [texts],
    call: put(itemOf({ p: 'a', s: 'é'.repeat(512) + 'x' })),
    error: invalid(
      'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
    ),
  },

  // Values.
  {
    name: 'empty texts and bytes are stored where they are no keys',
    page: VALUE,
    items: [thing('a', 1, { t: '', b: bytes() })],
    call: get('a'),
    output: { Item: thing('a', 1, { t: '', b: bytes() }) },
  },
  {
    name: 'an empty set is refused',
    page: TYPES,
    call: put({ ...thing('a', 1), t: { SS: [] } }),
    error: invalid(`${INVALID}An string set  may not be empty`),
  },
  {
    name: 'a set with a member twice is refused',
    page: TYPES,
    call: put({ ...thing('a', 1), t: { SS: ['x', 'y', 'x'] } }),
    error: invalid(`${INVALID}Input collection [x, y, x] contains duplicates.`),
  },
  {
    name: 'a set with equal numbers is refused',
    page: TYPES,
    call: put({ ...thing('a', 1), t: { NS: ['1', '1.0'] } }),
    error: invalid('Input collection contains duplicates'),
  },
  {
    name: 'an empty member of a set is stored',
    page: TYPES,
    items: [thing('a', 1, { t: new Set(['', 'x']) })],
    call: get('a'),
    output: { Item: thing('a', 1, { t: new Set(['', 'x']) }) },
  },
  {
    name: 'NULL is true',
    page: VALUE,
    call: put({ ...thing('a', 1), t: { NULL: false as never } }),
    error: invalid(`${INVALID}Null attribute value types must have the value of true`),
  },
  {
    name: 'a number that is none is refused',
    page: TYPES,
    call: put(number('one')),
    error: invalid('The parameter cannot be converted to a numeric value: one'),
  },
  {
    name: 'an empty number is refused',
    page: TYPES,
    call: put(number('')),
    error: invalid('The parameter cannot be converted to a numeric value'),
  },
  {
    name: 'a number of 38 digits keeps them all',
    page: TYPES,
    items: [number('-12345678901234567890123456789012345678')],
    call: get('a'),
    output: { Item: number('-12345678901234567890123456789012345678') },
  },
  {
    name: 'a number of 39 digits is refused',
    page: TYPES,
    call: put(number('123456789012345678901234567890123456789')),
    error: invalid('Attempting to store more than 38 significant digits in a Number'),
  },
  {
    name: 'a number as great as 9.99e125 is stored',
    page: TYPES,
    items: [number('9.99e125')],
    call: get('a'),
    output: { Item: number('999' + '0'.repeat(123)) },
  },
  {
    name: 'a number as great as 1e126 is refused',
    page: TYPES,
    call: put(number('1e126')),
    error: invalid('Number overflow. Attempting to store a number with magnitude larger than supported range'),
  },
  {
    name: 'a number as small as 1e-131 is refused',
    page: TYPES,
    call: put(number('1e-131')),
    error: invalid('Number underflow. Attempting to store a number with magnitude smaller than supported range'),
  },
  {
    name: 'numbers come back without superfluous zeroes',
    page: TYPES,
    items: [number('-0001.500e1')],
    call: get('a'),
    output: { Item: number('-15') },
  },
  {
    name: 'zero has no sign',
    page: TYPES,
    items: [number('-0.00')],
    call: get('a'),
    output: { Item: number('0') },
  },
];
