import { describe, expect, test } from 'vitest';
import { call, item, refusal } from './stores.ts';
import { putThings, refused, run, stored, storeWithThings } from './statements.ts';

const KEY = `WHERE p = 'a' AND s = 1`;

describe('INSERT', () => {
  test('stores every kind of literal and parameter', async () => {
    const store = await storeWithThings();
    const statement = `INSERT INTO "things" VALUE {'p': 'a', 's': 1E3, 'n': -1.50, 'q': 'it''s', 'yes': true, 'none': null,
      'list': [1, 'x', [2]], 'map': {'k': {'l': .5}}, 'numbers': <<1, 34, 4.5>>, 'texts': <<'u','v'>>, 'bytes': ?}`;
    expect(await run(store, statement, [{ B: 'AAE=' }])).toEqual([]);
    expect(await stored(store, 'a', 1000)).toEqual({
      ...item('a', 1000),
      n: { N: '-1.5' },
      q: { S: "it's" },
      yes: { BOOL: true },
      none: { NULL: true },
      list: { L: [{ N: '1' }, { S: 'x' }, { L: [{ N: '2' }] }] },
      map: { M: { k: { M: { l: { N: '0.5' } } } } },
      numbers: { NS: ['1', '34', '4.5'] },
      texts: { SS: ['u', 'v'] },
      bytes: { B: 'AAE=' },
    });
  });

  test('never replaces an item, also among inserts that arrive together', async () => {
    const store = await storeWithThings();
    const insert = { Statement: `INSERT INTO things VALUE {'p': 'a', 's': 1, 'n': ?}` };
    const replies = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) =>
        call(store, 'ExecuteStatement', { ...insert, Parameters: [{ N: String(n) }] }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(['fulfilled', ...Array<string>(9).fill('rejected')]);
    expect(await refusal(store, 'ExecuteStatement', { ...insert, Parameters: [{ N: '99' }] })).toBe(
      'DuplicateItemException: Duplicate primary key exists in table',
    );
    expect(await stored(store, 'a', 1)).toEqual({ ...item('a', 1), n: { N: '0' } });
  });

  test('checks the keys of the table and of its indexes', async () => {
    const store = await storeWithThings();
    const invalid = 'ValidationException: One or more parameter values were invalid:';
    expect(await refused(store, `INSERT INTO things VALUE {'p': 'a'}`)).toBe(
      `${invalid} Missing the key s in the item`,
    );
    expect(await refused(store, `INSERT INTO things VALUE {'p': 'a', 's': 'x'}`)).toBe(
      `${invalid} Type mismatch for key s expected: N actual: S`,
    );
    expect(await refused(store, `INSERT INTO things VALUE {'p': 'a', 's': 1, 'rank': 'x'}`)).toBe(
      `${invalid} Type mismatch for Index Key rank Expected: N Actual: S IndexName: by-owner`,
    );
    expect(await refused(store, `INSERT INTO nowhere VALUE {'p': 'a'}`)).toBe(
      'ResourceNotFoundException: Requested resource not found',
    );
  });
});

