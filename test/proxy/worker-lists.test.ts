/** The attribute lists of DAX, where a client's connections land on different workers. */
import { afterEach, expect, test } from 'vitest';
import type { ListDictionary } from '../../src/proxy/shared-lists.ts';
import { AttributeLists } from '../../src/wire/dax/attribute-lists.ts';
import type { RigWorker } from './worker-rig.ts';
import { WorkerRig } from './worker-rig.ts';

let rig: WorkerRig;

afterEach(() => rig.close());

const NAMES = ['at', 'status'];
const { id: ID } = new AttributeLists().define(NAMES);

/** The dictionary of a worker's door. */
function openDoor({ link }: RigWorker): AttributeLists {
  const lists = new AttributeLists();
  const dictionary: ListDictionary = {
    define: (names) => void lists.define(names),
    namesOf: (id) => lists.named(id)?.names,
  };
  link.lists.meet(dictionary);
  return lists;
}

async function isDone(promise: Promise<unknown> | undefined): Promise<boolean> {
  let done = promise === undefined;
  void promise?.then(() => (done = true));
  await rig.clock.advance(0);
  return done;
}

test('a list is defined when every worker knows it, and is asked for no more', async () => {
  rig = await WorkerRig.open();
  const [one, two] = [rig.worker(), rig.worker()];
  openDoor(one);
  const known = openDoor(two);
  two.stand();
  const defining = one.link.lists.define(NAMES);
  expect(await isDone(defining)).toBe(false);
  // However long that takes: a client that writes with a number which is not known has no way on.
  expect(await isDone(one.link.lists.define(NAMES))).toBe(false);
  two.run();
  expect(await isDone(defining)).toBe(true);
  expect(known.isDefined(known.named(ID) as never)).toBe(true);
  expect(one.link.lists.define(NAMES)).toBeUndefined();
});

test('a worker that begins later is told of all before it has a door, and one that does not begin is not waited for', async () => {
  rig = await WorkerRig.open();
  const one = rig.worker();
  openDoor(one);
  await one.link.lists.define(NAMES);
  const [two, three] = [rig.worker(), rig.worker(true)];
  expect(openDoor(two).named(ID)?.names).toEqual(NAMES);
  await one.link.lists.define(['later']);
  three.run();
  const lists = openDoor(three);
  expect([NAMES, ['later']].map((names) => lists.named(new AttributeLists().define(names).id)?.names)).toEqual([
    NAMES,
    ['later'],
  ]);
});

test('a list that a worker has sent is found by another one, whoever else knows nothing or says nothing', async () => {
  rig = await WorkerRig.open();
  const [one, two, three] = [rig.worker(), rig.worker(), rig.worker()];
  openDoor(one).forNames(NAMES);
  openDoor(two);
  openDoor(three);
  expect(await two.link.lists.find(ID)).toEqual(NAMES);
  three.stand();
  expect(await two.link.lists.find(ID)).toEqual(NAMES);
  const finding = two.link.lists.find(ID + 1);
  expect(await isDone(finding)).toBe(false);
  rig.hub.leave(three.id, false);
  expect(await finding).toBeUndefined();
});
