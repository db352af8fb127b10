/** The parameters from before expressions, on every operation that has them. */
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { call, item, refusal, send, tableInput } from './stores.ts';

const TableName = 'things';
const Key = item('a', 1);
const INVALID = 'ValidationException: One or more parameter values were invalid: ';
const S = (text: string) => ({ S: text });
const N = (number: number) => ({ N: String(number) });
const is = (ComparisonOperator: string, ...AttributeValueList: JsonObject[]) => ({
  ComparisonOperator,
  ...(AttributeValueList.length === 0 ? {} : { AttributeValueList }),
});

let store: EmbeddedStore;

beforeEach(async () => {
  store = await openStore({ inMemory: true });
  onTestFinished(() => store.close());
  await call(store, 'CreateTable', tableInput(TableName));
});

describe('Expected', () => {
  const stored = { n: N(5), t: S('text'), list: { SS: ['x', 'y'] }, yes: { BOOL: true } };

  test.each<[string, JsonObject, boolean]>([
    ['Value alone is equality', { n: { Value: N(5) } }, true],
    ['Value alone compares numbers', { n: { Value: { N: '5.0' } } }, true],
    ['another value', { n: { Value: N(6) } }, false],
    ['Exists with its value', { n: { Exists: true, Value: N(5) } }, true],
    ['Exists false of what exists', { n: { Exists: false } }, false],
    ['Exists false of what does not', { none: { Exists: false } }, true],
    ['EQ', { t: is('EQ', S('text')) }, true],
    ['NE', { t: is('NE', S('text')) }, false],
    ['LE', { n: is('LE', N(5)) }, true],
    ['LT', { n: is('LT', N(5)) }, false],
    ['GE', { n: is('GE', N(5)) }, true],
    ['GT', { n: is('GT', N(5)) }, false],
    ['NOT_NULL', { n: is('NOT_NULL') }, true],
    ['NULL', { n: is('NULL') }, false],
    ['CONTAINS in a text', { t: is('CONTAINS', S('ex')) }, true],
    ['CONTAINS in a set', { list: is('CONTAINS', S('x')) }, true],
    ['NOT_CONTAINS', { list: is('NOT_CONTAINS', S('x')) }, false],
    ['BEGINS_WITH', { t: is('BEGINS_WITH', S('te')) }, true],
    ['IN', { n: is('IN', N(4), N(5)) }, true],
    ['BETWEEN', { n: is('BETWEEN', N(5), N(6)) }, true],
    ['a comparison with one Value', { n: { ComparisonOperator: 'GT', Value: N(4) } }, true],
    ['all of several', { n: is('EQ', N(5)), t: is('EQ', S('other')) }, false],
  ])('%s', async (_, Expected, holds) => {
    await call(store, 'PutItem', { TableName, Item: { ...Key, ...stored } });
    const reply = await send(store, 'DeleteItem', { TableName, Key, Expected });
    expect(reply.errorName).toBe(holds ? undefined : 'ConditionalCheckFailedException');
  });

  test('is joined by ConditionalOperator on PutItem, UpdateItem and DeleteItem', async () => {
    const Expected = { n: is('EQ', N(9)), t: is('EQ', S('text')) };
    for (const [operation, input] of [
      ['PutItem', { Item: { ...Key, ...stored } }],
      ['UpdateItem', { Key }],
      ['DeleteItem', { Key }],
    ] as const) {
      await call(store, 'PutItem', { TableName, Item: { ...Key, ...stored } });
      const asked = { TableName, Expected, ...input };
      expect(await refusal(store, operation, { ...asked, ConditionalOperator: 'AND' })).toBe(
        'ConditionalCheckFailedException: The conditional request failed',
      );
      await call(store, operation, { ...asked, ConditionalOperator: 'OR' });
    }
  });

  test.each<[JsonObject, string]>([
    [{ n: {} }, 'Value must be provided when Exists is null for Attribute: n'],
    [{ n: { Exists: false, Value: N(1) } }, 'Value cannot be used when Exists is false for Attribute: n'],
    [
      { n: { Exists: true, ...is('EQ', N(1)) } },
      'Exists and ComparisonOperator cannot be used together for Attribute: n',
    ],
    [
      { n: { Value: N(1), ...is('EQ', N(1)) } },
      'Value and AttributeValueList cannot be used together for Attribute: n',
    ],
    [{ n: is('EQ', N(1), N(2)) }, 'Invalid number of argument(s) for the EQ ComparisonOperator'],
    [{ n: is('BETWEEN', N(1)) }, 'Invalid number of argument(s) for the BETWEEN ComparisonOperator'],
    [{ n: is('IN', N(1), S('a')) }, 'AttributeValues inside AttributeValueList must be of same type'],
    [{ n: is('LT', { SS: ['a'] }) }, 'ComparisonOperator LT is not valid for SS AttributeValue type'],
  ])('refuses %j', async (Expected, message) => {
    expect(await refusal(store, 'PutItem', { TableName, Item: Key, Expected })).toBe(INVALID + message);
  });

  test('is not mixed with expressions', async () => {
    const mixed = {
      TableName,
      Item: Key,
      Expected: { n: { Value: N(1) } },
      ConditionExpression: 'attribute_exists(n)',
    };
    expect(await refusal(store, 'PutItem', mixed)).toBe(
      'ValidationException: Can not use both expression and non-expression parameters in the same request: ' +
        'Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}',
    );
  });
});

