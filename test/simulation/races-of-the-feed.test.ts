/** The races of `races.test.ts` between the caches, the feed and the clocks. */
import { describe, expect, test } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { GapReason } from '../../src/feed/change-feed.ts';
import { ORDERS } from './model-tables.ts';
import { Race, query, raceWith, startFeed } from './race-rig.ts';
import { Random } from './random.ts';

describe('the feed', () => {
  test('R16 parent and child shard: an item’s older change never comes after its newer one', async () => {
    const race = new Race({ feed: 'streams' });
    await startFeed(race);
    race.putPast({ v: '1' });
    race.store.stream?.roll(ORDERS.name, new Random(1));
    race.putPast({ v: '2' });
    race.store.stream?.roll(ORDERS.name, new Random(1));
    race.putPast({ v: '3' });
    await race.get();
    await race.clock.advance(20_000);
    expect(race.accelerator.stats().feedRecords).toBe(3);
    expect((await race.get()).v).toBe('3');
    expect(await race.get()).toEqual({ cache: 'hit', v: '3' });
  });

  test('R17 shard not found yet: entries are not served while a branch of the stream may be unread', async () => {
    const race = new Race({ feed: 'streams', listingLagMs: 8_000, maxStalenessMs: 3_000 });
    await startFeed(race);
    await race.get();
    expect((await race.get()).cache).toBe('hit');
    race.store.stream?.roll(ORDERS.name, new Random(1));
    race.putPast({ v: 'in the new shard' });
    await race.clock.advance(4_000);
    expect(await race.get()).toEqual({ cache: 'pass', v: 'in the new shard' });
    await race.clock.advance(20_000);
    expect((await race.get()).v).toBe('in the new shard');
    expect((await race.get()).cache).toBe('hit');
  });

  test.each([
    'trimmed',
    'new-stream',
    'table-deleted',
    'table-created',
    'overflow',
    'restart',
    'feed-lost',
  ] satisfies GapReason[])('R20 gap (%s): nothing that was cached before it is served after it', async (reason) => {
    const race = await raceWith({ v: 'old' });
    await Promise.all([race.get(), race.page('Query', query('', 'a'))]);
    race.putPast({ v: 'missed' });
    race.untold.length = 0;
    race.feed.gap(ORDERS.name, reason);
    expect((await race.get()).v).toBe('missed');
    expect((await race.page('Query', query('', 'a'))).v).toEqual(['missed']);
  });

  test('R20 trimmed, replaced, re-created: the reader of the stream notices each', async () => {
    for (const trouble of ['trim', 'renew', 'recreate'] as const) {
      const race = new Race({ feed: 'streams', maxStalenessMs: 6_000 });
      await startFeed(race);
      race.putPast({ v: '1' });
      await race.clock.advance(10_000);
      await race.get();
      expect(await race.get()).toEqual({ cache: 'hit', v: '1' });
      if (trouble === 'recreate') race.store.recreate(ORDERS.name);
      race.putPast({ v: 'missed' });
      if (trouble !== 'recreate') race.store.stream?.[trouble](ORDERS.name);
      await race.clock.advance(10_000);
      expect([trouble, (await race.get()).v]).toEqual([trouble, 'missed']);
    }
  });

  test('R27 pause: a process that was stopped serves nothing before its feed has caught up', async () => {
    const race = await raceWith({ v: 'old' }, { maxStalenessMs: 1_000 });
    await race.get();
    race.putPast({ v: 'new' });
    race.clock.pause(60_000);
    expect(await race.get()).toEqual({ cache: 'pass', v: 'new' });
    race.tell();
    expect((await race.get()).v).toBe('new');
  });

  test('R28 error path: a record that cannot be understood counts as a gap, not as nothing', async () => {
    const garbled = (store: BackingStore): BackingStore => ({
      async send(request) {
        const reply = await store.send(request);
        for (const record of reply.output['Records'] ?? []) record.dynamodb.Keys = { pk: { S: 5 } };
        return reply;
      },
      close: () => Promise.resolve(),
    });
    const race = new Race({ feed: 'streams', between: garbled });
    await startFeed(race);
    await race.get();
    expect(await race.get()).toEqual({ cache: 'hit', v: undefined });
    race.putPast({ v: 'new' });
    await race.clock.advance(5_000);
    expect((await race.get()).v).toBe('new');
  });

  test('R30 wall clock: a jump makes nothing expire and nothing live longer', async () => {
    const race = await raceWith({ v: '1' }, { itemTtlMs: 60_000, maxStalenessMs: 1_000_000 });
    await race.get();
    race.clock.jumpWall(86_400_000);
    expect((await race.get()).cache).toBe('hit');
    race.clock.jumpWall(-2 * 86_400_000);
    await race.clock.advance(59_999);
    expect((await race.get()).cache).toBe('hit');
    await race.clock.advance(1);
    expect((await race.get()).cache).toBe('miss');
  });
});
