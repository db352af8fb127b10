/** BatchGetItem and BatchWriteItem. */
import { expect } from 'vitest';
import { itemOf, type SdkItem } from '../support/attribute-values.ts';
import {
  TableName,
  api,
  constraint,
  detected,
  get,
  including,
  invalid,
  key,
  notFound,
  pageOf,
  scan,
  thing,
  type Behaviour,
  type Call,
} from './behaviour.ts';
import { others, ranged, simple } from './layouts.ts';

const GET = api('BatchGetItem');
const WRITE = api('BatchWriteItem');

const getAll = (Keys: readonly SdkItem[], rest: object = {}): Call => [
  'BatchGetItem',
  { RequestItems: { [TableName]: { Keys, ...rest } } },
];
const write = (...requests: readonly object[]): Call => ['BatchWriteItem', { RequestItems: { [TableName]: requests } }];
const putOf = (Item: SdkItem) => ({ PutRequest: { Item } });
const deleteOf = (Key: SdkItem) => ({ DeleteRequest: { Key } });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const answered = (...items: readonly SdkItem[]) => ({ Responses: { [TableName]: items }, UnprocessedKeys: {} });
const large = (p: string) => thing(p, 1, { filler: 'x'.repeat(390_000) });

const PART_OF_16_MB = including({
  Responses: {
    [TableName]: expect.toSatisfy((items: object[]) => items.length < 45 && items.length >= 40) as unknown,
  },
  UnprocessedKeys: { [TableName]: including({ ProjectionExpression: 'p' }) },
});
const REST_OF_16_MB = including({
  Responses: { [TableName]: expect.toSatisfy((items: object[]) => items.length === 45) as unknown },
  UnprocessedKeys: {},
});

