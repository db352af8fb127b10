import { afterEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/embedded-store.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { item, openRig, texts, type Rig, type RigOptions } from '../support/accelerator-rig.ts';
import { LaggingStore } from '../support/lagging-store.ts';

let rig: Rig;
const closers: (() => Promise<void>)[] = [];

async function open(options?: RigOptions): Promise<Rig> {
  rig = await openRig(options);
  closers.push(() => rig.close());
  return rig;
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const key = item({ pk: 'a', sk: '1' });
const get = () => rig.call('GetItem', { Key: key });
const put = (v: string) => rig.call('PutItem', { Item: { ...key, ...item({ v }) } });

const queries = {
  table: { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) },
  index: {
    IndexName: 'by-status',
    KeyConditionExpression: '#s = :s',
    ExpressionAttributeNames: { '#s': 'status' },
    ExpressionAttributeValues: item({ ':s': 'open' }),
  },
};

describe('I1 no stale fill', () => {
  test('a slow read that began before a write does not fill the cache after it', async () => {
    await open();
    await put('old');
    await rig.clock.advance(10_000);
    rig.accelerator.flush();
    await rig.clock.advance(10_000);
    const held = rig.gate.hold('GetItem', 'on-the-way-back');
    const slow = get();
    await held.arrived;
    await put('new');
    held.open();
    // The reader gets its answer either way: it began before the write.
    expect(texts((await slow).reply.output['Item'])).toMatchObject({ v: 'old' });
    const after = await get();
    expect(texts(after.reply.output['Item'])).toMatchObject({ v: 'new' });
  });

  test('not even when the entry that the write left was evicted meanwhile', async () => {
    await open({ itemCacheBytes: 600 });
    await put('old');
    rig.accelerator.flush();
    await rig.clock.advance(10_000);
    const held = rig.gate.hold('GetItem', 'on-the-way-back');
    const slow = get();
    await held.arrived;
    await put('new');
    for (const sk of ['2', '3', '4', '5']) await rig.call('GetItem', { Key: item({ pk: 'a', sk }) });
    held.open();
    await slow;
    expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: 'new' });
  });

  test.each(Object.keys(queries) as (keyof typeof queries)[])(
    'a slow query of the %s does not either',
    async (name) => {
      await open();
      const query = () => rig.call('Query', queries[name]);
      await query();
      rig.accelerator.flush();
      await rig.clock.advance(10_000);
      const held = rig.gate.hold('Query', 'on-the-way-back');
      const slow = query();
      await held.arrived;
      await rig.call('PutItem', { Item: item({ pk: 'a', sk: '1', status: 'open', at: '5' }) });
      await rig.clock.advance(10_000);
      held.open();
      expect((await slow).reply.output['Count']).toBe(0);
      const after = await query();
      expect([after.cache, after.reply.output['Count']]).toEqual(['miss', 1]);
    },
  );

  test('a fill that took longer than the log remembers is refused', async () => {
    await open({ mutationLogMs: 1_000 });
    await put('old');
    rig.accelerator.flush();
    await rig.clock.advance(10_000);
    const held = rig.gate.hold('GetItem', 'on-the-way-back');
    const slow = get();
    await held.arrived;
    await put('new');
    await rig.clock.advance(1_001);
    // The next mutation makes the log forget the write.
    await rig.call('PutItem', { Item: item({ pk: 'z', sk: 'z' }) });
    rig.accelerator.invalidate('Orders', key as never);
    await rig.clock.advance(1_001);
    await rig.call('PutItem', { Item: item({ pk: 'z', sk: 'z' }) });
    held.open();
    await slow;
    expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: 'new' });
  });
});

