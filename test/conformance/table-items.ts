/** Single items: GetItem, PutItem, DeleteItem with all their parameters. */
import { expect } from 'vitest';
import {
  TableName,
  api,
  conditionFailed,
  constraint,
  detected,
  get,
  guide,
  invalid,
  key,
  notFound,
  put,
  remove,
  thing,
  values,
  type Behaviour,
} from './behaviour.ts';
import { indexed } from './layouts.ts';
import { itemOf } from '../support/attribute-values.ts';

const GET = api('GetItem');
const PUT = api('PutItem');
const DELETE = api('DeleteItem');
const VALUE = api('AttributeValue');
const PROJECTION = guide('Expressions.ProjectionExpressions');
const INVALID = 'One or more parameter values were invalid: ';

const bytes = (...members: number[]) => Uint8Array.from(members);
const everyType = {
  text: 'é€😀',
  number: 1.5,
  bytes: bytes(0, 255, 128),
  yes: true,
  no: false,
  nothing: null,
  list: ['a', 1, ['deep', { deeper: null }]],
  map: { a: 1, b: { c: [] }, empty: {} },
  texts: new Set(['a', 'b']),
  numbers: new Set([1, 2.5, -3]),
  binaries: new Set([bytes(1), bytes(2, 3)]),
};
const nested = thing('a', 1, { m: { x: 1, y: { z: 'deep' } }, l: ['zero', { k: 'one' }, 'two'], t: 'top' });

