/**
 * Goal: a connection gets the answers that were composed for it, also after the door had to leave its memory to a client that
 * does not read.
 * Method: two real connections of one outbox, one of which is read and one is not.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import { Outbox } from '../../src/proxy/outbox.ts';
import { AWS_JSON, RequestIds } from '../../src/wire/aws-json.ts';

const cleanUps: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** Both ends of a connection. */
async function openPair(): Promise<readonly [ours: Socket, theirs: Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [ours] = (await once(server, 'connection')) as [Socket];
  cleanUps.push(() => {
    ours.destroy();
    theirs.destroy();
    server.close();
  });
  return [ours, theirs];
}

async function nextBody(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString('latin1').split('\r\n\r\n')[1] as string;
}

test('answers of one length are each their own, before and after the memory is left to a client that does not read', async () => {
  const ids = new RequestIds(systemClock);
  const outbox = new Outbox({ cached: true, keepAliveTimeoutMs: 5_000, ids, clock: systemClock });
  const [ours, theirs] = await openPair();
  const [blocked] = await openPair();
  const send = (socket: Socket, body: string): number => {
    const reply = ServiceReply.fromBody(200, Buffer.from(body));
    outbox.add({ reply, cache: 'pass', ageMs: undefined }, AWS_JSON, false);
    return outbox.flush(socket);
  };
  for (const body of ['{"n":"1"}', '{"n":"2"}']) {
    expect(send(ours, body)).toBe(0);
    expect(await nextBody(theirs)).toBe(body);
  }
  while (send(blocked, `"${'x'.repeat(12_000)}"`) === 0);
  for (const body of ['{"n":"3"}', '{"n":"4"}']) {
    expect(send(ours, body)).toBe(0);
    expect(await nextBody(theirs)).toBe(body);
  }
});
