/**
 * The remote store over real sockets: against dynalite for what it forwards, against bare servers for what goes wrong.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRemoteStore, type RemoteStore, type RemoteStoreOptions } from '../../src/backing/remote-store.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { STREAMS_TARGET } from '../../src/model/operations.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { SigningKeys } from '../../src/wire/sigv4.ts';
import { verifyRequest } from '../../src/wire/sigv4-verify.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { startDynalite, type ForeignStore } from '../support/foreign-stores.ts';
import { untilActive } from '../support/until-active.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function storeAt(url: string, options: Partial<RemoteStoreOptions> = {}): RemoteStore {
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
  const store = createRemoteStore({ url, credentials, ...options });
  cleanUps.push(() => store.close());
  return store;
}

interface RawServer {
  readonly url: string;
  /** Requests that came, each by the number of its connection, from 1. */
  readonly requests: number[];
}

/** A server that sees each request as text and does with its socket as it likes. */
async function rawServer(answer: (socket: Socket, request: number) => void): Promise<RawServer> {
  const requests: number[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    sockets.add(socket);
    socket.on('error', () => undefined);
    let pending = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      pending += text;
      for (;;) {
        const head = pending.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(pending)?.[1] ?? 0);
        if (pending.length < head + 4 + length) return;
        pending = pending.slice(head + 4 + length);
        requests.push(connection);
        answer(socket, requests.length);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function reply(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

const read = ServiceRequest.fromInput('GetItem', { TableName: 'orders', Key: { id: { S: '1' } } });
const write = ServiceRequest.fromInput('PutItem', { TableName: 'orders', Item: { id: { S: '1' } } });

async function afterTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

async function failureOf(sent: Promise<unknown>): Promise<SlipstreamError> {
  const error: unknown = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SlipstreamError);
  return error as SlipstreamError;
}

describe('in front of dynalite', () => {
  let dynalite: ForeignStore;
  beforeAll(async () => {
    dynalite = await startDynalite();
  });
  afterAll(() => dynalite.close());

  test('a reply passes byte for byte, with its headers from end to end', async () => {
    const store = storeAt(dynalite.url);
    await store.ping();
    const created = await store.send(
      ServiceRequest.fromInput('CreateTable', {
        TableName: 'orders',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    expect(created.status).toBe(200);
    await untilActive(store, 'orders');
    const item = { id: { S: 'ключ' }, n: { N: '1.50' }, __proto__x: { L: [{ NULL: true }] } };
    expect((await store.send(ServiceRequest.fromInput('PutItem', { TableName: 'orders', Item: item }))).ok).toBe(true);

    const request = Buffer.from('{ "TableName":"orders", "Key":{"id":{"S":"ключ"}} }');
    const got = await store.send(ServiceRequest.fromBody('GetItem', request));
    const seen = await capture(dynalite.url, request);
    expect(got.status).toBe(200);
    expect(got.body.equals(seen.body)).toBe(true);
    expect(got.headers['x-amz-crc32']).toBe(seen.headers['x-amz-crc32']);
    expect(String(got.crc32)).toBe(got.headers['x-amz-crc32']);
    expect(got.headers['x-amzn-requestid']).toMatch(/^[0-9A-Z]{52}$/);
    for (const name of ['connection', 'keep-alive', 'content-length', 'transfer-encoding']) {
      expect(got.headers[name]).toBeUndefined();
    }
  });

  test('a refusal is an answer', async () => {
    const store = storeAt(dynalite.url);
    const refused = await store.send(
      ServiceRequest.fromInput('GetItem', { TableName: 'nowhere', Key: { a: { S: 'b' } } }),
    );
    expect(refused.status).toBe(400);
    expect(refused.errorName).toBe('ResourceNotFoundException');
  });
});

test('what goes out is the body as given, signed so that a verifier accepts it', async () => {
  const seen: { message: IncomingMessage; body: Buffer }[] = [];
  const server = createHttpServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      seen.push({ message, body: Buffer.concat(chunks) });
      response.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    server.close();
    await once(server, 'close');
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };
  const store = storeAt(url, {
    region: 'eu-central-1',
    credentials: () => Promise.resolve(credentials),
    via: 'node-1',
  });
  const body = Buffer.from('{ "TableName" : "orders" }');
  await store.send(ServiceRequest.fromBody('DescribeTable', body));
  await store.send(ServiceRequest.fromInput('ListStreams', {}, { api: STREAMS_TARGET }));

  const [described, listed] = seen as [(typeof seen)[0], (typeof seen)[0]];
  expect(described.body.equals(body)).toBe(true);
  expect(listed.message.headers['x-amz-target']).toBe('DynamoDBStreams_20120810.ListStreams');
  for (const { message, body: received } of seen) {
    expect(message.headers['x-slipstream-via']).toBe('node-1');
    const caller = verifyRequest(
      {
        method: 'POST',
        path: '/',
        query: '',
        headers: new Map(Object.entries(message.headers as Record<string, string>)),
        body: received,
      },
      {
        credentialsOf: () => credentials,
        keys: new SigningKeys(),
        wallMs: Date.now(),
        region: 'eu-central-1',
      },
    );
    expect(caller.accessKeyId).toBe('AKID');
  }
});

describe('connections', () => {
  test('are kept between calls', async () => {
    const server = await rawServer((socket) => socket.write(reply('{}')));
    const store = storeAt(server.url, { connectionsMax: 1 });
    for (let i = 0; i < 5; i++) await store.send(read);
    expect(server.requests).toEqual([1, 1, 1, 1, 1]);
  });

  test('a read on a kept connection that the store just closed goes out once more', async () => {
    const server = await rawServer((socket, request) => {
      if (request === 2) socket.destroy();
      else socket.write(reply(`{"request":${request}}`));
    });
    const store = storeAt(server.url, { connectionsMax: 1 });
    await store.send(read);
    expect((await store.send(read)).output).toEqual({ request: 3 });
    expect(server.requests).toEqual([1, 1, 2]);
  });

  test('a write never goes out twice', async () => {
    const server = await rawServer((socket, request) => {
      if (request === 2) socket.destroy();
      else socket.write(reply('{}'));
    });
    const store = storeAt(server.url, { connectionsMax: 1 });
    await store.send(read);
    expect((await failureOf(store.send(write))).code).toBe('SLIPSTREAM_CONNECTION_LOST');
    expect(server.requests).toEqual([1, 1]);
    expect(store.inFlight).toBe(0);
  });

  test('a read that is lost twice, or in the middle of its reply, is lost', async () => {
    const closing = await rawServer((socket) => socket.destroy());
    expect((await failureOf(storeAt(closing.url).send(read))).code).toBe('SLIPSTREAM_CONNECTION_LOST');
    expect(closing.requests.length).toBe(2);

    const breaking = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"It'));
    expect((await failureOf(storeAt(breaking.url).send(read))).code).toBe('SLIPSTREAM_CONNECTION_LOST');
    expect(breaking.requests.length).toBe(1);
  });

  test('no call goes out on a connection that was pinged', async () => {
    const server = await rawServer((socket) => void socket.write(reply('{}')));
    const store = storeAt(server.url);
    await store.ping();
    // The pool gives a connection out again in the turn after its answer.
    await afterTurns();
    await store.send(read);
    await afterTurns();
    await store.send(read);
    expect(server.requests).toEqual([1, 2, 2]);
  });

  test('a port where nobody listens is unreachable, and ping says so', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const store = storeAt(`http://127.0.0.1:${port}`);
    expect((await failureOf(store.send(write))).code).toBe('SLIPSTREAM_BACKING_UNREACHABLE');
    const unreachable = await failureOf(store.ping());
    expect(unreachable.code).toBe('SLIPSTREAM_BACKING_UNREACHABLE');
    expect(unreachable.message).toContain(`http://127.0.0.1:${port}`);
  });

  test('a closed store says that it is closed', async () => {
    const server = await rawServer((socket) => socket.write(reply('{}')));
    const store = createRemoteStore({ url: server.url });
    await store.close();
    expect((await failureOf(store.send(read))).code).toBe('SLIPSTREAM_CLOSED');
  });
});

describe('limits', () => {
  test('a store that says nothing, or never ends, is given up', async () => {
    const silent = await rawServer(() => undefined);
    const store = storeAt(silent.url, { headersTimeoutMs: 50 });
    expect((await failureOf(store.send(read))).code).toBe('SLIPSTREAM_BACKING_TIMEOUT');
    expect(silent.requests.length).toBe(1);

    const endless = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"It'));
    const slow = storeAt(endless.url, { bodyTimeoutMs: 50 });
    expect((await failureOf(slow.send(read))).code).toBe('SLIPSTREAM_BACKING_TIMEOUT');
  });

  test('a reply beyond the limit is refused, compressed or not', async () => {
    const large = await rawServer((socket) => socket.write(reply('x'.repeat(2_000))));
    expect((await failureOf(storeAt(large.url, { replyBytesMax: 1_000 }).send(read))).code).toBe('SLIPSTREAM_LIMIT');

    const packed = gzipSync('x'.repeat(2_000));
    const bomb = await rawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`);
      socket.write(packed);
    });
    expect((await failureOf(storeAt(bomb.url, { replyBytesMax: 1_000 }).send(read))).code).toBe('SLIPSTREAM_LIMIT');
    const unpacked = await storeAt(bomb.url).send(read);
    expect(unpacked.body.toString()).toBe('x'.repeat(2_000));
    expect(unpacked.headers['content-encoding']).toBeUndefined();
  });

  test('a call that waits too long for a free connection is refused, and never sent; those on one may take their time', async () => {
    const clock = new VirtualClock();
    const server = await rawServer(() => undefined);
    const store = storeAt(server.url, { connectionsMax: 1, clock, queueTimeoutMs: 100, headersTimeoutMs: 1_000 });
    const first = failureOf(store.send(write));
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = failureOf(store.send(write));
    await clock.advance(99);
    expect(store.inFlight).toBe(2);
    await clock.advance(1);
    expect((await second).code).toBe('SLIPSTREAM_LIMIT');
    expect(store.inFlight).toBe(1);
    await clock.advance(900);
    expect((await first).code).toBe('SLIPSTREAM_BACKING_TIMEOUT');
    expect(server.requests.length).toBe(1);
  });

  test('a call that got a connection in time is waited for like any other', async () => {
    const clock = new VirtualClock();
    const sockets: Socket[] = [];
    const server = await rawServer((socket) => void sockets.push(socket));
    const store = storeAt(server.url, { connectionsMax: 1, clock, queueTimeoutMs: 100, headersTimeoutMs: 1_000 });
    const arrived = async (count: number) => {
      while (sockets.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    const first = store.send(read);
    await arrived(1);
    const second = failureOf(store.send(read));
    sockets[0]?.write(reply('{}'));
    await first;
    await arrived(2);
    await clock.advance(999);
    expect(store.inFlight).toBe(1);
    await clock.advance(1);
    expect((await second).code).toBe('SLIPSTREAM_BACKING_TIMEOUT');
  });

  test('calls beyond the limit are refused before they are sent', async () => {
    const server = await rawServer(() => undefined);
    const store = storeAt(server.url, { inFlightMax: 2 });
    const abort = new AbortController();
    const held = [1, 2].map(() => store.send(write, { signal: abort.signal }).catch((error: unknown) => error));
    expect((await failureOf(store.send(read))).code).toBe('SLIPSTREAM_LIMIT');
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await Promise.all(held)).toEqual([reason, reason]);
    expect(store.inFlight).toBe(0);
  });
});

describe('aborting', () => {
  test('rejects with the signal’s reason, also before sending and while waiting for a connection', async () => {
    const server = await rawServer(() => undefined);
    const store = storeAt(server.url, { connectionsMax: 1 });
    const reason = new Error('the caller went away');
    await expect(store.send(read, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const first = new AbortController();
    const second = new AbortController();
    const held = store.send(write, { signal: first.signal }).catch((error: unknown) => error);
    const waiting = store.send(write, { signal: second.signal }).catch((error: unknown) => error);
    second.abort(reason);
    expect(await waiting).toBe(reason);
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    first.abort(reason);
    expect(await held).toBe(reason);
    expect(server.requests.length).toBe(1);
  });
});

/** The same call without any library, to compare bytes with. */
async function capture(url: string, body: Buffer): Promise<{ body: Buffer; headers: Record<string, string> }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(
    `POST / HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.0\r\n` +
      'x-amz-target: DynamoDB_20120810.GetItem\r\nx-amz-date: 20260101T000000Z\r\n' +
      'authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, ' +
      `SignedHeaders=host, Signature=b\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  socket.write(body);
  await once(socket, 'close');
  const all = Buffer.concat(chunks);
  const split = all.indexOf('\r\n\r\n');
  const lines = all.subarray(0, split).toString('latin1').split('\r\n').slice(1);
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 2),
  ]);
  return { body: all.subarray(split + 4), headers: Object.fromEntries(headers) as Record<string, string> };
}
