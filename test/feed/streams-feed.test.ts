/**
 * The feed on a virtual clock against a model of DynamoDB Streams. Every test ends with the checker's verdict: order,
 * completeness and freshness.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChangeFeed } from '../../src/feed/change-feed.ts';
import { createStreamsFeed, streamsFeedDefaults, type StreamsFeedOptions } from '../../src/feed/streams-feed.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { FeedChecker } from '../support/feed-checker.ts';
import { StreamModel, type StreamModelOptions } from '../support/stream-model.ts';

interface Setup {
  readonly clock: VirtualClock;
  readonly model: StreamModel;
  readonly checker: FeedChecker;
  readonly feed: ChangeFeed;
}

function setUp(options: Partial<StreamsFeedOptions> = {}, modelOptions: StreamModelOptions = {}, seed = 1): Setup {
  const clock = new VirtualClock({ seed });
  const model = new StreamModel(clock, modelOptions);
  const checker = new FeedChecker(model, clock);
  const feed = createStreamsFeed({ backing: model, clock, ...options });
  feed.subscribe(checker);
  return { clock, model, checker, feed };
}

async function live(setup: Setup): Promise<void> {
  const watched = setup.feed.watch('orders');
  await setup.clock.advanceUntil(() => setup.feed.state('orders') !== 'starting', 5_000);
  expect(await watched).toBe('live');
}

async function finish({ clock, checker, feed }: Setup): Promise<void> {
  await feed.close();
  expect(clock.pending).toBe(0);
  expect(checker.problems).toEqual([]);
}

describe('following a stream', () => {
  test('delivers every change that comes after watch has resolved, and drops what was cached before', async () => {
    const setup = setUp();
    setup.model.write(1);
    await live(setup);
    expect(setup.checker.gaps).toEqual(['restart']);
    setup.model.write(1);
    setup.model.write(2);
    await setup.clock.advance(1_000);
    expect(setup.checker.records).toBe(2);
    setup.checker.expectAllDelivered();
    await finish(setup);
  });

  test('is as fresh as its last poll, its last look at the table and the stream itself allow', async () => {
    const setup = setUp();
    await live(setup);
    for (let second = 0; second < 60; second++) {
      await setup.clock.advance(1_000);
      const { tableCheckMs, propagationMs, pollMaxMs } = streamsFeedDefaults;
      const ageMs = setup.clock.monotonicMs() - setup.checker.asOfMs;
      expect(ageMs).toBeGreaterThanOrEqual(propagationMs);
      expect(ageMs).toBeLessThan(tableCheckMs + propagationMs + 2 * pollMaxMs);
    }
    await finish(setup);
  });

  test('stays fresh while every single poll brings records', async () => {
    const setup = setUp();
    await live(setup);
    for (let i = 0; i < 1_200; i++) {
      setup.model.write(i % 8);
      await setup.clock.advance(50);
    }
    expect(setup.clock.monotonicMs() - setup.checker.asOfMs).toBeLessThan(10_000);
    expect(setup.checker.records).toBeGreaterThan(1_150);
    await finish(setup);
  });

  test('never polls a shard more than five times a second, and slows down while nothing comes', async () => {
    const setup = setUp();
    await live(setup);
    for (let i = 0; i < 300; i++) {
      setup.model.write(i % 8);
      await setup.clock.advance(100);
    }
    await setup.clock.advance(30_000);
    const [polls] = [...setup.model.polls.values()] as [number[]];
    for (let i = 5; i < polls.length; i++) {
      expect((polls[i] as number) - (polls[i - 5] as number)).toBeGreaterThanOrEqual(1_000 - 10);
    }
    const idle = polls.filter((ms) => ms > setup.clock.monotonicMs() - 20_000).length;
    expect(idle).toBeLessThanOrEqual(41);
    await finish(setup);
  });

  test('reads a whole page after another when it has fallen behind', async () => {
    const setup = setUp({}, { pageSize: 10 });
    await live(setup);
    for (let i = 0; i < 200; i++) setup.model.write(i % 8);
    await setup.clock.advance(6_000);
    setup.checker.expectAllDelivered();
    await finish(setup);
  });
});

describe('shards', () => {
  test('are read parents first, through rolls and splits that come faster than they are found', async () => {
    const setup = setUp({}, { listingLagMs: 3_000 });
    await live(setup);
    for (let round = 0; round < 12; round++) {
      for (let key = 0; key < 8; key++) setup.model.write(key);
      const open = setup.model.openShards();
      setup.model.roll(open[round % open.length] as (typeof open)[0], round % 3 === 0);
      await setup.clock.advance(400);
    }
    await setup.clock.advance(60_000);
    setup.checker.expectAllDelivered();
    expect(setup.clock.monotonicMs() - setup.checker.asOfMs).toBeLessThan(10_000);
    expect(setup.checker.gaps).toEqual(['restart']);
    await finish(setup);
  });

  test('freshness stands still between the end of a shard and the first sight of its children', async () => {
    const setup = setUp();
    await live(setup);
    await setup.clock.advance(5_000);
    const rolledMs = setup.clock.monotonicMs();
    setup.model.fault = (operation) => (operation === 'DescribeStream' ? 'ThrottlingException' : undefined);
    setup.model.roll(setup.model.openShards()[0] as never);
    setup.model.write(3);
    await setup.clock.advance(30_000);
    expect(setup.checker.asOfMs).toBeLessThanOrEqual(rolledMs);
    expect(setup.feed.state('orders')).toBe('lost');
    setup.model.fault = () => undefined;
    await setup.clock.advance(10_000);
    expect(setup.feed.state('orders')).toBe('live');
    setup.checker.expectAllDelivered();
    await finish(setup);
  });
});

describe('trouble', () => {
  test('a pause longer than the life of an iterator resumes after the last record', async () => {
    const setup = setUp();
    await live(setup);
    setup.model.write(1);
    await setup.clock.advance(1_000);
    const before = setup.checker.asOfMs;
    setup.model.write(2);
    await setup.clock.pause(16 * 60_000);
    expect(setup.checker.asOfMs).toBe(before);
    await setup.clock.advance(10_000);
    expect(setup.checker.gaps).toEqual(['restart']);
    setup.checker.expectAllDelivered();
    await finish(setup);
  });

  test('a pause of a shard that never had a record is a gap, for its place is lost', async () => {
    const setup = setUp();
    await live(setup);
    await setup.clock.advance(1_000);
    await setup.clock.pause(16 * 60_000);
    await setup.clock.advance(10_000);
    expect(setup.checker.gaps.slice(0, 2)).toEqual(['restart', 'restart']);
    setup.model.write(1);
    await setup.clock.advance(2_000);
    setup.checker.expectAllDelivered();
    await finish(setup);
  });

  test('records that were trimmed before they were read are a gap', async () => {
    const setup = setUp();
    await live(setup);
    setup.model.write(1);
    await setup.clock.advance(1_000);
    setup.model.write(1);
    await setup.clock.pause(25 * 3_600_000);
    await setup.clock.advance(20_000);
    expect(setup.checker.gaps[1]).toBe('trimmed');
    setup.model.write(2);
    await setup.clock.advance(2_000);
    setup.checker.expectAllDelivered();
    await finish(setup);
  });

  test('a shard whose beginning may have been trimmed before it was found is a gap', async () => {
    const setup = setUp();
    await live(setup);
    setup.model.roll(setup.model.openShards()[0] as never);
    await setup.clock.advance(600);
    setup.model.write(1);
    await setup.clock.pause(25 * 3_600_000);
    await setup.clock.advance(20_000);
    expect(setup.checker.gaps[1]).toBe('trimmed');
    setup.model.write(1);
    await setup.clock.advance(2_000);
    setup.checker.expectAllDelivered();
    await finish(setup);
  });

  test('throttling and lost connections delay records and lose none', async () => {
    const setup = setUp();
    await live(setup);
    setup.model.fault = () =>
      setup.clock.random() < 0.5
        ? 'ProvisionedThroughputExceededException'
        : setup.clock.random() < 0.5
          ? 'lost'
          : undefined;
    for (let i = 0; i < 100; i++) {
      setup.model.write(i % 8);
      await setup.clock.advance(200);
    }
    setup.model.fault = () => undefined;
    await setup.clock.advance(15_000);
    setup.checker.expectAllDelivered();
    expect(setup.checker.gaps).toEqual(['restart']);
    await finish(setup);
  });

  test('a store that cannot be reached is lost at first and followed once it can', async () => {
    const setup = setUp();
    setup.model.fault = () => 'lost';
    const watched = setup.feed.watch('orders');
    await setup.clock.advance(1_000);
    expect(await watched).toBe('lost');
    setup.model.fault = () => undefined;
    await setup.clock.advance(10_000);
    expect(setup.feed.state('orders')).toBe('live');
    await finish(setup);
  });
});

describe('the table itself', () => {
  test('a stream switched off and on again is a gap, and stale silence in between is no freshness', async () => {
    const setup = setUp();
    await live(setup);
    await setup.clock.advance(5_000);
    setup.model.disableStream();
    const disabledMs = setup.clock.monotonicMs();
    setup.model.write(1);
    await setup.clock.advance(6_000);
    expect(setup.checker.asOfMs).toBeLessThanOrEqual(disabledMs);
    expect(setup.feed.state('orders')).toBe('none');
    expect(setup.checker.gaps).toEqual(['restart', 'new-stream']);
    setup.model.enableStream();
    await setup.clock.advance(70_000);
    expect(setup.feed.state('orders')).toBe('live');
    setup.model.write(1);
    await setup.clock.advance(2_000);
    setup.checker.expectAllDelivered();
    await finish(setup);
  });

  test('a deleted table is a gap, and so is the one that takes its name', async () => {
    const setup = setUp();
    await live(setup);
    setup.model.exists = false;
    await setup.clock.advance(6_000);
    expect(setup.checker.gaps).toEqual(['restart', 'table-deleted']);
    expect(setup.feed.state('orders')).toBe('none');
    setup.model.exists = true;
    setup.model.tableId = 'table-2';
    await setup.clock.advance(70_000);
    expect(setup.checker.gaps).toEqual(['restart', 'table-deleted', 'table-created']);
    expect(setup.feed.state('orders')).toBe('live');
    await finish(setup);
  });

  test('a table without a stream has no feed, unless it is told to switch one on', async () => {
    const without = setUp();
    without.model.disableStream();
    const watched = without.feed.watch('orders');
    await without.clock.advance(1_000);
    expect(await watched).toBe('none');
    expect(without.checker.gaps).toEqual([]);
    await finish(without);

    const enabling = setUp({ enableStreams: true });
    enabling.model.disableStream();
    await live(enabling);
    enabling.model.write(1);
    await enabling.clock.advance(1_000);
    enabling.checker.expectAllDelivered();
    await finish(enabling);
  });

  test('more tables than allowed are lost, not trusted', async () => {
    const setup = setUp({ tablesMax: 1 });
    await live(setup);
    expect(await setup.feed.watch('customers')).toBe('lost');
    await finish(setup);
  });

  test('unwatching stops every call, and a watch that waits is answered', async () => {
    const setup = setUp();
    await live(setup);
    setup.feed.unwatch('orders');
    await setup.clock.advance(1_000);
    const calls = setup.model.calls.length;
    await setup.clock.advance(60_000);
    expect(setup.model.calls.length).toBe(calls);
    const watched = setup.feed.watch('orders');
    await setup.feed.close();
    expect(await watched).toBe('none');
    await finish(setup);
  });
});

describe('whatever happens', () => {
  const action = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), key: fc.nat(7) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(3_000) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('roll' as const), shard: fc.nat(7), split: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.constantFrom(5_000, 950_000, 90_000_000) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('trouble' as const), share: fc.constantFrom(0, 0, 0.3, 0.9) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('new stream' as const) }) },
  );

  test('no change is lost without a gap, none comes out of order, no freshness is claimed that was not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.integer(), async (actions, seed) => {
        const setup = setUp({}, { listingLagMs: 2_000, propagationMs: 900, latencyMs: 300, pageSize: 5 }, seed);
        const { clock, model, checker } = setup;
        await live(setup);
        for (const step of actions) {
          const open = model.openShards();
          if (step.kind === 'write') model.write(step.key);
          else if (step.kind === 'advance') await clock.advance(step.ms);
          else if (step.kind === 'pause') await clock.pause(step.ms);
          else if (step.kind === 'roll') model.roll(open[step.shard % open.length] as (typeof open)[0], step.split);
          else if (step.kind === 'new stream') {
            model.disableStream();
            model.enableStream();
          } else {
            model.fault = () =>
              clock.random() < step.share ? (clock.random() < 0.5 ? 'lost' : 'InternalServerError') : undefined;
          }
        }
        model.fault = () => undefined;
        await clock.advance(180_000);
        checker.expectAllDelivered();
        expect(setup.feed.state('orders')).toBe('live');
        expect(clock.monotonicMs() - checker.asOfMs).toBeLessThan(10_000);
        await finish(setup);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
