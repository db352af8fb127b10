import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { putThings, stored, storeWithThings } from './statements.ts';
import { call, item, refusal, send } from './stores.ts';

const NOT_FOUND = { Code: 'ResourceNotFound', Message: 'Requested resource not found' };
const MISMATCH = 'The provided key element does not match the schema';

function batch(store: EmbeddedStore, statements: readonly string[], more: JsonObject = {}): Promise<JsonObject> {
  return call(store, 'BatchExecuteStatement', { Statements: members(statements), ...more });
}

function transact(store: EmbeddedStore, statements: readonly string[], more: JsonObject = {}): Promise<JsonObject> {
  return call(store, 'ExecuteTransaction', { TransactStatements: members(statements), ...more });
}

function refusedTransaction(store: EmbeddedStore, statements: readonly string[], more: JsonObject = {}) {
  return refusal(store, 'ExecuteTransaction', { TransactStatements: members(statements), ...more });
}

function members(statements: readonly string[]): JsonObject[] {
  return statements.map((Statement) => ({ Statement }));
}

/** The reasons of a transaction that has to be cancelled. */
async function reasonsOf(store: EmbeddedStore, statements: readonly string[]): Promise<JsonObject[]> {
  const reply = await send(store, 'ExecuteTransaction', { TransactStatements: members(statements) });
  expect(reply.errorName).toBe('TransactionCanceledException');
  const reasons = reply.output['CancellationReasons'] as JsonObject[];
  const codes = reasons.map(({ Code }) => Code as string).join(', ');
  expect(reply.output['message']).toBe(
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
  );
  return reasons;
}

describe('BatchExecuteStatement', () => {
  test('reads items by their whole keys, each in its place', async () => {
    const store = await storeWithThings();
    await putThings(store, [{ ...item('a', 1), n: { N: '5' } }]);
    const found = await batch(
      store,
      [
        `SELECT * FROM things WHERE p = 'a' AND s = 1`,
        `SELECT n FROM things WHERE p IN ['a'] AND s = 1`,
        `SELECT * FROM things WHERE p = 'a' AND s = 2`,
        `SELECT * FROM nowhere WHERE p = 'a'`,
      ],
      { ReturnConsumedCapacity: 'TOTAL' },
    );
    expect(found['Responses']).toEqual([
      { TableName: 'things', Item: { ...item('a', 1), n: { N: '5' } } },
      { TableName: 'things', Item: { n: { N: '5' } } },
      { TableName: 'things' },
      { TableName: 'nowhere', Error: NOT_FOUND },
    ]);
    expect(found['ConsumedCapacity']).toEqual(Array(3).fill({ TableName: 'things', CapacityUnits: 0.5 }));
  });

  test.each([
    [`SELECT * FROM things WHERE p = 'a'`],
    [`SELECT * FROM things WHERE p = 'a' AND s = 1 AND n = 5`],
    [`SELECT * FROM things WHERE p = 'a' AND s IN [1, 2]`],
    [`SELECT * FROM "things"."by-owner" WHERE owner = 'ann' AND rank = 1`],
    [`SELECT * FROM things`],
  ])('%s is no read of one item', async (statement) => {
    const store = await storeWithThings();
    const { Responses } = await batch(store, [statement]);
    const message = 'Select statements within BatchExecuteStatement must specify the primary key in the where clause.';
    expect(Responses).toEqual([{ TableName: 'things', Error: { Code: 'ValidationError', Message: message } }]);
  });

  test('writes each statement on its own, in their order', async () => {
    const store = await storeWithThings();
    const { Responses } = await batch(store, [
      `INSERT INTO things VALUE {'p': 'a', 's': 1, 'n': 1}`,
      `INSERT INTO things VALUE {'p': 'a', 's': 1, 'n': 2}`,
      `UPDATE things SET n = n + 10 WHERE p = 'a' AND s = 1 RETURNING MODIFIED NEW *`,
      `UPDATE things REMOVE m WHERE p = 'a' AND s = 1 RETURNING MODIFIED NEW *`,
      `UPDATE things SET n = 0 WHERE p = 'a' AND s = 1 AND n = 1`,
      `UPDATE things SET n = 0 WHERE p = 'a'`,
      `DELETE FROM things WHERE p = 'z' AND s = 1`,
      `DELETE FROM things WHERE p = 'z' AND s = 1 RETURNING MODIFIED OLD *`,
      `SLECT nothing`,
      `EXISTS(SELECT * FROM things WHERE p = 'a' AND s = 1 AND n = 1)`,
    ]);
    const error = (Code: string, Message: string) => ({ TableName: 'things', Error: { Code, Message } });
    const invalidReturning =
      'Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements.';
    expect(Responses).toEqual([
      { TableName: 'things' },
      error('DuplicateItem', 'Duplicate primary key exists in table'),
      { TableName: 'things', Item: { n: { N: '11' } } },
      { TableName: 'things' },
      error('ConditionalCheckFailed', 'The conditional request failed'),
      error('ValidationError', 'Where clause does not contain a mandatory equality on all key attributes'),
      { TableName: 'things' },
      { Error: { Code: 'ValidationError', Message: invalidReturning } },
      {
        Error: {
          Code: 'ValidationError',
          Message: "Statement wasn't well formed, can't be processed: Expected data manipulation",
        },
      },
      error('ValidationError', 'EXISTS can only be used in ExecuteTransaction write requests.'),
    ]);
    expect(await stored(store, 'a', 1)).toEqual({ ...item('a', 1), n: { N: '11' } });
  });

  test('shows the item that failed a condition where that statement asks for it', async () => {
    const store = await storeWithThings();
    await putThings(store, [item('a', 1)]);
    const Statement = `DELETE FROM things WHERE p = 'a' AND s = 1 AND n = 1`;
    const Statements = [{ Statement, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }, { Statement }];
    const { Responses } = await call(store, 'BatchExecuteStatement', { Statements });
    const error = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };
    expect(Responses).toEqual([
      { TableName: 'things', Error: { ...error, Item: item('a', 1) } },
      { TableName: 'things', Error: error },
    ]);
  });

  test('is refused as a whole when it mixes reads and writes, or has too few or too many', async () => {
    const store = await storeWithThings();
    const select = `SELECT * FROM things WHERE p = 'a' AND s = 1`;
    const insert = `INSERT INTO things VALUE {'p': 'a', 's': 1}`;
    const refused = (statements: readonly string[]) =>
      refusal(store, 'BatchExecuteStatement', { Statements: members(statements) });
    expect(await refused([select, insert])).toBe(
      'ValidationException: BatchExecuteStatement API does not support both read and write operations in the same request.',
    );
    expect(await stored(store, 'a', 1)).toBeUndefined();
    expect(await refused([])).toMatch(/at 'statements' failed to satisfy constraint: Member must have length greater/);
    expect(await refused(Array<string>(26).fill(select))).toMatch(/Member must have length less than or equal to 25/);
  });
});

