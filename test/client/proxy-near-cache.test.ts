/**
 * Goal: a client that follows a proxy learns of what others write, through the proxy and past it, and always shows its own
 * writes (I3), whatever becomes of the link. Method: real sockets, a node that goes and comes back, a relay that falls silent.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { traitsOf } from '../../src/model/operations.ts';
import { authoriseSigned } from '../../src/proxy/authorise.ts';
import { deferred } from '../support/deferred.ts';
import { Relay } from './proxy-relay.ts';
import { credentials, Key, ProxyRig, put, read, TableName, untilLink, untilRead } from './proxy-rig.ts';

describe('a near cache', () => {
  it('sees what another near cache writes, and what is written past the proxy', async () => {
    await using rig = await ProxyRig.open();
    const [one, other] = [rig.client(), rig.client()];
    await one.send(put('1'));
    await untilRead(other, { v: '1', cache: 'hit' });
    await one.send(put('2'));
    await untilRead(other, { v: '2', cache: 'hit' });
    await rig.past.send(put('3'));
    await untilRead(other, { v: '3', cache: 'hit' });
    await untilRead(one, { v: '3', cache: 'hit' });
    expect(one.cache.proxy()).toMatchObject({ state: 'live', node: rig.nodeId, failure: undefined });
    expect(one.cache.tables()).toMatchObject([{ name: TableName, feed: 'live', serving: true }]);
    expect(one.cache.stats().feedRecords).toBeGreaterThan(0);
  });

  it('shows its own writes at once, each of them', async () => {
    await using rig = await ProxyRig.open();
    const client = rig.client();
    for (let version = 0; version < 50; version++) {
      await client.send(put(String(version)));
      expect(await read(client)).toMatchObject({ v: String(version) });
    }
  });

  it('learns that its table is another one now', async () => {
    await using rig = await ProxyRig.open();
    const [client, other] = [rig.client(), rig.client()];
    await client.send(put('1'));
    await untilRead(client, { v: '1', cache: 'hit' });
    await other.send(new sdk.DeleteTableCommand({ TableName }));
    await vi.waitFor(() => expect(read(client)).rejects.toBeInstanceOf(sdk.ResourceNotFoundException));
  });
});

/** Puts before a node's store what holds its writes back until the promise resolves. */
const holdWrites =
  (until: Promise<void>) =>
  (backing: BackingStore): BackingStore => ({
    send: async (request, options) => {
      if (traitsOf(request.operation).mutates) await until;
      return backing.send(request, options);
    },
    close: () => backing.close(),
  });

describe('a proxy that restarts', () => {
  it('is followed again by itself, under its new id, and nothing cached before is served', async () => {
    await using rig = await ProxyRig.open();
    const client = rig.client();
    await client.send(put('1'));
    await untilRead(client, { v: '1', cache: 'hit' });
    const before = rig.nodeId;
    await rig.stopNode();
    await untilLink(client, 'lost');
    await rig.past.send(put('2'));
    expect((await read(client)).v).toBe('2');
    await rig.startNode();
    await untilLink(client, 'live');
    expect(client.cache.proxy()?.node).toBe(rig.nodeId);
    expect(rig.nodeId).not.toBe(before);
    await untilRead(client, { v: '2', cache: 'hit' });
    await rig.past.send(put('3'));
    await untilRead(client, { v: '3', cache: 'hit' });
  });

  it('loses no answer of a client that goes on calling while it goes and comes', async () => {
    await using rig = await ProxyRig.open();
    const client = rig.client();
    let restarts = 0;
    let goesOn = true;
    const restart = async () => {
      for (; restarts < 5; restarts++) {
        await rig.stopNode();
        await rig.startNode();
        await untilLink(client, 'live');
      }
      goesOn = false;
    };
    const use = async (id: string) => {
      for (let version = 0; goesOn; version++) {
        await client.send(put(String(version), id));
        expect(await read(client, id)).toMatchObject({ v: String(version) });
      }
    };
    await Promise.all([restart(), use('a'), use('b'), use('c')]);
  });

  it('ends what it was doing when it was told to go: nothing is done twice', async () => {
    const gate = deferred<void>();
    await using rig = await ProxyRig.open({ between: holdWrites(gate.promise) });
    const client = rig.client({}, { maxAttempts: 1 });
    await read(client);
    await untilLink(client, 'live');
    const count = () =>
      new sdk.UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      });
    const counted = Array.from({ length: 20 }, () => client.send(count()));
    await vi.waitFor(() => expect(rig.inFlight).toBe(20), { interval: 1 });
    const stopped = rig.stopNode();
    await untilLink(client, 'lost');
    gate.resolve();
    await Promise.all(counted);
    await stopped;
    const { Item } = await rig.past.send(new sdk.GetItemCommand({ TableName, Key }));
    expect(Item?.['n']).toEqual({ N: '20' });
  });
});

describe('a proxy without a feed', () => {
  it('does not show a client the state before what it wrote past it', async () => {
    await using rig = await ProxyRig.open({ hasFeed: false });
    await using relay = await Relay.open(rig.url);
    const [client, other] = [rig.client({ proxy: relay.url }), rig.client()];
    await client.send(put('1'));
    await untilRead(client, { v: '1', cache: 'hit' });
    await untilRead(other, { v: '1', cache: 'hit' });
    relay.freeze();
    await untilLink(client, 'lost');
    await client.send(put('2'));
    // Nobody has told the node, or those that follow it.
    expect(await read(other)).toMatchObject({ v: '1' });
    relay.thaw();
    await untilLink(client, 'live');
    expect(await read(client)).toMatchObject({ v: '2' });
    await untilRead(other, { v: '2' });
  });
});

