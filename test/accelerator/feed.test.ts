import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import {
  item,
  openRig,
  TABLE_NAME,
  tableDefinition,
  texts,
  type Rig,
  type RigOptions,
} from '../support/accelerator-rig.ts';
import { ScriptedFeed } from '../support/scripted-feed.ts';

let rig: Rig;
let feed: ScriptedFeed;

/** A feed that is caught up from the first moment on. */
async function open(options?: RigOptions): Promise<void> {
  feed = new ScriptedFeed('live', () => rig.clock.monotonicMs());
  rig = await openRig({ feed, ...options });
}

afterEach(() => rig.close());

const key = item({ pk: 'a', sk: '1' });
const image = (more: Record<string, string> = {}) => ({ ...key, ...item(more) });
const get = () => rig.call('GetItem', { Key: key });
const scan = () => rig.call('Scan', {});
const byStatus = (status: string) =>
  rig.call('Query', {
    IndexName: 'by-status',
    KeyConditionExpression: '#s = :s',
    ExpressionAttributeNames: { '#s': 'status' },
    ExpressionAttributeValues: item({ ':s': status }),
  });

describe('I6 the feed decides', () => {
  test('a record with the image that is cached leaves the entry, another image drops it', async () => {
    await open();
    await rig.direct('PutItem', { Item: image({ v: '1' }) });
    await get();
    feed.record(TABLE_NAME, undefined, image({ v: '1' }));
    expect((await get()).cache).toBe('hit');
    await rig.direct('PutItem', { Item: image({ v: '2' }) });
    feed.record(TABLE_NAME, image({ v: '1' }), image({ v: '2' }));
    expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: '2' });
  });

  test('an item that is cached as absent appears when somebody else inserts it', async () => {
    await open();
    await get();
    expect((await get()).cache).toBe('hit');
    await rig.direct('PutItem', { Item: image({ v: '1' }) });
    feed.record(TABLE_NAME, undefined, image({ v: '1' }));
    expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: '1' });
  });

  test('an older record than the last own write never brings the older value back', async () => {
    await open();
    await rig.call('PutItem', { Item: image({ v: '1' }) });
    await rig.call('PutItem', { Item: image({ v: '2' }) });
    feed.record(TABLE_NAME, undefined, image({ v: '1' }));
    expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: '2' });
    feed.record(TABLE_NAME, image({ v: '1' }), image({ v: '2' }));
    expect([(await get()).cache, texts((await get()).reply.output['Item'])]).toMatchObject(['hit', { v: '2' }]);
  });

  test('a write past the accelerator that moves an item between index partitions drops the pages of both', async () => {
    await open();
    const before = image({ status: 'open', at: '1' });
    const after = image({ status: 'done', at: '1' });
    await rig.direct('PutItem', { Item: before });
    await Promise.all([byStatus('open'), byStatus('done'), byStatus('lost')]);
    await rig.direct('PutItem', { Item: after });
    feed.record(TABLE_NAME, before, after);
    expect((await byStatus('open')).reply.output['Count']).toBe(0);
    expect((await byStatus('done')).reply.output['Count']).toBe(1);
    expect((await byStatus('lost')).cache).toBe('hit');
  });

  test('a stream that carries only keys drops what it must: the item, its places in the table, every index page', async () => {
    await open();
    await rig.direct('PutItem', { Item: image({ v: '1', status: 'open', at: '1' }) });
    await Promise.all([get(), byStatus('open'), byStatus('lost')]);
    feed.listener.onRecord({
      tableName: TABLE_NAME,
      key: key as never,
      oldImage: undefined,
      newImage: undefined,
      kind: 'MODIFY',
      viewType: 'KEYS_ONLY',
    });
    expect([(await get()).cache, (await byStatus('open')).cache, (await byStatus('lost')).cache]).toEqual([
      'miss',
      'miss',
      'miss',
    ]);
  });

  test('a scan page forgets what was inserted anywhere and keeps when an item of another page changes', async () => {
    await open();
    for (const pk of ['a', 'b']) await rig.direct('PutItem', { Item: item({ pk, sk: '1', v: '1' }) });
    const page = () => rig.call('Scan', { Limit: 1 });
    const listed = (await page()).reply.output['Items'][0].pk.S as string;
    const other = item({ pk: listed === 'a' ? 'b' : 'a', sk: '1' });
    feed.record(TABLE_NAME, { ...other, ...item({ v: '1' }) }, { ...other, ...item({ v: '2' }) });
    expect((await page()).cache).toBe('hit');
    feed.record(TABLE_NAME, undefined, item({ pk: 'c', sk: '1' }));
    expect((await page()).cache).toBe('miss');
  });
});