export const batches: readonly Behaviour[] = [
  {
    name: 'a batch reads the items that there are',
    page: GET,
    items: [thing('a', 1, { x: 1 }), thing('b', 1)],
    call: getAll([key('a'), key('b'), key('nobody')]),
    output: answered(thing('a', 1, { x: 1 }), thing('b', 1)),
    anyOrder: true,
  },
  { name: 'a batch of nothing there reads an empty list', page: GET, call: getAll([key('a')]), output: answered() },
  {
    name: 'a batch reads strongly and by a projection',
    page: GET,
    items: [thing('a', 1, { x: 1, y: { z: 2 } })],
    call: getAll([key('a')], { ConsistentRead: true, ProjectionExpression: 'y.z, p' }),
    output: answered(itemOf({ p: 'a', y: { z: 2 } })),
  },
  {
    name: 'a batch reads by AttributesToGet',
    page: GET,
    items: [thing('a', 1, { x: 1, y: 2 })],
    call: getAll([key('a')], { AttributesToGet: ['x'] }),
    output: answered(itemOf({ x: 1 })),
  },
  {
    name: 'a batch reads from several tables',
    page: GET,
    tables: [ranged, others],
    items: [thing('a', 1)],
    before: [['PutItem', { TableName: 'Others', Item: thing('o', 1) }]],
    call: ['BatchGetItem', { RequestItems: { [TableName]: { Keys: [key('a')] }, Others: { Keys: [key('o')] } } }],
    output: { Responses: { [TableName]: [thing('a', 1)], Others: [thing('o', 1)] }, UnprocessedKeys: {} },
  },
  {
    name: 'a batch with one key twice is refused',
    page: GET,
    call: getAll([key('a'), key('b'), key('a')]),
    error: invalid('Provided list of item keys contains duplicates'),
  },
  {
    name: 'a batch of more than a hundred keys is refused',
    page: GET,
    call: getAll(numbers(101).map((number) => key('a', number))),
    error: invalid(
      /(1 validation error detected: Value '.*' at 'requestItems.Things.member.keys' failed to satisfy constraint: Member must have length less than or equal to 100|Too many items requested for the BatchGetItem call)/,
    ),
  },
  {
    name: 'a batch of a hundred keys is read',
    page: GET,
    items: [thing('a', 7)],
    call: getAll(numbers(100).map((number) => key('a', number))),
    output: answered(thing('a', 7)),
  },
  {
    name: 'a batch of no tables is refused',
    page: GET,
    call: ['BatchGetItem', { RequestItems: {} }],
    error: detected(constraint("'{}'", 'requestItems', 'Member must have length greater than or equal to 1')),
  },
  {
    name: 'a batch of no keys is refused',
    page: GET,
    call: getAll([]),
    error: detected(
      constraint("'[]'", 'requestItems.Things.member.keys', 'Member must have length greater than or equal to 1'),
    ),
  },
  {
    name: 'a batch read of a table that is not there is refused',
    page: GET,
    call: ['BatchGetItem', { RequestItems: { Nowhere: { Keys: [key('a')] } } }],
    error: notFound,
  },
  {
    name: 'a batch read with a key of another type is refused',
    page: GET,
    call: getAll([itemOf({ p: 'a', s: 'text' })]),
    error: invalid('The provided key element does not match the schema'),
  },
  {
    name: 'a batch read stops at sixteen megabytes and tells what is left',
    page: GET,
    tables: [simple],
    items: numbers(45).map((number) => itemOf({ p: `k${number}`, filler: 'x'.repeat(400_000) })),
    call: [
      'BatchGetItem',
      {
        RequestItems: {
          [TableName]: { Keys: numbers(45).map((number) => itemOf({ p: `k${number}` })), ProjectionExpression: 'p' },
        },
      },
    ],
    output: PART_OF_16_MB,
    // What the first answer brought is not asked again.
    throughCache: [PART_OF_16_MB, REST_OF_16_MB],
  },
  {
    name: 'a batch writes and deletes',
    page: WRITE,
    items: [thing('a', 1), thing('b', 1)],
    call: write(
      putOf(thing('c', 1, { x: 1 })),
      deleteOf(key('a')),
      putOf(thing('b', 1, { y: 2 })),
      deleteOf(key('nobody')),
    ),
    output: { UnprocessedItems: {} },
    after: [[scan(), pageOf([thing('b', 1, { y: 2 }), thing('c', 1, { x: 1 })])]],
    anyOrder: true,
  },
  {
    name: 'a batch writes to several tables',
    page: WRITE,
    tables: [ranged, others],
    call: ['BatchWriteItem', { RequestItems: { [TableName]: [putOf(thing('a', 1))], Others: [putOf(thing('o', 1))] } }],
    output: { UnprocessedItems: {} },
    after: [
      [get('a'), { Item: thing('a', 1) }],
      [['GetItem', { TableName: 'Others', Key: key('o') }], { Item: thing('o', 1) }],
    ],
  },
  {
    name: 'a batch is seen by the reads after it',
    page: WRITE,
    items: [thing('a', 1, { x: 'old' })],
    before: [get('a'), write(putOf(thing('a', 1, { x: 'new' })))],
    call: get('a'),
    output: { Item: thing('a', 1, { x: 'new' }) },
  },
  {
    name: 'a batch that writes one item twice is refused',
    page: WRITE,
    call: write(putOf(thing('a', 1)), deleteOf(key('a'))),
    error: invalid('Provided list of item keys contains duplicates'),
    after: [[get('a'), {}]],
  },
  {
    name: 'a batch of more than 25 writes is refused',
    page: WRITE,
    call: write(...numbers(26).map((number) => putOf(thing('a', number)))),
    error: invalid(
      /(1 validation error detected: Value '.*' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: \[Member must have length less than or equal to 25, Member must have length greater than or equal to 1\]|Too many items requested for the BatchWriteItem call)/,
    ),
  },
  {
    name: 'a batch of no writes is refused',
    page: WRITE,
    call: ['BatchWriteItem', { RequestItems: {} }],
    error: detected(constraint("'{}'", 'requestItems', 'Member must have length greater than or equal to 1')),
  },
  {
    name: 'a write that is neither a put nor a delete is refused',
    page: WRITE,
    call: write({}),
    error: invalid(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    ),
  },
  {
    name: 'a batch with an item that lacks a key writes nothing at all',
    page: WRITE,
    call: write(putOf(thing('a', 1)), putOf(itemOf({ p: 'b' }))),
    error: invalid('The provided key element does not match the schema'),
    after: [[get('a'), {}]],
  },
  {
    name: 'a batch write to a table that is not there is refused',
    page: WRITE,
    call: ['BatchWriteItem', { RequestItems: { Nowhere: [putOf(thing('a', 1))] } }],
    error: notFound,
  },
  {
    name: 'a batch with an item that is too large is refused',
    page: WRITE,
    call: write(putOf(large('a')), putOf(thing('b', 1, { filler: 'x'.repeat(410_000) }))),
    error: invalid('Item size has exceeded the maximum allowed size'),
  },
];