describe('ExecuteTransaction', () => {
  test('writes all or nothing', async () => {
    const store = await storeWithThings();
    await putThings(store, [{ ...item('a', 1), n: { N: '5' } }, item('a', 2)]);
    expect(
      await transact(store, [
        `INSERT INTO things VALUE {'p': 'b', 's': 1}`,
        `UPDATE things SET n = n + 1 WHERE p = 'a' AND s = 1`,
        `DELETE FROM things WHERE p = 'a' AND s = 2`,
      ]),
    ).toEqual({ Responses: [] });
    expect(await stored(store, 'a', 1)).toEqual({ ...item('a', 1), n: { N: '6' } });
    expect(await stored(store, 'a', 2)).toBeUndefined();
    const reasons = await reasonsOf(store, [
      `INSERT INTO things VALUE {'p': 'b', 's': 1}`,
      `INSERT INTO things VALUE {'p': 'b', 's': 2}`,
      `UPDATE things SET n = 1 WHERE p = 'b' AND s = 3`,
      `UPDATE things SET q[0] = 1 WHERE p = 'a' AND s = 1`,
    ]);
    expect(reasons).toEqual([
      { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' },
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      { Code: 'ValidationError', Message: 'The document path provided in the update expression is invalid for update' },
    ]);
    expect(await stored(store, 'b', 2)).toBeUndefined();
  });

  test('reads all items as they are at one moment', async () => {
    const store = await storeWithThings();
    await putThings(store, [{ ...item('a', 1), m: { M: { n: { N: '5' } } } }]);
    const select = `FROM things WHERE s = 1 AND p =`;
    const output = await transact(
      store,
      [`SELECT * ${select} 'a'`, `SELECT m.n ${select} 'b'`, `SELECT m.n FROM things WHERE p IN ['a'] AND s IN [2]`],
      { ReturnConsumedCapacity: 'TOTAL' },
    );
    expect(output).toEqual({
      Responses: [{ Item: { ...item('a', 1), m: { M: { n: { N: '5' } } } } }, {}, {}],
      ConsumedCapacity: [{ TableName: 'things', CapacityUnits: 6, ReadCapacityUnits: 6 }],
    });
    expect(await transact(store, [`SELECT m.n ${select} 'a'`])).toEqual({ Responses: [{ Item: { n: { N: '5' } } }] });
  });

  test('EXISTS checks a condition, and leaves the item alone', async () => {
    const store = await storeWithThings();
    await putThings(store, [item('a', 1), { ...item('a', 2), awards: { N: '1' } }]);
    const exists = (s: number) => `EXISTS(SELECT * FROM things WHERE p = 'a' AND s = ${s} AND awards IS MISSING)`;
    const insert = `INSERT INTO things VALUE {'p': 'b', 's': 1}`;
    expect(await reasonsOf(store, [exists(2), insert])).toEqual([
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      { Code: 'None' },
    ]);
    expect(await stored(store, 'b', 1)).toBeUndefined();
    const output = await transact(store, [exists(1), insert], { ReturnConsumedCapacity: 'TOTAL' });
    expect(output['ConsumedCapacity']).toEqual([{ TableName: 'things', CapacityUnits: 4, WriteCapacityUnits: 4 }]);
    expect(await stored(store, 'b', 1)).toEqual(item('b', 1));
    expect(await stored(store, 'a', 1)).toEqual(item('a', 1));
  });

  test('applies a repeat with the same token once', async () => {
    const store = await storeWithThings();
    await putThings(store, [{ ...item('a', 1), n: { N: '0' } }]);
    const count = [`UPDATE things SET n = n + 1 WHERE p = 'a' AND s = 1`];
    const more = { ClientRequestToken: 'token-1', ReturnConsumedCapacity: 'TOTAL' };
    const first = await transact(store, count, more);
    const repeat = await transact(store, count, more);
    expect(await stored(store, 'a', 1)).toEqual({ ...item('a', 1), n: { N: '1' } });
    expect(first['ConsumedCapacity'][0].WriteCapacityUnits).toBe(2);
    expect(repeat['ConsumedCapacity'][0].ReadCapacityUnits).toBe(2);
    expect(await refusedTransaction(store, [`DELETE FROM things WHERE p = 'a' AND s = 1`], more)).toMatch(
      /^IdempotentParameterMismatchException/,
    );
  });

  test('is cancelled by what only its tables show to be wrong, after all statements were looked at', async () => {
    const store = await storeWithThings();
    const update = 'UPDATE things SET n = 1 WHERE';
    expect(
      await reasonsOf(store, [
        `UPDATE nowhere SET n = 1 WHERE p = 'a' AND s = 1 RETURNING ALL NEW *`,
        `${update} p = 'a'`,
        `${update} p IN ['a'] AND s = 1`,
        `${update} p = 'a' AND s = '1'`,
        `INSERT INTO things VALUE {'p': 'a'}`,
        `${update} p = 'a' AND s = 1`,
      ]),
    ).toEqual([
      NOT_FOUND,
      { Code: 'ValidationError', Message: MISMATCH },
      { Code: 'ValidationError', Message: MISMATCH },
      { Code: 'ValidationError', Message: MISMATCH },
      { Code: 'ValidationError', Message: 'One or more parameter values were invalid: Missing the key s in the item' },
      { Code: 'None' },
    ]);
    expect(await reasonsOf(store, [`SELECT * FROM things WHERE p = 'a' AND s = '1'`])).toEqual([
      { Code: 'ValidationError', Message: MISMATCH },
    ]);
  });

  const SINGLE = 'Select statements within ExecuteTransaction must specify the primary key in the where clause.';
  test.each([
    [`SELECT * FROM things WHERE p = 'a'`, SINGLE],
    [`SELECT * FROM things WHERE p = 'a' AND s = 1 AND n = 5`, SINGLE],
    [`SELECT * FROM things WHERE p = 'a' AND s = 1 AND p = 'b'`, SINGLE],
    [
      `SELECT * FROM things WHERE p IN ['a', 'a'] AND s = 1`,
      'Overlapping conditions with range keys are not supported in where clause',
    ],
    [
      `SELECT * FROM "things"."by-owner" WHERE owner = 'ann'`,
      'Reads on indices are not supported within transactions.',
    ],
    [
      `UPDATE things SET n = 1 WHERE p = 'a' AND s = 1 RETURNING ALL NEW *`,
      'RETURNING clause is not supported in ExecuteTransaction.',
    ],
    [
      `EXISTS(SELECT * FROM things WHERE p = 'a' AND s = 1)`,
      'EXISTS() must contain a single item read with additional condition',
    ],
    [
      `EXISTS(SELECT * FROM things WHERE p IN ['a'] AND s = 1 AND n = 1)`,
      'EXISTS() must contain a single item read with additional condition',
    ],
    [`SELECT * FROM things WHERE`, "Statement wasn't well formed, can't be processed: Unexpected term"],
  ])('%s is refused at once', async (statement, message) => {
    const store = await storeWithThings();
    expect(await refusedTransaction(store, [statement])).toBe(
      `ValidationException: Validation failed in TransactStatements[0]: ${message}`,
    );
  });

  test('takes one statement an item, and either reads or writes', async () => {
    const store = await storeWithThings();
    const select = `SELECT * FROM things WHERE p = 'a' AND s = 1`;
    const twice = 'ValidationException: Transaction request cannot include multiple operations on one item';
    expect(await refusedTransaction(store, [select, `SELECT n FROM things WHERE s = 1 AND p = 'a'`])).toBe(twice);
    const insert = `INSERT INTO things VALUE {'p': 'a', 's': 1}`;
    expect(await refusedTransaction(store, [insert, `DELETE FROM things WHERE p = 'a' AND s = 1`])).toBe(twice);
    expect(await refusedTransaction(store, [select, insert])).toBe(
      'ValidationException: ExecuteTransaction API does not support both read and write operations in the same request.',
    );
  });

  test('says what is wrong with a parameter before it reads a statement', async () => {
    const store = await storeWithThings();
    const TransactStatements = [{ Statement: 'nonsense' }, { Statement: 'x', Parameters: [{ SS: ['a', 'a'] }] }];
    expect(await refusal(store, 'ExecuteTransaction', { TransactStatements })).toBe(
      'ValidationException: One or more parameter values were invalid: Input collection [a, a] contains duplicates.',
    );
  });
});
