/**
 * Goal: a near cache that follows one of several workers, and asks any of them, is never shown less than it was told. Method:
 * workers whose lines a test holds, and what one of them says to who follows it.
 */
import { afterEach, expect, test } from 'vitest';
import { FeedSession, feedDefaults } from '../../src/proxy/feed-session.ts';
import { workerDefaults } from '../../src/proxy/worker-messages.ts';
import type { FromNode, ToNode } from '../../src/wire/feed-messages.ts';
import { item, TABLE_NAME, texts } from '../support/accelerator-rig.ts';
import type { RigWorker } from './worker-rig.ts';
import { WorkerRig } from './worker-rig.ts';

const KEY = { pk: 'order', sk: '1' };
let rig: WorkerRig;

afterEach(() => rig.close());

class Follower {
  readonly heard: FromNode[] = [];
  readonly #session: FeedSession;

  constructor({ shared, link }: RigWorker) {
    const socket = {
      send: (text: string) => void this.heard.push(JSON.parse(text) as FromNode),
      queuedBytes: 0,
      end: () => expect.fail('it was cut off'),
    };
    this.#session = new FeedSession({
      accelerator: shared,
      socket,
      node: 'all of them',
      whenShared: (tell) => link.whenShared(tell),
      limits: feedDefaults,
      clock: rig.clock,
    });
  }

  say(message: ToNode): void {
    this.#session.receive(JSON.stringify(message));
  }

  /** What it has heard since it was asked last. */
  async news(): Promise<readonly string[]> {
    await rig.clock.advance(0);
    return this.heard.splice(0).map((message) => {
      if (message.type === 'mutation') return `${message.sequence} ${texts(message.new)?.['status']}`;
      return 'sequence' in message ? `${message.sequence} ${message.type}` : message.type;
    });
  }

  close(): void {
    this.#session.close();
  }
}

const put = (worker: RigWorker, status: string) => worker.call('PutItem', { Item: item({ ...KEY, status, at: '1' }) });

async function get(worker: RigWorker): Promise<string> {
  const { reply, cache } = await worker.call('GetItem', { Key: item(KEY) });
  return `${cache} ${texts(reply.output['Item'])?.['status']}`;
}

interface Followed {
  readonly one: RigWorker;
  readonly two: RigWorker;
  /** Of the first. */
  readonly follower: Follower;
}

/** Two workers that have the item in their caches. */
async function follow(): Promise<Followed> {
  rig = await WorkerRig.open();
  const [one, two] = [rig.worker(), rig.worker()];
  await put(one, 'open');
  for (const worker of [one, two]) await get(worker);
  const follower = new Follower(one);
  follower.say({ type: 'watch', table: TABLE_NAME, watch: 1 });
  expect(await follower.news()).toEqual(['hello', 'watching']);
  return { one, two, follower };
}

const record = (from: string, to: string) =>
  rig.feed.record(
    TABLE_NAME,
    item({ ...KEY, status: from, at: '1' }) as never,
    item({ ...KEY, status: to, at: '1' }) as never,
  );

test('is told of each write once, whichever worker did it, and before or when it is answered', async () => {
  const { one, two, follower } = await follow();
  await put(one, 'paid');
  expect(await follower.news()).toEqual(['1 paid']);
  await put(two, 'sent');
  expect(await follower.news()).toEqual(['2 sent']);
  record('sent', 'elsewhere');
  expect(await follower.news()).toEqual(['3 elsewhere']);
});

test.each([
  ['the worker that it follows', ({ one }: Followed) => void put(one, 'paid')],
  ['another worker', ({ three }: Followed & { readonly three: RigWorker }) => void put(three, 'paid')],
  ['nobody here', () => record('open', 'paid')],
])('is told of a write of %s when no worker shows the state before it any more', async (_, write) => {
  const followed = await follow();
  const three = rig.worker();
  await get(three);
  const { two, follower } = followed;
  two.stand();
  const told = two.changeArrives();
  write({ ...followed, three });
  await told;
  expect([await follower.news(), await get(two)]).toEqual([[], 'hit open']);
  two.run();
  expect([await follower.news(), await get(two)]).toEqual([['1 paid'], expect.stringMatching(/^miss/)]);
});

test('an answer about what is known comes after all that is known, and does not wait longer than a worker serves', async () => {
  const { one, two, follower } = await follow();
  two.stand();
  const told = two.changeArrives();
  void put(one, 'paid');
  await told;
  follower.say({ type: 'ping', ping: 1 });
  expect(await follower.news()).toEqual([]);
  await rig.clock.advance(workerDefaults.leaseMs + workerDefaults.beatMs);
  expect(await follower.news()).toEqual(['1 paid', '1 pong']);
  expect(await get(two)).toBe('pass paid');
});

test('is told that it follows a table when no worker shows the state before a write that it was not told of', async () => {
  const { one, two, follower } = await follow();
  follower.say({ type: 'unwatch', table: TABLE_NAME });
  two.stand();
  const told = two.changeArrives();
  void put(one, 'paid');
  await told;
  follower.say({ type: 'watch', table: TABLE_NAME, watch: 2 });
  expect([await follower.news(), await get(two)]).toEqual([[], 'hit open']);
  two.run();
  expect(await follower.news()).toEqual(['watching']);
});

test('what it has written past the node is forgotten by every worker before it is told so', async () => {
  const { two, follower } = await follow();
  two.stand();
  const told = two.changeArrives();
  follower.say({ type: 'wrote', note: 1, tables: [TABLE_NAME] });
  await told;
  expect([await follower.news(), await get(two)]).toEqual([[], 'hit open']);
  two.run();
  expect(await follower.news()).toEqual(['1 reset', 'noted']);
  expect(await get(two)).toBe('miss open');
});

test('is told to drop what it has when every worker has done what an operator asked', async () => {
  const { two, follower } = await follow();
  two.stand();
  void rig.hub.ask({ about: 'flush', table: undefined });
  expect([await follower.news(), await get(two)]).toEqual([[], 'hit open']);
  two.run();
  expect([await follower.news(), await get(two)]).toEqual([['1 reset'], 'miss open']);
});

test('learns from a worker that may have missed a change that nothing is known', async () => {
  const { one, follower } = await follow();
  const stalenessOf = async () => {
    follower.say({ type: 'ping', ping: 1 });
    await rig.clock.advance(0);
    const message = follower.heard.pop();
    return message?.type === 'pong' ? message.staleness[TABLE_NAME] : undefined;
  };
  expect(await stalenessOf()).toEqual(expect.any(Number));
  // It wakes, and is asked before it has read what was sent to it.
  one.stand();
  await rig.clock.pause(2 * workerDefaults.leaseMs);
  follower.say({ type: 'ping', ping: 2 });
  one.run();
  await rig.clock.advance(0);
  expect(follower.heard.at(-1)).toMatchObject({ type: 'pong', ping: 2, staleness: { [TABLE_NAME]: null } });
});

test('a table that its worker finds to be another one is another one for all before it is told', async () => {
  const { two, follower } = await follow();
  const other = new Follower(two);
  other.say({ type: 'watch', table: TABLE_NAME, watch: 1 });
  expect(await other.news()).toEqual(['hello', 'watching']);
  two.accelerator.invalidate(TABLE_NAME);
  expect([await other.news(), await follower.news()]).toEqual([['1 reset'], ['1 reset']]);
  other.close();
});
