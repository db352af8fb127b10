/** What is kept with a table beside its items: tags, throughput, class, encryption, protection; and the account's limits. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { call, item, openTestStore, refusal, tableInput, temporaryDirectory } from './stores.ts';

const TableName = 'things';
const ResourceArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/things';

async function described(store: EmbeddedStore): Promise<JsonObject> {
  return (await call(store, 'DescribeTable', { TableName }))['Table'] as JsonObject;
}

async function storeWithTable(more: JsonObject = {}): Promise<EmbeddedStore> {
  const store = await openTestStore();
  await call(store, 'CreateTable', tableInput(TableName, more));
  return store;
}

describe('tags', () => {
  const tag = (Key: string, Value: string) => ({ Key, Value });
  const listed = async (store: EmbeddedStore) => (await call(store, 'ListTagsOfResource', { ResourceArn }))['Tags'];

  test('are given with the table, added, replaced and taken away', async () => {
    const store = await storeWithTable({ Tags: [tag('env', 'test')] });
    await call(store, 'TagResource', { ResourceArn, Tags: [tag('team', 'a'), tag('env', 'production')] });
    expect(await listed(store)).toEqual([tag('env', 'production'), tag('team', 'a')]);
    await call(store, 'UntagResource', { ResourceArn, TagKeys: ['env', 'unknown'] });
    expect(await listed(store)).toEqual([tag('team', 'a')]);
  });

  test('survive a restart and go with their table', async () => {
    const dataDir = temporaryDirectory();
    const before = await openTestStore({ dataDir });
    await call(before, 'CreateTable', tableInput(TableName, { Tags: [tag('env', 'test')] }));
    await before.close();
    const after = await openTestStore({ dataDir });
    expect(await listed(after)).toEqual([tag('env', 'test')]);
    await call(after, 'DeleteTable', { TableName });
    await call(after, 'CreateTable', tableInput(TableName));
    expect(await listed(after)).toEqual([]);
  });

  const NOT_NULL = 'failed to satisfy constraint: Member must not be null';
  const none = ResourceArn.replace('things', 'none');
  test.each([
    ['TagResource', {}, `1 validation error detected: Value null at 'tags' ${NOT_NULL}`],
    ['ListTagsOfResource', {}, 'Invalid TableArn'],
    ['ListTagsOfResource', { ResourceArn: 'x' }, 'Invalid TableArn: Invalid ResourceArn provided as input x'],
    ['TagResource', { ResourceArn, Tags: [] }, 'Atleast one Tag needs to be provided as Input.'],
    ['UntagResource', { ResourceArn, TagKeys: [] }, 'Atleast one Tag Key needs to be provided as Input.'],
    [
      'TagResource',
      { ResourceArn: none, Tags: [tag('a', 'b')] },
      `Requested resource not found: ResourcArn: ${none} not found`,
    ],
    ['UntagResource', { ResourceArn: none, TagKeys: ['a'] }, 'Requested resource not found'],
  ])('%s refuses %j', async (operation, input, expected) => {
    const store = await storeWithTable();
    expect((await refusal(store, operation, input)).replace(/^\w+: /, '')).toBe(expected);
  });

  test('are at most fifty', async () => {
    const tags = Array.from({ length: 51 }, (_, index) => tag(`key${index}`, ''));
    const store = await storeWithTable({ Tags: tags.slice(1) });
    expect(await refusal(store, 'TagResource', { ResourceArn, Tags: tags.slice(0, 1) })).toMatch(/^LimitExceeded/);
    await call(store, 'TagResource', { ResourceArn, Tags: tags.slice(1) });
  });
});

describe('settings', () => {
  test('that were not asked for are not described', async () => {
    const table = await described(await storeWithTable());
    expect(table).toMatchObject({ DeletionProtectionEnabled: false });
    for (const name of ['SSEDescription', 'TableClassSummary', 'OnDemandThroughput', 'StreamSpecification']) {
      expect(table).not.toHaveProperty(name);
    }
  });

  test('encryption, class and on-demand limits are described as they were set, at first and later', async () => {
    const store = await storeWithTable({
      SSESpecification: { Enabled: true },
      TableClass: 'STANDARD_INFREQUENT_ACCESS',
      OnDemandThroughput: { MaxReadRequestUnits: 10, MaxWriteRequestUnits: 5 },
    });
    expect(await described(store)).toMatchObject({
      SSEDescription: {
        Status: 'ENABLED',
        SSEType: 'KMS',
        KMSMasterKeyArn: expect.stringMatching(/^arn:aws:kms:/) as unknown,
      },
      TableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' },
      OnDemandThroughput: { MaxReadRequestUnits: 10, MaxWriteRequestUnits: 5 },
    });
    await call(store, 'UpdateTable', {
      TableName,
      SSESpecification: { Enabled: false },
      TableClass: 'STANDARD',
      OnDemandThroughput: { MaxReadRequestUnits: 20 },
    });
    const changed = await described(store);
    expect(changed).not.toHaveProperty('SSEDescription');
    expect(changed).toMatchObject({
      TableClassSummary: { TableClass: 'STANDARD', LastUpdateDateTime: expect.any(Number) as unknown },
      OnDemandThroughput: { MaxReadRequestUnits: 20, MaxWriteRequestUnits: -1 },
    });
  });

  test('provisioned throughput counts its decreases and goes when billing is by request', async () => {
    const store = await storeWithTable({
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    });
    const change = (ReadCapacityUnits: number, WriteCapacityUnits: number) =>
      call(store, 'UpdateTable', { TableName, ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } });
    await change(6, 5);
    const raised = (await described(store))['ProvisionedThroughput'] as JsonObject;
    expect(raised).toMatchObject({ ReadCapacityUnits: 6, NumberOfDecreasesToday: 0 });
    expect(raised).not.toHaveProperty('LastDecreaseDateTime');
    await change(6, 1);
    expect((await described(store))['ProvisionedThroughput']).toMatchObject({
      WriteCapacityUnits: 1,
      NumberOfDecreasesToday: 1,
      LastDecreaseDateTime: expect.any(Number) as unknown,
    });
    await call(store, 'UpdateTable', { TableName, BillingMode: 'PAY_PER_REQUEST' });
    expect(await described(store)).toMatchObject({
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
    });
  });

  test('a protected table answers DeleteTable in the words of DynamoDB and keeps its items', async () => {
    const store = await storeWithTable({ DeletionProtectionEnabled: true });
    await call(store, 'PutItem', { TableName, Item: item('a', 1) });
    expect(await refusal(store, 'DeleteTable', { TableName })).toBe(
      'ValidationException: Resource cannot be deleted as it is currently protected against deletion. ' +
        'Disable deletion protection first.',
    );
    expect(await call(store, 'Scan', { TableName, Select: 'COUNT' })).toMatchObject({ Count: 1 });
  });

  test('items and bytes are counted through puts, replacements and deletes', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName, Item: item('a', 1, { t: { S: 'x'.repeat(100) } }) });
    await call(store, 'PutItem', { TableName, Item: item('a', 2) });
    const size = (await described(store))['TableSizeBytes'] as number;
    expect(await described(store)).toMatchObject({ ItemCount: 2 });
    await call(store, 'PutItem', { TableName, Item: item('a', 1, { t: { S: 'x'.repeat(10) } }) });
    expect(await described(store)).toMatchObject({ ItemCount: 2, TableSizeBytes: size - 90 });
    for (const s of [1, 2]) await call(store, 'DeleteItem', { TableName, Key: item('a', s) });
    expect(await described(store)).toMatchObject({ ItemCount: 0, TableSizeBytes: 0 });
  });
});

test('DescribeLimits and DescribeEndpoints answer', async () => {
  const store = await openTestStore({ inMemory: true, endpoint: 'localhost:1234' });
  expect(await call(store, 'DescribeLimits', {})).toMatchObject({ AccountMaxReadCapacityUnits: 80_000 });
  expect(await call(store, 'DescribeEndpoints', {})).toEqual({
    Endpoints: [{ Address: 'localhost:1234', CachePeriodInMinutes: 1440 }],
  });
});
