/**
 * Goal: a page that is served is the page that the store would answer now, whatever was written since it was cached
 * (I3, I7). Method: random writes and queries over a small domain; each answer of the accelerator is compared with the
 * same query asked of the store directly, at once. Own writes go through the accelerator; foreign ones reach it as records.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FeedRecord } from '../../src/feed/change-feed.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openRig, TABLE_NAME, type Rig } from '../support/accelerator-rig.ts';
import { ScriptedFeed } from '../support/scripted-feed.ts';

const text = (...texts: string[]) => fc.constantFrom(...texts);
const sortKey = text('1', '2', '3', '4', '5');

const item = fc
  .record(
    {
      pk: text('a', 'b'),
      sk: sortKey,
      status: text('open', 'done'),
      at: sortKey,
      v: text('x', 'y'),
      w: text('x', 'y'),
      padding: fc.constantFrom('', 'p', 'pp'),
    },
    { requiredKeys: ['pk', 'sk'] },
  )
  .map((strings) => Object.fromEntries(Object.entries(strings).map(([name, value]) => [name, { S: value as string }])));

const key = fc.record({ pk: text('a', 'b'), sk: sortKey });

const change: fc.Arbitrary<{ operation: string; input: JsonObject }> = fc.oneof(
  { weight: 4, arbitrary: item.map((Item) => ({ operation: 'PutItem', input: { Item } })) },
  {
    // A batch does not tell what was there before.
    weight: 2,
    arbitrary: item.map((Item) => ({
      operation: 'BatchWriteItem',
      input: { TableName: undefined, RequestItems: { [TABLE_NAME]: [{ PutRequest: { Item } }] } },
    })),
  },
  {
    weight: 2,
    arbitrary: key.map(({ pk, sk }) => ({ operation: 'DeleteItem', input: { Key: { pk: { S: pk }, sk: { S: sk } } } })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        key,
        name: text('v', 'w', 'at', 'status'),
        value: text('x', 'y', '2', '4', 'open'),
        returns: text('NONE', 'UPDATED_NEW', 'ALL_OLD', 'ALL_NEW'),
      })
      .map(({ key: { pk, sk }, name, value, returns }) => ({
        operation: 'UpdateItem',
        input: {
          Key: { pk: { S: pk }, sk: { S: sk } },
          UpdateExpression: 'SET #n = :v',
          ExpressionAttributeNames: { '#n': name },
          ExpressionAttributeValues: { ':v': { S: value } },
          ReturnValues: returns,
        },
      })),
  },
);

const sortCondition = fc.oneof(
  fc.constant({ text: '', values: {} }),
  fc.record({ comparator: text('=', '<', '<=', '>', '>='), bound: sortKey }).map(({ comparator, bound }) => ({
    text: ` AND #s ${comparator} :s`,
    values: { ':s': { S: bound } },
  })),
  fc.tuple(sortKey, sortKey).map(([a, b]) => ({
    text: ' AND #s BETWEEN :s AND :t',
    values: { ':s': { S: a < b ? a : b }, ':t': { S: a < b ? b : a } },
  })),
);

const query: fc.Arbitrary<JsonObject> = fc
  .record({
    index: fc.constantFrom(undefined, 'by-status', 'by-at'),
    partition: fc.nat(1),
    sort: sortCondition,
    forward: fc.boolean(),
    limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    filter: fc.constantFrom(undefined, 'v = :f', 'attribute_not_exists(w)'),
    projection: fc.constantFrom(undefined, 'pk, sk, v', 'w'),
  })
  .map(({ index, partition, sort, forward, limit, filter, projection }) => {
    const [partitionName, sortName, partitions] =
      index === 'by-status'
        ? (['status', 'at', ['open', 'done']] as const)
        : (['pk', index === 'by-at' ? 'at' : 'sk', ['a', 'b']] as const);
    return {
      ...(index !== undefined && { IndexName: index }),
      KeyConditionExpression: `#p = :p${sort.text}`,
      ExpressionAttributeNames: { '#p': partitionName, ...(sort.text !== '' && { '#s': sortName }) },
      ExpressionAttributeValues: {
        ':p': { S: partitions[partition] as string },
        ...sort.values,
        ...(filter === 'v = :f' && { ':f': { S: 'x' } }),
      },
      ScanIndexForward: forward,
      ...(limit !== undefined && { Limit: limit }),
      ...(filter !== undefined && { FilterExpression: filter }),
      ...(projection !== undefined && { ProjectionExpression: projection }),
    };
  });

const scan: fc.Arbitrary<JsonObject> = fc.record(
  {
    IndexName: fc.constantFrom('by-status', 'by-at'),
    Limit: fc.integer({ min: 1, max: 4 }),
    FilterExpression: fc.constant('attribute_exists(v)'),
  },
  { requiredKeys: [] },
);

type Step =
  | { readonly kind: 'write' | 'foreign-write'; readonly operation: string; readonly input: JsonObject }
  | { readonly kind: 'read'; readonly operation: 'Query' | 'Scan'; readonly input: JsonObject }
  | { readonly kind: 'wait' };

/** Few different reads, asked again and again, so that pages are cached when something is written. */
const run = fc
  .tuple(fc.array(query, { minLength: 3, maxLength: 8 }), fc.array(scan, { maxLength: 2 }))
  .chain(([queries, scans]) => {
    const reads = [
      ...queries.map((input) => ({ kind: 'read', operation: 'Query', input }) as const),
      ...scans.map((input) => ({ kind: 'read', operation: 'Scan', input }) as const),
    ];
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...reads) },
      { weight: 2, arbitrary: change.map((write) => ({ kind: 'write', ...write }) as const) },
      { weight: 1, arbitrary: change.map((write) => ({ kind: 'foreign-write', ...write }) as const) },
      { weight: 3, arbitrary: fc.constant({ kind: 'wait' } as const) },
    );
    return fc.array(step, { minLength: 20, maxLength: 60 });
  });