describe('a proxy without a feed that restarts while the one before it still ends a write', () => {
  it('does not show the writer the state before that write', async () => {
    const gate = deferred<void>();
    await using rig = await ProxyRig.open({ hasFeed: false, between: holdWrites(gate.promise) });
    const [client, other] = [rig.client(), rig.client()];
    await read(client);
    const written = client.send(put('1'));
    await vi.waitFor(() => expect(rig.inFlight).toBe(1), { interval: 1 });
    const stopped = rig.stopNode();
    await untilLink(client, 'lost');
    await rig.startNode();
    await untilLink(client, 'live');
    await untilRead(other, { v: undefined, cache: 'hit' });
    gate.resolve();
    await written;
    expect(await read(client)).toMatchObject({ v: '1' });
    await untilRead(other, { v: '1' });
    await stopped;
  });
});

describe('a call that waits for the proxy', () => {
  it('goes past it when the time that its caller gives an attempt is over', async () => {
    const gate = deferred<void>();
    await using rig = await ProxyRig.open({ between: holdWrites(gate.promise) });
    const client = rig.client();
    await read(client);
    await untilLink(client, 'live');
    await client.send(put('1'), { requestTimeout: 300 });
    expect(client.cache.proxy()?.state).toBe('live');
    expect(await read(client)).toMatchObject({ v: '1' });
    gate.resolve();
  });

  it.each([
    ['its caller aborts it', undefined],
    ['its caller aborts it and says why', new Error('no more')],
    ['its time is over', new DOMException('the operation was aborted due to timeout', 'TimeoutError')],
  ])('ends as the SDK ends one when %s', async (_, reason) => {
    const gate = deferred<void>();
    await using rig = await ProxyRig.open({ between: holdWrites(gate.promise) });
    const client = rig.client();
    await read(client);
    await untilLink(client, 'live');
    const abortion = new AbortController();
    const call = client.send(put('1'), { abortSignal: abortion.signal }).catch((error: unknown) => error);
    await vi.waitFor(() => expect(rig.inFlight).toBe(1), { interval: 1 });
    abortion.abort(reason);
    expect(await call).toMatchObject({ name: 'AbortError' });
    gate.resolve();
  });
});

describe('a half-open connection', () => {
  it('is lost after silenceMs, and calls that wait for the proxy are answered past it', async () => {
    await using rig = await ProxyRig.open();
    await using relay = await Relay.open(rig.url);
    const client = rig.client({ proxy: relay.url });
    await client.send(put('1'));
    await untilRead(client, { v: '1', cache: 'hit' });
    relay.freeze();
    await rig.past.send(put('2'));
    const calls = [client.send(put('3', 'b')), ...Array.from({ length: 20 }, (_, i) => read(client, `other-${i}`))];
    await Promise.all(calls);
    expect(client.cache.proxy()).toMatchObject({ state: 'lost', failure: { code: 'SLIPSTREAM_CONNECTION_LOST' } });
    // The link is lost, and with it all that was cached while nobody told.
    expect(await read(client)).toMatchObject({ v: '2' });
    expect(await read(client, 'b')).toMatchObject({ v: '3' });
    relay.thaw();
    await untilLink(client, 'live');
    await untilRead(client, { v: '2', cache: 'hit' });
  });

  it('that never opens does not hold up the first calls for longer than that', async () => {
    await using rig = await ProxyRig.open();
    await using relay = await Relay.open(rig.url);
    relay.freeze();
    const client = rig.client({ proxy: relay.url });
    await client.send(put('1'));
    expect(await read(client)).toMatchObject({ v: '1' });
    relay.thaw();
    await untilLink(client, 'live');
    await untilRead(client, { v: '1', cache: 'hit' });
  });
});

describe('a proxy that asks for signatures', () => {
  const authorise = authoriseSigned({
    credentialsOf: (id) => (id === credentials.accessKeyId ? credentials : undefined),
  });

  it('is followed by those whom it would answer', async () => {
    await using rig = await ProxyRig.open({ proxy: { authorise } });
    const client = rig.client();
    await client.send(put('1'));
    await untilRead(client, { v: '1', cache: 'hit' });
    expect(client.cache.proxy()?.state).toBe('live');
  });

  it('refuses all others, whose calls go to their own endpoint without an error', async () => {
    await using rig = await ProxyRig.open({ proxy: { authorise } });
    const client = rig.client({}, { credentials: { ...credentials, secretAccessKey: 'guess' } });
    await client.send(put('1'));
    expect(await read(client)).toMatchObject({ v: '1' });
    expect(client.cache.proxy()).toMatchObject({
      state: 'refused',
      failure: { code: 'SLIPSTREAM_NOT_AUTHORISED', message: expect.stringContaining('signature') as string },
    });
  });
});

describe('a proxy that takes no more near caches', () => {
  it('is asked again, and its clients do without it meanwhile', async () => {
    await using rig = await ProxyRig.open({ proxy: { feedLimits: { subscribersMax: 1 } } });
    const [first, second] = [rig.client(), rig.client()];
    await first.send(put('1'));
    await untilLink(first, 'live');
    await second.send(put('2', 'b'));
    expect(second.cache.proxy()).toMatchObject({
      state: 'lost',
      failure: { message: expect.stringContaining('no more near caches') as string },
    });
    first.destroy();
    await untilLink(second, 'live');
    await untilRead(second, { v: '1', cache: 'hit' });
  });
});