describe('AttributeUpdates', () => {
  const update = (AttributeUpdates: JsonObject, ReturnValues = 'ALL_NEW') =>
    call(store, 'UpdateItem', { TableName, Key, AttributeUpdates, ReturnValues });

  test('puts, adds to numbers, sets and lists, and deletes attributes and members', async () => {
    await call(store, 'PutItem', {
      TableName,
      Item: { ...Key, n: N(1), tags: { SS: ['a', 'b'] }, more: { L: [S('x')] }, gone: S('x') },
    });
    const changed = await update({
      put: { Action: 'PUT', Value: S('new') },
      byDefault: { Value: S('new') },
      n: { Action: 'ADD', Value: N(4) },
      fresh: { Action: 'ADD', Value: N(7) },
      tags: { Action: 'DELETE', Value: { SS: ['a'] } },
      more: { Action: 'ADD', Value: { L: [S('y')] } },
      gone: { Action: 'DELETE' },
    });
    expect(changed['Attributes']).toEqual({
      ...Key,
      put: S('new'),
      byDefault: S('new'),
      n: N(5),
      fresh: N(7),
      tags: { SS: ['b'] },
      more: { L: [S('x'), S('y')] },
    });
  });

  test('make a new item, and show what was updated', async () => {
    expect(await update({ n: { Action: 'ADD', Value: N(3) } }, 'UPDATED_NEW')).toEqual({ Attributes: { n: N(3) } });
    expect(await update({ n: { Value: N(4) } }, 'UPDATED_OLD')).toEqual({ Attributes: { n: N(3) } });
  });

  test.each<[JsonObject, string]>([
    [{ n: { Action: 'PUT' } }, `${INVALID}Only DELETE action is allowed when no attribute value is specified`],
    [{ n: { Action: 'DELETE', Value: N(1) } }, `${INVALID}DELETE action with value is not supported for the type N`],
    [{ n: { Action: 'ADD', Value: S('x') } }, `${INVALID}ADD action is not supported for the type S`],
    [{ s: { Value: N(1) } }, `${INVALID}Cannot update attribute s. This attribute is part of the key`],
  ])('refuses %j', async (AttributeUpdates, message) => {
    expect(await refusal(store, 'UpdateItem', { TableName, Key, AttributeUpdates })).toBe(message);
  });
});