describe('I6 the record of an own write', () => {
  const query = (ProjectionExpression?: string) =>
    rig.call('Query', {
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: item({ ':p': 'a' }),
      ...(ProjectionExpression !== undefined && { ProjectionExpression }),
    });

  test('leaves alone what was read and cached since, for the write took effect when it was acknowledged', async () => {
    await open();
    await rig.direct('PutItem', { Item: image({ v: '1' }) });
    await rig.call('PutItem', { Item: image({ v: '2' }) });
    await rig.call('PutItem', { Item: image({ v: '3' }) });
    await query();
    feed.record(TABLE_NAME, image({ v: '1' }), image({ v: '2' }));
    feed.record(TABLE_NAME, image({ v: '2' }), image({ v: '3' }));
    expect([(await get()).cache, (await query()).cache]).toEqual(['hit', 'hit']);
    // It comes once: the same step again is somebody else's.
    feed.record(TABLE_NAME, image({ v: '2' }), image({ v: '3' }));
    expect((await query()).cache).toBe('miss');
  });

  test('is not taken for it when it leaves the same but began elsewhere', async () => {
    await open();
    const [first, between, last] = [
      { v: '1', w: 'b' },
      { v: '2', w: 'a' },
      { v: '2', w: 'b' },
    ].map((texts) => image(texts));
    await rig.direct('PutItem', { Item: first as object });
    await query('v');
    // Somebody else makes two steps, we the third, which a page that shows v alone does not notice.
    await rig.direct('PutItem', { Item: last as object });
    await rig.direct('PutItem', { Item: between as object });
    await rig.call('PutItem', { Item: last as object });
    feed.record(TABLE_NAME, first, last);
    feed.record(TABLE_NAME, last, between);
    feed.record(TABLE_NAME, between, last);
    expect((await query('v')).reply.output['Items']).toEqual([item({ v: '2' })]);
  });

  test('does not come again when it came before the answer', async () => {
    await open();
    await rig.direct('PutItem', { Item: image({ v: '1' }) });
    const held = rig.gate.hold('PutItem', 'on-the-way-back');
    const ours = rig.call('PutItem', { Item: image({ v: '2' }) });
    await held.arrived;
    feed.record(TABLE_NAME, image({ v: '1' }), image({ v: '2' }));
    held.open();
    await ours;
    await rig.direct('PutItem', { Item: image({ v: '1' }) });
    feed.record(TABLE_NAME, image({ v: '2' }), image({ v: '1' }));
    await query();
    await rig.direct('PutItem', { Item: image({ v: '2' }) });
    feed.record(TABLE_NAME, image({ v: '1' }), image({ v: '2' }));
    expect((await query()).reply.output['Items'][0].v.S).toBe('2');
  });
});

describe('I4 a write of somebody else while ours is under way', () => {
  test('its record came first, so nobody knows which was last: the cache does not believe our answer', async () => {
    await open();
    await get();
    const held = rig.gate.hold('PutItem', 'on-the-way-back');
    const slow = rig.call('PutItem', { Item: image({ v: 'ours' }) });
    await held.arrived;
    await rig.direct('PutItem', { Item: image({ v: 'theirs' }) });
    feed.record(TABLE_NAME, image({ v: 'ours' }), image({ v: 'theirs' }));
    held.open();
    await slow;
    expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: 'theirs' });
  });

  test('it was read while ours was under way: what a reader has seen is not taken back', async () => {
    await open();
    await get();
    const held = rig.gate.hold('PutItem', 'on-the-way-back');
    const slow = rig.call('PutItem', { Item: image({ v: 'ours' }) });
    await held.arrived;
    await rig.direct('PutItem', { Item: image({ v: 'theirs' }) });
    expect(texts((await rig.call('GetItem', { Key: key }, 'refresh')).reply.output['Item'])).toMatchObject({
      v: 'theirs',
    });
    held.open();
    await slow;
    expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: 'theirs' });
  });

  test('the record of our own write came before its answer: the value is cached', async () => {
    await open();
    await get();
    const held = rig.gate.hold('PutItem', 'on-the-way-back');
    const slow = rig.call('PutItem', { Item: image({ v: 'ours' }) });
    await held.arrived;
    feed.record(TABLE_NAME, undefined, image({ v: 'ours' }));
    held.open();
    await slow;
    expect((await get()).cache).toBe('hit');
  });
});

