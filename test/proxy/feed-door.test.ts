/**
 * Goal: the door where near caches subscribe keeps its promises to whoever connects, and none of its callers can harm the
 * node or one another. Method: a bare WebSocket against a real door, with small limits.
 */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { FeedLimits } from '../../src/proxy/feed-session.ts';
import type { Proxy, ProxyOptions } from '../../src/proxy/proxy.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { FEED_PATH, FEED_PROTOCOL, NODE_HEADER } from '../../src/wire/feed-messages.ts';
import type { FromNode, ToNode } from '../../src/wire/feed-messages.ts';
import { closeAll, listen } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

const stores: EmbeddedStore[] = [];
const peers: Peer[] = [];

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.cut();
  await closeAll();
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

interface Node {
  readonly url: string;
  readonly proxy: Proxy;
  send(operation: string, input: JsonObject): Promise<void>;
}

const key = { id: { S: 'a' } };

const tableOf = (TableName: string) => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
});

/** A node over a store with the tables `Things` and `Others`, to which `send` writes past it. */
async function openNode(feedLimits: Partial<FeedLimits> = {}, options: Partial<ProxyOptions> = {}): Promise<Node> {
  const store = await openStore({ inMemory: true });
  stores.push(store);
  const send = async (operation: string, input: JsonObject) => {
    const reply = await store.send(ServiceRequest.fromInput(operation, input));
    if (!reply.ok) throw new Error(JSON.stringify(reply.output));
  };
  for (const TableName of ['Things', 'Others']) {
    await send('CreateTable', tableOf(TableName));
  }
  const accelerator = createAccelerator({ backing: store, feed: store.feed });
  return { ...(await listen({ backing: store, accelerator, feedLimits, ...options })), send };
}

class Peer {
  readonly heard: FromNode[] = [];
  /** Mutations that have arrived. */
  mutations = 0;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  #wake: () => void = () => {};

