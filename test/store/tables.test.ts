import { expect, test } from 'vitest';
import { call, item, openTestStore, refusal, tableInput } from './stores.ts';

test('a table is ACTIVE when CreateTable answers, and described with what was asked for', async () => {
  const store = await openTestStore();
  const created = await call(store, 'CreateTable', tableInput('things'));
  expect(created['TableDescription']).toMatchObject({
    TableName: 'things',
    TableStatus: 'ACTIVE',
    TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/things',
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    ItemCount: 0,
  });
  const { Table } = await call(store, 'DescribeTable', { TableName: 'things' });
  expect(Table).toEqual(created['TableDescription']);
  const byArn = await call(store, 'DescribeTable', { TableName: Table.TableArn });
  expect(byArn['Table']).toEqual(Table);
});

test('ListTables pages through the names in order', async () => {
  const store = await openTestStore();
  for (const name of ['ccc', 'aaa', 'bbb']) await call(store, 'CreateTable', tableInput(name));
  expect(await call(store, 'ListTables', { Limit: 2 })).toEqual({
    TableNames: ['aaa', 'bbb'],
    LastEvaluatedTableName: 'bbb',
  });
  expect(await call(store, 'ListTables', { Limit: 2, ExclusiveStartTableName: 'bbb' })).toEqual({
    TableNames: ['ccc'],
  });
});

test('a table that is created again under the same name is empty', async () => {
  const store = await openTestStore();
  await call(store, 'CreateTable', tableInput('things'));
  await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1) });
  await call(store, 'DeleteTable', { TableName: 'things' });
  expect(await refusal(store, 'GetItem', { TableName: 'things', Key: item('a', 1) })).toBe(
    'ResourceNotFoundException: Requested resource not found',
  );
  await call(store, 'CreateTable', tableInput('things'));
  expect(await call(store, 'Scan', { TableName: 'things' })).toMatchObject({ Items: [], Count: 0 });
});

test('a protected table is not deleted', async () => {
  const store = await openTestStore();
  await call(store, 'CreateTable', tableInput('things', { DeletionProtectionEnabled: true }));
  expect(await refusal(store, 'DeleteTable', { TableName: 'things' })).toMatch(/protected against deletion/);
  await call(store, 'UpdateTable', { TableName: 'things', DeletionProtectionEnabled: false });
  await call(store, 'DeleteTable', { TableName: 'things' });
});

test.each([
  ['CreateTable', tableInput('things'), 'ResourceInUseException: Table already exists: things'],
  ['CreateTable', { TableName: 'ab' }, /must be at least 3 characters long and at most 255 characters long$/],
  ['CreateTable', tableInput('other', { BillingMode: 'PROVISIONED' }), /must both be specified when BillingMode/],
  [
    'CreateTable',
    tableInput('other', { KeySchema: [{ AttributeName: 'p', KeyType: 'RANGE' }] }),
    'ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type',
  ],
  [
    'DescribeTable',
    { TableName: 'none' },
    'ResourceNotFoundException: Requested resource not found: Table: none not found',
  ],
  ['UpdateTable', { TableName: 'things' }, /^ValidationException: At least one of ProvisionedThroughput/],
  ['Unheard', {}, 'UnknownOperationException: undefined'],
])('%s refuses %j', async (operation, input, expected) => {
  const store = await openTestStore();
  await call(store, 'CreateTable', tableInput('things'));
  expect(await refusal(store, operation, input)).toEqual(
    expected instanceof RegExp ? expect.stringMatching(expected) : expected,
  );
});
