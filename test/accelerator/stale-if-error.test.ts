/** Goal: while the store gives no answer, what was cached is served within its bound, marked, and never what is outdated. */
import { afterEach, expect, test } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { ServiceError } from '../../src/model/service-error.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import { item, openRig, TABLE_NAME, texts, type Rig, type RigOptions } from '../support/accelerator-rig.ts';
import { ScriptedFeed } from '../support/scripted-feed.ts';

let rig: Rig;
let feed: ScriptedFeed;
/** How the store fails; undefined while it is well. */
let failure: (() => Promise<ServiceReply>) | undefined;

const isLost = () => Promise.reject(new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'the store is down'));
const is500 = () => Promise.resolve(ServiceReply.fromError(new ServiceError('InternalServerError', 'no')));

async function open(options?: RigOptions): Promise<void> {
  feed = new ScriptedFeed('live', () => rig.clock.monotonicMs());
  failure = undefined;
  const between = (store: BackingStore): BackingStore => ({
    send: (request, sendOptions) => failure?.() ?? store.send(request, sendOptions),
    close: () => store.close(),
  });
  rig = await openRig({ feed, between, itemTtlMs: 1_000, queryTtlMs: 1_000, negativeTtlMs: 1_000, ...options });
}

afterEach(() => rig.close());

const key = item({ pk: 'a', sk: '1' });
const image = (v: string) => ({ ...key, ...item({ v }) });
const get = (control?: 'bypass') => rig.call('GetItem', { Key: key }, control);
const query = () =>
  rig.call('Query', { KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: item({ ':a': 'a' }) });
const fresh = () => feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());

async function cacheBoth(): Promise<void> {
  await rig.direct('PutItem', { Item: image('1') });
  await get();
  await query();
}

test('past its lifetime an answer is served, marked and with its age, until the bound', async () => {
  await open({ staleIfErrorMs: 5_000 });
  await cacheBoth();
  failure = isLost;
  await rig.clock.advance(2_000);
  fresh();
  const stale = await get();
  expect(stale).toMatchObject({ cache: 'stale', ageMs: 2_000 });
  expect(texts(stale.reply.output['Item'])).toMatchObject({ v: '1' });
  expect((await query()).cache).toBe('stale');
  failure = is500;
  expect((await query()).cache).toBe('stale');
  await rig.clock.advance(4_001);
  fresh();
  expect((await get()).reply.status).toBe(500);
  failure = isLost;
  await expect(query()).rejects.toThrow('the store is down');
});

test('behind a feed that is lost, too, by the time since it was trusted', async () => {
  await open({ staleIfErrorMs: 5_000, itemTtlMs: 0, maxStalenessMs: 1_000 });
  await cacheBoth();
  await rig.clock.advance(3_000);
  expect((await get()).cache).toBe('pass');
  failure = isLost;
  expect((await get()).cache).toBe('stale');
  await rig.clock.advance(3_001);
  await expect(get()).rejects.toThrow('the store is down');
});

test('a store that answers is believed, and who asks to go past the caches gets what the store gives', async () => {
  await open({ staleIfErrorMs: 5_000 });
  await cacheBoth();
  await rig.direct('PutItem', { Item: image('2') });
  await rig.clock.advance(2_000);
  fresh();
  expect(texts((await get()).reply.output['Item'])).toMatchObject({ v: '2' });
  failure = isLost;
  await expect(get('bypass')).rejects.toThrow('the store is down');
});

test('nothing is served that a write, a record or a gap has outdated (I3, I6, I9)', async () => {
  await open({ staleIfErrorMs: 60_000 });
  await cacheBoth();
  await rig.clock.advance(2_000);
  fresh();
  failure = isLost;
  // Nobody knows whether this one was applied (I5).
  await expect(rig.call('PutItem', { Item: image('2') })).rejects.toThrow('the store is down');
  await expect(get()).rejects.toThrow('the store is down');
  await expect(query()).rejects.toThrow('the store is down');

  failure = undefined;
  await cacheBoth();
  await rig.clock.advance(2_000);
  fresh();
  failure = isLost;
  feed.record(TABLE_NAME, image('1'), image('3'));
  await expect(get()).rejects.toThrow('the store is down');
  await expect(query()).rejects.toThrow('the store is down');

  failure = undefined;
  await cacheBoth();
  await rig.clock.advance(2_000);
  fresh();
  failure = isLost;
  const asking = get();
  feed.gap(TABLE_NAME, 'trimmed');
  await expect(asking).rejects.toThrow('the store is down');
  await expect(get()).rejects.toThrow('the store is down');
});

test('without the option nothing is served past its end', async () => {
  await open();
  await cacheBoth();
  await rig.clock.advance(2_000);
  fresh();
  failure = isLost;
  await expect(get()).rejects.toThrow('the store is down');
  await expect(query()).rejects.toThrow('the store is down');
});
