/**
 * Goal: a near cache behind a balancer is never shown less than the node that it follows has told. Method: two nodes over one
 * store, of which one has cached what the other knows to be outdated, and a balancer that gives them connections in turns.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ProxyRig, put, read, untilLink, untilRead } from './proxy-rig.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** The first connection goes to the first address, all others to the second. */
async function openBalancer(first: string, others: string): Promise<string> {
  const sockets = new Set<Socket>();
  let opened = 0;
  const server: Server = createServer((client) => {
    const node = connect(Number(new URL(opened++ === 0 ? first : others).port), '127.0.0.1');
    for (const [from, to] of [
      [client, node],
      [node, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('what another node has cached is not an answer', async () => {
  const rig = await ProxyRig.open();
  closers.push(() => rig[Symbol.asyncDispose]());
  await rig.past.send(put('old'));
  const other = await rig.startOther({ hasFeed: false });
  const direct = rig.client({ proxy: other });
  await untilRead(direct, { v: 'old' });
  const client = rig.client({ proxy: await openBalancer(rig.url, other) });
  await read(client);
  await untilLink(client, 'live');
  await rig.past.send(put('new'));
  // The other node still says what it has cached, to whoever follows it.
  expect((await read(rig.client({ proxy: other }))).v).toBe('old');
  await untilRead(client, { v: 'new' });
  expect((await read(client)).v).toBe('new');
});
