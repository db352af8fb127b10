import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { call, item, openTestStore, refusal, tableInput } from './stores.ts';

const GLOBAL = {
  AttributeDefinitions: [
    { AttributeName: 'g', AttributeType: 'S' },
    { AttributeName: 'n', AttributeType: 'N' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'all',
      KeySchema: [
        { AttributeName: 'g', KeyType: 'HASH' },
        { AttributeName: 'n', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
    {
      IndexName: 'keys',
      KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'local',
      KeySchema: [
        { AttributeName: 'p', KeyType: 'HASH' },
        { AttributeName: 'n', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['x'] },
    },
  ],
};

/** All items of a paged read, and how many pages it took. */
async function readAll(store: EmbeddedStore, operation: 'Query' | 'Scan', input: JsonObject) {
  const items: JsonObject[] = [];
  let pages = 0;
  let start: unknown;
  do {
    const page = await call(store, operation, start === undefined ? input : { ...input, ExclusiveStartKey: start });
    items.push(...(page['Items'] as JsonObject[]));
    start = page['LastEvaluatedKey'];
    pages++;
  } while (start !== undefined);
  return { items, pages };
}

describe('queries', () => {
  test('a partition is read in the order of its numbers, both ways, by any page size', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things'));
    const numbers = [-1e10, -3, -2.5, 0, 0.001, 1, 2, 10, 1e20];
    for (const s of numbers.toReversed()) await call(store, 'PutItem', { TableName: 'things', Item: item('a', s) });
    await call(store, 'PutItem', { TableName: 'things', Item: item('b', 5) });
    for (const limit of [1, 2, 3, 9, 20]) {
      for (const forward of [true, false]) {
        const { items } = await readAll(store, 'Query', {
          TableName: 'things',
          KeyConditionExpression: 'p = :p',
          ExpressionAttributeValues: { ':p': { S: 'a' } },
          Limit: limit,
          ScanIndexForward: forward,
        });
        const found = items.map((found) => Number(found['s'].N));
        expect(found).toEqual(forward ? numbers : numbers.toReversed());
      }
    }
  });

  test('every kind of range of the sort key selects what a filter over the partition would', async () => {
    const store = await openTestStore();
    const schema = tableInput('texts');
    schema['AttributeDefinitions'][1].AttributeType = 'S';
    await call(store, 'CreateTable', schema);
    const texts = ['a', 'a\u0000', 'a\u0001', 'aa', 'ab', 'b', 'ÿ', 'zz', '\u0000'];
    for (const text of texts) {
      await call(store, 'PutItem', { TableName: 'texts', Item: { p: { S: 'p' }, s: { S: text } } });
    }
    const sorted = texts.toSorted((a, b) => Buffer.from(a).compare(Buffer.from(b)));
    const compare = (a: string, b: string) => Buffer.from(a).compare(Buffer.from(b));
    const conditions: [string, (s: string, low: string, high: string) => boolean][] = [
      ['s = :low', (s, low) => s === low],
      ['s < :low', (s, low) => compare(s, low) < 0],
      ['s <= :low', (s, low) => compare(s, low) <= 0],
      ['s > :low', (s, low) => compare(s, low) > 0],
      ['s >= :low', (s, low) => compare(s, low) >= 0],
      ['begins_with(s, :low)', (s, low) => s.startsWith(low)],
      ['s BETWEEN :low AND :high', (s, low, high) => compare(s, low) >= 0 && compare(s, high) <= 0],
    ];
    for (const [text, selects] of conditions) {
      for (const low of texts) {
        const high = text.includes(':high') ? { ':high': { S: 'ÿÿ' } } : {};
        const { items } = await readAll(store, 'Query', {
          TableName: 'texts',
          KeyConditionExpression: `p = :p AND ${text}`,
          ExpressionAttributeValues: { ':p': { S: 'p' }, ':low': { S: low }, ...high },
          Limit: 2,
        });
        const expected = sorted.filter((s) => selects(s, low, 'ÿÿ'));
        expect(items.map((found) => found['s'].S)).toEqual(expected);
      }
    }
  });

  test('a page ends at 1 MB, counted before the filter', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things'));
    const x = { S: 'x'.repeat(100_000) };
    for (let s = 0; s < 25; s++) await call(store, 'PutItem', { TableName: 'things', Item: item('a', s, { x }) });
    const page = await call(store, 'Query', {
      TableName: 'things',
      KeyConditionExpression: 'p = :p',
      FilterExpression: 'attribute_not_exists(x)',
      ExpressionAttributeValues: { ':p': { S: 'a' } },
      ReturnConsumedCapacity: 'TOTAL',
    });
    expect(page).toMatchObject({ Count: 0, Items: [], ScannedCount: 11, LastEvaluatedKey: item('a', 10) });
    expect(page['ConsumedCapacity'].CapacityUnits).toBe(134.5);
  });

  test.each([
    [{ KeyConditionExpression: 's = :p' }, 'ValidationException: Query condition missed key schema element: p'],
    [
      { KeyConditionExpression: 'p = :p', ExclusiveStartKey: item('b', 1) },
      'ValidationException: The provided starting key is outside query boundaries based on provided conditions',
    ],
    [
      { KeyConditionExpression: 'p = :p', ExclusiveStartKey: { p: { S: 'a' } } },
      'ValidationException: The provided starting key is invalid',
    ],
    [
      { KeyConditionExpression: 'p = :p', IndexName: 'none' },
      'ValidationException: The table does not have the specified index: none',
    ],
    [
      { KeyConditionExpression: 'p = :p', FilterExpression: 's = :p' },
      'ValidationException: Filter Expression can only contain non-primary key attributes: Primary key attribute: s',
    ],
  ])('Query refuses %j', async (input, expected) => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things'));
    const values = { ExpressionAttributeValues: { ':p': { S: 'a' } } };
    expect(await refusal(store, 'Query', { TableName: 'things', ...values, ...input })).toBe(expected);
  });
});

describe('indexes', () => {
  test('after any writes, indexes show what a filter over the table shows', async () => {
    const attribute = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const write = fc.record({
      p: fc.constantFrom('a', 'b'),
      s: fc.constantFrom(1, 2, 3),
      g: attribute(fc.constantFrom('x', 'y')),
      n: attribute(fc.integer({ min: -2, max: 2 })),
      x: attribute(fc.constantFrom('k', 'l')),
      isDelete: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 40 }), async (writes) => {
        const store = await openTestStore();
        await call(store, 'CreateTable', tableInput('things', GLOBAL));
        await Promise.all(
          writes.map(({ p, s, g, n, x, isDelete }) => {
            if (isDelete) return call(store, 'DeleteItem', { TableName: 'things', Key: item(p, s) });
            const more: JsonObject = {};
            if (g !== undefined) more['g'] = { S: g };
            if (n !== undefined) more['n'] = { N: String(n) };
            if (x !== undefined) more['x'] = { S: x };
            return call(store, 'PutItem', { TableName: 'things', Item: item(p, s, more) });
          }),
        );
        await expectIndexesAgree(store);
        await store.close();
      }),
      { numRuns: 25 },
    );
  });

  test('a backfilled index and a dropped one: what was there before shows, what is gone is unknown', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things'));
    for (let s = 0; s < 1200; s++) {
      await call(store, 'PutItem', { TableName: 'things', Item: item('a', s, { g: { S: `g${s % 2}` } }) });
    }
    const create = {
      IndexName: 'by-g',
      KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    };
    const updated = await call(store, 'UpdateTable', {
      TableName: 'things',
      AttributeDefinitions: [{ AttributeName: 'g', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [{ Create: create }],
    });
    expect(updated['TableDescription'].GlobalSecondaryIndexes[0]).toMatchObject({
      IndexStatus: 'ACTIVE',
      ItemCount: 1200,
    });
    const query = {
      TableName: 'things',
      IndexName: 'by-g',
      KeyConditionExpression: 'g = :g',
      ExpressionAttributeValues: { ':g': { S: 'g1' } },
      Select: 'COUNT',
    };
    expect(await call(store, 'Query', query)).toEqual({ Count: 600, ScannedCount: 600 });
    await call(store, 'UpdateTable', {
      TableName: 'things',
      GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-g' } }],
    });
    expect(await refusal(store, 'Query', query)).toContain('does not have the specified index: by-g');
    const described = await call(store, 'DescribeTable', { TableName: 'things' });
    const definitions = described['Table'].AttributeDefinitions as JsonObject[];
    expect(definitions.map((definition) => definition['AttributeName'] as string)).toEqual(['p', 's']);
  });

  test('writes that run while an index is filled come out right, whichever side comes first', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things'));
    const put = (s: number, g: string) =>
      call(store, 'PutItem', { TableName: 'things', Item: item('a', s, { g: { S: g } }) });
    await Promise.all(Array.from({ length: 3000 }, (_, s) => put(s, 'old')));
    const writes = (async () => {
      for (let s = 0; s < 3000; s += 7) await put(s, 'new');
      for (let s = 3; s < 3000; s += 11) await call(store, 'DeleteItem', { TableName: 'things', Key: item('a', s) });
    })();
    await call(store, 'UpdateTable', {
      TableName: 'things',
      AttributeDefinitions: [{ AttributeName: 'g', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'by-g',
            KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        },
      ],
    });
    await writes;
    const { items: all } = await readAll(store, 'Scan', { TableName: 'things' });
    const { items: indexed } = await readAll(store, 'Scan', { TableName: 'things', IndexName: 'by-g' });
    const byKey = (items: JsonObject[]) => items.map((found) => `${found['s'].N}/${found['g'].S}`).toSorted();
    expect(byKey(indexed)).toEqual(byKey(all));
    const described = await call(store, 'DescribeTable', { TableName: 'things' });
    expect(described['Table'].GlobalSecondaryIndexes[0].ItemCount).toBe(all.length);
  });
});

