/**
 * Goal: what a near cache may have given up is not done when a process that stood still goes on; what it asks at any other time
 * is. Method: a clock on which time passes with and without the process, whose timers come late as a real process's do; and a
 * real door with such a clock. `test/end-to-end` stops real processes.
 */
import { afterEach, expect, test } from 'vitest';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import { systemClock } from '../../src/base/clock.ts';
import { Standstill } from '../../src/proxy/standstill.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { NODE_HEADER } from '../../src/wire/feed-messages.ts';
import { closeAll, listen } from './door-rig.ts';

afterEach(closeAll);

/** Time that passes while the process stands still: no timer fires before it goes on. */
class StoppableClock extends VirtualClock {
  #stoodMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.#stoodMs;
  }

  standStill(ms: number): void {
    this.#stoodMs += ms;
  }
}

async function open() {
  const clock = new StoppableClock();
  const standstill = new Standstill(clock);
  standstill.start();
  await clock.advance(10_000);
  return { clock, standstill };
}

const refused = expect.objectContaining({ name: 'ServiceUnavailable', status: 421 }) as Error;
const call = (standstill: Standstill) => () => standstill.refuse('this-node');

test('calls of near caches are refused for as long as what had come before is read, whether or not timers fire first', async () => {
  for (const timersFirst of [false, true]) {
    const { clock, standstill } = await open();
    call(standstill)();
    clock.standStill(1_500);
    if (timersFirst) await clock.advance(250);
    expect(call(standstill)).toThrow(refused);
    await clock.advance(700);
    expect(call(standstill)).toThrow(refused);
    await clock.advance(400);
    call(standstill)();
    standstill.stop();
  }
});

test('a process that is busy for less than a node is given up for refuses nothing', async () => {
  const { clock, standstill } = await open();
  clock.standStill(700);
  call(standstill)();
  await clock.advance(250);
  call(standstill)();
  standstill.stop();
});

test('calls of others, who wait for their answers, are done', async () => {
  const { clock, standstill } = await open();
  clock.standStill(60_000);
  standstill.refuse(undefined);
  standstill.stop();
});

test('the door lets nothing through that names it then, and everything else', async () => {
  const store = await openStore({ inMemory: true });
  let stoodMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + stoodMs };
  const accelerator = createAccelerator({ backing: store, feed: store.feed });
  const { url, proxy } = await listen({ backing: store, accelerator, clock });
  const ask = async (headers: Readonly<Record<string, string>>) => {
    const method = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' };
    return (await fetch(url, { method: 'POST', headers: { ...method, ...headers }, body: '{}' })).status;
  };
  const named = { [NODE_HEADER]: proxy.instance };
  expect(await ask(named)).toBe(200);
  stoodMs += 2_000;
  expect(await ask(named)).toBe(421);
  expect(await ask({})).toBe(200);
  await closeAll();
  await store.close();
});
