/** Global indexes whose partition and sort keys are up to four attributes each. */
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { call, item, refusal, tableInput } from './stores.ts';

const TableName = 'matches';
const IndexName = 'by-tournament';

function attributes(types: Readonly<Record<string, string>>): JsonObject[] {
  return Object.entries(types).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
}

function keySchema(partition: readonly string[], sort: readonly string[]): JsonObject[] {
  return [
    ...partition.map((AttributeName) => ({ AttributeName, KeyType: 'HASH' })),
    ...sort.map((AttributeName) => ({ AttributeName, KeyType: 'RANGE' })),
  ];
}

const types = { tournament: 'S', region: 'S', round: 'S', number: 'N', player: 'S' };
const index = {
  IndexName,
  KeySchema: keySchema(['tournament', 'region'], ['round', 'number', 'player']),
  Projection: { ProjectionType: 'ALL' },
};
const withIndex = tableInput(TableName, {
  AttributeDefinitions: attributes(types),
  GlobalSecondaryIndexes: [index],
});

let store: EmbeddedStore;

beforeEach(async () => {
  store = await openStore({ inMemory: true });
  onTestFinished(() => store.close());
});

function match(id: number, round: string, number: number, player: string, region = 'EU'): JsonObject {
  return item('match', id, {
    tournament: { S: 'winter' },
    region: { S: region },
    round: { S: round },
    number: { N: String(number) },
    player: { S: player },
  });
}

const inEurope = 'tournament = :t AND #region = :r';
const europe = { ':t': { S: 'winter' }, ':r': { S: 'EU' } };

function query(condition: string, values: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    TableName,
    IndexName,
    KeyConditionExpression: condition,
    ExpressionAttributeNames: { '#region': 'region', ...(condition.includes('#n') ? { '#n': 'number' } : {}) },
    ExpressionAttributeValues: { ...europe, ...values },
    ...more,
  };
}

async function ids(input: JsonObject): Promise<number[]> {
  return ((await call(store, 'Query', input))['Items'] as JsonObject[]).map((found) => Number(found['s'].N));
}