async function expectIndexesAgree(store: EmbeddedStore): Promise<void> {
  const { items: all } = await readAll(store, 'Scan', { TableName: 'things' });
  const shown = (items: JsonObject[]) =>
    items.map((found) => JSON.stringify(found, Object.keys(found).toSorted().concat(['S', 'N']))).toSorted();
  const pick = (names: string[]) => (found: JsonObject) =>
    Object.fromEntries(names.filter((name) => name in found).map((name) => [name, found[name]]));
  const expected: [string, JsonObject[]][] = [
    ['all', all.filter((found) => 'g' in found && 'n' in found)],
    ['keys', all.filter((found) => 'g' in found).map(pick(['p', 's', 'g']))],
    ['local', all.filter((found) => 'n' in found).map(pick(['p', 's', 'n', 'x']))],
  ];
  const { Table } = await call(store, 'DescribeTable', { TableName: 'things' });
  for (const [IndexName, items] of expected) {
    const scanned = await readAll(store, 'Scan', { TableName: 'things', IndexName, Limit: 2 });
    expect(shown(scanned.items)).toEqual(shown(items));
    const described = [...Table.GlobalSecondaryIndexes, ...Table.LocalSecondaryIndexes];
    const index = described.find((candidate) => candidate.IndexName === IndexName);
    expect(index.ItemCount).toBe(items.length);
    if (items.length === 0) expect(index.IndexSizeBytes).toBe(0);
  }
  expect(Table.ItemCount).toBe(all.length);
}

describe('scans', () => {
  test('segments share the table out: together they show every item once', async () => {
    const store = await openTestStore();
    await call(store, 'CreateTable', tableInput('things'));
    for (let i = 0; i < 100; i++) await call(store, 'PutItem', { TableName: 'things', Item: item(`p${i}`, i) });
    for (const TotalSegments of [1, 3, 8]) {
      const found: string[] = [];
      for (let Segment = 0; Segment < TotalSegments; Segment++) {
        const input = { TableName: 'things', Segment, TotalSegments, Limit: 7 };
        const { items } = await readAll(store, 'Scan', input);
        found.push(...items.map((one) => one['p'].S as string));
      }
      expect(new Set(found).size).toBe(100);
      expect(found).toHaveLength(100);
    }
  });
});
