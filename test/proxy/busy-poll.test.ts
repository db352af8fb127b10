/**
 * Goal: where it was asked for, the event loop stays awake for as long as it was told to after a client has said something, at
 * either door, and sleeps otherwise.
 * Method: the doors run in this process, on a clock that is moved by hand and counts its readers. A loop that is kept awake reads
 * it in every turn.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Clock } from '../../src/base/clock.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import type { Proxy } from '../../src/proxy/proxy.ts';
import { echo } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

const LASTING_MS = 5;
const TURNS = 50;

let nowMs = 0;
let readings = 0;
const clock: Clock = {
  ...systemClock,
  monotonicMs() {
    readings++;
    return nowMs;
  },
};
let proxy: Proxy;

afterEach(() => {
  nowMs += LASTING_MS;
  return proxy.close();
});

async function open(door: 'http' | 'dax', busyPollMs: number): Promise<RawConnection> {
  proxy = createProxy({ backing: echo, httpPort: 0, daxPort: 0, adminPort: 'off', clock, busyPollMs });
  return RawConnection.open((await proxy.listen())[door] as string);
}

/** Of so many turns, in most of them; what else reads the clock does so now and then. */
async function isAwake(): Promise<boolean> {
  const before = readings;
  for (let i = 0; i < TURNS; i++) await turn();
  return readings - before > TURNS / 2;
}

async function untilAwake(): Promise<void> {
  while (!(await isAwake()));
}

test.each([
  ['http', 'P'],
  ['dax', 'i'],
] as const)('the first byte at the %s door keeps the process awake, for so long and no longer', async (door, byte) => {
  await using connection = await open(door, LASTING_MS);
  expect(await isAwake()).toBe(false);
  await connection.send(byte);
  await untilAwake();
  nowMs += LASTING_MS - 1;
  expect(await isAwake()).toBe(true);
  nowMs += 1;
  await turn();
  await turn();
  expect(await isAwake()).toBe(false);
});

test('every call begins that time anew', async () => {
  await using connection = await open('http', LASTING_MS);
  for (let i = 0; i < 3; i++) {
    await connection.send(callBytes());
    await connection.answer();
    await untilAwake();
    nowMs += LASTING_MS - 1;
  }
  expect(await isAwake()).toBe(true);
});

test('a process that was not asked to stay awake sleeps', async () => {
  await using connection = await open('http', 0);
  await connection.send(callBytes());
  await connection.answer();
  expect(await isAwake()).toBe(false);
});
