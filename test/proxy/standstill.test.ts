/**
 * Goal: what a near cache may have given up is not done when a process that stood still goes on; what it asks at any other time
 * is. Method: a clock on which time passes with and without the process, whose timers come late as a real process's do.
 */
import { expect, test } from 'vitest';
import { Standstill } from '../../src/proxy/standstill.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

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