describe('I3 an own write to an item whose insert the feed has not told yet', () => {
  test('drops the pages that should list it and do not', async () => {
    await open();
    const hidden = () =>
      rig.call('Query', {
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: item({ ':p': 'a' }),
        ProjectionExpression: 'pk, sk',
      });
    await Promise.all([scan(), hidden()]);
    await rig.direct('PutItem', { Item: image({ v: '1' }) });
    await rig.call('PutItem', { Item: image({ v: '2' }) });
    expect((await scan()).reply.output['Count']).toBe(1);
    expect((await hidden()).reply.output['Count']).toBe(1);
  });
});

describe('I8 bounded staleness', () => {
  test('entries are served while the feed was caught up within maxStalenessMs, and pass through after', async () => {
    await open({ maxStalenessMs: 1_000 });
    await get();
    await rig.clock.advance(1_000);
    expect((await get()).cache).toBe('hit');
    await rig.clock.advance(1);
    expect((await get()).cache).toBe('pass');
    expect(rig.accelerator.tables()).toMatchObject([{ name: TABLE_NAME, serving: false, feedAgeMs: 1_001 }]);
    feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());
    expect((await get()).cache).toBe('hit');
  });

  test('with onFeedLoss ttl they are served until their TTL', async () => {
    await open({ maxStalenessMs: 1_000, onFeedLoss: 'ttl', itemTtlMs: 5_000, negativeTtlMs: 5_000 });
    await get();
    await rig.clock.advance(4_999);
    expect((await get()).cache).toBe('hit');
    await rig.clock.advance(1);
    expect((await get()).cache).toBe('miss');
  });

  test('nothing is cached of a table whose feed has not started', async () => {
    feed = new ScriptedFeed('lost');
    rig = await openRig({ feed });
    await get();
    expect((await get()).cache).toBe('pass');
    expect(rig.accelerator.tables()).toMatchObject([{ feed: 'lost', serving: false }]);
  });

  test('the first call waits until the feed can be trusted, so that its answer is cached already', async () => {
    feed = new ScriptedFeed('live');
    rig = await openRig({ feed });
    const first = get();
    await rig.clock.advance(100);
    feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());
    expect([(await first).cache, (await get()).cache]).toEqual(['miss', 'hit']);
  });

  test('but not longer than feedStartMs', async () => {
    feed = new ScriptedFeed('live');
    rig = await openRig({ feed, feedStartMs: 500 });
    const first = get();
    for (let i = 0; i < 6; i++) await rig.clock.advance(100);
    expect((await first).cache).toBe('pass');
  });

  test('a table without a stream lives by TTL and says so, in the log once', async () => {
    feed = new ScriptedFeed('none');
    const told: unknown[] = [];
    rig = await openRig({ feed, log: { ...silentLog, info: (...line: unknown[]) => told.push(line) } });
    await get();
    expect((await get()).cache).toBe('hit');
    await rig.call('UpdateTable', { BillingMode: 'PAY_PER_REQUEST' });
    await get();
    expect(told).toEqual([[{ table: TABLE_NAME }, expect.stringContaining('no stream')]]);
    expect(rig.accelerator.tables()).toMatchObject([{ feed: 'none', serving: true, feedAgeMs: undefined }]);
  });

  test('an answer that was asked for while the feed was not trusted is not cached when it is again', async () => {
    await open({ maxStalenessMs: 1_000 });
    await get();
    await rig.clock.advance(2_000);
    const held = rig.gate.hold('GetItem', 'on-the-way-back');
    const slow = get();
    await held.arrived;
    feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());
    rig.accelerator.flush();
    held.open();
    await slow;
    expect((await get()).cache).toBe('miss');
  });
});

describe('I9 a gap is a flush', () => {
  test.each(['trimmed', 'new-stream', 'table-deleted', 'restart'] as const)('%s', async (reason) => {
    await open();
    await rig.direct('PutItem', { Item: image({ v: '1', status: 'open', at: '1' }) });
    await Promise.all([get(), byStatus('open'), scan()]);
    feed.gap(TABLE_NAME, reason);
    expect([(await get()).cache, (await byStatus('open')).cache, (await scan()).cache]).not.toContain('hit');
  });

  test('a read that was under way when the gap was noticed does not fill', async () => {
    await open();
    const held = rig.gate.hold('GetItem', 'on-the-way-back');
    const slow = get();
    await held.arrived;
    feed.gap(TABLE_NAME, 'trimmed');
    held.open();
    await slow;
    expect((await get()).cache).toBe('miss');
  });

  test('a table that is deleted and created again through the accelerator shows nothing of its past', async () => {
    await open();
    await rig.call('PutItem', { Item: image({ v: '1' }) });
    await get();
    await rig.call('DeleteTable', {});
    await rig.call('CreateTable', tableDefinition);
    expect((await get()).reply.output).toEqual({});
  });
});
