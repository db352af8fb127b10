import { expect, test } from 'vitest';
import { sleep } from '../../src/base/clock.ts';
import { Scheduler } from './scheduler.ts';

test('timers fire by time, those of one time in the order in which they were set', async () => {
  const scheduler = new Scheduler(1);
  const fired: string[] = [];
  for (const [name, ms] of [
    ['c', 5],
    ['a', 1],
    ['d', 5],
    ['b', 3],
    ['e', 5],
  ] as const) {
    scheduler.after(ms, () => fired.push(`${name}@${scheduler.monotonicMs()}`));
  }
  await scheduler.advance(10);
  expect(fired).toEqual(['a@1', 'b@3', 'c@5', 'd@5', 'e@5']);
});

test('all that a timer leads to has happened before the next one fires', async () => {
  const scheduler = new Scheduler(1);
  const seen: string[] = [];
  scheduler.after(1, () => {
    void (async () => {
      for (let i = 0; i < 100; i++) await Promise.resolve();
      seen.push('the end of a long chain of promises');
    })();
  });
  scheduler.after(1, () => seen.push('the next timer'));
  await scheduler.advance(2);
  expect(seen).toEqual(['the end of a long chain of promises', 'the next timer']);
});

test('a timer that is cancelled does not fire, and a pause makes those run late that came due in it', async () => {
  const scheduler = new Scheduler(1);
  const fired: number[] = [];
  scheduler.after(5, () => fired.push(-1)).cancel();
  scheduler.after(5, () => fired.push(scheduler.monotonicMs()));
  scheduler.pause(1_000);
  await scheduler.advance(1);
  expect(fired).toEqual([1_000]);
});

test('the wall clock may jump, the other one never does', async () => {
  const scheduler = new Scheduler(1);
  const before = scheduler.wallMs();
  scheduler.jumpWall(-60_000);
  await sleepWhileRunning(scheduler, 10);
  expect([scheduler.wallMs() - before, scheduler.monotonicMs()]).toEqual([-59_990, 10]);
});

test('a run in which nothing is left to happen ends with an error', async () => {
  await expect(new Scheduler(1).run(() => false)).rejects.toThrow('nothing is left to happen');
});

test('one seed gives the same numbers', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, () => new Scheduler(seed).random());
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});

async function sleepWhileRunning(scheduler: Scheduler, ms: number): Promise<void> {
  let isOver = false;
  void sleep(scheduler, ms).then(() => (isOver = true));
  await scheduler.run(() => isOver);
}
