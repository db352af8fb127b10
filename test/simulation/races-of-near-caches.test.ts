/** The races of `races.test.ts` between a near cache and the node that it follows. */
import { expect, test } from 'vitest';
import { ORDERS } from './model-tables.ts';
import { item, KEY, raceWith } from './race-rig.ts';

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