/** Follows pages to the end, as a client would: each page behind a start key is a cached page of its own. */
async function readAll(ask: (input: JsonObject) => Promise<JsonObject>, input: JsonObject): Promise<JsonObject[]> {
  const pages: JsonObject[] = [];
  for (let start: unknown; pages.length < 20;) {
    const page = await ask({ ...input, ...(start !== undefined && { ExclusiveStartKey: start }) });
    pages.push(page);
    start = page['LastEvaluatedKey'];
    if (start === undefined) break;
  }
  return pages;
}

async function play(rig: Rig, feed: ScriptedFeed, step: Step): Promise<void> {
  switch (step.kind) {
    case 'wait':
      // Longer than the mutation log, so that index pages may be cached again.
      return rig.clock.advance(5_001);
    case 'write':
      await rig.call(step.operation, step.input);
      return;
    case 'foreign-write': {
      const records: FeedRecord[] = [];
      rig.store.feed.subscribe({ onRecord: (record) => records.push(record), onCaughtUp: () => {}, onGap: () => {} });
      await rig.store.feed.watch(TABLE_NAME);
      await rig.direct(step.operation, step.input);
      await rig.store.feed.close();
      for (const record of records) feed.listener.onRecord(record);
      return;
    }
    case 'read': {
      const cached = await readAll(async (input) => (await rig.call(step.operation, input)).reply.output, step.input);
      const fresh = await readAll((input) => rig.direct(step.operation, input), step.input);
      expect(cached).toEqual(fresh);
    }
  }
}

