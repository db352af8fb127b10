/** What a door does when there is more than it may take: it says so, and goes on with what it has. */
import { afterEach, expect, test } from 'vitest';
import { closeAll, listen } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

afterEach(closeAll);

const messageOf = (body: string) => (JSON.parse(body) as { readonly message: string }).message;

test('a connection beyond the limit is told so and ended, and one is taken again when another has gone', async () => {
  const { url, proxy } = await listen({ connectionsMax: 1 });
  await using first = await RawConnection.open(url);
  await first.send(callBytes());
  expect((await first.answer()).status).toBe(200);
  for (let i = 0; i < 3; i++) {
    await using surplus = await RawConnection.open(url);
    await surplus.send(callBytes());
    const { status, headers, body } = await surplus.answer();
    expect([status, headers['connection'], messageOf(body)]).toEqual([
      400,
      'close',
      'SLIPSTREAM_LIMIT: 1 connections are open',
    ]);
    await surplus.closed();
  }
  await first.send(callBytes());
  expect((await first.answer()).status).toBe(200);
  await first[Symbol.asyncDispose]();
  while (proxy.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  await using next = await RawConnection.open(url);
  await next.send(callBytes());
  expect((await next.answer()).status).toBe(200);
});
