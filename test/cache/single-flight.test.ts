import { describe, expect, test } from 'vitest';
import { deferred } from '../support/deferred.ts';
import { SingleFlight } from '../../src/cache/single-flight.ts';
import { WritesInFlight } from '../../src/cache/writes-in-flight.ts';

describe('single flight', () => {
  test('a caller joins the read that is under way, and not one that has landed', async () => {
    const flights = new SingleFlight<string>({ waitersMax: 10 });
    const read = deferred<string>();
    const leader = flights.lead('k', 0, () => read.promise);
    const waiter = flights.join('k', () => true);
    read.resolve('v');
    expect(await Promise.all([leader, waiter])).toEqual(['v', 'v']);
    expect(flights.join('k', () => true)).toBeUndefined();
    expect([flights.coalesced, flights.size]).toEqual([1, 0]);
  });

  test('a caller who comes after a mutation does not join a read that began before it', () => {
    const flights = new SingleFlight<string>({ waitersMax: 10 });
    void flights.lead('k', 7, () => new Promise(() => {}));
    expect(flights.join('k', (token) => token >= 8)).toBeUndefined();
  });

  test('a flight that was superseded does not take the newer one with it when it lands', async () => {
    const flights = new SingleFlight<string>({ waitersMax: 10 });
    const older = flights.lead('k', 0, () => Promise.resolve('old'));
    const newer = flights.lead('k', 1, () => new Promise(() => {}));
    await older;
    expect(flights.join('k', () => true)).toBe(newer);
  });

  test('a failed read fails its waiters and leaves nothing behind', async () => {
    const flights = new SingleFlight<string>({ waitersMax: 10 });
    const leader = flights.lead('k', 0, () => Promise.reject(new Error('lost')));
    const waiter = flights.join('k', () => true);
    await expect(leader).rejects.toThrow('lost');
    await expect(waiter).rejects.toThrow('lost');
    expect(flights.size).toBe(0);
  });

  test('waiters are bounded', () => {
    const flights = new SingleFlight<string>({ waitersMax: 1 });
    void flights.lead('k', 0, () => new Promise(() => {}));
    expect(flights.join('k', () => true)).toBeDefined();
    expect(flights.join('k', () => true)).toBeUndefined();
  });
});

describe('writes in flight', () => {
  test('writes of one key overlap when they share a moment, in either order of their ends', () => {
    const writes = new WritesInFlight();
    const first = writes.begin('k');
    const second = writes.begin('k');
    const other = writes.begin('l');
    writes.end('k', first);
    const third = writes.begin('k');
    expect([first, second, third, other].map((write) => write.overlapped)).toEqual([true, true, true, false]);
    writes.end('k', second);
    writes.end('k', third);
    const fourth = writes.begin('k');
    expect(fourth.overlapped).toBe(false);
    writes.end('k', fourth);
    writes.end('l', other);
    expect(writes.size).toBe(0);
  });
});
