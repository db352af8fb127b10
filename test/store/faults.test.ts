/** The embedded store, slow, failing and throttled by choice. */
import { describe, expect, test } from 'vitest';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { withFaults, type ChosenFaults } from '../../src/testing/with-faults.ts';
import { call, item, openTestStore, tableInput } from './stores.ts';

async function openFaulty(faults: ChosenFaults, clockSeed = 1) {
  const clock = new VirtualClock({ seed: clockSeed });
  const store = await openTestStore({ inMemory: true, clock });
  await call(store, 'CreateTable', tableInput('things'));
  const faulty = withFaults(store, { clock, ...faults });
  return {
    clock,
    store,
    faulty,
    send: (operation: string, input: JsonObject) =>
      faulty.send(ServiceRequest.fromInput(operation, { TableName: 'things', ...input })),
  };
}

test('without a fault that was chosen, the store is left as it is', async () => {
  const { store, faulty } = await openFaulty({ latencyMs: 0, errorRate: 0, throttleRate: 0, seed: 1 });
  expect(faulty).toBe(store);
});

describe('latency', () => {
  async function answeredAfterMs(faults: ChosenFaults, times: number): Promise<number[]> {
    const { clock, send } = await openFaulty(faults);
    const waits: number[] = [];
    for (let i = 0; i < times; i++) {
      const sentMs = clock.monotonicMs();
      const answered = send('GetItem', { Key: item('a', 1) }).then(() => clock.monotonicMs() - sentMs);
      await clock.advance(1_000);
      waits.push(await answered);
    }
    return waits;
  }

  test('delays every answer by what was asked for', async () => {
    expect(await answeredAfterMs({ latencyMs: 40 }, 3)).toEqual([40, 40, 40]);
  });

  test('and by up to the jitter more, the same with the same seed', async () => {
    const waits = await answeredAfterMs({ latencyMs: 40, latencyJitterMs: 20, seed: 3 }, 50);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(40);
    expect(Math.min(...waits)).toBeLessThan(45);
    expect(Math.max(...waits)).toBeGreaterThan(55);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60);
    expect(await answeredAfterMs({ latencyMs: 40, latencyJitterMs: 20, seed: 3 }, 50)).toEqual(waits);
    expect(await answeredAfterMs({ latencyMs: 40, latencyJitterMs: 20, seed: 4 }, 50)).not.toEqual(waits);
  });

  test('also holds for answers that fail', async () => {
    const { clock, send } = await openFaulty({ latencyMs: 40, errorRate: 1 });
    const answered = send('GetItem', { Key: item('a', 1) }).then((reply) => [reply.ok, clock.monotonicMs()]);
    await clock.advance(1_000);
    expect(await answered).toEqual([false, 40]);
  });
});

describe('an error rate', () => {
  const CALLS = 400;

  /** Whether each of many writes was told to have failed, and whether it is there. */
  async function outcomes(faults: ChosenFaults) {
    const { store, send } = await openFaulty(faults);
    const found: { readonly told: string; readonly isThere: boolean }[] = [];
    for (let s = 0; s < CALLS; s++) {
      const reply = await send('PutItem', { Item: item('a', s) });
      const read = await call(store, 'GetItem', { TableName: 'things', Key: item('a', s), ConsistentRead: true });
      found.push({ told: `${reply.status} ${reply.errorName ?? ''}`, isThere: read['Item'] !== undefined });
    }
    return found;
  }

  test('fails a share of the calls, with 500 or 503, and half of the writes among them take effect', async () => {
    const found = await outcomes({ errorRate: 0.5, seed: 11 });
    const counts = new Map<string, number>();
    for (const { told, isThere } of found) {
      const kind = `${told} ${isThere ? 'applied' : 'lost'}`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const failures = ['500 InternalServerError', '503 ServiceUnavailable'].flatMap((told) => [
      `${told} applied`,
      `${told} lost`,
    ]);
    expect([...counts.keys()].sort()).toEqual(['200  applied', ...failures]);
    // An eighth of the calls each: 50, with a standard deviation below 7.
    for (const kind of failures) {
      expect(counts.get(kind)).toBeGreaterThan(CALLS / 24);
      expect(counts.get(kind)).toBeLessThan(CALLS / 4);
    }
  });

  test('fails the same calls with the same seed, others with another', async () => {
    const found = await outcomes({ errorRate: 0.5, seed: 11 });
    expect(await outcomes({ errorRate: 0.5, seed: 11 })).toEqual(found);
    expect(await outcomes({ errorRate: 0.5, seed: 12 })).not.toEqual(found);
  });

  test('of 1 fails every read and no call on tables', async () => {
    const { send, faulty } = await openFaulty({ errorRate: 1 });
    for (const [operation, input] of [
      ['GetItem', { Key: item('a', 1) }],
      ['Scan', {}],
    ] as const) {
      expect((await send(operation, input)).status).toBeGreaterThanOrEqual(500);
    }
    const streams = ServiceRequest.fromInput('ListStreams', {}, { api: 'DynamoDBStreams_20120810' });
    expect((await faulty.send(streams)).status).toBeGreaterThanOrEqual(500);
    expect((await send('DescribeTable', {})).status).toBe(200);
    expect((await send('CreateTable', tableInput('others'))).status).toBe(200);
    expect((await send('DeleteTable', {})).status).toBe(200);
  });
});

describe('a throttle', () => {
  const EXCEEDED = {
    __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
    message:
      'The level of configured provisioned throughput for the table was exceeded. Consider increasing your ' +
      'provisioning level with the UpdateTable API',
  };

  test("refuses what is above the rate, in DynamoDB's words, and lets the rate through", async () => {
    const { clock, store, send } = await openFaulty({ throttleRate: 10 });
    const passed = async (count: number) => {
      let passing = 0;
      for (let s = 0; s < count; s++) if ((await send('PutItem', { Item: item('a', s) })).ok) passing++;
      return passing;
    };
    expect(await passed(10)).toBe(10);
    const refused = await send('PutItem', { Item: item('a', 99) });
    expect([refused.status, refused.output]).toEqual([400, EXCEEDED]);
    expect(await call(store, 'GetItem', { TableName: 'things', Key: item('a', 99) })).toEqual({});
    expect((await send('GetItem', { Key: item('a', 1) })).output).toEqual(EXCEEDED);
    expect((await send('DescribeTable', {})).ok).toBe(true);
    await clock.advance(250);
    expect(await passed(10)).toBe(2);
    // What is not used is kept for one second, no longer.
    await clock.advance(60_000);
    expect(await passed(30)).toBe(10);
  });

  test('below one a second lets one through now and then', async () => {
    const { clock, send } = await openFaulty({ throttleRate: 0.5 });
    const pass = async () => (await send('GetItem', { Key: item('a', 1) })).ok;
    expect([await pass(), await pass()]).toEqual([true, false]);
    await clock.advance(2_000);
    expect([await pass(), await pass()]).toEqual([true, false]);
  });
});
