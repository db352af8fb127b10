import { describe, expect, test } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { SlipstreamError } from '../../src/base/errors.ts';
import { ServiceReply, ServiceRequest } from '../../src/model/service-call.ts';
import { FaultyStore, type Fault, type FaultyStoreOptions } from '../../src/testing/faulty-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const write = ServiceRequest.fromInput('PutItem', {});
const read = ServiceRequest.fromInput('GetItem', {});

/** A store that remembers when it was asked. */
function setUp(faults: FaultyStoreOptions['faults'], seed = 1) {
  const clock = new VirtualClock({ seed });
  const appliedMs: number[] = [];
  const backing: BackingStore = {
    send: () => {
      appliedMs.push(clock.monotonicMs());
      return Promise.resolve(ServiceReply.fromOutput({}));
    },
    close: () => Promise.resolve(),
  };
  return { clock, appliedMs, store: new FaultyStore({ backing, clock, faults, timeoutMs: 1_000, delayMaxMs: 500 }) };
}

async function outcome(fault: Fault) {
  const { clock, appliedMs, store } = setUp(() => fault);
  let answer = '';
  let answeredMs = 0;
  void store.send(write).then(
    (reply) => {
      answer = reply.errorName ?? 'ok';
      answeredMs = clock.monotonicMs();
    },
    (error: unknown) => {
      answer = (error as SlipstreamError).code;
      answeredMs = clock.monotonicMs();
    },
  );
  await clock.advance(10_000);
  await store.close();
  return { answer, answeredMs, appliedMs };
}

describe('each fault', () => {
  test('tells the caller the same whether or not the write was applied', async () => {
    for (const [kind, answer] of [
      ['timeout', 'SLIPSTREAM_BACKING_TIMEOUT'],
      ['lost', 'SLIPSTREAM_CONNECTION_LOST'],
      ['internal-error', 'InternalServerError'],
      ['unavailable', 'ServiceUnavailable'],
    ] as const) {
      const none = await outcome({ kind, effect: 'none' });
      const applied = await outcome({ kind, effect: 'applied' });
      const later = await outcome({ kind, effect: 'applied-later' });
      expect([none.answer, applied.answer, later.answer]).toEqual([answer, answer, answer]);
      expect(none.appliedMs).toEqual([]);
      expect(applied.appliedMs).toEqual([0]);
      expect(later.appliedMs.length).toBe(1);
      expect(later.appliedMs[0]).toBeGreaterThanOrEqual(later.answeredMs);
    }
  });

  test('that refuses applies nothing, one that delays answers late', async () => {
    expect(await outcome({ kind: 'throttled' })).toEqual({
      answer: 'ThrottlingException',
      answeredMs: 0,
      appliedMs: [],
    });
    expect(await outcome({ kind: 'delay', ms: 80 })).toEqual({ answer: 'ok', answeredMs: 80, appliedMs: [40] });
    expect(await outcome({ kind: 'none' })).toEqual({ answer: 'ok', answeredMs: 0, appliedMs: [0] });
  });
});

test('chances are kept, the same seed takes the same course, and no read is ever applied by a fault', async () => {
  const chances = { delay: 0.1, timeout: 0.1, lost: 0.1, internalError: 0.1, unavailable: 0.1, throttled: 0.1 };
  const course = async (request: ServiceRequest, seed: number) => {
    const { clock, appliedMs, store } = setUp(chances, seed);
    const sent = Array.from({ length: 600 }, () => store.send(request).catch(() => undefined));
    await clock.advance(10_000);
    await Promise.all(sent);
    return { counts: Object.fromEntries(store.counts), applied: appliedMs.length };
  };
  const writes = await course(write, 3);
  expect(await course(write, 3)).toEqual(writes);
  expect(await course(write, 4)).not.toEqual(writes);
  for (const kind of ['delay', 'timeout', 'lost', 'internal-error', 'unavailable', 'throttled']) {
    expect(writes.counts[kind]).toBeGreaterThan(30);
    expect(writes.counts[kind]).toBeLessThan(90);
  }
  const reads = await course(read, 3);
  expect(reads.applied).toBe((reads.counts['none'] ?? 0) + (reads.counts['delay'] ?? 0));
  const calm = setUp(chances);
  calm.store.faulty = false;
  for (let i = 0; i < 50; i++) expect((await calm.store.send(write)).ok).toBe(true);
});