describe('Query', () => {
  beforeEach(async () => {
    await call(store, 'CreateTable', withIndex);
    const matches = [
      match(1, 'final', 1, 'ann'),
      match(2, 'quarter', 2, 'bob'),
      match(3, 'quarter', 10, 'ann'),
      match(4, 'quarter', 10, 'cid'),
      match(5, 'quarter', -1, 'ann'),
      match(6, 'semi', 1, 'ann'),
      match(7, 'final', 1, 'ann', 'US'),
    ];
    for (const Item of matches) await call(store, 'PutItem', { TableName, Item });
    const { player: _, ...incomplete } = match(8, 'final', 1, 'ann');
    await call(store, 'PutItem', { TableName, Item: incomplete });
  });

  test.each<[string, JsonObject, number[]]>([
    [inEurope, {}, [1, 5, 2, 3, 4, 6]],
    [`${inEurope} AND round = :x`, { ':x': { S: 'quarter' } }, [5, 2, 3, 4]],
    [`${inEurope} AND begins_with(round, :x)`, { ':x': { S: 'q' } }, [5, 2, 3, 4]],
    [`${inEurope} AND round > :x`, { ':x': { S: 'final' } }, [5, 2, 3, 4, 6]],
    [`${inEurope} AND round <= :x`, { ':x': { S: 'final' } }, [1]],
    [`${inEurope} AND round = :x AND #n >= :n`, { ':x': { S: 'quarter' }, ':n': { N: '2' } }, [2, 3, 4]],
    [
      `${inEurope} AND round = :x AND #n BETWEEN :n AND :m`,
      { ':x': { S: 'quarter' }, ':n': { N: '-1' }, ':m': { N: '2' } },
      [5, 2],
    ],
    [
      `player = :p AND #n = :n AND round = :x AND ${inEurope}`,
      { ':x': { S: 'quarter' }, ':n': { N: '10' }, ':p': { S: 'cid' } },
      [4],
    ],
    [
      `${inEurope} AND round = :x AND #n = :n AND begins_with(player, :p)`,
      { ':x': { S: 'quarter' }, ':n': { N: '10' }, ':p': { S: 'a' } },
      [3],
    ],
  ])('%s', async (condition, values, expected) => {
    expect(await ids(query(condition, values))).toEqual(expected);
    expect(await ids(query(condition, values, { ScanIndexForward: false }))).toEqual(expected.toReversed());
  });

  test('goes on behind the last key of a page, which has all attributes of both keys', async () => {
    const seen: number[] = [];
    let more: JsonObject = {};
    do {
      const page = await call(store, 'Query', query(inEurope, {}, { Limit: 2, ...more }));
      seen.push(...(page['Items'] as JsonObject[]).map((found) => Number(found['s'].N)));
      const last = page['LastEvaluatedKey'] as JsonObject | undefined;
      more = last === undefined ? {} : { ExclusiveStartKey: last };
      if (last !== undefined) expect(Object.keys(last).sort()).toEqual(['p', 's', ...Object.keys(types)].sort());
    } while ('ExclusiveStartKey' in more);
    expect(seen).toEqual([1, 5, 2, 3, 4, 6]);
  });

  test.each<[string, JsonObject, string]>([
    ['tournament = :t', { ':t': { S: 'winter' } }, 'Query condition missed key schema element: region'],
    ['tournament = :t AND #region > :r', europe, 'Query key condition not supported'],
    [
      `${inEurope} AND #n = :n`,
      { ...europe, ':n': { N: '1' } },
      'RANGE key attributes round must have equality conditions specified in the query because a condition is present ' +
        'on key attribute number',
    ],
    [
      `${inEurope} AND round > :x AND #n = :n`,
      { ...europe, ':x': { S: 'a' }, ':n': { N: '1' } },
      'RANGE key attributes round must have equality conditions specified in the query because a condition is present ' +
        'on key attribute number',
    ],
    [
      `${inEurope} AND round = :x`,
      { ...europe, ':x': { N: '1' } },
      'One or more parameter values were invalid: Condition parameter type does not match schema type',
    ],
  ])('refuses %s', async (condition, ExpressionAttributeValues, message) => {
    const names = Object.entries({ '#region': 'region', '#n': 'number' }).filter(([name]) => condition.includes(name));
    const input = {
      TableName,
      IndexName,
      KeyConditionExpression: condition,
      ExpressionAttributeValues,
      ...(names.length === 0 ? {} : { ExpressionAttributeNames: Object.fromEntries(names) }),
    };
    expect(await refusal(store, 'Query', input)).toBe(`ValidationException: ${message}`);
  });

  test('an item that changes one of the attributes moves in the index', async () => {
    await call(store, 'UpdateItem', {
      TableName,
      Key: item('match', 1),
      UpdateExpression: 'SET #n = :n, round = :x',
      ExpressionAttributeNames: { '#n': 'number' },
      ExpressionAttributeValues: { ':n': { N: '5' }, ':x': { S: 'quarter' } },
    });
    expect(await ids(query(inEurope))).toEqual([5, 2, 1, 3, 4, 6]);
  });

  test('an attribute of another type is refused by name', async () => {
    const Item = { ...match(9, 'final', 1, 'ann'), number: { S: '1' } };
    expect(await refusal(store, 'PutItem', { TableName, Item })).toBe(
      'ValidationException: One or more parameter values were invalid: Type mismatch for Index Key number ' +
        'Expected: N Actual: S IndexName: by-tournament',
    );
  });
});