  constructor(url: string, protocol: string = FEED_PROTOCOL) {
    this.#socket = new WebSocket(new URL(FEED_PATH, url.replace('http', 'ws')), protocol);
    this.#socket.on('message', (bytes) => {
      const message = JSON.parse((bytes as Buffer).toString()) as FromNode;
      if (message.type === 'mutation') this.mutations++;
      this.heard.push(message);
      this.#wake();
    });
    this.#socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    peers.push(this);
  }

  /** The status and the body with which the node refused the upgrade. */
  refused(): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve) => {
      this.#socket.once('unexpected-response', (_request, response) => {
        void response.toArray().then((chunks: Buffer[]) => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        });
      });
    });
  }

  /** The first message from here on that is of this type, with all that came before it taken. */
  async hear<Type extends FromNode['type']>(type: Type): Promise<Extract<FromNode, { readonly type: Type }>> {
    for (;;) {
      const message = this.heard.shift();
      if (message?.type === type) return message as Extract<FromNode, { readonly type: Type }>;
      if (message === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  say(message: ToNode): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string | Buffer): void {
    this.#socket.send(text);
  }

  async watch(table: string): Promise<void> {
    await this.hear('hello');
    this.say({ type: 'watch', table, watch: 1 });
    await this.hear('watching');
  }

  /** Stops reading from the system, as a process that is stopped; or goes on. */
  setReading(reads: boolean): void {
    if (reads) this.#socket.resume();
    else this.#socket.pause();
  }

  cut(): void {
    this.#socket.terminate();
  }
}

const put = (v: string) => ({ TableName: 'Things', Item: { ...key, v: { S: v } } });

test('a near cache is told of each mutation with its images, numbered', async () => {
  const node = await openNode();
  const peer = new Peer(node.url);
  const { node: id } = await peer.hear('hello');
  expect(id).toBe(node.proxy.instance);
  peer.say({ type: 'watch', table: 'Things', watch: 7 });
  expect(await peer.hear('watching')).toEqual({ type: 'watching', table: 'Things', watch: 7, staleness: 0 });
  await node.send('PutItem', put('1'));
  await node.send('DeleteItem', { TableName: 'Things', Key: key });
  await node.send('PutItem', { ...put('2'), TableName: 'Others' });
  const item = put('1').Item;
  const of = { type: 'mutation', table: 'Things', key };
  expect(await peer.hear('mutation')).toEqual({ ...of, sequence: 1, kind: 'INSERT', new: item });
  expect(await peer.hear('mutation')).toEqual({ ...of, sequence: 2, kind: 'REMOVE', old: item });
  peer.say({ type: 'ping', ping: 3 });
  expect(await peer.hear('pong')).toMatchObject({ ping: 3, sequence: 2 });
});

test('a table that is left is not told of any more', async () => {
  const node = await openNode();
  const peer = new Peer(node.url);
  await peer.watch('Things');
  peer.say({ type: 'unwatch', table: 'Things' });
  peer.say({ type: 'ping', ping: 1 });
  await peer.hear('pong');
  await node.send('PutItem', put('1'));
  peer.say({ type: 'ping', ping: 2 });
  expect(await peer.hear('pong')).toMatchObject({ sequence: 0, staleness: {} });
});

test('a table that is not there is answered for, and does not count', async () => {
  const node = await openNode({ tablesMax: 1 });
  const peer = new Peer(node.url);
  await peer.hear('hello');
  peer.say({ type: 'watch', table: 'Missing', watch: 1 });
  expect(await peer.hear('watching')).toEqual({ type: 'watching', table: 'Missing', watch: 1 });
  peer.say({ type: 'watch', table: 'Things', watch: 2 });
  expect(await peer.hear('watching')).toMatchObject({ table: 'Things' });
});

test('one that asks for too many tables is cut off, and told why', async () => {
  const node = await openNode({ tablesMax: 1 });
  const peer = new Peer(node.url);
  await peer.watch('Things');
  peer.say({ type: 'watch', table: 'Others', watch: 2 });
  expect(await peer.closed).toEqual({ code: 1008, reason: 'more than 1 tables' });
});

test('one near cache too many is refused, and admitted when another has gone', async () => {
  const node = await openNode({ subscribersMax: 1 });
  const first = new Peer(node.url);
  await first.hear('hello');
  const { status, body } = await new Peer(node.url).refused();
  expect([status, JSON.parse(body)]).toEqual([503, expect.objectContaining({ __type: 'SLIPSTREAM_LIMIT' })]);
  first.cut();
  await vi.waitFor(async () => {
    const next = new Peer(node.url);
    expect(await Promise.race([next.hear('hello'), next.refused()])).toMatchObject({ type: 'hello' });
  });
});

test.each(['slipstream.feed.0', 'slipstream.feed.2'])('%s is refused with both versions named', async (offered) => {
  const node = await openNode();
  const { status, body } = await new Peer(node.url, offered).refused();
  expect(status).toBe(426);
  expect(JSON.parse(body)).toMatchObject({ __type: 'SLIPSTREAM_VERSION_MISMATCH' });
  expect(body).toContain(offered);
  expect(body).toContain(FEED_PROTOCOL);
});

test.each([
  ['what is no JSON', '{'],
  ['what is no message', '[]'],
  ['an unknown type', '{"type":"constructor"}'],
  ['a number that is a text', '{"type":"ping","ping":"1"}'],
  ['a list of tables that is none', '{"type":"wrote","note":1,"tables":"Things"}'],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00])],
])('%s ends the session of its sender and of nobody else', async (_, text) => {
  const node = await openNode();
  const [good, bad] = [new Peer(node.url), new Peer(node.url)];
  await Promise.all([good.watch('Things'), bad.watch('Things')]);
  bad.sendText(text);
  expect(await bad.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('cannot be read') as string });
  await node.send('PutItem', put('1'));
  expect(await good.hear('mutation')).toMatchObject({ sequence: 1 });
});

test('a message that is too large ends the session before it is read', async () => {
  const node = await openNode();
  const peer = new Peer(node.url);
  await peer.hear('hello');
  peer.sendText(JSON.stringify({ type: 'unwatch', table: 'x'.repeat(300 * 1024) }));
  expect((await peer.closed).code).toBe(1009);
});

test('one that says nothing is cut off', async () => {
  const node = await openNode({ silenceMs: 200 });
  const peer = new Peer(node.url);
  expect(await peer.closed).toEqual({ code: 1008, reason: 'nothing was heard for too long' });
});

test('what was written past the node is dropped for all before that is answered', async () => {
  const node = await openNode();
  const [writer, other] = [new Peer(node.url), new Peer(node.url)];
  await Promise.all([writer.watch('Things'), other.watch('Things')]);
  writer.say({ type: 'wrote', note: 5, tables: ['Things', 'Missing'] });
  const reset = { type: 'reset', sequence: 1, table: 'Things', changed: false };
  expect(await writer.hear('reset')).toEqual(reset);
  expect(await writer.hear('noted')).toEqual({ type: 'noted', note: 5 });
  expect(await other.hear('reset')).toEqual(reset);
});

test('a node that goes away says so to all who follow it, and does not wait for one that does not read', async () => {
  const node = await openNode({}, { drainTimeoutMs: 500 });
  const [reading, stopped] = [new Peer(node.url), new Peer(node.url)];
  await Promise.all([reading.hear('hello'), stopped.hear('hello')]);
  stopped.setReading(false);
  const closing = node.proxy.close();
  expect(await reading.closed).toEqual({ code: 1001, reason: 'the node is going away' });
  await closing;
});

