/** TransactWriteItems and TransactGetItems. */
import { itemOf, type Plain, type SdkItem } from '../support/attribute-values.ts';
import {
  TableName,
  api,
  constraint,
  detected,
  get,
  guide,
  invalid,
  key,
  notFound,
  pageOf,
  put,
  scan,
  thing,
  values,
  type Behaviour,
  type Call,
  type ExpectedError,
} from './behaviour.ts';
import { indexed, others, ranged } from './layouts.ts';

const WRITE = api('TransactWriteItems');
const GET = api('TransactGetItems');

type Attributes = { readonly [name: string]: Plain };

const transact = (...TransactItems: readonly object[]): Call => ['TransactWriteItems', { TransactItems }];
const putOf = (Item: SdkItem, rest: object = {}) => ({ Put: { TableName, Item, ...rest } });
const deleteOf = (p: string, rest: object = {}) => ({ Delete: { TableName, Key: key(p), ...rest } });
const checkOf = (p: string, ConditionExpression: string, rest: object = {}) => ({
  ConditionCheck: { TableName, Key: key(p), ConditionExpression, ...rest },
});
const updateOf = (p: string, UpdateExpression: string, of: Attributes = {}, rest: object = {}) => ({
  Update: {
    TableName,
    Key: key(p),
    UpdateExpression,
    ...(Object.keys(of).length === 0 ? {} : { ExpressionAttributeValues: values(of) }),
    ...rest,
  },
});
const getOf = (p: string, rest: object = {}) => ({ Get: { TableName, Key: key(p), ...rest } });
const readAll = (...TransactItems: readonly object[]): Call => ['TransactGetItems', { TransactItems }];

type Reason = { readonly Code: string; readonly Message?: string; readonly Item?: SdkItem };
const none: Reason = { Code: 'None' };
const failed = (Item?: SdkItem): Reason => ({
  Code: 'ConditionalCheckFailed',
  Message: 'The conditional request failed',
  ...(Item === undefined ? {} : { Item }),
});

function cancelled(...reasons: readonly Reason[]): ExpectedError {
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return {
    name: 'TransactionCanceledException',
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    members: { CancellationReasons: reasons },
  };
}

const before = thing('a', 1, { n: 1 });

