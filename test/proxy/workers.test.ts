/** Several processes behind one port: a client whose connections land on different ones reads its own writes (I3). */
import { afterEach, describe, expect, test } from 'vitest';
import { acceleratorDefaults } from '../../src/accelerator/options.ts';
import { workerDefaults } from '../../src/proxy/worker-messages.ts';
import { item, TABLE_NAME, texts } from '../support/accelerator-rig.ts';
import type { RigWorker } from './worker-rig.ts';
import { WorkerRig } from './worker-rig.ts';

const KEY = { pk: 'order', sk: '1' };
/** Hits, one of which is taken note of. */
const KNOWN_AFTER = 20;
let rig: WorkerRig;

afterEach(() => rig.close());

const put = (worker: RigWorker, status: string) => worker.call('PutItem', { Item: item({ ...KEY, status, at: '1' }) });

async function get(worker: RigWorker): Promise<string> {
  const { reply, cache } = await worker.call('GetItem', { Key: item(KEY) });
  return `${cache} ${texts(reply.output['Item'])?.['status']}`;
}

async function openPages(worker: RigWorker): Promise<string> {
  const { reply, cache } = await worker.call('Query', {
    IndexName: 'by-status',
    KeyConditionExpression: '#s = :open',
    ExpressionAttributeNames: { '#s': 'status' },
    ExpressionAttributeValues: { ':open': { S: 'open' } },
  });
  return `${cache} ${reply.output['Count']}`;
}

/** Two workers that both have the item and a page of the index in their caches. */
async function warm(): Promise<readonly [RigWorker, RigWorker]> {
  rig = await WorkerRig.open();
  const [one, two] = [rig.worker(), rig.worker()];
  await put(one, 'open');
  for (const worker of [one, two]) {
    await get(worker);
    // The index is cached when the key is recent no more.
    await rig.clock.advance(6_000);
    rig.feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());
    await rig.clock.advance(workerDefaults.beatMs);
    await openPages(worker);
    await get(worker);
    expect([await get(worker), await openPages(worker)]).toEqual(['hit open', 'hit 1']);
  }
  return [one, two];
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await rig.clock.advance(0);
  return settled;
}

test('a write is answered when every worker has dropped what it changes', async () => {
  const [one, two] = await warm();
  two.stand();
  const told = two.changeArrives();
  const written = put(one, 'paid');
  await told;
  expect(await isSettled(written)).toBe(false);
  // The other may show the state before: nobody was told that there is a later one.
  expect([await get(two), await openPages(two)]).toEqual(['hit open', 'hit 1']);
  two.run();
  await written;
  expect([await get(two), await openPages(two)]).toEqual(['miss paid', 'miss 0']);
  expect(await get(one)).toBe('hit paid');
});

test('a read that began before a write of another worker fills nothing after it', async () => {
  const [one, two] = await warm();
  two.accelerator.flush();
  const held = two.gate.hold('GetItem', 'on-the-way-back');
  const reading = get(two);
  await held.arrived;
  await put(one, 'paid');
  held.open();
  expect(await reading).toBe('miss open');
  expect(await get(two)).toBe('miss paid');
  // And after it the key is recent there too: a replica may not have the write yet (I2).
  expect(two.gate.sent.at(-1)?.input['ConsistentRead']).toBe(true);
});

test('a worker that takes nothing is waited for until it would serve nothing, and serves again when it has caught up', async () => {
  const [one, two] = await warm();
  two.stand();
  const told = two.changeArrives();
  const written = put(one, 'paid');
  await told;
  await rig.clock.advance(workerDefaults.leaseMs - workerDefaults.beatMs);
  expect(await isSettled(written)).toBe(false);
  expect(await get(two)).toBe('hit open');
  await rig.clock.advance(2 * workerDefaults.beatMs);
  await written;
  expect(await get(two)).toBe('pass paid');
  two.run();
  expect([await get(two), await get(two)]).toEqual(['miss paid', 'hit paid']);
});

