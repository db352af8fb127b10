/** The races of `races.test.ts` between a near cache, the node that it follows, and the node that takes that one's place. */
import { expect, test } from 'vitest';
import { ORDERS } from './model-tables.ts';
import { item, KEY, Race, raceWith } from './race-rig.ts';
import { MUTATION_LOG_MS } from './scenarios.ts';

const lagging = { replicaLagMs: MUTATION_LOG_MS, mutationLogMs: MUTATION_LOG_MS };

test('a node pushes a write that was replaced already after the one that replaced it: the writer does not show it again', async () => {
  const race = await raceWith({ v: 'old' });
  await race.get();
  const held = race.gate.hold('PutItem', 'on-the-way-back');
  const writing = race.put({ v: 'mine' });
  await held.arrived;
  race.putPast({ v: 'theirs' });
  // The node has the answer to the later write first.
  const [mine, theirs] = race.untold.splice(0);
  for (const commit of [theirs, mine]) {
    race.feed.listener.onRecord({
      tableName: ORDERS.name,
      key: item(KEY),
      kind: 'MODIFY',
      oldImage: commit?.before.image,
      newImage: commit?.after.image,
      viewType: 'NEW_AND_OLD_IMAGES',
    });
  }
  held.open();
  await writing;
  expect(await race.get()).toEqual({ cache: 'miss', v: 'theirs' });
});

test('what a caller wrote through the node before is shown to it by the node that takes its place', async () => {
  const succeeding = new Race({ feed: 'none', isSuccessor: true, ...lagging });
  succeeding.putPast({ v: 'written through the predecessor' });
  expect((await succeeding.get()).v).toBe('written through the predecessor');
  // A replica need not have it yet, and nobody else tells.
  const alone = new Race({ feed: 'none', ...lagging });
  alone.putPast({ v: 'written past it' });
  expect((await alone.get()).v).toBeUndefined();
});
