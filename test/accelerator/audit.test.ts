import { afterEach, describe, expect, test } from 'vitest';
import { item, openRig, TABLE_NAME, type Rig } from '../support/accelerator-rig.ts';
import { ScriptedFeed } from '../support/scripted-feed.ts';

let rig: Rig;
let feed: ScriptedFeed;

async function open(auditRate: number): Promise<void> {
  feed = new ScriptedFeed('live', () => Number.MAX_SAFE_INTEGER);
  rig = await openRig({ feed, auditRate });
}

afterEach(() => rig.close());

const key = item({ pk: 'a', sk: '1' });
const image = (v: string) => ({ ...key, ...item({ v }) });
const get = () => rig.call('GetItem', { Key: key });
const query = () =>
  rig.call('Query', { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) });
const audits = () =>
  Object.fromEntries(Object.entries(rig.accelerator.stats().audits).filter(([, count]) => count > 0));

/** Lets an audit's read of the store come back, and the clock pass. */
async function pass(ms: number): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  await rig.clock.advance(ms);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('audit', () => {
  test('hits that are what the store says are matches: items, absences and pages', async () => {
    await open(1);
    for (const read of [get, query]) for (let i = 0; i < 2; i++) await read();
    await pass(0);
    await rig.call('PutItem', { Item: image('1') });
    for (const read of [get, query]) for (let i = 0; i < 2; i++) await read();
    await pass(0);
    expect(audits()).toEqual({ match: 5 });
  });

  test.each([
    ['under100Ms', 50],
    ['under1S', 500],
    ['under10S', 5_000],
  ])('a hit that a foreign write made stale counts as %s when its record comes that late', async (outcome, delayMs) => {
    await open(1);
    await get();
    await rig.direct('PutItem', { Item: image('1') });
    expect((await get()).cache).toBe('hit');
    await pass(delayMs);
    feed.record(TABLE_NAME, undefined, image('1') as never);
    await pass(50);
    expect(audits()).toEqual({ [outcome]: 1 });
  });

  test('a stale hit whose record never comes is what the promise does not cover', async () => {
    await open(1);
    await query();
    await rig.direct('PutItem', { Item: image('1') });
    await query();
    await pass(11_000);
    expect(audits()).toEqual({ more: 1 });
  });

  test('a difference that an own write in flight explains is not counted as stale', async () => {
    await open(1);
    await get();
    const held = rig.gate.hold('PutItem', 'on-the-way-back');
    const write = rig.call('PutItem', { Item: image('1') });
    await held.arrived;
    await get();
    await pass(0);
    held.open();
    await write;
    expect(audits()).toEqual({ explained: 1 });
  });

  test('nothing is asked of the store without a rate', async () => {
    await open(0);
    await get();
    await get();
    await pass(100);
    expect([rig.gate.takeCount('GetItem'), audits()]).toEqual([1, {}]);
  });
});