test('a request for the feed that is no upgrade is told what is', async () => {
  const node = await openNode();
  await using connection = await RawConnection.open(node.url);
  await connection.send(`GET ${FEED_PATH} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await connection.closed();
  expect(connection.rest).toMatch(/^HTTP\/1\.1 426 [^]*\r\nupgrade: websocket\r\n/i);
});

test('one that takes too long to say what it wants is cut off, although it says something all the time', async () => {
  const node = await openNode({}, { headersTimeoutMs: 300 });
  await using connection = await RawConnection.open(node.url);
  await connection.send(`GET ${FEED_PATH} HTTP/1.1\r\n`);
  const dribbling = setInterval(() => void connection.send('x'), 20);
  await connection.closed();
  clearInterval(dribbling);
});

test('the feed is asked for at its own path only', async () => {
  const node = await openNode();
  await using connection = await RawConnection.open(node.url);
  const body = '{}';
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-protocol': FEED_PROTOCOL };
  await connection.send(callBytes({ body, headers: upgrade }));
  expect((await connection.answer()).status).toBe(200);
});

/** Makes the node push 20 MB to all who follow the table: more than the system's own buffers take. */
async function flood(node: Node): Promise<number> {
  const writes = 200;
  for (let i = 0; i < writes; i++) {
    const filling = { S: String(i).padStart(50_000, '.') };
    await node.send('PutItem', { TableName: 'Things', Item: { ...key, filling } });
  }
  return writes;
}

test.each([
  ['each of them', { queueBytesMax: 200_000 }],
  ['all of them', { queuesBytesMax: 400_000 }],
])('for slow readers only so much is kept, by the limit for %s; by the next pong they know it', async (_, limits) => {
  const node = await openNode(limits);
  const [slow, quick] = [new Peer(node.url), new Peer(node.url)];
  await Promise.all([slow.watch('Things'), quick.watch('Things')]);
  slow.setReading(false);
  const writes = await flood(node);
  slow.setReading(true);
  // Pongs are dropped as well while the queue is still full.
  const asking = setInterval(() => slow.say({ type: 'ping', ping: 1 }), 20);
  const { sequence } = await slow.hear('pong').finally(() => clearInterval(asking));
  expect(sequence).toBe(writes);
  expect(slow.mutations).toBeLessThan(writes);
  quick.say({ type: 'ping', ping: 1 });
  await quick.hear('pong');
  expect(quick.mutations).toBe(writes);
});

test('a slow reader that asks for what it must not miss is cut off: it would wait for ever', async () => {
  const node = await openNode({ queueBytesMax: 200_000 });
  const peer = new Peer(node.url);
  await peer.watch('Things');
  peer.setReading(false);
  await flood(node);
  peer.say({ type: 'wrote', note: 1, tables: ['Things'] });
  await vi.waitFor(() => expect(node.proxy.connections).toBe(0), { timeout: 5_000 });
});

test('a call of a near cache that follows another node is refused, by either way through the door', async () => {
  const { url, proxy } = await openNode();
  const body = JSON.stringify({ TableName: 'Things', Key: key });
  // Without an agent the request says `connection: close`, which the strict reader leaves to node:http.
  const ask = async (node: string, agent: Agent | false) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      'content-length': body.length,
      [NODE_HEADER]: node,
    };
    const sent = request(url, { method: 'POST', headers, agent }).end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    return [response.statusCode, response.headers['x-slipstream-cache'] !== undefined];
  };
  const keepAlive = new Agent({ keepAlive: true });
  try {
    for (const agent of [keepAlive, false] as const) {
      expect(await ask(proxy.instance, agent)).toEqual([200, true]);
      expect(await ask('another', agent)).toEqual([421, false]);
    }
  } finally {
    keepAlive.destroy();
  }
});

test('who has gone is told no more', async () => {
  const store = await openStore({ inMemory: true });
  stores.push(store);
  const accelerator = createAccelerator({ backing: store, feed: store.feed });
  let followed = 0;
  const counting: Accelerator = {
    execute: (request, options) => accelerator.execute(request, options),
    stats: () => accelerator.stats(),
    tables: () => accelerator.tables(),
    invalidate: (table, key) => accelerator.invalidate(table, key),
    flush: () => accelerator.flush(),
    close: () => accelerator.close(),
    async follow(table, follower) {
      const following = await accelerator.follow(table, follower);
      if (following === undefined) return undefined;
      followed++;
      return { stalenessMs: () => following.stalenessMs(), stop: () => void followed-- };
    },
  };
  await accelerator.execute(ServiceRequest.fromInput('CreateTable', tableOf('Things')));
  const { url } = await listen({ backing: store, accelerator: counting });
  const peer = new Peer(url);
  await peer.watch('Things');
  expect(followed).toBe(1);
  peer.cut();
  await vi.waitFor(() => expect(followed).toBe(0));
});