describe('I7 exact query invalidation', () => {
  test(
    'every page that is served equals a fresh evaluation, after own and foreign writes',
    { timeout: 120_000 },
    async () => {
      let hits = 0;
      await fc.assert(
        fc.asyncProperty(run, async (steps) => {
          const feed = new ScriptedFeed('live', () => Infinity);
          // Not `Infinity`, which says that records come before the acknowledgement: these come after it.
          feed.caughtUpAsOfMs = () => Number.MAX_SAFE_INTEGER;
          const rig = await openRig({ feed });
          try {
            for (const step of steps) await play(rig, feed, step);
            hits += rig.accelerator.stats().query.hits;
          } finally {
            await rig.close();
          }
        }),
        { numRuns: 150 },
      );
      expect(hits).toBeGreaterThan(500);
    },
  );

  describe('a page that ended at the 1 MB cap', () => {
    const kilobytes = (count: number) => ({ S: 'x'.repeat(count * 1000) });
    const big = (sk: string, size: number) => ({ pk: { S: 'a' }, sk: { S: sk }, padding: kilobytes(size) });
    const query = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'a' } } };
    let rig: Rig;

    beforeEach(async () => {
      rig = await openRig();
      for (const sk of ['1', '2', '3', '4', '5']) await rig.direct('PutItem', { Item: big(sk, 300) });
      const { reply } = await rig.call('Query', query);
      expect(reply.output['LastEvaluatedKey']).toBeDefined();
      expect((await rig.call('Query', query)).cache).toBe('hit');
    });

    afterEach(() => rig.close());

    test.each([
      ['the item behind it is deleted', 'DeleteItem', { Key: { pk: { S: 'a' }, sk: { S: '5' } } }],
      ['the item behind it shrinks', 'PutItem', { Item: big('5', 1) }],
      ['an item on it shrinks', 'PutItem', { Item: big('1', 1) }],
      ['an item on it grows', 'PutItem', { Item: big('1', 390) }],
    ])('is not served when %s', async (_name, operation, input) => {
      const { reply } = await rig.call(operation, input);
      expect(reply.ok).toBe(true);
      // Also what lies behind it: a store may have stopped before an item that did not fit.
      const after = await rig.call('Query', query);
      expect([after.cache, after.reply.output]).toEqual(['miss', await rig.direct('Query', query)]);
    });

    test('is served when another partition changes', async () => {
      await rig.call('PutItem', { Item: { ...big('4', 1), pk: { S: 'b' } } });
      expect((await rig.call('Query', query)).cache).toBe('hit');
    });
  });

  describe('keeps what a write does not concern', () => {
    let rig: Rig;

    beforeEach(async () => {
      rig = await openRig();
      for (const sk of ['1', '2', '3', '4']) {
        await rig.direct('PutItem', { Item: { pk: { S: 'a' }, sk: { S: sk }, v: { S: 'x' }, w: { S: 'x' } } });
      }
    });

    afterEach(() => rig.close());

    const range = {
      KeyConditionExpression: 'pk = :p AND sk < :s',
      ExpressionAttributeValues: { ':p': { S: 'a' }, ':s': { S: '3' } },
    };
    const put = (sk: string, v: string, w = 'x') =>
      rig.call('PutItem', { Item: { pk: { S: 'a' }, sk: { S: sk }, v: { S: v }, w: { S: w } } });

    test.each([
      ['beside its range', range, () => put('3', 'y'), 'hit'],
      ['in its range', range, () => put('2', 'y'), 'miss'],
      ['behind its limit', { ...range, Limit: 1 }, () => put('2', 'y'), 'hit'],
      ['at its limit', { ...range, Limit: 2 }, () => put('2', 'y'), 'miss'],
      ['to what it does not show', { ...range, ProjectionExpression: 'v' }, () => put('2', 'x', 'y'), 'hit'],
      ['to what it shows', { ...range, ProjectionExpression: 'v' }, () => put('2', 'y'), 'miss'],
      ['to what its filter hides', { ...range, FilterExpression: 'v = :p' }, () => put('2', 'x', 'y'), 'hit'],
      ['that its filter comes to let pass', { ...range, FilterExpression: 'v = :p' }, () => put('2', 'a'), 'miss'],
      ['to what its filter lets pass', { ...range, FilterExpression: 'v <> :p' }, () => put('2', 'x', 'y'), 'miss'],
      ['that changes nothing', range, () => put('2', 'x'), 'hit'],
    ])('a write %s', async (_name, input, write, expected) => {
      await rig.call('Query', input);
      await write();
      expect((await rig.call('Query', input)).cache).toBe(expected);
    });
  });
});