test('a worker that takes nothing answers no read that it knows by its bytes either', async () => {
  const [one, two] = await warm();
  for (let i = 0; i < KNOWN_AFTER; i++) expect([await get(two), await openPages(two)]).toEqual(['hit open', 'hit 1']);
  two.stand();
  const told = two.changeArrives();
  const written = put(one, 'paid');
  await told;
  await rig.clock.advance(workerDefaults.leaseMs + workerDefaults.beatMs);
  await written;
  expect([await get(two), await openPages(two)]).toEqual(['pass paid', 'pass 0']);
});

test('an old answer of the primary does not let a worker serve that stood still', async () => {
  const [one, two] = await warm();
  two.stand();
  await rig.clock.advance(workerDefaults.beatMs);
  const told = two.changeArrives();
  void put(one, 'paid');
  await told;
  await rig.clock.pause(2 * workerDefaults.leaseMs);
  two.read(1);
  expect(await get(two)).toBe('pass paid');
});

test('a worker that ends is waited for no more, and one that is stuck is ended', async () => {
  const [one, two] = await warm();
  two.stand();
  const told = two.changeArrives();
  const written = put(one, 'paid');
  await told;
  expect(await isSettled(written)).toBe(false);
  rig.hub.leave(two.id, false);
  await written;

  const three = rig.worker();
  three.stand();
  const toldThree = three.changeArrives();
  const later = put(one, 'sent');
  await toldThree;
  await rig.clock.advance(2 * workerDefaults.leaseMs);
  await later;
  // Nobody waits for it a second time, for it serves nothing.
  await put(one, 'delivered');
  await rig.clock.advance(workerDefaults.stuckMs - 4 * workerDefaults.leaseMs);
  expect(three.wasKilled).toBe(false);
  await rig.clock.advance(3 * workerDefaults.leaseMs);
  expect([three.wasKilled, one.wasKilled]).toEqual([true, false]);
});

test('the primary that stood still itself ends nobody for that', async () => {
  const [one, two] = await warm();
  await rig.clock.pause(2 * workerDefaults.stuckMs);
  await rig.clock.advance(2 * workerDefaults.leaseMs);
  expect([one.wasKilled, two.wasKilled]).toEqual([false, false]);
});

test('what a worker had begun that ends without an answer may be done: the others forget what they have', async () => {
  const [one, two] = await warm();
  const held = two.gate.hold('PutItem', 'on-the-way-back');
  void put(two, 'paid');
  await held.arrived;
  expect(await get(one)).toBe('hit open');
  rig.hub.leave(two.id, false);
  expect(await get(one)).toBe('miss paid');
});

test('a write of another worker is not taken for the record of an own one that did the same', async () => {
  const [one, two] = await warm();
  await put(two, 'paid');
  await put(one, 'open');
  expect(await get(two)).toBe('miss open');
  await put(one, 'paid');
  expect(await get(two)).toBe('miss paid');
});

test('a worker that has just begun serves nothing before the primary has answered it, and reads strongly at first', async () => {
  const [one] = await warm();
  await put(one, 'paid');
  const three = rig.worker();
  expect(await get(three)).toBe('miss paid');
  expect(three.gate.sent.at(-1)?.input['ConsistentRead']).toBe(true);
  const reading = get(rig.worker(true));
  await rig.clock.advanceUntil(() => false, acceleratorDefaults.feedStartMs);
  expect(await reading).toBe('pass paid');
});

test('a table is read strongly at first, for the primary may have told of it before this worker asked', async () => {
  await warm();
  const three = rig.worker();
  await rig.clock.advance(6_000);
  rig.feed.record(
    TABLE_NAME,
    item({ ...KEY, status: 'open' }) as never,
    item({ ...KEY, status: 'elsewhere' }) as never,
  );
  rig.feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());
  expect(await get(three)).toBe('miss open');
  expect(three.gate.sent.at(-1)?.input['ConsistentRead']).toBe(true);
});