describe('UPDATE', () => {
  test('sets, removes, appends, counts, and changes sets, all computed from the item as it was', async () => {
    const store = await storeWithThings();
    await putThings(store, [
      {
        ...item('a', 1),
        n: { N: '5' },
        gone: { S: 'x' },
        list: { L: [{ S: 'i' }, { S: 'j' }] },
        map: { M: { k: { S: 'v' } } },
        tags: { SS: ['t', 'u'] },
        only: { NS: ['7'] },
      },
    ]);
    await run(
      store,
      `UPDATE things SET n = n - 1, m = n + 10 REMOVE gone SET list = list_append(list, [2016]) SET map.more = ['y']
       SET tags = set_add(tags, <<'v'>>) SET only = SET_DELETE(only, <<7>>) SET fresh = set_add(fresh, <<1>>) ${KEY}`,
    );
    expect(await stored(store, 'a', 1)).toEqual({
      ...item('a', 1),
      n: { N: '4' },
      m: { N: '15' },
      list: { L: [{ S: 'i' }, { S: 'j' }, { N: '2016' }] },
      map: { M: { k: { S: 'v' }, more: { L: [{ S: 'y' }] } } },
      tags: { SS: ['t', 'u', 'v'] },
      fresh: { NS: ['1'] },
    });
  });

  test('makes no item, and a condition that does not hold leaves the item alone', async () => {
    const store = await storeWithThings();
    const failed = 'ConditionalCheckFailedException: The conditional request failed';
    expect(await refused(store, `UPDATE things SET n = 1 ${KEY}`)).toBe(failed);
    expect(await stored(store, 'a', 1)).toBeUndefined();
    await putThings(store, [{ ...item('a', 1), n: { N: '5' } }]);
    expect(await refused(store, `UPDATE things SET n = 9 ${KEY} AND n > 5`)).toBe(failed);
    await run(store, `UPDATE things SET n = 9 WHERE (s = 1 AND 'a' = p) AND p = 'a' AND NOT n > 5`);
    expect(await stored(store, 'a', 1)).toEqual({ ...item('a', 1), n: { N: '9' } });
  });

  test('shows the item that failed the condition where it is asked for', async () => {
    const store = await storeWithThings();
    await putThings(store, [{ ...item('a', 1), n: { N: '5' } }]);
    const input = { Statement: `DELETE FROM things ${KEY} AND n = 6`, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    await expect(call(store, 'ExecuteStatement', input)).rejects.toThrow(
      '"Item":{"p":{"S":"a"},"s":{"N":"1"},"n":{"N":"5"}}',
    );
  });

  test.each([
    [
      'ALL OLD',
      `SET n = 6, t[5] = 'c'`,
      { ...item('a', 1), n: { N: '5' }, t: { L: [{ S: 'x' }, { S: 'y' }, { S: 'z' }] } },
    ],
    ['ALL NEW', `SET n = 6`, { ...item('a', 1), n: { N: '6' }, t: { L: [{ S: 'x' }, { S: 'y' }, { S: 'z' }] } }],
    ['MODIFIED OLD', `SET n = 6`, { n: { N: '5' } }],
    ['MODIFIED NEW', `SET n = 6`, { n: { N: '6' } }],
    ['MODIFIED OLD', `REMOVE n`, { n: { N: '5' } }],
    ['MODIFIED NEW', `REMOVE n`, undefined],
    ['MODIFIED OLD', `SET fresh = 1`, undefined],
    // Elements come in the order of their indexes, and close ranks.
    ['MODIFIED NEW', `SET t[2] = 'c', t[0] = 'a'`, { t: { L: [{ S: 'a' }, { S: 'c' }] } }],
    // An index behind the end appends, and then nothing stands at that index.
    ['MODIFIED NEW', `SET t[9] = 'c'`, undefined],
    ['MODIFIED NEW', `SET t[3] = 'c'`, { t: { L: [{ S: 'c' }] } }],
    // What follows a removed element takes its place.
    ['MODIFIED NEW', `REMOVE t[1]`, { t: { L: [{ S: 'z' }] } }],
  ])('RETURNING %s * of %s', async (returning, clause, expected) => {
    const store = await storeWithThings();
    await putThings(store, [{ ...item('a', 1), n: { N: '5' }, t: { L: [{ S: 'x' }, { S: 'y' }, { S: 'z' }] } }]);
    const items = await run(store, `UPDATE things ${clause} ${KEY} RETURNING ${returning} *`);
    expect(items).toEqual(expected === undefined ? [] : [expected]);
  });

  test('may begin with FROM', async () => {
    const store = await storeWithThings();
    await putThings(store, [item('a', 1)]);
    await run(store, `FROM things ${KEY} SET c = 1`);
    expect(await stored(store, 'a', 1)).toEqual({ ...item('a', 1), c: { N: '1' } });
    expect(await refused(store, `FROM things SET c = 1`)).toBe(
      'ValidationException: Where clause does not contain a mandatory equality on all key attributes',
    );
  });

  test.each([
    [`SET n = 1 WHERE p = 'a'`, 'Where clause does not contain a mandatory equality on all key attributes'],
    [
      `SET n = 1 WHERE p IN ['a'] AND s = 1`,
      'Where clause does not contain a mandatory equality on all key attributes',
    ],
    [`SET n = 1 ${KEY} OR s = 2`, 'Where clause does not contain a mandatory equality on all key attributes'],
    [
      `SET n = 1 ${KEY} AND p = 'b'`,
      'Multiple conditions on same key p. Only single item Update/Insert/Delete are supported',
    ],
    [
      `SET n = 1 WHERE p = 'a' AND s = '1'`,
      "Key attribute's data type should match its data type in table's schema: Key s",
    ],
    [
      `SET s = 2 ${KEY}`,
      'One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key',
    ],
    [`SET nolist[0] = 'x' ${KEY}`, 'The document path provided in the update expression is invalid for update'],
    [
      `SET l = list_append(l, [1]) ${KEY}`,
      'The provided expression refers to an attribute that does not exist in the item',
    ],
    [`SET n = set_add(n, <<'x'>>) ${KEY}`, 'An operand in the update expression has an incorrect data type'],
  ])('UPDATE things %s is refused', async (rest, message) => {
    const store = await storeWithThings();
    await putThings(store, [{ ...item('a', 1), n: { N: '5' } }]);
    expect(await refused(store, `UPDATE things ${rest}`)).toBe(`ValidationException: ${message}`);
    expect(await stored(store, 'a', 1)).toEqual({ ...item('a', 1), n: { N: '5' } });
  });
});

describe('DELETE', () => {
  test('deletes what its condition finds true, and succeeds where nothing is', async () => {
    const store = await storeWithThings();
    expect(await run(store, `DELETE FROM things ${KEY} AND colour = 'x' RETURNING ALL OLD *`)).toEqual([]);
    await putThings(store, [{ ...item('a', 1), colour: { S: 'red' } }]);
    expect(await refused(store, `DELETE FROM things ${KEY} AND colour = 'x'`)).toBe(
      'ConditionalCheckFailedException: The conditional request failed',
    );
    expect(await run(store, `DELETE FROM things ${KEY} AND begins_with(colour, 'r') RETURNING ALL OLD *`)).toEqual([
      { ...item('a', 1), colour: { S: 'red' } },
    ]);
    expect(await stored(store, 'a', 1)).toBeUndefined();
  });

  test('tells what it consumed', async () => {
    const store = await storeWithThings();
    await putThings(store, [{ ...item('a', 1), rank: { N: '1' } }]);
    const input = { Statement: `DELETE FROM things ${KEY}`, ReturnConsumedCapacity: 'INDEXES' };
    expect(await call(store, 'ExecuteStatement', input)).toEqual({
      Items: [],
      ConsumedCapacity: {
        TableName: 'things',
        CapacityUnits: 2,
        Table: { CapacityUnits: 1 },
        LocalSecondaryIndexes: { 'by-rank': { CapacityUnits: 1 } },
      },
    });
  });
});

test('writes are told to the stream like those of the item operations', async () => {
  const store = await storeWithThings();
  await call(store, 'UpdateTable', {
    TableName: 'things',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  });
  await run(store, `INSERT INTO things VALUE {'p': 'a', 's': 1}`);
  await run(store, `UPDATE things SET n = 1 ${KEY}`);
  await run(store, `DELETE FROM things ${KEY}`);
  const { StreamArn } = (await call(store, 'ListStreams', { TableName: 'things' }))['Streams'][0];
  const { StreamDescription } = await call(store, 'DescribeStream', { StreamArn });
  const names: string[] = [];
  for (const { ShardId } of StreamDescription.Shards) {
    const iterator = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = await call(store, 'GetShardIterator', iterator);
    const { Records } = await call(store, 'GetRecords', { ShardIterator });
    for (const record of Records) names.push(record.eventName);
  }
  expect(names).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
});
