/** The limits that a request or an item meets. */
import { itemOf, type Plain } from '../support/attribute-values.ts';
import { LIMITS, TableName, get, invalid, put, scan, thing, update, values, type Behaviour } from './behaviour.ts';
import { simple } from './layouts.ts';

/** An item of `p`, `s` and a filler that together have so many bytes: 1 + 1 for p, 1 + 2 for s, 1 for the filler's name. */
const sized = (bytes: number) => thing('a', 1, { f: 'x'.repeat(bytes - 6) });
/** A value with so many lists around it. */
const deep = (levels: number): Plain => (levels === 0 ? 'bottom' : [deep(levels - 1)]);
const FULL = 400 * 1024;
const path = (length: number) => Array.from({ length }, () => '#m').join('.');

export const limits: readonly Behaviour[] = [
  {
    name: 'an item of 400 KB is stored',
    page: LIMITS,
    items: [sized(FULL)],
    call: get('a'),
    output: { Item: sized(FULL) },
  },
  {
    name: 'an item of 400 KB and a byte is refused',
    page: LIMITS,
    call: put(sized(FULL + 1)),
    error: invalid('Item size has exceeded the maximum allowed size'),
  },
  {
    name: 'an item’s text counts by its bytes in UTF-8',
    page: LIMITS,
    call: put(thing('a', 1, { f: 'é'.repeat(FULL / 2) })),
    error: invalid('Item size has exceeded the maximum allowed size'),
  },
  {
    name: 'an update that makes an item too large is refused',
    page: LIMITS,
    items: [sized(FULL)],
    call: update('SET more = :more', { ExpressionAttributeValues: values({ ':more': 'x' }) }),
    error: invalid('Item size to update has exceeded the maximum allowed size'),
    after: [[get('a'), { Item: sized(FULL) }]],
  },
  {
    name: 'values nest 32 levels',
    page: LIMITS,
    items: [thing('a', 1, { d: deep(31) })],
    call: get('a'),
    output: { Item: thing('a', 1, { d: deep(31) }) },
  },
  {
    name: 'values do not nest 33 levels and more',
    page: LIMITS,
    call: put(thing('a', 1, { d: deep(33) })),
    error: invalid(/Nesting Levels have exceeded supported limits.*/),
  },
  {
    name: 'an expression of more than 4 KB is refused',
    page: LIMITS,
    call: scan({ FilterExpression: `${'k'.repeat(4092)} = :v`, ExpressionAttributeValues: values({ ':v': 1 }) }),
    error: invalid(
      'Invalid FilterExpression: Expression size has exceeded the maximum allowed size; expression size: 4097',
    ),
  },
  {
    name: 'an expression of 300 operators is evaluated',
    page: LIMITS,
    items: [thing('a', 1, { k: 1 })],
    call: scan({
      FilterExpression: `k = :v${' OR k = :v'.repeat(149)}`,
      ExpressionAttributeValues: values({ ':v': 1 }),
      Select: 'COUNT',
    }),
    output: { Count: 1, ScannedCount: 1 },
  },
  {
    name: 'an expression of more than 300 operators is refused',
    page: LIMITS,
    call: scan({
      FilterExpression: `k = :v${' OR k = :v'.repeat(150)}`,
      ExpressionAttributeValues: values({ ':v': 1 }),
    }),
    error: invalid('Invalid FilterExpression: The expression contains too many operators; operator count: 301'),
  },
  {
    name: 'IN takes a hundred operands',
    page: LIMITS,
    items: [thing('a', 1, { k: 1 })],
    call: scan({
      FilterExpression: `k IN (${':v, '.repeat(99)}:v)`,
      ExpressionAttributeValues: values({ ':v': 1 }),
      Select: 'COUNT',
    }),
    output: { Count: 1, ScannedCount: 1 },
  },
  {
    name: 'IN does not take more than a hundred operands',
    page: LIMITS,
    call: scan({ FilterExpression: `k IN (${':v, '.repeat(100)}:v)`, ExpressionAttributeValues: values({ ':v': 1 }) }),
    error: invalid(
      'Invalid FilterExpression: The IN operator is provided with too many operands; number of operands: 101',
    ),
  },
  {
    name: 'a path of more than 32 elements is refused',
    page: LIMITS,
    call: get('a', 1, { ProjectionExpression: path(33), ExpressionAttributeNames: { '#m': 'm' } }),
    error: invalid('Invalid ProjectionExpression: The document path has too many nesting levels; nesting levels: 33'),
  },
  {
    name: 'an attribute’s name of 255 bytes and more is stored where it is no key',
    page: LIMITS,
    tables: [simple],
    items: [itemOf({ p: 'a', ['n'.repeat(1000)]: 1 })],
    call: ['GetItem', { TableName, Key: itemOf({ p: 'a' }) }],
    output: { Item: itemOf({ p: 'a', ['n'.repeat(1000)]: 1 }) },
  },
  {
    name: 'attributes may have any name',
    page: LIMITS,
    tables: [simple],
    items: [itemOf({ p: 'a', 'with space': 1, __proto: 2, constructor: 3, 'ü.[0]': 4 })],
    call: ['GetItem', { TableName, Key: itemOf({ p: 'a' }) }],
    output: { Item: itemOf({ p: 'a', 'with space': 1, __proto: 2, constructor: 3, 'ü.[0]': 4 }) },
  },
];
