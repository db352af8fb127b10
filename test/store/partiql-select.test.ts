import { beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { column, createThings, execute, putThings, refused, run, storeWithThings } from './statements.ts';
import { call, item, openTestStore, tableInput } from './stores.ts';

/** Three things of `a` and two of `b`; those of `a` have owners and ranks. */
const THINGS: readonly JsonObject[] = [
  { ...item('a', 1), owner: { S: 'ann' }, rank: { N: '3' }, colour: { S: 'red' }, hidden: { S: 'h1' } },
  { ...item('a', 2), owner: { S: 'ann' }, rank: { N: '1' }, colour: { S: 'blue' }, tags: { SS: ['x', 'y'] } },
  { ...item('a', 3), owner: { S: 'bob' }, rank: { N: '2' }, map: { M: { list: { L: [{ S: 'i' }, { N: '7' }] } } } },
  { ...item('b', 1), none: { NULL: true }, yes: { BOOL: true }, n: { N: '5' } },
  { ...item('b', 2), bytes: { B: Buffer.alloc(400).toString('base64') } },
];

let store: EmbeddedStore;

beforeAll(async () => {
  store = await openStore({ inMemory: true });
  await createThings(store);
  await putThings(store, THINGS);
  return () => store.close();
});

/** What a WHERE finds, as sorted `p` and `s`. */
async function found(where: string, parameters?: readonly JsonObject[]): Promise<string[]> {
  const items = await run(store, `SELECT p, s FROM things WHERE ${where}`, parameters);
  return places(items).toSorted();
}

function places(items: readonly JsonObject[]): string[] {
  return items.map((each) => `${each['p'].S}${each['s'].N}`);
}

const ALL = ['a1', 'a2', 'a3', 'b1', 'b2'];

describe('WHERE', () => {
  test.each([
    [`p = 'a'`, ['a1', 'a2', 'a3']],
    [`p = 'a' AND s = 2`, ['a2']],
    [`'a' = p AND 2 <= s`, ['a2', 'a3']],
    [`p = 'a' AND s > 1 AND s < 3`, ['a2']],
    [`p = 'a' AND s BETWEEN 2 AND 9`, ['a2', 'a3']],
    [`p = 'a' AND s > 5 AND s < 2`, []],
    [`p = 'a' AND p = 'b'`, []],
    [`p = 'a' AND s <> 2`, ['a1', 'a3']],
    [`p = 'a' AND NOT s = 2`, ['a1', 'a3']],
    [`p = 'a' AND s = 1 AND s > 0`, ['a1']],
    [`p IN ['a', 'b'] AND s IN [1, 3]`, ['a1', 'a3', 'b1']],
    [`p IN ('a', 'b') AND s NOT IN [1, 3]`, ['a2', 'b2']],
    [`p = 'a' OR p = 'b'`, ALL],
    [`(p = 'a' AND s = 1) OR (p = 'b' AND s > 1)`, ['a1', 'b2']],
    [`p = 'a' AND (s = 1 OR s = 3)`, ['a1', 'a3']],
    [`p = 'a' AND (s < 2 OR s > 2 OR s = 2)`, ['a1', 'a2', 'a3']],
    [`p = 'a' AND (colour = 'red' OR colour = 'blue')`, ['a1', 'a2']],
    [`p = 'a' AND attribute_exists(p)`, ['a1', 'a2', 'a3']],
    [`p = 'a' OR s = 1`, ['a1', 'a2', 'a3', 'b1']],
    [`p > 'a'`, ['b1', 'b2']],
    // A scan compares what types don't allow to compare, and finds nothing.
    [`p > 1`, []],
    [`s = 1`, ['a1', 'b1']],
    [`colour = 'red' AND owner = 'ann'`, ['a1']],
    [`colour IS MISSING`, ['a3', 'b1', 'b2']],
    [`colour IS NOT MISSING`, ['a1', 'a2']],
    [`none IS NULL`, ['b1']],
    [`p = 'b' AND none IS NOT NULL`, ['b2']],
    [`nothing IS NULL`, []],
    [`yes IS BOOLEAN OR map IS STRUCT`, ['a3', 'b1']],
    [`begins_with("colour", 'r')`, ['a1']],
    [`NOT begins_with("colour", 'r') AND owner = 'ann'`, ['a2']],
    [`contains(tags, 'x') AND CONTAINS(colour, 'lu')`, ['a2']],
    [`attribute_type(n, 'N')`, ['b1']],
    [`size(bytes) > 300`, ['b2']],
    [`map.list[1] = 7 AND map['list'][0] = 'i'`, ['a3']],
    [`p = 'b' AND n > -5 AND n BETWEEN - 2 AND +5 AND n = - - 5`, ['b1']],
    [`n != 4 AND n <> 6 AND attribute_exists(n)`, ['b1']],
    [`attribute_exists(n) = true AND attribute_exists(none) <> 1`, ['b1']],
    [`attribute_exists(n) = yes`, ['b1']],
    [`contains(nothing, 'z') = false AND p = 'b'`, ['b1', 'b2']],
    [`NOT attribute_exists(n) = true AND p = 'b'`, ['b2']],
    [`(attribute_exists(n) = true) = false AND p = 'b'`, ['b2']],
    [`attribute_exists(n) = attribute_exists(none)`, ALL],
    [`attribute_exists(n) IN [true, false]`, ALL],
  ])('%s', async (where, expected) => {
    expect(await found(where)).toEqual(expected);
  });

  test('parameters stand for values, in their order', async () => {
    const parameters = [{ S: 'a' }, { N: '1' }, { N: '2.0' }, { SS: ['y', 'x'] }];
    expect(await found('p = ? AND s BETWEEN ? AND ? AND tags = ?', parameters)).toEqual(['a2']);
    expect(await found('n IN [?, 9]', [{ N: '5' }])).toEqual(['b1']);
  });

  test('comments are white space', async () => {
    expect(await found(`p/* key */= 'a' -- note\n AND s = 1 --`)).toEqual(['a1']);
  });

  test.each([
    [`p = 'a' AND (s > 0 OR s < 5)`, 'Overlapping conditions with range keys are not supported in where clause'],
    [`p IN ['a', 'a']`, 'Overlapping conditions with range keys are not supported in where clause'],
    [
      `p = 'a' AND (s = 1 OR colour = 'red')`,
      'Overlapping conditions with range keys are not supported in where clause',
    ],
    [`p = 1 OR p = 'a'`, "Key attribute's data type should match its data type in table's schema: Key p"],
    [`p = 'a' AND s IN [1, 'x']`, "Key attribute's data type should match its data type in table's schema: Key s"],
    [`p.x = 'a'`, "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: p"],
    [`EXISTS(SELECT * FROM things)`, undefined],
    [`frob(p) = 1`, 'Unrecognized function: frob'],
    [`p`, 'WHERE clause must contain an expression that resolves to a boolean'],
    [
      `attribute_exists(n) > false`,
      'Incorrect operand type for operator or function; operator or function: >, operand type: BOOL',
    ],
    [`n > -n`, undefined],
  ])('%s is refused', async (where, message) => {
    const refusal = await refused(store, `SELECT * FROM things WHERE ${where}`);
    expect(refusal).toMatch(/^ValidationException: /);
    if (message !== undefined) expect(refusal).toBe(`ValidationException: ${message}`);
  });

  test('takes at most 50 reads apart, and any number of alternatives that need none', async () => {
    const values = (count: number) => Array.from({ length: count }, (_, i) => `'v${i}'`).join(',');
    const tooMany = 'ValidationException: Too many decomposed read operations for a given query.';
    expect(await refused(store, `SELECT * FROM things WHERE p IN [${values(51)}]`)).toBe(tooMany);
    expect(await refused(store, `SELECT * FROM things WHERE p IN [${values(26)}] AND s IN [1, 2]`)).toBe(tooMany);
    const pairs = Array.from({ length: 100 }, (_, i) => `(s = ${i} OR s = -${i})`).join(' AND ');
    expect(await refused(store, `SELECT * FROM things WHERE p = 'a' AND ${pairs}`)).toBe(tooMany);
    expect(await found(`p IN [${values(50)}] AND colour IN [${values(100)}]`)).toEqual([]);
    expect(await found(`p IN [${values(51)}] OR n = 5`)).toEqual(['b1']);
    expect(await refused(store, `SELECT * FROM things WHERE colour IN [${values(101)}]`)).toBe(
      'ValidationException: The IN operator is provided with too many operands; number of operands: 101',
    );
  });
});

describe('columns', () => {
  test('stand side by side under the last name of their paths', async () => {
    const where = `WHERE p = 'a' AND s = 3`;
    expect(await run(store, `SELECT map.list[1], map.list, "s", nothing FROM things ${where}`)).toEqual([
      { 'list[1]': { N: '7' }, list: { L: [{ S: 'i' }, { N: '7' }] }, s: { N: '3' } },
    ]);
    expect(await run(store, `SELECT * FROM things ${where}`)).toEqual([THINGS[2]]);
    expect(await run(store, `SELECT nothing FROM things ${where}`)).toEqual([{}]);
  });

  test('an index shows what it projects; a local one reaches the item', async () => {
    expect(await run(store, `SELECT * FROM "things"."by-owner" WHERE owner = 'ann' AND rank > 1`)).toEqual([
      { ...item('a', 1), owner: { S: 'ann' }, rank: { N: '3' }, colour: { S: 'red' } },
    ]);
    expect(await run(store, `SELECT hidden FROM "things"."by-rank" WHERE p = 'a' AND rank = 3`)).toEqual([
      { hidden: { S: 'h1' } },
    ]);
    expect(await refused(store, `SELECT zz, hidden FROM "things"."by-owner"`)).toBe(
      'ValidationException: One or more parameter values were invalid: ' +
        'Global secondary index by-owner does not project [zz, hidden]',
    );
    expect(await refused(store, `SELECT p FROM "things"."by-owner" WHERE owner = 'ann' AND hidden = 'h1'`)).toBe(
      'ValidationException: One or more parameter values were invalid: ' +
        'Secondary index by-owner does not project one or more filter attributes: [hidden]',
    );
    // A scan of an index filters what the index shows.
    expect(await run(store, `SELECT p FROM "things"."by-owner" WHERE hidden = 'h1'`)).toEqual([]);
  });

  test('an index that is not there, or not strongly consistent', async () => {
    expect(await refused(store, `SELECT * FROM "things"."by-none"`)).toBe(
      'ValidationException: The table does not have the specified index',
    );
    expect(await refused(store, `SELECT * FROM "things"."by-owner"`, { ConsistentRead: true })).toBe(
      'ValidationException: Strongly consistent read is not supported on Global Secondary Indexes',
    );
    const output = await execute(store, `SELECT * FROM "things"."by-rank" WHERE p = 'a'`, { ConsistentRead: true });
    expect(column(output['Items'], 'rank')).toEqual(['1', '2', '3']);
  });
});

describe('ORDER BY', () => {
  test.each([
    [`p = 'a' ORDER BY s`, 'a1 a2 a3'],
    [`p = 'a' ORDER BY s DESC`, 'a3 a2 a1'],
    // The sort key goes down unless it is asked to go up.
    [`p = 'a' ORDER BY p ASC`, 'a3 a2 a1'],
    [`p IN ['a', 'b'] ORDER BY p DESC, s ASC`, 'b1 b2 a1 a2 a3'],
    [`p IN ['b', 'a'] ORDER BY p`, 'a3 a2 a1 b2 b1'],
    [`p = 'a' AND s IN [3, 1, 2] ORDER BY s ASC`, 'a1 a2 a3'],
  ])('%s', async (where, expected) => {
    expect(places(await run(store, `SELECT * FROM things WHERE ${where}`)).join(' ')).toBe(expected);
  });

  test.each([
    [`ORDER BY s`, 'Must have WHERE clause in the statement when using ORDER BY clause.'],
    [`WHERE p = 'a' ORDER BY rank`, 'Attribute rank in ORDER BY clause must be part of the primary key'],
    [
      `WHERE p > 'a' ORDER BY s`,
      'Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.',
    ],
    [
      `WHERE p IN ['a', 'b'] ORDER BY s`,
      'Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.',
    ],
  ])('%s is refused', async (rest, message) => {
    expect(await refused(store, `SELECT * FROM things ${rest}`)).toBe(`ValidationException: ${message}`);
  });
});

describe('pages', () => {
  /** All pages of a statement, each as the places of its items. */
  async function pages(statement: string, limit: number): Promise<string[]> {
    const all: string[] = [];
    let token: string | undefined;
    do {
      const more: JsonObject = token === undefined ? { Limit: limit } : { Limit: limit, NextToken: token };
      const output = await execute(store, statement, more);
      all.push(places(output['Items']).join(' '));
      token = output['NextToken'] as string | undefined;
    } while (token !== undefined);
    return all;
  }

  test('Limit counts what is read, across the reads of a statement', async () => {
    const order = `SELECT * FROM things WHERE p IN ['a', 'b'] ORDER BY p DESC`;
    expect(await pages(order, 2)).toEqual(['b2 b1', 'a3 a2', 'a1']);
    expect(await pages(order, 3)).toEqual(['b2 b1 a3', 'a2 a1']);
    expect(await pages(`SELECT * FROM things WHERE p = 'a' AND colour = 'blue'`, 1)).toEqual(['', 'a2', '', '']);
    expect(
      (await pages('SELECT * FROM things', 2)).flatMap((page) => page.split(' ').filter(Boolean)).toSorted(),
    ).toEqual(ALL);
  });

  test('a token is good for its statement with its parameters alone', async () => {
    const statement = 'SELECT * FROM things WHERE p = ?';
    const first = await execute(store, statement, { Limit: 1, Parameters: [{ S: 'a' }] });
    expect(first['LastEvaluatedKey']).toEqual(item('a', 1));
    const NextToken = first['NextToken'] as string;
    const next = await execute(store, statement, { Limit: 2, NextToken, Parameters: [{ S: 'a' }] });
    expect(places(next['Items'])).toEqual(['a2', 'a3']);
    const mismatch = 'ValidationException: NextToken does not match request';
    expect(await refused(store, statement, { NextToken, Parameters: [{ S: 'b' }] })).toBe(mismatch);
    expect(await refused(store, 'SELECT * FROM things', { NextToken })).toBe(mismatch);
    const invalid = 'ValidationException: Invalid NextToken';
    expect(await refused(store, 'SELECT * FROM things', { NextToken: 'x' })).toBe(invalid);
  });

  test('end at 1 MB, wherever the reads of the statement are', async () => {
    const large = await storeWithThings();
    const filler = { S: 'x'.repeat(300_000) };
    await putThings(
      large,
      ['a', 'b', 'c', 'd', 'e'].map((p) => ({ ...item(p, 1), filler })),
    );
    const statement = `SELECT * FROM things WHERE p IN ['a', 'b', 'c', 'd', 'e']`;
    const first = await execute(large, statement);
    expect(places(first['Items'])).toEqual(['a1', 'b1', 'c1', 'd1']);
    const second = await execute(large, statement, { NextToken: first['NextToken'] as string });
    expect(places(second['Items'])).toEqual(['e1']);
    expect(second['NextToken']).toBeUndefined();
    // What the filter hides was read all the same.
    const hidden = await execute(large, `${statement} AND filler = 'y'`);
    expect(hidden['Items']).toEqual([]);
    const rest = await execute(large, `${statement} AND filler = 'y'`, { NextToken: hidden['NextToken'] as string });
    expect(rest).toEqual({ Items: [] });
  });

  test('tell what all their reads consumed', async () => {
    const capacity = async (statement: string, more: JsonObject = {}) =>
      (await execute(store, statement, { ReturnConsumedCapacity: 'INDEXES', ...more }))['ConsumedCapacity'];
    expect(await capacity(`SELECT * FROM things WHERE p IN ['a', 'b']`, { ConsistentRead: true })).toEqual({
      TableName: 'things',
      CapacityUnits: 2,
      Table: { CapacityUnits: 2 },
    });
    expect(await capacity(`SELECT p FROM "things"."by-owner" WHERE owner IN ['ann', 'bob']`)).toEqual({
      TableName: 'things',
      CapacityUnits: 1,
      Table: { CapacityUnits: 0 },
      GlobalSecondaryIndexes: { 'by-owner': { CapacityUnits: 1 } },
    });
  });
});

test('an index may have several attributes a side', async () => {
  const own = await openTestStore();
  const attributes = { tenant: 'S', region: 'S', year: 'N', rank: 'N' };
  await call(
    own,
    'CreateTable',
    tableInput('things', {
      AttributeDefinitions: Object.entries(attributes).map(([name, type]) => ({
        AttributeName: name,
        AttributeType: type,
      })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'wide',
          KeySchema: Object.entries(attributes).map(([name, type]) => ({
            AttributeName: name,
            KeyType: type === 'S' ? 'HASH' : 'RANGE',
          })),
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
  const wide = (s: number, year: number, rank: number): JsonObject => ({
    ...item('a', s),
    tenant: { S: 't' },
    region: { S: 'eu' },
    year: { N: String(year) },
    rank: { N: String(rank) },
  });
  await putThings(own, [wide(1, 2024, 1), wide(2, 2024, 2), wide(3, 2025, 1), wide(4, 2025, 2)]);
  const select = async (where: string) =>
    column(await run(own, `SELECT s FROM "things"."wide" WHERE tenant = 't' AND region = 'eu' ${where}`), 's');
  expect(await select('')).toEqual(['1', '2', '3', '4']);
  expect(await select('AND year = 2024 AND rank > 1')).toEqual(['2']);
  expect(await select('AND year > 2024 AND year < 2026')).toEqual(['3', '4']);
  // The later attribute cannot narrow what is read, but it filters.
  expect(await select('AND rank = 2')).toEqual(['2', '4']);
  expect(await select('AND year IN [2025, 2024] AND rank IN [1]')).toEqual(['3', '1']);
  expect(await select('ORDER BY year DESC')).toEqual(['4', '3', '2', '1']);
});

test('an attribute may have the name of what every object has', async () => {
  const own = await storeWithThings();
  const statement = `INSERT INTO things VALUE {'p': 'a', 's': 1, '__proto__': 'x', 'constructor': {'toString': 1}}`;
  await run(own, statement);
  expect(await run(own, `SELECT "__proto__" FROM things WHERE "__proto__" = 'x'`)).toHaveLength(1);
  expect(await run(own, `SELECT p FROM things WHERE valueOf IS MISSING AND constructor.toString = 1`)).toHaveLength(1);
});
