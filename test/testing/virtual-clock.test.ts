import { expect, test } from 'vitest';
import { sleep } from '../../src/base/clock.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

test('timers run in the order of their times, each at its own, those of one time in the order they were set', async () => {
  const clock = new VirtualClock({ startMs: 1_000_000 });
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.monotonicMs()}`);
  clock.after(30, note('c'));
  clock.after(10, note('a'));
  clock.after(10, note('b'));
  clock.after(20, note('cancelled')).cancel();
  clock.after(10, () => clock.after(5, note('nested')));
  clock.after(31, note('late'));
  await clock.advance(30);
  expect(ran).toEqual(['a@10', 'b@10', 'nested@15', 'c@30']);
  expect(clock.wallMs()).toBe(1_000_030);
  expect(clock.pending).toBe(1);
});

test('promises settle between timers', async () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  const loop = async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(clock, 10);
      ran.push(clock.monotonicMs());
    }
  };
  const done = loop();
  await clock.advance(30);
  await done;
  expect(ran).toEqual([10, 20, 30]);
});

test('a pause makes timers run late', async () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  clock.after(10, () => ran.push(clock.monotonicMs()));
  await clock.pause(100);
  expect(ran).toEqual([100]);
});

test('waiting for a condition stops at the moment it holds, or at the limit', async () => {
  const clock = new VirtualClock();
  let ready = false;
  clock.after(25, () => (ready = true));
  expect(await clock.advanceUntil(() => ready, 100)).toBe(true);
  expect(clock.monotonicMs()).toBe(25);
  expect(await clock.advanceUntil(() => false, 100)).toBe(false);
  expect(clock.monotonicMs()).toBe(125);
});

test('the same seed draws the same numbers and bytes, another seed others', () => {
  const draw = (seed: number) => {
    const clock = new VirtualClock({ seed });
    const numbers = Array.from({ length: 100 }, () => clock.random());
    return { numbers, bytes: Buffer.from(clock.randomBytes(40)).toString('hex') };
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const { numbers } = draw(7);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(new Set(numbers).size).toBe(100);
});
