import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { exchange } from '../../src/backing/exchange.ts';
import { poolTo } from '../../src/backing/remote-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Tells that it was asked for the time, as it is when a reply begins. */
class AskedClock extends VirtualClock {
  asked = 0;

  override monotonicMs(): number {
    this.asked++;
    return super.monotonicMs();
  }
}

test.each([
  { bodyTimeoutMs: 1_000, endsMs: 1_600 },
  { bodyTimeoutMs: 200, endsMs: 800 },
])('a reply that begins after 600 ms of 1,000 has $bodyTimeoutMs ms from there', async ({ bodyTimeoutMs, endsMs }) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => server.close());
  const pool = poolTo(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  cleanUps.push(() => pool.destroy());

  const clock = new AskedClock();
  const limits = { headersTimeoutMs: 1_000, bodyTimeoutMs, replyBytesMax: 1_000 };
  let failure: Error | undefined;
  const request = { method: 'POST', path: '/', headers: {}, body: Buffer.from('{}') } as const;
  exchange(pool, request, limits, clock).catch((error: unknown) => (failure = error as Error));
  while (sockets.length === 0) await nextTurn();
  await clock.advance(600);
  const { asked } = clock;
  sockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"It');
  while (clock.asked === asked) await nextTurn();

  await clock.advance(endsMs - 601);
  expect(failure).toBeUndefined();
  await clock.advance(1);
  expect(failure?.message).toContain(`did not end within ${bodyTimeoutMs} ms`);
});
