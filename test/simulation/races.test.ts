/**
 * The known races of caches behind an invalidation stream, one by one: each is the interleaving that goes wrong without its
 * guard, played out step by step. Those of pages and of the feed are in the files beside this one; those that take several
 * nodes are listed at the end, as waiting for a cluster.
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { ServiceReply, type ServiceRequest } from '../../src/model/service-call.ts';
import { ORDERS } from './model-tables.ts';
import { KEY, Race, item, query, raceWith } from './race-rig.ts';
import { MUTATION_LOG_MS } from './scenarios.ts';

const lagging = { replicaLagMs: MUTATION_LOG_MS, indexLagMs: MUTATION_LOG_MS, mutationLogMs: MUTATION_LOG_MS };

describe('reads that are under way', () => {
  test('R1 slow fill: an answer from before a change is not cached after the change', async () => {
    const race = await raceWith({ v: 'old' });
    const held = race.gate.hold('GetItem', 'on-the-way-back');
    const slow = race.get();
    await held.arrived;
    race.putPast({ v: 'new' });
    race.tell();
    held.open();
    expect((await slow).v).toBe('old');
    expect(await race.get()).toEqual({ cache: 'miss', v: 'new' });
  });

  test('R2 evicted evidence: the old answer is refused although the newer entry is gone again', async () => {
    const race = await raceWith({ v: 'old' }, { itemCacheBytes: 700 });
    const held = race.gate.hold('GetItem', 'on-the-way-back');
    const slow = race.get();
    await held.arrived;
    race.putPast({ v: 'new' });
    race.tell();
    expect((await race.get()).v).toBe('new');
    for (const sk of ['2', '3', '4', '5']) await race.get({ pk: 'a', sk });
    held.open();
    await slow;
    expect(await race.get()).toEqual({ cache: 'miss', v: 'new' });
  });

  test('R3 replica lag: a miss after the record of a change does not cache what a replica still holds', async () => {
    const race = await raceWith({ v: 'old' }, lagging);
    race.putPast({ v: 'new' });
    expect((await race.get()).v).toBe('old');
    race.tell();
    expect(await race.get()).toEqual({ cache: 'miss', v: 'new' });
    expect(await race.get()).toEqual({ cache: 'hit', v: 'new' });
  });

  test('R3 replica lag: nor after an own write to a table that could not be described then', async () => {
    const isDown = { now: true };
    const undescribed = (store: BackingStore): BackingStore => ({
      send: (request) =>
        isDown.now && request.operation === 'DescribeTable'
          ? Promise.reject(new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'lost'))
          : store.send(request),
      close: () => Promise.resolve(),
    });
    const race = new Race({
      ...lagging,
      mutationLogMs: 5_000,
      replicaLagMs: 5_000,
      between: undescribed,
      feed: 'none',
    });
    race.putPast({ v: 'old' });
    await race.clock.advance(10_000);
    await race.put({ v: 'new' });
    isDown.now = false;
    await race.clock.advance(1_001);
    expect((await race.get()).v).toBe('new');
    expect(await race.get()).toEqual({ cache: 'hit', v: 'new' });
  });

  test('R13 index lag: a page that a trailing index gives after the record of a change is not cached', async () => {
    const race = await raceWith({ v: '1', status: 'open', at: 1 }, lagging);
    race.putPast({ v: '2', status: 'open', at: 1 });
    race.tell();
    expect(await race.page('Query', query('by-status', 'open'))).toEqual({ cache: 'miss', v: ['1'] });
    expect(await race.page('Query', query('by-status', 'open'))).toEqual({ cache: 'miss', v: ['1'] });
    await race.quiet(MUTATION_LOG_MS + 1);
    expect(await race.page('Query', query('by-status', 'open'))).toEqual({ cache: 'miss', v: ['2'] });
    expect(await race.page('Query', query('by-status', 'open'))).toEqual({ cache: 'hit', v: ['2'] });
  });

  test('R13 index lag: nor one whose answer took longer than the log remembers', async () => {
    const race = await raceWith({ v: '1', status: 'open', at: 1 }, lagging);
    await race.put({ v: '2', status: 'open', at: 1 });
    const held = race.gate.hold('Query', 'on-the-way-back');
    const slow = race.page('Query', query('by-status', 'open'));
    await held.arrived;
    await race.quiet(MUTATION_LOG_MS + 100);
    held.open();
    expect((await slow).v).toEqual(['1']);
    expect(await race.page('Query', query('by-status', 'open'))).toEqual({ cache: 'miss', v: ['2'] });
  });

  test('R23 joined flight: a read after an own write does not join a read that began before it', async () => {
    const race = await raceWith({ v: 'old' });
    const held = race.gate.hold('GetItem', 'on-the-way-back');
    const slow = race.get();
    await held.arrived;
    await race.put({ v: 'new' });
    race.accelerator.invalidate(ORDERS.name, item(KEY));
    expect(await race.get()).toEqual({ cache: 'miss', v: 'new' });
    held.open();
    await slow;
    expect((await race.get()).v).toBe('new');
  });

  test('a read that was long under way is not put over what a later one, by a batch, has brought', async () => {
    const race = await raceWith({ v: 'old' });
    const held = race.gate.hold('GetItem', 'on-the-way-back');
    const slow = race.get();
    await held.arrived;
    // Nobody has told of it yet.
    race.putPast({ v: 'new' });
    await race.quiet(1);
    await race.call('BatchGetItem', { RequestItems: { Orders: { Keys: [item(KEY)] } } });
    expect(await race.get()).toEqual({ cache: 'hit', v: 'new' });
    held.open();
    await slow;
    expect(await race.get()).toEqual({ cache: 'hit', v: 'new' });
  });

  test('a table that is forgotten while a batch is under way fails nobody', async () => {
    const race = await raceWith({ v: '1' });
    const held = race.gate.hold('BatchGetItem', 'on-the-way-back');
    const slow = race.call('BatchGetItem', { RequestItems: { Orders: { Keys: [item(KEY)] } } });
    await held.arrived;
    race.feed.gap(ORDERS.name, 'table-created');
    held.open();
    expect((await slow).output['Responses'].Orders).toHaveLength(1);
  });
});

describe('writes', () => {
  test('R4 answers in another order than the writes: neither of two overlapping writes is believed', async () => {
    const race = await raceWith({ v: 'old' });
    await race.get();
    const first = race.gate.hold('PutItem', 'on-the-way-back');
    const a = race.put({ v: 'a' });
    await first.arrived;
    await race.put({ v: 'b' });
    first.open();
    await a;
    expect((await race.get()).v).toBe('b');
  });

  test('R4 a foreign write while ours is under way, and an answer that took longer than the log remembers', async () => {
    const race = await raceWith({ v: 'old' }, { mutationLogMs: MUTATION_LOG_MS });
    const held = race.gate.hold('PutItem', 'on-the-way-back');
    const ours = race.put({ v: 'ours' });
    await held.arrived;
    race.putPast({ v: 'theirs' });
    race.tell();
    await race.quiet(MUTATION_LOG_MS + 1);
    // The next change makes the log forget the foreign one.
    race.putPast({ sk: '2', v: 'another item' });
    race.tell();
    held.open();
    await ours;
    expect((await race.get()).v).toBe('theirs');
  });

  test('R5 late record: the record of an older own write does not bring its value back', async () => {
    const race = await raceWith({ v: 'old' });
    await race.put({ v: '1' });
    await race.put({ v: '2' });
    race.tell(1);
    expect((await race.get()).v).toBe('2');
    race.tell();
    expect(await race.get()).toEqual({ cache: 'hit', v: '2' });
  });

  test('R6 unknown outcome: a write that times out and is applied later is never taken for done or for not done', async () => {
    const race = await raceWith({ v: 'old' }, lagging);
    await race.get();
    const held = race.gate.hold('PutItem', 'on-the-way-there');
    const lost = race.put({ v: 'new' });
    await held.arrived;
    held.lose(new SlipstreamError('SLIPSTREAM_BACKING_TIMEOUT', 'no reply in time'));
    await expect(lost).rejects.toThrow('no reply');
    expect(await race.get()).toEqual({ cache: 'miss', v: 'old' });
    race.putPast({ v: 'new' });
    race.tell();
    expect(await race.get()).toEqual({ cache: 'miss', v: 'new' });
  });

  test('R6 repeated below: the image before the second attempt of a write says nothing about the pages', async () => {
    const repeated = (store: BackingStore): BackingStore => ({
      async send(request) {
        const first = await store.send(request);
        if (request.operation !== 'PutItem') return first;
        const { status, output } = await store.send(request);
        return ServiceReply.fromOutput(output, { status, isUncertain: true });
      },
      close: () => Promise.resolve(),
    });
    const race = new Race({ between: repeated, feed: 'none' });
    expect((await race.page('Query', query('', 'a'))).v).toEqual([]);
    await race.put({ v: '1' });
    expect((await race.page('Query', query('', 'a'))).v).toEqual(['1']);
  });

  test('R7 no record: a write that changes nothing keeps its key from the cache no longer than H', async () => {
    const race = await raceWith({ v: '1' }, { mutationLogMs: MUTATION_LOG_MS });
    await race.put({ v: '1' });
    expect(race.untold).toEqual([]);
    expect(await race.get()).toEqual({ cache: 'hit', v: '1' });
    race.accelerator.flush();
    await race.quiet(2 * MUTATION_LOG_MS);
    race.gate.sent.length = 0;
    await race.get();
    expect(race.gate.sent.map(({ input }) => input['ConsistentRead'])).toEqual([undefined]);
    expect(await race.get()).toEqual({ cache: 'hit', v: '1' });
  });

  test('R8 negative entry: an item that is cached as absent appears when somebody else inserts it', async () => {
    const race = new Race();
    expect((await race.get()).v).toBe(undefined);
    expect(await race.get()).toEqual({ cache: 'hit', v: undefined });
    race.putPast({ v: '1' });
    race.tell();
    expect((await race.get()).v).toBe('1');
  });

  test('R25 own transaction: once it is answered every one of its items and pages shows it', async () => {
    const race = await raceWith({ v: 'old' });
    await Promise.all([race.get(), race.get({ pk: 'b', sk: '1' }), race.page('Query', query('', 'b'))]);
    await race.call('TransactWriteItems', {
      TransactItems: ['a', 'b'].map((pk) => ({
        Put: { TableName: ORDERS.name, Item: item({ pk, sk: '1', v: 'new' }) },
      })),
    });
    // Its records come apart, but no half of it can be seen here.
    race.tell(1);
    expect([(await race.get()).v, (await race.get({ pk: 'b', sk: '1' })).v]).toEqual(['new', 'new']);
    expect((await race.page('Query', query('', 'b'))).v).toEqual(['new']);
  });

  test('R26 unprocessed items of a batch are not taken for written', async () => {
    const nothingDone = (store: BackingStore): BackingStore => ({
      send: (request: ServiceRequest) =>
        request.operation === 'BatchWriteItem'
          ? Promise.resolve(ServiceReply.fromOutput({ UnprocessedItems: request.input['RequestItems'] as object }))
          : store.send(request),
      close: () => Promise.resolve(),
    });
    const race = await raceWith({ v: 'old' }, { between: nothingDone });
    await race.get();
    await race.call('BatchWriteItem', {
      RequestItems: { Orders: [{ PutRequest: { Item: item({ ...KEY, v: 'new' }) } }] },
    });
    expect(await race.get()).toEqual({ cache: 'hit', v: 'old' });
  });

  test('R26 unprocessed items of a call that the client below has sent twice may be written all the same', async () => {
    const doneBefore = (store: BackingStore): BackingStore => ({
      async send(request) {
        const reply = await store.send(request);
        if (request.operation !== 'BatchWriteItem') return reply;
        const output = { UnprocessedItems: request.input['RequestItems'] as object };
        return ServiceReply.fromOutput(output, { isUncertain: true });
      },
      close: () => Promise.resolve(),
    });
    const race = await raceWith({ v: 'old' }, { between: doneBefore });
    await race.get();
    await race.call('BatchWriteItem', {
      RequestItems: { Orders: [{ PutRequest: { Item: item({ ...KEY, v: 'new' }) } }] },
    });
    expect((await race.get()).v).toBe('new');
  });

  test('R33 a change that comes later in the stream and brings an older value back has the last word', async () => {
    const race = await raceWith({ v: 'old' });
    await race.put({ v: 'ours' });
    // Another region's write, older by its clock, wins and is replicated.
    race.putPast({ v: 'theirs' });
    race.tell();
    expect((await race.get()).v).toBe('theirs');
  });
});

/** The races that one node cannot meet, and what each of them waits for. */
const waitingForACluster = {
  R18: 'a lease of a shard that is stolen from a worker which still runs',
  R19: 'a checkpoint that is written before what it stands for is published',
  R21: 'a bus between nodes that loses messages',
  R22: 'a shared second cache that fails over or moves a slot',
  R24: 'a fill of a shared second cache by one node after another has invalidated it',
  R29: 'a node that dies between the acknowledgement of a write and telling its peers',
};
/** Held elsewhere: who may see a cached byte is asked at the door, before the caches (`test/proxy`). */
const heldAtTheDoor = ['R31'];

test('every known race is tested here, held at the door or waiting for a cluster', async () => {
  const files = ['races.test.ts', 'races-of-pages.test.ts', 'races-of-the-feed.test.ts'];
  const sources = await Promise.all(files.map((file) => readFile(new URL(file, import.meta.url), 'utf8')));
  const tested = new Set([...sources.join('\n').matchAll(/^ {2,4}(?:test\()?'(R\d+) /gm)].map((match) => match[1]));
  const known = [...tested, ...Object.keys(waitingForACluster), ...heldAtTheDoor];
  expect(new Set(known)).toEqual(new Set(Array.from({ length: 33 }, (_, place) => `R${place + 1}`)));
});
