/** The races of `races.test.ts` that only pages of queries can meet. */
import { describe, expect, test } from 'vitest';
import { ORDERS } from './model-tables.ts';
import { Race, item, query, raceWith } from './race-rig.ts';

describe('pages', () => {
  test('R9 phantom: an insert inside a cached range, and one at its open end, drop the page', async () => {
    for (const sk of ['05', '9']) {
      const race = await raceWith({ sk: '1', v: '1' });
      expect((await race.page('Query', query('', 'a'))).v).toEqual(['1']);
      race.putPast({ sk, v: 'new' });
      race.tell();
      expect((await race.page('Query', query('', 'a'))).v).toContain('new');
    }
  });

  test('R10 limit window: what happens on a page drops it, what happens behind its end does not', async () => {
    const race = await raceWith({ sk: '1', v: '1' });
    for (const sk of ['2', '3', '4']) race.putPast({ sk, v: sk });
    race.tell();
    const page = (more = {}) => race.page('Query', query('', 'a', { Limit: 2, ...more }));
    await page();
    const next = { ExclusiveStartKey: item({ pk: 'a', sk: '2' }) };
    await page(next);
    race.removePast({ pk: 'a', sk: '3' });
    race.tell();
    expect(await page()).toEqual({ cache: 'hit', v: ['1', '2'] });
    expect(await page(next)).toEqual({ cache: 'miss', v: ['4'] });
    race.removePast({ pk: 'a', sk: '1' });
    race.tell();
    expect(await page()).toEqual({ cache: 'miss', v: ['2', '4'] });
  });

  test('R11 size cap: an item behind the end of a full page that shrinks lets the page grow', async () => {
    const race = await raceWith({ sk: '1', v: '1', pad: 'x'.repeat(60) }, { pageBytes: 150 });
    race.putPast({ sk: '2', v: '2', pad: 'x'.repeat(90) });
    race.tell();
    expect((await race.page('Query', query('', 'a'))).v).toEqual(['1']);
    race.putPast({ sk: '2', v: '2' });
    race.tell();
    expect((await race.page('Query', query('', 'a'))).v).toEqual(['1', '2']);
  });

  test('R12 one listing: an item that moves between its pages leaves both at once', async () => {
    const race = await raceWith({ sk: '1', v: '1', status: 'open', at: 1 });
    race.putPast({ sk: '2', v: '2', status: 'open', at: 2 });
    race.putPast({ sk: '3', v: '3', status: 'open', at: 3 });
    race.tell();
    await race.quiet(10_000);
    const page = (more = {}) => race.page('Query', query('by-status', 'open', { Limit: 2, ...more }));
    const next = { ExclusiveStartKey: item({ pk: 'a', sk: '2', status: 'open', at: 2 }) };
    await Promise.all([page(), page(next)]);
    expect([(await page()).cache, (await page(next)).cache]).toEqual(['hit', 'hit']);
    race.putPast({ sk: '3', v: '3', status: 'open', at: 0 });
    race.tell();
    expect(await page()).toEqual({ cache: 'miss', v: ['3', '1'] });
    expect(await page(next)).toEqual({ cache: 'miss', v: [] });
  });

  test('R14 index key change: one record drops the page that the item leaves and the one that it enters', async () => {
    const race = await raceWith({ v: '1', status: 'open', at: 1 });
    const both = async () => [
      await race.page('Query', query('by-status', 'open')),
      await race.page('Query', query('by-status', 'done')),
    ];
    await both();
    race.putPast({ v: '1', status: 'done', at: 1 });
    race.tell(1);
    expect(await both()).toEqual([
      { cache: 'miss', v: [] },
      { cache: 'miss', v: ['1'] },
    ]);
  });

  test('R15 sparse index: an item that loses the key of an index leaves its pages', async () => {
    const race = await raceWith({ v: '1', status: 'open', at: 1 });
    expect((await race.page('Query', query('by-status', 'open'))).v).toEqual(['1']);
    race.putPast({ v: '2', at: 1 });
    race.tell();
    expect((await race.page('Query', query('by-status', 'open'))).v).toEqual([]);
  });

  test('R32 an index that is being built answers with parts of itself, which are not cached', async () => {
    const race = new Race();
    race.store.table(ORDERS.name).backfilling.add('by-status');
    const page = () => race.page('Query', query('by-status', 'open'));
    await page();
    expect((await page()).cache).toBe('pass');
    race.store.table(ORDERS.name).backfilling.clear();
    await race.quiet(2_000);
    // Notices the change behind the caller's back, and what was noted before it counts for the index as well.
    await page();
    await race.quiet(10_000);
    await page();
    expect((await page()).cache).toBe('hit');
  });
});