describe('definitions', () => {
  const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
  const create = (schema: JsonObject[]) => {
    const names = new Set(schema.map(({ AttributeName }) => AttributeName as string));
    return tableInput(TableName, {
      AttributeDefinitions: attributes(Object.fromEntries([...names].map((name) => [name, 'S']))),
      GlobalSecondaryIndexes: [{ ...index, KeySchema: schema }],
    });
  };

  test('four attributes a side are taken and described', async () => {
    const schema = keySchema(letters.slice(0, 4), letters.slice(4, 8));
    const { TableDescription } = await call(store, 'CreateTable', create(schema));
    expect(TableDescription.GlobalSecondaryIndexes[0].KeySchema).toEqual(schema);
  });

  test.each<[string, JsonObject[]]>([
    ['five partition attributes', keySchema(letters.slice(0, 5), [])],
    ['five sort attributes', keySchema(['a'], letters.slice(1, 6))],
    ['no partition attribute', keySchema([], ['a', 'b'])],
    ['a partition attribute behind a sort attribute', [...keySchema(['a'], ['b']), ...keySchema(['c'], [])]],
    ['an attribute on both sides', keySchema(['a', 'b'], ['b'])],
    ['nine attributes', keySchema(letters.slice(0, 4), letters.slice(4, 9))],
  ])('%s are refused', async (_, schema) => {
    expect(await refusal(store, 'CreateTable', create(schema))).toMatch(/^ValidationException: /);
    await call(store, 'CreateTable', tableInput(TableName));
    const update = {
      TableName,
      AttributeDefinitions: create(schema)['AttributeDefinitions'],
      GlobalSecondaryIndexUpdates: [{ Create: { ...index, KeySchema: schema } }],
    };
    expect(await refusal(store, 'UpdateTable', update)).toMatch(/^ValidationException: /);
  });

  test('tables and local indexes still have one of each', async () => {
    const input = tableInput(TableName);
    const keys = keySchema(['p', 's'], []);
    expect(await refusal(store, 'CreateTable', { ...input, KeySchema: keys })).toBe(
      'ValidationException: Invalid KeySchema: The second KeySchemaElement is not a RANGE key type',
    );
    const three = { ...input, KeySchema: keySchema(['p'], ['s', 't']) };
    expect(await refusal(store, 'CreateTable', three)).toMatch(/Member must have length less than or equal to 2$/);
  });

  test('UpdateTable fills such an index with the items that have all of its attributes', async () => {
    await call(store, 'CreateTable', tableInput(TableName));
    for (const Item of [match(1, 'final', 1, 'ann'), item('other', 1), match(2, 'semi', 1, 'bob')]) {
      await call(store, 'PutItem', { TableName, Item });
    }
    await call(store, 'UpdateTable', {
      TableName,
      AttributeDefinitions: attributes(types),
      GlobalSecondaryIndexUpdates: [{ Create: index }],
    });
    expect(await ids(query(inEurope))).toEqual([1, 2]);
  });
});

test('entries stand in the order of their attributes, one after the other', async () => {
  await call(store, 'CreateTable', withIndex);
  // Zero bytes and prefixes: what a careless joining of the attributes would mix up.
  const text = fc.stringMatching(/^[\0\x01a-b\xff]{1,3}$/); // oxlint-disable-line no-control-regex
  const row = fc.record({ round: text, number: fc.integer({ min: -20, max: 20 }), player: text });
  let next = 100;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 2, maxLength: 8 }), async (rows) => {
      const region = `region-${next}`;
      const entries = rows.map((entry) => ({ id: next++, ...entry }));
      for (const { id, round, number, player } of entries) {
        await call(store, 'PutItem', { TableName, Item: match(id, round, number, player, region) });
      }
      const found = await call(store, 'Query', query(inEurope, { ':r': { S: region } }));
      const bytes = (value: string) => Buffer.from(value, 'utf8');
      const sorted = entries.toSorted(
        (a, b) =>
          Buffer.compare(bytes(a.round), bytes(b.round)) ||
          a.number - b.number ||
          Buffer.compare(bytes(a.player), bytes(b.player)),
      );
      const places = (list: readonly { round: string; number: number; player: string }[]) =>
        list.map(({ round, number, player }) => [round, number, player]);
      const read = (found['Items'] as JsonObject[]).map((one) => ({
        round: one['round'].S as string,
        number: Number(one['number'].N),
        player: one['player'].S as string,
      }));
      expect(places(read)).toEqual(places(sorted));
    }),
    { numRuns: 60 },
  );
});