describe('where tables are served before their feed is there', () => {
  async function writeAndRead(begin: 'before the write' | 'after the write'): Promise<RigWorker> {
    rig = await WorkerRig.open({ onFeedLoss: 'ttl' });
    rig.feed.watch = () => new Promise(() => {});
    const one = rig.worker();
    const early = begin === 'before the write' ? rig.worker() : undefined;
    await rig.clock.advance(6_000);
    const written = put(one, 'paid');
    await rig.clock.advance(acceleratorDefaults.feedStartMs);
    await written;
    const two = early ?? rig.worker();
    const reading = get(two);
    await rig.clock.advanceUntil(() => two.gate.sent.some(({ operation }) => operation === 'DescribeTable'), 10);
    await rig.clock.advance(acceleratorDefaults.feedStartMs);
    expect(await reading).toBe('miss paid');
    return two;
  }

  test.each(['before the write', 'after the write'] as const)(
    'a worker that began %s and opens the table after it reads strongly at first',
    async (begin) => {
      const two = await writeAndRead(begin);
      expect(two.gate.sent.at(-1)?.input['ConsistentRead']).toBe(true);
    },
  );
});

test('batches, transactions, statements and writes to tables that cannot be described are told too', async () => {
  const [one, two] = await warm();
  const Item = (status: string) => item({ ...KEY, status, at: '1' });
  await one.call('BatchWriteItem', { RequestItems: { [TABLE_NAME]: [{ PutRequest: { Item: Item('batch') } }] } });
  expect(await get(two)).toBe('miss batch');
  await one.call('TransactWriteItems', {
    TransactItems: [{ Put: { TableName: TABLE_NAME, Item: Item('transaction') } }],
  });
  expect(await get(two)).toBe('miss transaction');
  await one.call('ExecuteStatement', {
    Statement: `UPDATE "${TABLE_NAME}" SET status = 'statement' WHERE pk = 'order' AND sk = '1'`,
  });
  expect(await get(two)).toBe('miss statement');
  await get(two);
  const three = rig.worker();
  const describing = three.gate.hold('DescribeTable', 'on-the-way-there');
  const written = put(three, 'blind');
  await describing.arrived;
  describing.lose(new Error('no answer'));
  await written;
  expect(await get(two)).toBe('miss blind');
});

test('a table that is deleted and made anew is another one for all', async () => {
  const [one, two] = await warm();
  await one.call('DeleteTable', {});
  expect((await two.call('GetItem', { Key: item(KEY) })).reply.status).toBe(400);
});

test('what the feed says reaches all workers, and each serves while it is fresh', async () => {
  const [one, two] = await warm();
  const old = item({ ...KEY, status: 'open', at: '1' });
  const later = item({ ...KEY, status: 'elsewhere', at: '1' });
  rig.feed.record(TABLE_NAME, old as never, later as never);
  expect([await get(one), await get(two)]).toEqual(['miss open', 'miss open']);
  // The feed falls behind: reads pass, until it has caught up again (I8).
  await rig.clock.advance(11_000);
  expect([await get(one), await get(two)]).toEqual(['pass open', 'pass open']);
  rig.feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());
  await rig.clock.advance(2 * workerDefaults.beatMs);
  expect([await get(one), await get(two)]).toEqual(['hit open', 'hit open']);
  rig.feed.gap(TABLE_NAME, 'trimmed');
  expect([await get(one), await get(two)]).toEqual(['miss open', 'miss open']);
});

test('when one finds that a table is another one, the others look for its stream anew', async () => {
  const [one, two] = await warm();
  one.link.feed.unwatch(TABLE_NAME);
  expect(rig.feed.watched.has(TABLE_NAME)).toBe(false);
  expect(await get(two)).toBe('miss open');
  expect(rig.feed.watched.has(TABLE_NAME)).toBe(true);
  expect(await get(two)).toBe('hit open');
});

test('an operator asks all of them', async () => {
  const [one, two] = await warm();
  expect(await rig.hub.ask({ about: 'flush', table: undefined })).toEqual([2, 2]);
  expect([await get(one), await get(two)]).toEqual(['miss open', 'miss open']);
  // One that has not begun does not hear it, and has nothing.
  rig.worker(true);
  expect(await rig.hub.ask({ about: 'flush', table: undefined })).toEqual([1, 1]);
  expect(rig.hub.tables().map(({ name, serving }) => [name, serving])).toEqual([[TABLE_NAME, true]]);
});