describe('reading', () => {
  beforeEach(async () => {
    for (let s = 1; s <= 5; s++) {
      await call(store, 'PutItem', { TableName, Item: item('a', s, { n: N(s % 2), t: S(`t${s}`) }) });
    }
  });

  const sorts = ({ Items }: JsonObject) => (Items as JsonObject[]).map((found) => Number(found['s'].N));
  const query = (s: JsonObject | undefined, more: JsonObject = {}) =>
    call(store, 'Query', {
      TableName,
      KeyConditions: { p: is('EQ', S('a')), ...(s === undefined ? {} : { s }) },
      ...more,
    });

  test.each<[string, JsonObject | undefined, number[]]>([
    ['the partition', undefined, [1, 2, 3, 4, 5]],
    ['EQ', is('EQ', N(3)), [3]],
    ['LE', is('LE', N(2)), [1, 2]],
    ['LT', is('LT', N(2)), [1]],
    ['GE', is('GE', N(4)), [4, 5]],
    ['GT', is('GT', N(4)), [5]],
    ['BETWEEN', is('BETWEEN', N(2), N(4)), [2, 3, 4]],
  ])('KeyConditions: %s', async (_, condition, expected) => {
    expect(sorts(await query(condition))).toEqual(expected);
  });

  test('QueryFilter and ScanFilter hide items after they were counted, joined by ConditionalOperator', async () => {
    const filter = { n: is('EQ', N(0)), t: is('BEGINS_WITH', S('t5')) };
    expect(await query(undefined, { QueryFilter: filter })).toMatchObject({ Count: 0, ScannedCount: 5 });
    expect(sorts(await query(undefined, { QueryFilter: filter, ConditionalOperator: 'OR' }))).toEqual([2, 4, 5]);
    const scan = { TableName, ScanFilter: { ...filter, s: is('GT', N(2)) } };
    expect(await call(store, 'Scan', scan)).toMatchObject({ Count: 0, ScannedCount: 5 });
    expect(sorts(await call(store, 'Scan', { ...scan, ConditionalOperator: 'OR' }))).toEqual([2, 3, 4, 5]);
  });

  test('AttributesToGet chooses attributes in every read', async () => {
    const AttributesToGet = ['t', 'none'];
    const shown = { t: S('t1') };
    const KeyOfOne = item('a', 1);
    expect(await call(store, 'GetItem', { TableName, Key: KeyOfOne, AttributesToGet })).toEqual({ Item: shown });
    const batch = { RequestItems: { [TableName]: { Keys: [KeyOfOne], AttributesToGet } } };
    expect((await call(store, 'BatchGetItem', batch))['Responses']).toEqual({ [TableName]: [shown] });
    expect((await query(is('EQ', N(1)), { AttributesToGet }))['Items']).toEqual([shown]);
    expect((await call(store, 'Scan', { TableName, Limit: 1, AttributesToGet }))['Items']).toEqual([shown]);
  });

  test.each<[string, JsonObject, string]>([
    [
      'Query',
      { KeyConditions: { p: is('EQ', S('a')), s: is('NE', N(1)) } },
      'ValidationException: Attempted conditional constraint is not an indexable operation',
    ],
    ['Query', { KeyConditions: { p: is('GT', S('a')) } }, 'ValidationException: Query key condition not supported'],
    [
      'Query',
      { KeyConditions: { p: is('EQ', S('a')) }, QueryFilter: { s: is('EQ', N(1)) } },
      'ValidationException: QueryFilter can only contain non-primary key attributes: Primary key attribute: s',
    ],
    ['GetItem', { Key, AttributesToGet: ['t', 't'] }, `${INVALID}Duplicate value in attribute name: t`],
    [
      'Scan',
      { ScanFilter: { n: is('NULL', N(1)) } },
      `${INVALID}Invalid number of argument(s) for the NULL ComparisonOperator`,
    ],
    [
      'Scan',
      { ScanFilter: { n: is('EQ', N(1)) }, FilterExpression: 'attribute_exists(n)' },
      'ValidationException: Can not use both expression and non-expression parameters in the same request: ' +
        'Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}',
    ],
  ])('%s refuses %j', async (operation, input, message) => {
    expect(await refusal(store, operation, { TableName, ...input })).toBe(message);
  });
});

test('ReturnItemCollectionMetrics tells the collection of tables with a local index, and of no others', async () => {
  const indexed = tableInput('indexed', {
    AttributeDefinitions: [{ AttributeName: 'l', AttributeType: 'S' }],
    LocalSecondaryIndexes: [
      {
        IndexName: 'local',
        KeySchema: [
          { AttributeName: 'p', KeyType: 'HASH' },
          { AttributeName: 'l', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
  await call(store, 'CreateTable', indexed);
  const ReturnItemCollectionMetrics = 'SIZE';
  const metrics = { ItemCollectionKey: { p: S('a') }, SizeEstimateRangeGB: [0, 1] };
  const put = { TableName: 'indexed', Item: Key, ReturnItemCollectionMetrics };
  expect(await call(store, 'PutItem', put)).toEqual({ ItemCollectionMetrics: metrics });
  expect(await call(store, 'PutItem', { ...put, TableName })).toEqual({});
  const writes = { indexed: [{ PutRequest: { Item: Key } }], [TableName]: [{ PutRequest: { Item: Key } }] };
  expect(await call(store, 'BatchWriteItem', { RequestItems: writes, ReturnItemCollectionMetrics })).toMatchObject({
    ItemCollectionMetrics: { indexed: [metrics] },
  });
  const TransactItems = [{ Delete: { TableName: 'indexed', Key } }, { Delete: { TableName, Key } }];
  expect(await call(store, 'TransactWriteItems', { TransactItems, ReturnItemCollectionMetrics })).toEqual({
    ItemCollectionMetrics: { indexed: [metrics] },
  });
});