export const transactions: readonly Behaviour[] = [
  {
    name: 'a transaction puts, updates, deletes and checks',
    page: WRITE,
    items: [before, thing('b', 1), thing('c', 1, { ok: true })],
    call: transact(
      putOf(thing('d', 1, { x: 'new' })),
      updateOf('a', 'SET n = n + :one', { ':one': 1 }),
      deleteOf('b'),
      checkOf('c', 'attribute_exists(ok)'),
    ),
    output: {},
    after: [[scan(), pageOf([thing('a', 1, { n: 2 }), thing('c', 1, { ok: true }), thing('d', 1, { x: 'new' })])]],
    anyOrder: true,
  },
  {
    name: 'a transaction writes all or nothing, and tells why',
    page: WRITE,
    items: [before],
    call: transact(
      putOf(thing('d', 1)),
      checkOf('a', 'attribute_not_exists(p)'),
      updateOf('a2', 'SET n = :one', { ':one': 1 }),
    ),
    error: cancelled(none, failed(), none),
    after: [[scan(), pageOf([before])]],
  },
  {
    name: 'the reasons of a transaction show the items that are asked for',
    page: WRITE,
    items: [before, thing('b', 1, { x: 1 })],
    call: transact(
      deleteOf('a', { ConditionExpression: 'attribute_not_exists(p)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
      putOf(thing('b', 1), { ConditionExpression: 'attribute_not_exists(p)' }),
      updateOf(
        'c',
        'SET n = :one',
        { ':one': 1 },
        { ConditionExpression: 'attribute_exists(p)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
      ),
    ),
    error: cancelled(failed(before), failed(), failed()),
  },
  {
    name: 'a transaction writes to several tables',
    page: WRITE,
    tables: [ranged, others],
    call: transact(putOf(thing('a', 1)), { Put: { TableName: 'Others', Item: thing('o', 1) } }),
    output: {},
    after: [
      [get('a'), { Item: thing('a', 1) }],
      [['GetItem', { TableName: 'Others', Key: key('o') }], { Item: thing('o', 1) }],
    ],
  },
  {
    name: 'a transaction is seen by the reads after it',
    page: WRITE,
    items: [before],
    before: [get('a'), get('d'), scan(), transact(putOf(thing('d', 1)), deleteOf('a'))],
    call: scan(),
    output: pageOf([thing('d', 1)]),
    after: [
      [get('a'), {}],
      [get('d'), { Item: thing('d', 1) }],
    ],
  },
  {
    name: 'a transaction’s checks judge the state before it',
    page: WRITE,
    items: [before],
    call: transact(
      checkOf('a', 'n = :one', { ExpressionAttributeValues: values({ ':one': 1 }) }),
      putOf(thing('e', 1)),
    ),
    output: {},
  },
  {
    name: 'a transaction with one item twice is refused',
    page: WRITE,
    call: transact(putOf(thing('a', 1)), deleteOf('a')),
    error: invalid('Transaction request cannot include multiple operations on one item'),
  },
  {
    name: 'a transaction of more than a hundred actions is refused',
    page: WRITE,
    call: transact(...Array.from({ length: 101 }, (_, index) => putOf(thing('a', index)))),
    error: invalid(
      /1 validation error detected: Value '.*' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100/,
    ),
  },
  {
    name: 'a transaction of a hundred actions is made',
    page: WRITE,
    call: transact(...Array.from({ length: 100 }, (_, index) => putOf(thing('a', index)))),
    output: {},
    after: [[scan({ Select: 'COUNT' }), { Count: 100, ScannedCount: 100 }]],
  },
  {
    name: 'a transaction of no actions is refused',
    page: WRITE,
    call: transact(),
    error: detected(constraint("'[]'", 'transactItems', 'Member must have length greater than or equal to 1')),
  },
  {
    name: 'an action that is two is refused',
    page: WRITE,
    call: transact({ ...putOf(thing('a', 1)), ...deleteOf('b') }),
    error: invalid('TransactItems can only contain one of Check, Put, Update or Delete'),
  },
  {
    name: 'a transaction on a table that is not there is refused',
    page: WRITE,
    call: transact(putOf(thing('a', 1)), { Put: { TableName: 'Nowhere', Item: thing('a', 1) } }),
    error: notFound,
    after: [[get('a'), {}]],
  },
  {
    name: 'a transaction with an expression that is no sentence is refused',
    page: WRITE,
    call: transact(updateOf('a', 'SET n n')),
    error: invalid('Invalid UpdateExpression: Syntax error; token: "n", near: "n n"'),
  },
  {
    name: 'a transaction with an update that the item does not take is cancelled',
    page: WRITE,
    items: [thing('a', 1, { n: 'text' })],
    call: transact(putOf(thing('d', 1)), updateOf('a', 'SET n = n + :one', { ':one': 1 })),
    error: cancelled(none, {
      Code: 'ValidationError',
      Message: 'An operand in the update expression has an incorrect data type',
    }),
    after: [[get('d'), {}]],
  },
  {
    name: 'a transaction that updates a key is refused',
    page: WRITE,
    call: transact(updateOf('a', 'SET s = :one', { ':one': 1 })),
    error: invalid(
      'One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key',
    ),
  },
  {
    name: 'a transaction keeps the indexes',
    page: guide('transaction-apis'),
    tables: [indexed],
    items: [thing('a', 1, { g: 'red', h: 1 })],
    before: [transact(putOf(thing('b', 1, { g: 'red', h: 0 })), updateOf('a', 'SET h = :h', { ':h': 9 }))],
    call: scan({ IndexName: 'all' }),
    output: pageOf([thing('b', 1, { g: 'red', h: 0 }), thing('a', 1, { g: 'red', h: 9 })]),
    anyOrder: true,
  },
  {
    name: 'a transaction consumes twice the capacity',
    page: guide('transaction-apis'),
    call: ['TransactWriteItems', { TransactItems: [putOf(thing('a', 1))], ReturnConsumedCapacity: 'TOTAL' }],
    output: { ConsumedCapacity: [{ TableName, CapacityUnits: 2, WriteCapacityUnits: 2 }] },
  },
  {
    name: 'a transaction reads its items in their order',
    page: GET,
    items: [before, thing('b', 1, { x: 1, y: 2 })],
    call: readAll(getOf('b', { ProjectionExpression: 'x' }), getOf('nobody'), getOf('a')),
    output: { Responses: [{ Item: itemOf({ x: 1 }) }, {}, { Item: before }] },
  },
  {
    name: 'a transaction reads from several tables',
    page: GET,
    tables: [ranged, others],
    items: [before],
    before: [put(thing('o', 1), { TableName: 'Others' })],
    call: readAll(getOf('a'), { Get: { TableName: 'Others', Key: key('o') } }),
    output: { Responses: [{ Item: before }, { Item: thing('o', 1) }] },
  },
  {
    name: 'a transaction reads what was written before it',
    page: GET,
    before: [get('a'), put(before)],
    call: readAll(getOf('a')),
    output: { Responses: [{ Item: before }] },
  },
  {
    name: 'a transaction that reads one item twice is refused',
    page: GET,
    call: readAll(getOf('a'), getOf('a')),
    error: invalid('Transaction request cannot include multiple operations on one item'),
  },
  {
    name: 'a transaction that reads more than a hundred items is refused',
    page: GET,
    call: readAll(...Array.from({ length: 101 }, (_, index) => ({ Get: { TableName, Key: key('a', index) } }))),
    error: invalid(
      /1 validation error detected: Value '.*' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100/,
    ),
  },
  {
    name: 'a transaction that reads no table is refused',
    page: GET,
    call: readAll({ Get: { TableName: 'Nowhere', Key: key('a') } }),
    error: notFound,
  },
  {
    name: 'a transaction that reads with a wrong key is refused',
    page: GET,
    call: readAll({ Get: { TableName, Key: itemOf({ p: 'a' }) } }),
    error: cancelled({ Code: 'ValidationError', Message: 'The provided key element does not match the schema' }),
  },
];
