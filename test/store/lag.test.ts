/** Reads of the past: which states an eventually consistent read may show, and that nothing else shows one. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { EmbeddedStore, StoreOptions } from '../../src/store/embedded-store.ts';
import { UndoLog } from '../../src/store/undo-log.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { indexOf, KEYED, TABLE, thing } from './lag-model.ts';
import { call, item, openTestStore, tableInput } from './stores.ts';

async function openLagging(options: StoreOptions, seed = 1) {
  const clock = new VirtualClock({ seed });
  const store = await openTestStore({ inMemory: true, clock, ...options });
  await call(store, 'CreateTable', tableInput('things', KEYED));
  return { clock, store };
}

const put = (store: EmbeddedStore, s: number, v: number, more: JsonObject = {}) =>
  call(store, 'PutItem', { ...TABLE, Item: thing({ p: 'a', s, v, ...more }) });

/** The value of item (a, s), as an eventually consistent read shows it; undefined when it shows none. */
async function seen(store: EmbeddedStore, s: number, isStrong = false): Promise<number | undefined> {
  const output = await call(store, 'GetItem', { ...TABLE, Key: item('a', s), ConsistentRead: isStrong });
  return output['Item'] === undefined ? undefined : Number(output['Item'].v.N);
}

async function repeat<T>(times: number, read: () => Promise<T>): Promise<Set<T>> {
  const answers = new Set<T>();
  for (let i = 0; i < times; i++) answers.add(await read());
  return answers;
}

