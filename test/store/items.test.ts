import { describe, expect, test } from 'vitest';
import { call, item, openTestStore, refusal, send, tableInput } from './stores.ts';

async function storeWithTable() {
  const store = await openTestStore();
  await call(store, 'CreateTable', tableInput('things'));
  return store;
}

describe('single items', () => {
  test('a put item is read back with canonical numbers, and a missing one gives an empty answer', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1, { n: { N: '01.50' }, t: { S: 'ü' } }) });
    const found = await call(store, 'GetItem', { TableName: 'things', Key: item('a', 1) });
    expect(found).toEqual({ Item: item('a', 1, { n: { N: '1.5' }, t: { S: 'ü' } }) });
    expect(await call(store, 'GetItem', { TableName: 'things', Key: item('a', 2) })).toEqual({});
  });

  test('a condition is judged on the newest state, also among writes that arrive together', async () => {
    const store = await storeWithTable();
    const put = { TableName: 'things', Item: item('a', 1), ConditionExpression: 'attribute_not_exists(p)' };
    const replies = await Promise.all(Array.from({ length: 20 }, () => send(store, 'PutItem', put)));
    expect(replies.filter((reply) => reply.ok)).toHaveLength(1);
    expect(new Set(replies.filter((reply) => !reply.ok).map((reply) => reply.errorName))).toEqual(
      new Set(['ConditionalCheckFailedException']),
    );
  });

  test('concurrent increments are all counted', async () => {
    const store = await storeWithTable();
    const add = {
      TableName: 'things',
      Key: item('a', 1),
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'UPDATED_NEW',
    };
    const outputs = await Promise.all(Array.from({ length: 100 }, () => call(store, 'UpdateItem', add)));
    const seen = outputs.map((output) => Number(output['Attributes'].n.N)).sort((a, b) => a - b);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  test('every ReturnValues of UpdateItem shows what it names', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1, { x: { N: '1' }, y: { N: '5' } }) });
    const update = (returnValues: string) =>
      call(store, 'UpdateItem', {
        TableName: 'things',
        Key: item('a', 1),
        UpdateExpression: 'SET x = x + :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues: returnValues,
      });
    expect(await update('ALL_OLD')).toEqual({ Attributes: item('a', 1, { x: { N: '1' }, y: { N: '5' } }) });
    expect(await update('UPDATED_OLD')).toEqual({ Attributes: { x: { N: '2' } } });
    expect(await update('UPDATED_NEW')).toEqual({ Attributes: { x: { N: '4' } } });
    expect(await update('ALL_NEW')).toEqual({ Attributes: item('a', 1, { x: { N: '5' }, y: { N: '5' } }) });
    expect(await update('NONE')).toEqual({});
  });

  test('a refused condition shows the item when asked to', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1, { x: { N: '1' } }) });
    const reply = await send(store, 'DeleteItem', {
      TableName: 'things',
      Key: item('a', 1),
      ConditionExpression: 'x > :two',
      ExpressionAttributeValues: { ':two': { N: '2' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(reply.output).toMatchObject({ Item: item('a', 1, { x: { N: '1' } }) });
  });

  test('capacity is counted in units of 4 KB for reads and 1 KB for writes', async () => {
    const store = await storeWithTable();
    const put = await call(store, 'PutItem', {
      TableName: 'things',
      Item: item('a', 1, { t: { S: 'x'.repeat(5000) } }),
      ReturnConsumedCapacity: 'TOTAL',
    });
    expect(put['ConsumedCapacity']).toEqual({ TableName: 'things', CapacityUnits: 5 });
    const get = { TableName: 'things', Key: item('a', 1), ReturnConsumedCapacity: 'INDEXES' };
    expect((await call(store, 'GetItem', get))['ConsumedCapacity'].CapacityUnits).toBe(1);
    const strong = await call(store, 'GetItem', { ...get, ConsistentRead: true });
    expect(strong['ConsumedCapacity']).toEqual({ TableName: 'things', CapacityUnits: 2, Table: { CapacityUnits: 2 } });
  });

  test.each([
    ['GetItem', { TableName: 'none', Key: item('a', 1) }, 'ResourceNotFoundException: Requested resource not found'],
    [
      'GetItem',
      { TableName: 'things', Key: { p: { S: 'a' } } },
      'ValidationException: The provided key element does not match the schema',
    ],
    [
      'PutItem',
      { TableName: 'things', Item: { p: { S: 'a' } } },
      'ValidationException: One or more parameter values were invalid: Missing the key s in the item',
    ],
    [
      'PutItem',
      { TableName: 'things', Item: item('a', 1), ReturnValues: 'ALL_NEW' },
      'ValidationException: ReturnValues can only be ALL_OLD or NONE',
    ],
    [
      'PutItem',
      { TableName: 'things', Item: item('a', 1, { t: { S: 'x'.repeat(409_600) } }) },
      'ValidationException: Item size has exceeded the maximum allowed size',
    ],
    [
      'GetItem',
      { TableName: 'x', ReturnConsumedCapacity: 'SOME' },
      'ValidationException: 3 validation errors detected: ' +
        "Value 'SOME' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: " +
        "[INDEXES, TOTAL, NONE]; Value 'x' at 'tableName' failed to satisfy constraint: Member must have length greater " +
        "than or equal to 3; Value null at 'key' failed to satisfy constraint: Member must not be null",
    ],
    [
      'UpdateItem',
      {
        TableName: 'things',
        Key: item('a', 1),
        UpdateExpression: 'SET s = :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      },
      'ValidationException: One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key',
    ],
    ['GetItem', { TableName: 7 }, 'SerializationException: NUMBER_VALUE cannot be converted to String'],
  ])('%s refuses %j', async (operation, input, expected) => {
    const store = await storeWithTable();
    expect(await refusal(store, operation, input)).toBe(expected);
  });
});

describe('batches', () => {
  test('BatchWriteItem puts and deletes, BatchGetItem reads what is there', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName: 'things', Item: item('gone', 1) });
    const written = await call(store, 'BatchWriteItem', {
      RequestItems: {
        things: [
          { PutRequest: { Item: item('a', 1) } },
          { PutRequest: { Item: item('a', 2) } },
          { DeleteRequest: { Key: item('gone', 1) } },
        ],
      },
    });
    expect(written).toEqual({ UnprocessedItems: {} });
    const read = await call(store, 'BatchGetItem', {
      RequestItems: { things: { Keys: [item('a', 1), item('a', 2), item('gone', 1)] } },
    });
    expect(read).toEqual({ Responses: { things: [item('a', 1), item('a', 2)] }, UnprocessedKeys: {} });
  });

  test('a batch that names an item twice is refused', async () => {
    const store = await storeWithTable();
    const message = 'ValidationException: Provided list of item keys contains duplicates';
    const Keys = [item('a', 1), { p: { S: 'a' }, s: { N: '1.0' } }];
    expect(await refusal(store, 'BatchGetItem', { RequestItems: { things: { Keys } } })).toBe(message);
    const puts = [{ PutRequest: { Item: item('a', 1) } }, { DeleteRequest: { Key: item('a', 1) } }];
    expect(await refusal(store, 'BatchWriteItem', { RequestItems: { things: puts } })).toBe(message);
  });

  test('a batch stops at 16 MB and hands back the keys that it did not read', async () => {
    const store = await storeWithTable();
    const keys = Array.from({ length: 50 }, (_, index) => item('big', index));
    const text = { S: 'x'.repeat(400_000) };
    for (const key of keys) await call(store, 'PutItem', { TableName: 'things', Item: { ...key, text } });
    const read = await call(store, 'BatchGetItem', { RequestItems: { things: { Keys: keys } } });
    expect(read['Responses'].things).toHaveLength(41);
    expect(read['UnprocessedKeys'].things.Keys).toEqual(keys.slice(41));
  });
});