export const items: readonly Behaviour[] = [
  {
    name: 'an item of every type comes back as it was put',
    page: VALUE,
    items: [thing('a', 1, everyType)],
    call: get('a'),
    output: { Item: thing('a', 1, everyType) },
  },
  { name: 'an item that is not there is no item at all', page: GET, call: get('nobody'), output: {} },
  {
    name: 'a strongly consistent read sees the item',
    page: GET,
    items: [thing('a', 1)],
    call: get('a', 1, { ConsistentRead: true }),
    output: { Item: thing('a', 1) },
  },
  {
    name: 'a put replaces the whole item',
    page: PUT,
    items: [thing('a', 1, { x: 1, y: 2 }), thing('a', 1, { z: 3 })],
    call: get('a'),
    output: { Item: thing('a', 1, { z: 3 }) },
  },
  {
    name: 'a put returns the old item when asked',
    page: PUT,
    items: [thing('a', 1, { x: 1 })],
    call: put(thing('a', 1, { x: 2 }), { ReturnValues: 'ALL_OLD' }),
    output: { Attributes: thing('a', 1, { x: 1 }) },
    after: [[get('a'), { Item: thing('a', 1, { x: 2 }) }]],
  },
  {
    name: 'a put of a new item returns nothing old',
    page: PUT,
    call: put(thing('a', 1), { ReturnValues: 'ALL_OLD' }),
    output: {},
  },
  {
    name: 'a put returns nothing new',
    page: PUT,
    call: put(thing('a', 1), { ReturnValues: 'ALL_NEW' }),
    error: invalid('ReturnValues can only be ALL_OLD or NONE'),
  },
  {
    name: 'a delete removes the item and returns it when asked',
    page: DELETE,
    items: [thing('a', 1, { x: 1 })],
    call: remove('a', 1, { ReturnValues: 'ALL_OLD' }),
    output: { Attributes: thing('a', 1, { x: 1 }) },
    after: [[get('a'), {}]],
  },
  { name: 'a delete of nothing succeeds', page: DELETE, call: remove('nobody'), output: {} },
  {
    name: 'a delete returns nothing updated',
    page: DELETE,
    call: remove('a', 1, { ReturnValues: 'UPDATED_NEW' }),
    error: invalid('ReturnValues can only be ALL_OLD or NONE'),
  },
  {
    name: 'an absent item stays absent until it is put',
    page: GET,
    before: [get('a'), put(thing('a', 1))],
    call: get('a'),
    output: { Item: thing('a', 1) },
  },

  // Projections.
  {
    name: 'a projection shows what it names, down the paths',
    page: PROJECTION,
    items: [nested],
    call: get('a', 1, { ProjectionExpression: 'm.y.z, l[1].k, t, nobody' }),
    output: { Item: itemOf({ m: { y: { z: 'deep' } }, l: [{ k: 'one' }], t: 'top' }) },
  },
  {
    name: 'projected list members close up in their order',
    page: PROJECTION,
    items: [nested],
    call: get('a', 1, { ProjectionExpression: 'l[2], l[0]' }),
    output: { Item: itemOf({ l: ['zero', 'two'] }) },
  },
  {
    name: 'a projection that finds nothing shows an empty item',
    page: PROJECTION,
    items: [nested],
    call: get('a', 1, { ProjectionExpression: 'nobody' }),
    output: { Item: {} },
  },
  {
    name: 'a projection by names reaches reserved words and dots',
    page: guide('Expressions.ExpressionAttributeNames'),
    items: [itemOf({ p: 'a', s: 1, status: 'x', 'dot.ted': 'y' })],
    call: get('a', 1, {
      ProjectionExpression: '#s, #d',
      ExpressionAttributeNames: { '#s': 'status', '#d': 'dot.ted' },
    }),
    output: { Item: itemOf({ status: 'x', 'dot.ted': 'y' }) },
  },
  {
    name: 'a reserved word in a projection is refused',
    page: guide('ReservedWords'),
    call: get('a', 1, { ProjectionExpression: 'status' }),
    error: invalid('Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: status'),
  },
  {
    name: 'overlapping paths of a projection are refused',
    page: PROJECTION,
    call: get('a', 1, { ProjectionExpression: 'm, m.y' }),
    error: invalid(
      'Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, y]',
    ),
  },
  {
    name: 'a name that is used nowhere is refused',
    page: GET,
    call: get('a', 1, { ProjectionExpression: 't', ExpressionAttributeNames: { '#x': 'x' } }),
    error: invalid('Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}'),
  },
  {
    name: 'a name that is not defined is refused',
    page: GET,
    call: get('a', 1, { ProjectionExpression: '#x' }),
    error: invalid(
      'Invalid ProjectionExpression: An expression attribute name used in the document path is not defined; attribute name: #x',
    ),
  },
  {
    name: 'names without an expression are refused',
    page: GET,
    call: get('a', 1, { ExpressionAttributeNames: { '#x': 'x' } }),
    error: invalid('ExpressionAttributeNames can only be specified when using expressions'),
  },
  {
    name: 'an empty projection is refused',
    page: GET,
    call: get('a', 1, { ProjectionExpression: '' }),
    error: invalid('Invalid ProjectionExpression: The expression can not be empty;'),
  },
  {
    name: 'AttributesToGet shows the attributes it names',
    page: guide('LegacyConditionalParameters.AttributesToGet'),
    items: [nested],
    call: get('a', 1, { AttributesToGet: ['t', 'nobody', 's'] }),
    output: { Item: itemOf({ t: 'top', s: 1 }) },
  },
  {
    name: 'AttributesToGet beside an expression is refused',
    page: guide('LegacyConditionalParameters'),
    call: get('a', 1, { AttributesToGet: ['t'], ProjectionExpression: 't' }),
    error: invalid(
      'Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}',
    ),
  },
  {
    name: 'AttributesToGet with one name twice is refused',
    page: guide('LegacyConditionalParameters.AttributesToGet'),
    call: get('a', 1, { AttributesToGet: ['t', 't'] }),
    error: invalid(`${INVALID}Duplicate value in attribute name: t`),
  },

  // The call itself.
  {
    name: 'a read of no table tells that there is none',
    page: GET,
    call: ['GetItem', { TableName: 'Nowhere', Key: key('a') }],
    error: notFound,
  },
  {
    name: 'a write of no table tells that there is none',
    page: PUT,
    call: ['PutItem', { TableName: 'Nowhere', Item: key('a') }],
    error: notFound,
  },
  {
    name: 'a table’s name that is too short is told with the other faults',
    page: GET,
    call: ['GetItem', { TableName: 'a;', Key: key('a'), ReturnConsumedCapacity: 'SOME' }],
    error: invalid(/3 validation errors detected: .*'returnConsumedCapacity' .*/),
  },
  {
    name: 'a value of an enumeration that is none is refused',
    page: PUT,
    call: put(thing('a', 1), { ReturnValues: 'SOME' }),
    error: detected(
      constraint(
        "'SOME'",
        'returnValues',
        'Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]',
      ),
    ),
  },
  {
    name: 'a read without a key is refused',
    page: GET,
    call: ['GetItem', { TableName }],
    error: detected(constraint('null', 'key', 'Member must not be null')),
  },
  {
    name: 'a read tells the capacity that it consumed',
    page: api('ConsumedCapacity'),
    items: [thing('a', 1, { x: 'x'.repeat(5000) })],
    call: get('a', 1, { ReturnConsumedCapacity: 'TOTAL', ConsistentRead: true }),
    output: { Item: thing('a', 1, { x: 'x'.repeat(5000) }), ConsumedCapacity: { TableName, CapacityUnits: 2 } },
  },
  {
    name: 'an eventually consistent read costs half, also of nothing',
    page: api('ConsumedCapacity'),
    call: get('never written', 1, { ReturnConsumedCapacity: 'TOTAL' }),
    output: { ConsumedCapacity: { TableName, CapacityUnits: 0.5 } },
    // An accelerator reads strongly where the key may have been written lately.
    throughCache: [
      { ConsumedCapacity: { TableName, CapacityUnits: expect.toBeOneOf([0.5, 1]) as unknown } },
      { ConsumedCapacity: { TableName, CapacityUnits: 0 } },
    ],
  },
  {
    name: 'a write tells the capacity that it consumed, index by index',
    page: api('ConsumedCapacity'),
    tables: [indexed],
    call: put(thing('a', 1, { g: 'x' }), { ReturnConsumedCapacity: 'INDEXES' }),
    output: {
      ConsumedCapacity: {
        TableName,
        CapacityUnits: 3,
        Table: { CapacityUnits: 1 },
        GlobalSecondaryIndexes: { keys: { CapacityUnits: 1 }, some: { CapacityUnits: 1 } },
      },
    },
  },
  {
    name: 'a write tells the size of its item collection',
    page: api('ItemCollectionMetrics'),
    tables: [indexed],
    call: put(thing('a', 1, { l: 'x' }), { ReturnItemCollectionMetrics: 'SIZE' }),
    output: { ItemCollectionMetrics: { ItemCollectionKey: itemOf({ p: 'a' }), SizeEstimateRangeGB: [0, 1] } },
  },
  {
    name: 'a put without a condition that returns its item refuses nothing',
    page: PUT,
    call: put(thing('a', 1), { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    output: {},
  },
  {
    name: 'a refused put leaves the item alone',
    page: PUT,
    items: [thing('a', 1, { x: 1 })],
    call: put(thing('a', 1, { x: 2 }), {
      ConditionExpression: 'x > :x',
      ExpressionAttributeValues: values({ ':x': 1 }),
    }),
    error: conditionFailed(),
    after: [[get('a'), { Item: thing('a', 1, { x: 1 }) }]],
  },
  {
    name: 'a refused delete leaves the item alone',
    page: DELETE,
    items: [thing('a', 1, { x: 1 })],
    call: remove('a', 1, { ConditionExpression: 'attribute_not_exists(p)' }),
    error: conditionFailed(),
    after: [[get('a'), { Item: thing('a', 1, { x: 1 }) }]],
  },
];