describe('with a replica lag', () => {
  test('a write shows in strong reads at once, in others after a while, and in all when the lag has passed', async () => {
    const { clock, store } = await openLagging({ replicaLagMs: 1_000 });
    await put(store, 1, 1);
    await clock.advance(5_000);
    await put(store, 1, 2);
    expect(await repeat(20, () => seen(store, 1))).toEqual(new Set([1]));
    expect(await seen(store, 1, true)).toBe(2);
    await clock.advance(500);
    // Replicas differ: a later read may show what is older.
    expect(await repeat(60, () => seen(store, 1))).toEqual(new Set([1, 2]));
    await clock.advance(500);
    expect(await repeat(20, () => seen(store, 1))).toEqual(new Set([2]));
  });

  test('a deleted item is still there for a while', async () => {
    const { clock, store } = await openLagging({ replicaLagMs: 1_000 });
    await put(store, 1, 1);
    await clock.advance(5_000);
    await call(store, 'DeleteItem', { ...TABLE, Key: item('a', 1) });
    await clock.advance(500);
    expect(await repeat(60, () => seen(store, 1))).toEqual(new Set([1, undefined]));
    await clock.advance(500);
    expect(await repeat(20, () => seen(store, 1))).toEqual(new Set([undefined]));
  });

  test('each item of a batch is of a moment of its own, each page of one', async () => {
    const { clock, store } = await openLagging({ replicaLagMs: 1_000 });
    for (const v of [1, 2]) {
      await clock.advance(5_000);
      const puts = [1, 2].map((s) => ({ Put: { ...TABLE, Item: thing({ p: 'a', s, v }) } }));
      await call(store, 'TransactWriteItems', { TransactItems: puts });
    }
    await clock.advance(500);
    const keys = [item('a', 1), item('a', 2)];
    const batches = await repeat(100, async () => {
      const output = await call(store, 'BatchGetItem', { RequestItems: { things: { Keys: keys } } });
      return JSON.stringify((output['Responses'].things as JsonObject[]).map((found) => found['v'].N));
    });
    expect(batches).toEqual(new Set(['["1","1"]', '["2","2"]', '["1","2"]', '["2","1"]']));
    const pages = await repeat(100, async () => {
      const output = await call(store, 'Scan', TABLE);
      return JSON.stringify((output['Items'] as JsonObject[]).map((found) => found['v'].N));
    });
    expect(pages).toEqual(new Set(['["1","1"]', '["2","2"]']));
  });

  test('transactions read the newest state, and so do conditions', async () => {
    const { store } = await openLagging({ replicaLagMs: 1_000 });
    await put(store, 1, 1);
    const gets = [{ Get: { ...TABLE, Key: item('a', 1) } }];
    const output = await call(store, 'TransactGetItems', { TransactItems: gets });
    expect(output['Responses'][0].Item.v).toEqual({ N: '1' });
    await call(store, 'PutItem', {
      ...TABLE,
      Item: thing({ p: 'a', s: 1, v: 2 }),
      ConditionExpression: 'v = :v',
      ExpressionAttributeValues: { ':v': { N: '1' } },
    });
    expect(await seen(store, 1, true)).toBe(2);
  });

  test('no read shows a part of a commit, at whatever moment of the commit it comes', async () => {
    const { clock, store } = await openLagging({ replicaLagMs: 1_000 });
    const shown = new Set<number>();
    const look = async () => shown.add((await call(store, 'Scan', TABLE))['Count'] as number);
    let isAnswered = false;
    const puts = Array.from({ length: 50 }, (_, s) => ({ Put: { ...TABLE, Item: thing({ p: `${s}`, s, v: 1 }) } }));
    const written = call(store, 'TransactWriteItems', { TransactItems: puts }).then(() => (isAnswered = true));
    while (!isAnswered) {
      await look();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await written;
    await clock.advance(500);
    for (let i = 0; i < 60; i++) await look();
    expect(shown).toEqual(new Set([0, 50]));
  });

  test('one seed draws the same ages, another others', async () => {
    const run = async (seed: number) => {
      const { clock, store } = await openLagging({ replicaLagMs: 1_000, seed }, seed * 7);
      const answers: unknown[] = [];
      for (let v = 0; v < 30; v++) {
        await put(store, 1, v);
        await clock.advance(100);
        answers.push(await seen(store, 1));
      }
      return answers;
    };
    expect(await run(5)).toEqual(await run(5));
    expect(await run(5)).not.toEqual(await run(6));
  });

  test('two stores of one process lag by themselves', async () => {
    const one = await openLagging({ replicaLagMs: 1_000 });
    const other = await openLagging({});
    for (const { store } of [one, other]) await put(store, 1, 1);
    expect(await seen(one.store, 1)).toBeUndefined();
    expect(await seen(other.store, 1)).toBe(1);
  });
});

describe('with an index lag', () => {
  const listed = async (store: EmbeddedStore, IndexName: string, ConsistentRead = false) => {
    const [name, value] = IndexName === 'local' ? ['p', 'a'] : ['g', 'x'];
    const output = await call(store, 'Query', {
      ...TABLE,
      IndexName,
      ConsistentRead,
      KeyConditionExpression: `${name} = :k`,
      ExpressionAttributeValues: { ':k': { S: value } },
    });
    return (output['Items'] as JsonObject[]).map((found) => Number(found['v'].N)).join();
  };

  test('global indexes trail the table; the table and its local indexes do not', async () => {
    const { clock, store } = await openLagging({ indexLagMs: 1_000 });
    await put(store, 1, 1, { g: 'x', n: 1 });
    for (const name of ['all', 'some']) expect(await listed(store, name)).toBe('');
    expect([await seen(store, 1), await listed(store, 'local'), await listed(store, 'local', true)]).toEqual([
      1,
      '1',
      '1',
    ]);
    await clock.advance(500);
    for (const name of ['all', 'some']) {
      expect(await repeat(60, () => listed(store, name))).toEqual(new Set(['', '1']));
    }
    await clock.advance(500);
    for (const name of ['all', 'some']) expect(await repeat(20, () => listed(store, name))).toEqual(new Set(['1']));
  });

  test('a change of an item that stays in its place trails too', async () => {
    const { clock, store } = await openLagging({ indexLagMs: 1_000 });
    await put(store, 1, 1, { g: 'x', n: 1 });
    await clock.advance(5_000);
    await put(store, 1, 2, { g: 'x', n: 1 });
    for (const name of ['all', 'some']) expect(await listed(store, name)).toBe('1');
  });

  test('an index that was made a moment ago shows the items that were there before', async () => {
    const { clock, store } = await openLagging({ indexLagMs: 1_000 });
    for (let s = 0; s < 20; s++) await put(store, s, s, { g: 'x', n: s });
    await clock.advance(5_000);
    await call(store, 'UpdateTable', {
      ...TABLE,
      AttributeDefinitions: tableInput('things', KEYED)['AttributeDefinitions'],
      GlobalSecondaryIndexUpdates: [{ Create: indexOf('late', 'g', 'n', { ProjectionType: 'ALL' }) }],
    });
    const all = Array.from({ length: 20 }, (_, s) => s).join();
    expect(await repeat(20, () => listed(store, 'late'))).toEqual(new Set([all]));
    await clock.advance(2_000);
    await put(store, 0, 100, { g: 'x', n: 0 });
    expect(await listed(store, 'late')).toBe(all);
  });
});

describe('the undo log', () => {
  const row = (text: string) => Buffer.from(text.repeat(100));

  test('stays within its bytes, forgets what nobody can ask for, and keeps the rest', () => {
    const clock = new VirtualClock();
    const undo = new UndoLog(clock, { reachMs: 1_000, bytesMax: 10_000 });
    for (let i = 0; i < 200; i++) {
      const batch = undo.begin();
      undo.note(batch, `k${i % 7}`, row('x'));
      undo.note(batch, `l${i}`, row('y'));
      undo.commit(batch);
      expect(undo.sizeBytes).toBeLessThanOrEqual(10_000);
    }
    expect([...undo.keys('', 'z', false)].length).toBeGreaterThan(7);
    return clock.advance(1_000).then(() => {
      undo.readableMs(0);
      expect([undo.sizeBytes, ...undo.keys('', 'z', false)]).toEqual([0]);
    });
  });

  test('has nothing to read back to while a commit that did not fit is under way', async () => {
    const clock = new VirtualClock();
    const undo = new UndoLog(clock, { reachMs: 1_000, bytesMax: 1_000 });
    await clock.advance(5_000);
    const large = undo.begin();
    for (let i = 0; i < 20; i++) undo.note(large, `k${i}`, row('x'));
    expect([undo.readableMs(500), undo.sizeBytes]).toEqual([undefined, 0]);
    await clock.advance(100);
    undo.commit(large);
    expect(undo.readableMs(500)).toBe(5_100);
    await clock.advance(300);
    expect(undo.readableMs(500)).toBe(5_100);
    await clock.advance(900);
    expect(undo.readableMs(500)).toBe(5_800);
  });
});
