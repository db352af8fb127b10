/** What transactions promise beyond all-or-nothing: tokens, conflicts, reasons, limits, capacity. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { call, item, openTestStore, refusal, send, tableInput, temporaryDirectory } from './stores.ts';

const TableName = 'things';
const MINUTE_MS = 60_000;

async function storeWithTable(options: JsonObject = {}): Promise<EmbeddedStore> {
  const store = await openTestStore({ inMemory: true, ...options });
  await call(store, 'CreateTable', tableInput(TableName));
  return store;
}

function put(p: string, more: JsonObject = {}): JsonObject {
  return { Put: { TableName, Item: item(p, 1, more) } };
}

function increment(p: string): JsonObject {
  return {
    Update: {
      TableName,
      Key: item(p, 1),
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    },
  };
}

async function numberOf(store: EmbeddedStore, p: string): Promise<unknown> {
  return (await call(store, 'GetItem', { TableName, Key: item(p, 1) }))['Item']?.n.N;
}

describe('a ClientRequestToken', () => {
  const transfer = { ClientRequestToken: 'token-1', TransactItems: [increment('a'), increment('b')] };

  test('makes a repeated transaction succeed without being applied again', async () => {
    const store = await storeWithTable();
    for (let i = 0; i < 3; i++) await call(store, 'TransactWriteItems', transfer);
    expect([await numberOf(store, 'a'), await numberOf(store, 'b')]).toEqual(['1', '1']);
    await call(store, 'TransactWriteItems', { ...transfer, ClientRequestToken: 'token-2' });
    expect(await numberOf(store, 'a')).toBe('2');
  });

  test('takes the members of a repeat in any order', async () => {
    const store = await storeWithTable();
    await call(store, 'TransactWriteItems', { ClientRequestToken: 't', TransactItems: [put('a', { x: { S: 'x' } })] });
    const shuffled = { Put: { Item: { x: { S: 'x' }, s: { N: '1' }, p: { S: 'a' } }, TableName } };
    await call(store, 'TransactWriteItems', { ClientRequestToken: 't', TransactItems: [shuffled] });
  });

  test('refuses other parameters, also with fewer items', async () => {
    const store = await storeWithTable();
    await call(store, 'TransactWriteItems', transfer);
    expect(await refusal(store, 'TransactWriteItems', { ...transfer, TransactItems: [increment('a')] })).toMatch(
      /^IdempotentParameterMismatchException: /,
    );
    expect(await numberOf(store, 'a')).toBe('1');
  });

  test('is forgotten ten minutes after its transaction, not before', async () => {
    const clock = new VirtualClock();
    const store = await storeWithTable({ clock });
    await call(store, 'TransactWriteItems', transfer);
    await clock.advance(10 * MINUTE_MS - 1);
    await call(store, 'TransactWriteItems', transfer);
    expect(await numberOf(store, 'a')).toBe('1');
    await clock.advance(1);
    await call(store, 'TransactWriteItems', transfer);
    expect(await numberOf(store, 'a')).toBe('2');
  });

  test('holds across a restart of the store', async () => {
    const dataDir = temporaryDirectory();
    const before = await openTestStore({ dataDir });
    await call(before, 'CreateTable', tableInput(TableName));
    await call(before, 'TransactWriteItems', transfer);
    await before.close();
    const after = await openTestStore({ dataDir });
    await call(after, 'TransactWriteItems', transfer);
    expect(await numberOf(after, 'a')).toBe('1');
  });

  test('says so while its first transaction is under way', async () => {
    const store = await storeWithTable();
    const [first, second] = await Promise.all([
      send(store, 'TransactWriteItems', transfer),
      refusal(store, 'TransactWriteItems', transfer),
    ]);
    expect(first.ok).toBe(true);
    expect(second).toBe('TransactionInProgressException: Transaction from previous request is still in progress');
  });

  test('of a cancelled transaction may be used again', async () => {
    const store = await storeWithTable();
    const onlyIfThere = {
      ClientRequestToken: 'again',
      TransactItems: [
        increment('a'),
        { ConditionCheck: { TableName, Key: item('b', 1), ConditionExpression: 'attribute_exists(p)' } },
      ],
    };
    expect(await refusal(store, 'TransactWriteItems', onlyIfThere)).toMatch(/^TransactionCanceledException/);
    await call(store, 'PutItem', { TableName, Item: item('b', 1) });
    await call(store, 'TransactWriteItems', onlyIfThere);
    expect(await numberOf(store, 'a')).toBe('1');
  });

  test('of a repeat is charged for reading, as the first one was for writing', async () => {
    const store = await storeWithTable();
    const measured = { ...transfer, ReturnConsumedCapacity: 'TOTAL' };
    const first = await call(store, 'TransactWriteItems', measured);
    expect(first['ConsumedCapacity']).toEqual([{ TableName, CapacityUnits: 4, WriteCapacityUnits: 4 }]);
    const repeat = await call(store, 'TransactWriteItems', measured);
    expect(repeat['ConsumedCapacity']).toEqual([{ TableName, CapacityUnits: 4, ReadCapacityUnits: 4 }]);
  });
});

describe('conflicts', () => {
  const ongoing = { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' };

  test('of two transactions that arrive together the later one is cancelled and told at which item', async () => {
    const store = await storeWithTable();
    const [first, second] = await Promise.all([
      send(store, 'TransactWriteItems', { TransactItems: [put('a'), put('b')] }),
      send(store, 'TransactWriteItems', { TransactItems: [put('c'), put('b')] }),
    ]);
    expect(first.ok).toBe(true);
    expect(second.output).toMatchObject({
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]',
      CancellationReasons: [{ Code: 'None' }, ongoing],
    });
    expect(await call(store, 'GetItem', { TableName, Key: item('c', 1) })).toEqual({});
  });

  test('an item that is only checked is under the transaction too', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName, Item: item('a', 1) });
    const check = { ConditionCheck: { TableName, Key: item('a', 1), ConditionExpression: 'attribute_exists(p)' } };
    const [, deletion] = await Promise.all([
      call(store, 'TransactWriteItems', { TransactItems: [check, put('b')] }),
      refusal(store, 'DeleteItem', { TableName, Key: item('a', 1) }),
    ]);
    expect(deletion).toBe('TransactionConflictException: Transaction is ongoing for the item');
  });

  test.each([
    ['PutItem', { TableName, Item: item('a', 1) }],
    ['DeleteItem', { TableName, Key: item('a', 1) }],
    ['UpdateItem', { TableName, Key: item('a', 1), UpdateExpression: 'REMOVE x' }],
  ])(
    '%s of an item under a transaction is refused, and free again when the transaction is answered',
    async (name, input) => {
      const store = await storeWithTable();
      const [, early] = await Promise.all([
        call(store, 'TransactWriteItems', { TransactItems: [put('a')] }),
        refusal(store, name, input),
      ]);
      expect(early).toBe('TransactionConflictException: Transaction is ongoing for the item');
      await call(store, name, input);
    },
  );

  test('a batch hands back what a transaction is in the way of', async () => {
    const store = await storeWithTable();
    const writes = ['a', 'b'].map((p) => ({ PutRequest: { Item: item(p, 1, { by: { S: 'batch' } }) } }));
    const [, batch] = await Promise.all([
      call(store, 'TransactWriteItems', { TransactItems: [put('a')] }),
      call(store, 'BatchWriteItem', { RequestItems: { things: writes } }),
    ]);
    expect(batch).toEqual({ UnprocessedItems: { things: [writes[0]] } });
    expect((await call(store, 'Scan', { TableName }))['Items']).toEqual(
      expect.arrayContaining([item('a', 1), item('b', 1, { by: { S: 'batch' } })]),
    );
  });

  test('TransactGetItems of an item that is being written is cancelled; GetItem is not', async () => {
    const store = await storeWithTable();
    const gets = ['a', 'b'].map((p) => ({ Get: { TableName, Key: item(p, 1) } }));
    const [, transactional, single] = await Promise.all([
      call(store, 'PutItem', { TableName, Item: item('b', 1) }),
      send(store, 'TransactGetItems', { TransactItems: gets }),
      send(store, 'GetItem', { TableName, Key: item('b', 1) }),
    ]);
    expect(transactional.output['CancellationReasons']).toEqual([{ Code: 'None' }, ongoing]);
    expect(single.output).toEqual({});
  });

  test('a write that does not meet a transaction passes beside it', async () => {
    const store = await storeWithTable();
    await Promise.all([
      call(store, 'TransactWriteItems', { TransactItems: [put('a')] }),
      call(store, 'PutItem', { TableName, Item: item('a', 2) }),
      call(store, 'TransactWriteItems', { TransactItems: [put('b')] }),
    ]);
  });

  test("with 'serialise' nobody is refused and everything is applied", async () => {
    const store = await storeWithTable({ transactionConflicts: 'serialise' });
    await Promise.all([
      ...Array.from({ length: 20 }, () => call(store, 'TransactWriteItems', { TransactItems: [increment('a')] })),
      ...Array.from({ length: 20 }, () => call(store, 'UpdateItem', increment('a')['Update'] as JsonObject)),
    ]);
    expect(await numberOf(store, 'a')).toBe('40');
  });
});

describe('limits and reasons', () => {
  test('every failing action is told in its place, with its item where that was asked for', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName, Item: item('a', 1, { x: { S: 'x' } }) });
    const absent = (p: string, more: JsonObject = {}) => ({
      Put: { TableName, Item: item(p, 1), ConditionExpression: 'attribute_not_exists(p)', ...more },
    });
    const ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
    const { output } = await send(store, 'TransactWriteItems', {
      TransactItems: [absent('a', { ReturnValuesOnConditionCheckFailure }), put('b'), increment('c')],
    });
    const failed = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };
    expect(output['CancellationReasons']).toEqual([
      { ...failed, Item: item('a', 1, { x: { S: 'x' } }) },
      { Code: 'None' },
      { Code: 'None' },
    ]);
  });

  const wrongKey = { p: { N: '1' }, s: { N: '1' } };
  const mismatch = 'The provided key element does not match the schema';
  test.each<[JsonObject, string]>([
    [
      { Put: { TableName, Item: wrongKey } },
      'One or more parameter values were invalid: Type mismatch for key p expected: S actual: N',
    ],
    [{ Delete: { TableName, Key: wrongKey } }, mismatch],
    [{ Update: { TableName, Key: { p: { S: 'a' } }, UpdateExpression: 'REMOVE x' } }, mismatch],
    [{ ConditionCheck: { TableName, Key: wrongKey, ConditionExpression: 'attribute_exists(p)' } }, mismatch],
  ])('a key that is not the table’s cancels the transaction: %j', async (action, Message) => {
    const store = await storeWithTable();
    const { errorName, output } = await send(store, 'TransactWriteItems', { TransactItems: [put('a'), action] });
    expect(errorName).toBe('TransactionCanceledException');
    expect(output['CancellationReasons']).toEqual([{ Code: 'None' }, { Code: 'ValidationError', Message }]);
    const get = { TransactItems: [{ Get: { TableName, Key: wrongKey } }] };
    expect((await send(store, 'TransactGetItems', get)).output['CancellationReasons']).toEqual([
      { Code: 'ValidationError', Message: mismatch },
    ]);
  });

  test('an index key of another type cancels, an empty one refuses; the first index by name is told', async () => {
    const store = await openTestStore();
    const by = (IndexName: string, kind: 'GSI' | 'LSI') => ({
      IndexName,
      KeySchema: [
        { AttributeName: kind === 'GSI' ? 'colour' : 'p', KeyType: 'HASH' },
        { AttributeName: kind === 'GSI' ? 's' : 'colour', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    });
    const more = {
      AttributeDefinitions: [{ AttributeName: 'colour', AttributeType: 'S' }],
      LocalSecondaryIndexes: [by('local', 'LSI')],
      GlobalSecondaryIndexes: [by('one', 'GSI'), by('another', 'GSI')],
    };
    await call(store, 'CreateTable', tableInput(TableName, more));
    const reply = await send(store, 'TransactWriteItems', { TransactItems: [put('a', { colour: { N: '1' } })] });
    expect(reply.output['CancellationReasons']).toEqual([
      {
        Code: 'ValidationError',
        Message:
          'One or more parameter values were invalid: Type mismatch for Index Key colour Expected: S Actual: N IndexName: another',
      },
    ]);
    expect(await refusal(store, 'TransactWriteItems', { TransactItems: [put('a', { colour: { S: '' } })] })).toBe(
      'ValidationException: One or more parameter values are not valid. A value specified for a secondary index key is ' +
        'not supported. The AttributeValue for a key attribute cannot contain an empty string value. ' +
        'IndexName: another, IndexKey: colour',
    );
  });

  test('an empty key refuses the request as a whole', async () => {
    const store = await storeWithTable();
    const message =
      'ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot ' +
      'contain an empty string value. Key: p';
    for (const action of [put(''), { Delete: { TableName, Key: item('', 1) } }, increment('')]) {
      expect(await refusal(store, 'TransactWriteItems', { TransactItems: [put('a'), action] })).toBe(message);
    }
  });

  test('a hundred items are taken and a hundred and one are not', async () => {
    const store = await storeWithTable();
    const puts = Array.from({ length: 101 }, (_, index) => put(`p${index}`));
    expect(await refusal(store, 'TransactWriteItems', { TransactItems: puts })).toMatch(
      /at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100$/,
    );
    await call(store, 'TransactWriteItems', { TransactItems: puts.slice(1) });
    expect(await call(store, 'Scan', { TableName, Select: 'COUNT' })).toMatchObject({ Count: 100 });
  });

  test('more than 4 MB are refused as a whole', async () => {
    const store = await storeWithTable();
    const text = { S: 'x'.repeat(400_000) };
    const puts = Array.from({ length: 11 }, (_, index) => put(`p${index}`, { text }));
    expect(await refusal(store, 'TransactWriteItems', { TransactItems: puts })).toMatch(/exceeded 4 MB$/);
    expect(await call(store, 'Scan', { TableName, Select: 'COUNT' })).toMatchObject({ Count: 0 });
    await call(store, 'TransactWriteItems', { TransactItems: puts.slice(1) });
  });

  test('a table may be named by its name and its ARN, and the item is still the same', async () => {
    const store = await storeWithTable();
    const { Table } = await call(store, 'DescribeTable', { TableName });
    const byArn = { Delete: { TableName: Table.TableArn as string, Key: item('a', 1) } };
    expect(await refusal(store, 'TransactWriteItems', { TransactItems: [put('a'), byArn] })).toBe(
      'ValidationException: Transaction request cannot include multiple operations on one item',
    );
  });

  test('TransactGetItems never sees half of a transaction', async () => {
    const store = await storeWithTable();
    const both = { TransactItems: ['a', 'b'].map((p) => ({ Get: { TableName, Key: item(p, 1) } })) };
    let reads = 0;
    for (let round = 0; round < 50; round++) {
      const writing = call(store, 'TransactWriteItems', { TransactItems: [increment('a'), increment('b')] });
      const read = await send(store, 'TransactGetItems', both);
      await writing;
      const whole = read.ok ? read : await send(store, 'TransactGetItems', both);
      const [a, b] = whole.output['Responses'] as JsonObject[];
      expect(a?.['Item']?.n).toEqual(b?.['Item']?.n);
      if (read.ok) reads++;
    }
    expect(reads).toBeLessThan(50);
  });
});