describe('I2 no fill from a lagging replica', () => {
  async function openLagging(): Promise<LaggingStore> {
    const replica = await openStore({ inMemory: true });
    closers.push(() => replica.close());
    let lagging: LaggingStore | undefined;
    await open({ between: (store) => (lagging = new LaggingStore(store, replica)) });
    return lagging as LaggingStore;
  }

  test('a miss on a recent key is read strongly and may be cached', async () => {
    const lagging = await openLagging();
    await put('old');
    await lagging.catchUp();
    await rig.call('UpdateItem', {
      Key: key,
      UpdateExpression: 'SET v = :v',
      ExpressionAttributeValues: item({ ':v': 'new' }),
    });
    rig.accelerator.flush();
    expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: 'new' });
    expect((await get()).cache).toBe('hit');
  });

  test('a query over a recent key is read strongly, in the table and in a local index', async () => {
    await openLagging();
    await rig.call('Query', queries.table);
    await rig.call('PutItem', { Item: item({ pk: 'a', sk: '1', at: '5' }) });
    for (const IndexName of [undefined, 'by-at']) {
      const answer = await rig.call('Query', { ...queries.table, ...(IndexName !== undefined && { IndexName }) });
      expect([IndexName, answer.reply.output['Count']]).toEqual([IndexName, 1]);
    }
  });

  test('a page of a global index is not cached while its footprint holds a recent mutation', async () => {
    const lagging = await openLagging();
    const query = () => rig.call('Query', queries.index);
    await query();
    await rig.call('PutItem', { Item: item({ pk: 'a', sk: '1', status: 'open', at: '5' }) });
    // The index still trails, so the answer is from before the write, and must not be kept.
    expect((await query()).reply.output['Count']).toBe(0);
    await lagging.catchUp();
    const seen = await query();
    expect([seen.cache, seen.reply.output['Count']]).toEqual(['miss', 1]);
    await rig.clock.advance(5_001);
    await query();
    expect((await query()).cache).toBe('hit');
  });

  test('a batch with a recent key is read strongly', async () => {
    await openLagging();
    await put('new');
    rig.accelerator.flush();
    const input = { RequestItems: { Orders: { Keys: [key] } } };
    const { reply } = await rig.accelerator.execute(ServiceRequest.fromInput('BatchGetItem', input));
    expect(texts(reply.output['Responses'].Orders[0])).toMatchObject({ v: 'new' });
  });
});

describe('I10 one flight a key, never an old one', () => {
  test('concurrent misses share one read, and each caller has an answer of its own', async () => {
    await open();
    await put('v');
    rig.accelerator.flush();
    rig.gate.takeCount('GetItem');
    const held = rig.gate.hold('GetItem', 'on-the-way-there');
    const callers = [get(), get(), get()];
    await held.arrived;
    held.open();
    const answers = await Promise.all(callers);
    expect(rig.gate.takeCount('GetItem')).toBe(1);
    expect(answers.map(({ cache }) => cache)).toEqual(['miss', 'coalesced', 'coalesced']);
    expect(answers[1]?.reply).not.toBe(answers[2]?.reply);
  });

  test('a reader that comes after a write does not join a read that began before it', async () => {
    await open();
    await put('old');
    rig.accelerator.flush();
    await rig.clock.advance(10_000);
    const held = rig.gate.hold('GetItem', 'on-the-way-back');
    const slow = get();
    await held.arrived;
    await put('new');
    rig.accelerator.invalidate('Orders', key as never);
    const after = await get();
    expect([after.cache, texts(after.reply.output['Item'])]).toMatchObject(['miss', { v: 'new' }]);
    held.open();
    await slow;
  });

  test('one caller who gives up fails nobody else, and the read still fills', async () => {
    await open();
    await put('v');
    rig.accelerator.flush();
    const held = rig.gate.hold('GetItem', 'on-the-way-there');
    const abort = new AbortController();
    const request = () => ServiceRequest.fromInput('GetItem', { TableName: 'Orders', Key: key });
    const leader = rig.accelerator.execute(request(), { signal: abort.signal });
    const waiter = rig.accelerator.execute(request());
    await held.arrived;
    abort.abort(new Error('gave up'));
    held.open();
    await expect(leader).rejects.toThrow('gave up');
    expect(texts((await waiter).reply.output['Item'])).toMatchObject({ v: 'v' });
    expect((await get()).cache).toBe('hit');
  });
});
