/** Whatever is written and read: lagging reads show states that held, and an accelerator in front keeps its promises. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import {
  answerOf,
  History,
  KEYED,
  partitions,
  places,
  reads,
  TABLE,
  thing,
  type Read,
  type Thing,
} from './lag-model.ts';
import { call, item, tableInput } from './stores.ts';

/** `n` grows with `s` across partitions, so that no two items have one index key and every order is known. */
const change = fc.record({
  p: partitions,
  s: places,
  v: fc.integer({ min: 0, max: 99 }),
  g: fc.constantFrom('x', 'y', undefined),
  n: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  isDelete: fc.boolean(),
});

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      changes: fc.uniqueArray(change, { minLength: 1, maxLength: 4, selector: (one) => one.p + one.s }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ read: reads, isStrong: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ advanceMs: fc.integer({ min: 0, max: 400 }) }) },
);

type Change = Thing & { readonly isDelete: boolean };

function placed(drawn: Change): Change {
  return { ...drawn, n: drawn.n === undefined ? undefined : indexNumber(drawn.n, drawn) };
}

function indexNumber(n: number, { p, s }: { readonly p: string; readonly s: number }): number {
  return n * 100 + s * 10 + (p === 'a' ? 0 : 1);
}

describe('any course of writes and reads', () => {
  test.each([
    { replicaLagMs: 1_000, indexLagMs: 0 },
    { replicaLagMs: 0, indexLagMs: 1_000 },
    { replicaLagMs: 300, indexLagMs: 1_200 },
    { replicaLagMs: 1_000, indexLagMs: 1_000, lagBytesMax: 2_500 },
  ])('shows states that held within the lag, and strong reads the newest: %j', async (options) => {
    let older = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), fc.nat(), async (steps, seed) => {
        const clock = new VirtualClock({ seed });
        const store = await openStore({ inMemory: true, clock, ...options });
        try {
          await call(store, 'CreateTable', tableInput('things', KEYED));
          const history = new History();
          for (const next of steps) {
            if ('advanceMs' in next) {
              await clock.advance(next.advanceMs);
            } else if ('changes' in next) {
              const changes = next.changes.map(placed);
              await writeAll(store, changes);
              history.write(
                clock.monotonicMs(),
                changes.map((one) => ({ key: one.p + one.s, next: one.isDelete ? undefined : one })),
              );
            } else {
              const { read, isStrong } = next;
              const strong = isStrong && read.isGlobal !== true;
              const input = { ...TABLE, ...read.input, ConsistentRead: strong };
              const answer = answerOf(read, await call(store, read.operation, input));
              const lagMs =
                read.isGlobal === true ? Math.max(options.replicaLagMs, options.indexLagMs) : options.replicaLagMs;
              const allowed = strong || lagMs === 0 ? [history.newest] : history.within(clock.monotonicMs(), lagMs);
              expect(allowed.map((state) => read.shows(state))).toContain(answer);
              if (answer !== read.shows(history.newest)) older++;
            }
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: 40 },
    );
    // Or the test would hold for a store that never lags.
    expect(older).toBeGreaterThan(10);
  });
});

async function writeAll(store: EmbeddedStore, changes: readonly Change[]) {
  const actions = changes.map((one) =>
    one.isDelete ? { Delete: { ...TABLE, Key: item(one.p, one.s) } } : { Put: { ...TABLE, Item: thing(one) } },
  );
  await call(store, 'TransactWriteItems', { TransactItems: actions });
}

describe('an accelerator in front of a lagging store', () => {
  /** How many answers, and how many hits among them, differed from what was written last. */
  async function run(options: { readonly mutationLogMs: number; readonly withFeed: boolean; readonly seed: number }) {
    const clock = new VirtualClock({ seed: options.seed });
    const store = await openStore({ inMemory: true, clock, replicaLagMs: 2_000, indexLagMs: 3_000 });
    onTestFinished(() => store.close());
    await call(store, 'CreateTable', tableInput('things', KEYED));
    const accelerator = createAccelerator({
      backing: store,
      feed: options.withFeed ? store.feed : undefined,
      clock,
      mutationLogMs: options.mutationLogMs,
    });
    onTestFinished(() => accelerator.close());
    const send = (operation: string, input: JsonObject) =>
      accelerator.execute(ServiceRequest.fromInput(operation, { ...TABLE, ...input }));
    const draw = (count: number) => Math.floor(clock.random() * count);
    const state = new Map<string, Thing>();
    const counts = { hits: 0, staleHits: 0, staleAnswers: 0 };
    for (let turn = 0; turn < 1_500; turn++) {
      const [p, s] = [draw(2) === 0 ? 'a' : 'b', draw(4)];
      const kind = draw(10);
      if (kind === 0) {
        const n = indexNumber(draw(3), { p, s });
        const written = { p, s, v: turn, g: draw(2) === 0 ? 'x' : 'y', n };
        await send('PutItem', { Item: thing(written) });
        state.set(p + s, written);
      } else if (kind === 1 && draw(3) === 0) {
        await send('DeleteItem', { Key: item(p, s) });
        state.delete(p + s);
      } else if (kind === 2) {
        await clock.advance(draw(1_500));
      } else {
        const read = fc.sample(reads, { numRuns: 1, seed: draw(1e9) })[0] as Read;
        const { cache, reply } = await send(read.operation, read.input);
        const isStale = answerOf(read, reply.output) !== read.shows(state);
        if (cache === 'hit') counts.hits++;
        if (cache === 'hit' && isStale) counts.staleHits++;
        // Index pages that come from the store are what its index shows now.
        if (isStale && read.isGlobal !== true) counts.staleAnswers++;
      }
    }
    return counts;
  }

  test.each([true, false])(
    'never has a stale hit after own writes while its mutation log is longer than the lags (feed: %s)',
    async (withFeed) => {
      for (let seed = 1; seed <= 3; seed++) {
        const { hits, staleHits, staleAnswers } = await run({ mutationLogMs: 5_000, withFeed, seed });
        expect({ staleHits, staleAnswers }).toEqual({ staleHits: 0, staleAnswers: 0 });
        expect(hits).toBeGreaterThan(100);
      }
    },
  );

  test('has some when it is shorter', async () => {
    const { staleHits } = await run({ mutationLogMs: 100, withFeed: true, seed: 1 });
    expect(staleHits).toBeGreaterThan(0);
  });
});
