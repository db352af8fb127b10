/** Frames that are known are answered unread: what has to be looked at before is looked at all the same. */
import { afterEach, expect, it } from 'vitest';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { ServiceError } from '../../src/model/service-error.ts';
import type { ProxyOptions } from '../../src/proxy/proxy.ts';
import { atEnd, closeAll, openProxy, openRig } from './dax-rig.ts';
import { endpointsRequest, getItemRequest, hello, helloOf, method, RawClient, written } from './raw-client.ts';

afterEach(closeAll);

const known = getItemRequest('hash', 'a');
/** `{pk: 'a'}`: the list of no names, and no values. */
const KNOWN_ANSWER = '80a1004101';
const ABSENT = '80a0';
/** More than it takes until a frame is known. */
const OFTEN = 40;

/** A call that the store keeps waiting until `open`. */
interface Gate {
  readonly slow: Buffer;
  open(): void;
}

async function openKnown(options: Partial<ProxyOptions> = {}, first: readonly Buffer[] = [hello]) {
  const { store } = await openRig();
  await store.send(ServiceRequest.fromInput('PutItem', { TableName: 'hash', Item: { pk: { S: 'a' } } }));
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const backing: BackingStore = {
    async send(request, sendOptions) {
      if (request.operation === 'GetItem' && request.input['Key'].pk.S === 'slow') await opened;
      return store.send(request, sendOptions);
    },
    close: () => Promise.resolve(),
  };
  const accelerator = createAccelerator({ backing, feed: store.feed });
  const rig = await openProxy(store, { backing, accelerator, ...options });
  const gate: Gate = { slow: getItemRequest('hash', 'slow'), open };
  const client = await connectTo(rig.dax, ...first);
  for (let n = 0; n < OFTEN; n++) expect(await ask(client, known, KNOWN_ANSWER.length / 2)).toBe(KNOWN_ANSWER);
  return { rig, client, gate };
}

async function connectTo(dax: string, ...first: readonly Buffer[]): Promise<RawClient> {
  const client = await RawClient.connect(dax);
  atEnd(() => client.close());
  client.socket.setNoDelay(true);
  client.send(...first);
  return client;
}

async function ask(client: RawClient, request: Buffer, length: number): Promise<string> {
  client.send(request);
  return (await client.receive(length)).toString('hex');
}

/** All that was sent before by any connection has reached the door: it has answered what was sent behind it. */
async function untilReceived(dax: string): Promise<void> {
  for (let n = 0; n < 2; n++) await ask(await connectTo(dax, hello), endpointsRequest, 2);
}

const authorize = (accessKeyId: string): Buffer =>
  written((writer) => {
    writer.integer(1);
    writer.integer(method.authorizeConnection);
    writer.text(accessKeyId);
    writer.text('signature');
    writer.bytes(Buffer.from('string to sign'));
    writer.null();
    writer.null();
  });

it('a connection that may not call is refused, whoever else asked the same', async () => {
  const authoriseConnection = ({ accessKeyId }: { readonly accessKeyId: string }): void => {
    if (accessKeyId !== 'good') throw new ServiceError('UnrecognizedClientException', 'nobody');
  };
  const { rig } = await openKnown({ authoriseConnection }, [hello, authorize('good')]);
  for (const [first, refusal] of [
    [[hello], 'MissingAuthenticationTokenException'],
    [[hello, authorize('bad')], 'UnrecognizedClientException'],
  ] as const) {
    const stranger = await connectTo(rig.dax, ...first);
    await untilReceived(rig.dax);
    stranger.send(known);
    stranger.socket.end();
    expect((await stranger.ended()).toString('latin1')).toContain(refusal);
  }
});

it('a connection that has not said what it is gets nothing', async () => {
  const { rig } = await openKnown();
  const mute = await connectTo(rig.dax, known);
  expect(await mute.ended()).toHaveLength(0);
});

it('while too many calls wait, it is refused as any other', async () => {
  const { rig, client, gate } = await openKnown({ inFlightMax: 1 });
  const waiting = await connectTo(rig.dax, hello, gate.slow);
  await untilReceived(rig.dax);
  client.send(known);
  client.socket.end();
  expect((await client.ended()).toString('latin1')).toContain('more than 1 calls wait');
  gate.open();
  expect((await waiting.receive(2)).toString('hex')).toBe(ABSENT);
});

it('behind a request that waits, it waits', async () => {
  const { rig, client, gate } = await openKnown();
  client.send(gate.slow);
  await untilReceived(rig.dax);
  client.send(known);
  await untilReceived(rig.dax);
  gate.open();
  expect((await client.receive(7)).toString('hex')).toBe(ABSENT + KNOWN_ANSWER);
});

it('in the middle of a request it is a part of it', async () => {
  const { rig, client } = await openKnown();
  const around = getItemRequest('hash', known);
  const at = around.indexOf(known);
  for (const part of [around.subarray(0, at), known, around.subarray(at + known.length)]) {
    client.send(part);
    await untilReceived(rig.dax);
  }
  expect(await ask(client, known, 7)).toBe(ABSENT + KNOWN_ANSWER);
  // The number of the service alone: what follows would be that of a method.
  client.send(known.subarray(0, 1));
  await untilReceived(rig.dax);
  client.send(known);
  expect(await client.ended()).toHaveLength(0);
});

it('clients that mean another thing by the same bytes get another answer', async () => {
  const rig = await openRig();
  // The Go client names all attributes where its caller said nothing; of this index they cannot be had.
  const scan = written((writer) => {
    writer.integer(1);
    writer.integer(method.scan);
    writer.bytes(Buffer.from('range'));
    writer.openMap();
    writer.integer(11);
    writer.bytes(Buffer.from('keys'));
    writer.integer(15);
    writer.integer(1);
    writer.closeMap();
  });
  const empty = '80a30780' + '08000a00';
  const go = await connectTo(rig.dax, helloOf('DaxGoClient-1.2.14'));
  for (let n = 0; n < OFTEN; n++) expect(await ask(go, scan, empty.length / 2)).toBe(empty);
  const other = await connectTo(rig.dax, hello);
  await untilReceived(rig.dax);
  other.send(scan);
  other.socket.end();
  expect((await other.ended()).toString('latin1')).toContain('ALL_ATTRIBUTES');
});