describe('transactions', () => {
  const check = (p: string) => ({
    ConditionCheck: { TableName: 'things', Key: item(p, 1), ConditionExpression: 'attribute_exists(p)' },
  });

  test('all actions are applied together', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName: 'things', Item: item('there', 1) });
    await call(store, 'TransactWriteItems', {
      TransactItems: [
        check('there'),
        { Put: { TableName: 'things', Item: item('a', 1) } },
        {
          Update: {
            TableName: 'things',
            Key: item('b', 1),
            UpdateExpression: 'SET x = :x',
            ExpressionAttributeValues: { ':x': { S: 'y' } },
          },
        },
      ],
    });
    const read = await call(store, 'TransactGetItems', {
      TransactItems: ['a', 'b', 'c'].map((p) => ({ Get: { TableName: 'things', Key: item(p, 1) } })),
    });
    expect(read).toEqual({ Responses: [{ Item: item('a', 1) }, { Item: item('b', 1, { x: { S: 'y' } }) }, {}] });
  });

  test('one failing condition cancels everything, with the reasons in order', async () => {
    const store = await storeWithTable();
    const reply = await send(store, 'TransactWriteItems', {
      TransactItems: [{ Put: { TableName: 'things', Item: item('a', 1) } }, check('absent')],
    });
    expect(reply.output).toEqual({
      __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      ],
    });
    expect(await call(store, 'GetItem', { TableName: 'things', Key: item('a', 1) })).toEqual({});
  });

  test('an update that the item does not allow cancels the transaction with ValidationError', async () => {
    const store = await storeWithTable();
    await call(store, 'PutItem', { TableName: 'things', Item: item('a', 1, { x: { S: 'text' } }) });
    const reply = await send(store, 'TransactWriteItems', {
      TransactItems: [
        { Put: { TableName: 'things', Item: item('b', 1) } },
        {
          Update: {
            TableName: 'things',
            Key: item('a', 1),
            UpdateExpression: 'ADD x :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
          },
        },
      ],
    });
    const reasons = reply.output['CancellationReasons'] as { Code: string }[];
    expect(reasons.map((reason) => reason.Code)).toEqual(['None', 'ValidationError']);
  });

  test('two operations on one item are refused', async () => {
    const store = await storeWithTable();
    const put = { Put: { TableName: 'things', Item: item('a', 1) } };
    expect(await refusal(store, 'TransactWriteItems', { TransactItems: [put, put] })).toBe(
      'ValidationException: Transaction request cannot include multiple operations on one item',
    );
  });

  test('transfers between accounts keep the sum, however they interleave', async () => {
    const store = await storeWithTable();
    const accounts = ['a', 'b', 'c', 'd'];
    for (const p of accounts) {
      await call(store, 'PutItem', { TableName: 'things', Item: item(p, 1, { n: { N: '10' } }) });
    }
    const move = (p: string, change: string, floor: string) => ({
      Update: {
        TableName: 'things',
        Key: item(p, 1),
        UpdateExpression: 'ADD n :change',
        ConditionExpression: 'n >= :floor',
        ExpressionAttributeValues: { ':change': { N: change }, ':floor': { N: floor } },
      },
    });
    const transfers = Array.from({ length: 200 }, (_, i) => {
      const from = accounts[i % 3] as string;
      const to = accounts[i % 2 === 0 ? 3 : (i + 1) % 3] as string;
      return send(store, 'TransactWriteItems', { TransactItems: [move(from, '-3', '3'), move(to, '3', '0')] });
    });
    const replies = await Promise.all(transfers);
    expect(new Set(replies.map((reply) => reply.errorName))).toEqual(
      new Set([undefined, 'TransactionCanceledException']),
    );
    const { Items } = await call(store, 'Scan', { TableName: 'things' });
    const balances = (Items as { n: { N: string } }[]).map(({ n }) => Number(n.N));
    expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(40);
    expect(Math.min(...balances)).toBeGreaterThanOrEqual(0);
  });
});
