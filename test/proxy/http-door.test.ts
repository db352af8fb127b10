/**
 * The HTTP door over real sockets: what it answers to calls, to bad requests and to faults behind it, and that none of them
 * disturbs the next call on the same connection.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import type { Answer, ExecuteOptions } from '../../src/accelerator/answer.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { crc32 } from '../../src/base/bytes.ts';
import { callChannel } from '../../src/base/channels.ts';
import type { CallEvent } from '../../src/base/channels.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import type { ServiceRequest } from '../../src/model/service-call.ts';
import { ServiceError } from '../../src/model/service-error.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import type { Proxy, ProxyOptions } from '../../src/proxy/proxy.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

/** Answers every call with what it was asked, so that a test sees what reached the store. */
const echo: BackingStore = {
  send: (request) =>
    Promise.resolve(ServiceReply.fromOutput({ Operation: request.operation, Api: request.api, Input: request.input })),
  close: () => Promise.resolve(),
};

function storeOf(send: (request: ServiceRequest) => Promise<ServiceReply>): BackingStore {
  return { send, close: () => Promise.resolve() };
}

/** As much of an accelerator as a door asks of one. */
function acceleratorOf(
  execute: (request: ServiceRequest, options?: ExecuteOptions) => Answer | Promise<Answer>,
): Accelerator {
  const none = () => {
    throw new Error('no door asks this');
  };
  return {
    execute,
    tables: () => [],
    stats: none,
    invalidate: none,
    flush: none,
    close: () => Promise.resolve(),
  };
}

const open: Proxy[] = [];

async function listen(options: Partial<ProxyOptions> = {}): Promise<{ readonly url: string; readonly proxy: Proxy }> {
  const proxy = createProxy({ backing: echo, httpPort: 0, adminPort: 'off', drainTimeoutMs: 5_000, ...options });
  open.push(proxy);
  const { http } = await proxy.listen();
  return { url: http as string, proxy };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((proxy) => proxy.close()));
});

/** A promise that the test settles itself. */
function gate<Value>(): { readonly passed: Promise<Value>; readonly pass: (value: Value) => void } {
  let pass: (value: Value) => void = () => {};
  const passed = new Promise<Value>((resolve) => (pass = resolve));
  return { passed, pass };
}

describe('a call', () => {
  test("is answered with the store's bytes and the service's headers", async () => {
    const { url } = await listen();
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes({ target: 'DynamoDB_20120810.GetItem', body: '{"TableName":"T"}' }));
    const { status, headers, body } = await connection.answer();
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ Operation: 'GetItem', Api: 'DynamoDB_20120810', Input: { TableName: 'T' } });
    expect(headers['content-type']).toBe('application/x-amz-json-1.0');
    expect(headers['x-amzn-requestid']).toMatch(/^[A-Z0-9]{52}$/);
    expect(headers['x-amz-crc32']).toBe(crc32(Buffer.from(body)));
    expect(headers).not.toHaveProperty('x-slipstream-cache');
  });

  test("of the Streams API keeps the API's name", async () => {
    const { url } = await listen();
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes({ target: 'DynamoDBStreams_20120810.ListStreams' }));
    expect(JSON.parse((await connection.answer()).body)).toMatchObject({ Api: 'DynamoDBStreams_20120810' });
  });

  test("keeps a remote store's status, headers and bytes as they are", async () => {
    const body = Buffer.from('{"__type":"com.amazonaws.dynamodb.v20120810#Odd", "message" : "é" }');
    const headers = {
      'x-amzn-requestid': 'theirs',
      'x-amz-crc32': '1',
      'content-type': 'application/json',
      'x-own': 'kept',
    };
    const { url } = await listen({
      backing: storeOf(() => Promise.resolve(ServiceReply.fromBody(429, body, headers))),
    });
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes());
    const answer = await connection.answer();
    expect(answer.status).toBe(429);
    expect(answer.body).toBe(body.toString());
    expect(answer.headers).toMatchObject(headers);
    expect(answer.headers['content-length']).toBe(String(body.length));
  });

  test('says what the cache did, and how old a hit is', async () => {
    const reply = ServiceReply.fromOutput({ Item: {} });
    const hit = acceleratorOf(() => ({ reply, cache: 'hit', ageMs: 41.6 }));
    const miss = acceleratorOf(() => Promise.resolve({ reply, cache: 'miss', ageMs: undefined }));
    for (const [accelerator, cache, age] of [
      [hit, 'hit', '42'],
      [miss, 'miss', undefined],
    ] as const) {
      const { url } = await listen({ accelerator });
      await using connection = await RawConnection.open(url);
      await connection.send(callBytes());
      const { headers } = await connection.answer();
      expect(headers['x-slipstream-cache']).toBe(cache);
      expect(headers['x-slipstream-age-ms']).toBe(age);
    }
  });

  test('may ask for a bypass or a refresh, and for nothing else', async () => {
    const asked: ExecuteOptions[] = [];
    const accelerator = acceleratorOf((_, options = {}) => {
      asked.push(options);
      return { reply: ServiceReply.fromOutput({}), cache: 'bypass', ageMs: undefined };
    });
    const { url } = await listen({ accelerator });
    await using connection = await RawConnection.open(url);
    for (const control of ['bypass', 'refresh', 'no-cache']) {
      await connection.send(callBytes({ headers: { 'x-slipstream-control': control } }));
    }
    expect((await connection.answer()).status).toBe(200);
    expect((await connection.answer()).status).toBe(200);
    const refused = await connection.answer();
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('x-slipstream-control must be bypass or refresh');
    expect(asked).toEqual([{ control: 'bypass' }, { control: 'refresh' }]);
  });

  test('may come in many segments, or several in one', async () => {
    const { url } = await listen();
    await using connection = await RawConnection.open(url);
    const bytes = callBytes({ target: 'DynamoDB_20120810.Query', body: '{"TableName":"ü"}' });
    for (const byte of Buffer.from(bytes)) await connection.send(Buffer.from([byte]));
    expect(JSON.parse((await connection.answer()).body)).toMatchObject({ Input: { TableName: 'ü' } });
    await connection.send(callBytes({ target: 'DynamoDB_20120810.Scan' }) + callBytes() + bytes);
    expect((await connection.answer()).body).toContain('Scan');
    expect((await connection.answer()).body).toContain('ListTables');
    expect((await connection.answer()).body).toContain('Query');
  });

  test('is told of on its channel, with what answered it', async () => {
    const events: CallEvent[] = [];
    const onCall = (event: CallEvent) => void events.push(event);
    callChannel.subscribe(onCall);
    try {
      const { url, proxy } = await listen();
      await using connection = await RawConnection.open(url);
      await connection.send(callBytes({ target: 'DynamoDB_20120810.GetItem' }) + callBytes({ target: 'nonsense' }));
      await connection.answer();
      await connection.answer();
      expect(events).toMatchObject([
        { instance: proxy.instance, door: 'http', operation: 'GetItem', cache: 'pass', status: 200 },
        { instance: proxy.instance, door: 'http', operation: 'unknown', cache: undefined, status: 400 },
      ]);
      for (const { durationMs } of events) expect(durationMs).toBeGreaterThanOrEqual(0);
    } finally {
      callChannel.unsubscribe(onCall);
    }
  });
});

describe('a bad request', () => {
  const SERIALIZATION = '{"__type":"com.amazon.coral.service#SerializationException"}';
  const UNKNOWN = '{"__type":"com.amazon.coral.service#UnknownOperationException"}';
  const NO_CALL = '<UnknownOperationException/>\n';
  const cases: readonly (readonly [what: string, bytes: string, status: number, body: string])[] = [
    ['no target', callBytes({ target: '' }), 400, UNKNOWN],
    ['a target without an operation', callBytes({ target: 'DynamoDB_20120810' }), 400, UNKNOWN],
    ['an API of another version', callBytes({ target: 'DynamoDB_20990101.GetItem' }), 400, UNKNOWN],
    ['an operation that is no name', callBytes({ target: 'DynamoDB_20120810.Get/Item' }), 400, UNKNOWN],
    ['two targets', callBytes({ headers: { 'X-Amz-Target': 'DynamoDB_20120810.GetItem' } }), 400, UNKNOWN],
    ['broken JSON and no target', callBytes({ target: '', body: '{"a":' }), 400, SERIALIZATION],
    ['broken JSON', callBytes({ body: '{"TableName":' }), 400, SERIALIZATION],
    ['JSON that is no object', callBytes({ body: '[1]' }), 400, SERIALIZATION],
    ['an empty body', callBytes({ body: '' }), 400, SERIALIZATION],
    ['a body of another type', callBytes({ headers: { 'content-type': 'text/plain' } }), 404, NO_CALL],
    ['another method', callBytes().replace('POST', 'PUT'), 404, NO_CALL],
  ];

  test.each(cases)(
    'with %s gets the answer of the service, and the next call its own',
    async (_, bytes, status, body) => {
      const { url } = await listen();
      await using connection = await RawConnection.open(url);
      await connection.send(bytes);
      const refused = await connection.answer();
      expect(refused.status).toBe(status);
      expect(refused.body).toBe(body);
      expect(refused.headers['x-amz-crc32']).toBe(crc32(Buffer.from(body)));
      expect(refused.headers['x-amzn-requestid']).toMatch(/^[A-Z0-9]{52}$/);
      await connection.send(callBytes());
      expect((await connection.answer()).status).toBe(200);
    },
  );

  test('in the other JSON type is answered in that type, with parameters or without', async () => {
    const { url } = await listen();
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes({ headers: { 'content-type': 'application/json; charset=utf-8' } }));
    const { status, headers } = await connection.answer();
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
  });

  test('with a body over the limit is told so at once, and the connection stays in order', async () => {
    const { url } = await listen({ requestBytesMax: 1_000 });
    await using connection = await RawConnection.open(url);
    const bytes = callBytes({ body: JSON.stringify({ TableName: 'x'.repeat(2_000) }) });
    await connection.send(bytes.slice(0, 500));
    const refused = await connection.answer();
    expect(refused.status).toBe(413);
    expect(refused.body).toContain('RequestEntityTooLargeException');
    await connection.send(bytes.slice(500));
    await connection.send(callBytes());
    expect((await connection.answer()).status).toBe(200);
  });

  test('with a chunked body over the limit is refused when the limit is passed', async () => {
    const { url } = await listen({ requestBytesMax: 1_000 });
    await using connection = await RawConnection.open(url);
    const head = callBytes({ body: '' }).replace('content-length: 0', 'transfer-encoding: chunked');
    const chunk = `1f4\r\n${'x'.repeat(500)}\r\n`;
    await connection.send(head + chunk + chunk + chunk);
    expect((await connection.answer()).status).toBe(413);
    await connection.send(`${chunk}0\r\n\r\n${callBytes()}`);
    expect((await connection.answer()).status).toBe(200);
  });

  test('that goes on sending far over the limit is cut off', async () => {
    const { url } = await listen({ requestBytesMax: 1_000 });
    await using connection = await RawConnection.open(url);
    const body = 'x'.repeat(100_000);
    await connection.send(callBytes({ body }));
    await connection.closed();
  });

  test('that asks first is refused before it sends its body, and the connection ends', async () => {
    const { url } = await listen({ requestBytesMax: 1_000 });
    await using connection = await RawConnection.open(url);
    const headers = { expect: '100-continue', 'content-length': '2000' };
    await connection.send(callBytes({ body: '', headers }));
    const refused = await connection.answer();
    expect([refused.status, refused.headers['connection']]).toEqual([413, 'close']);
    await connection.closed();
  });

  test('is told to go on when it asks first and is small enough', async () => {
    const { url } = await listen();
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes({ body: '', headers: { expect: '100-continue', 'content-length': '2' } }));
    expect((await connection.answer()).status).toBe(100);
    await connection.send('{}');
    expect((await connection.answer()).status).toBe(200);
  });

  test('is throttled when the bodies of all connections would take too much memory', async () => {
    const { url } = await listen({ receivingBytesMax: 1_000 });
    await using first = await RawConnection.open(url);
    await using second = await RawConnection.open(url);
    const bytes = callBytes({ body: JSON.stringify({ TableName: 'x'.repeat(900) }) });
    await first.send(bytes.slice(0, -1));
    // The door has read the first connection's bytes once it has answered a call of a third, which came later.
    await using third = await RawConnection.open(url);
    await third.send(callBytes());
    await third.answer();
    await second.send(bytes);
    const refused = await second.answer();
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      400,
      { __type: 'com.amazon.coral.service#ThrottlingException' },
    ]);
    await first.send(bytes.slice(-1));
    expect((await first.answer()).status).toBe(200);
    await second.send(bytes);
    expect((await second.answer()).status).toBe(200);
  });

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx', 400],
    ['a length and chunks', callBytes({ headers: { 'transfer-encoding': 'chunked' } }), 400],
    ['a negative length', callBytes({ headers: { 'content-length': '-1' } }), 400],
    ['a head over the limit', callBytes({ headers: { filler: 'x'.repeat(20_000) } }), 431],
  ])('that is %s is refused, its connection ends, and no other is touched', async (_, bytes, status) => {
    const { url } = await listen();
    await using other = await RawConnection.open(url);
    await using connection = await RawConnection.open(url);
    await connection.send(bytes);
    expect((await connection.answer()).status).toBe(status);
    await connection.closed();
    await other.send(callBytes());
    expect((await other.answer()).status).toBe(200);
  });

  test('that breaks off in the middle of its body leaves nothing behind', async () => {
    const { url, proxy } = await listen({ receivingBytesMax: 100 });
    const connection = await RawConnection.open(url);
    await connection.send(callBytes({ body: 'x'.repeat(90) }).slice(0, -10));
    await using other = await RawConnection.open(url);
    await other.send(callBytes());
    await other.answer();
    await connection[Symbol.asyncDispose]();
    // The bytes are given back: another body of that size is taken.
    for (;;) {
      await other.send(callBytes({ body: JSON.stringify({ a: 'x'.repeat(80) }) }));
      if ((await other.answer()).status === 200) break;
    }
    expect(proxy.connections).toBe(1);
  });
});

describe('a fault behind the door', () => {
  const cases: readonly (readonly [error: Error, status: number, type: string, message: string])[] = [
    [new ServiceError('ResourceNotFoundException', 'no table'), 400, 'ResourceNotFoundException', 'no table'],
    [new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'reset'), 503, 'ServiceUnavailable', 'reset'],
    [new SlipstreamError('SLIPSTREAM_BACKING_TIMEOUT', 'late'), 504, 'ServiceUnavailable', 'late'],
    [new SlipstreamError('SLIPSTREAM_LIMIT', 'full'), 400, 'ThrottlingException', 'full'],
    [new TypeError('x is not a function'), 500, 'InternalServerError', 'its log has the details'],
  ];

  test.each(cases)('(%s) is an answer, and the next call is served', async (error, status, type, message) => {
    let failing = true;
    const backing = storeOf((request) => (failing ? Promise.reject(error) : echo.send(request)));
    const { url } = await listen({ backing });
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes());
    const answer = await connection.answer();
    expect(answer.status).toBe(status);
    const { __type, message: told } = JSON.parse(answer.body) as { readonly __type: string; readonly message: string };
    expect(__type.split('#')[1]).toBe(type);
    expect(told).toContain(message);
    failing = false;
    await connection.send(callBytes());
    expect((await connection.answer()).status).toBe(200);
  });

  test('thrown before a promise is made is an answer as well, and is logged', async () => {
    const logged: object[] = [];
    const accelerator = acceleratorOf(() => {
      throw new Error('synchronous');
    });
    const ignore = () => {};
    const log = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => void logged.push(fields) };
    const { url } = await listen({ accelerator, log });
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes());
    expect((await connection.answer()).status).toBe(500);
    expect(logged).toMatchObject([{ operation: 'ListTables', err: { message: 'synchronous' } }]);
  });

  test('more calls than may wait are throttled, and those that wait are answered', async () => {
    const { passed, pass } = gate<ServiceReply>();
    const reached = gate<undefined>();
    const backing = storeOf(() => {
      reached.pass(undefined);
      return passed;
    });
    const { url } = await listen({ backing, inFlightMax: 1 });
    await using first = await RawConnection.open(url);
    await using second = await RawConnection.open(url);
    await first.send(callBytes());
    await reached.passed;
    await second.send(callBytes());
    const throttled = await second.answer();
    expect([throttled.status, throttled.body]).toEqual([400, expect.stringContaining('ThrottlingException')]);
    pass(ServiceReply.fromOutput({}));
    expect((await first.answer()).status).toBe(200);
    await second.send(callBytes());
    expect((await second.answer()).status).toBe(200);
  });

  test('a call that this very proxy has sent is refused', async () => {
    const { url, proxy } = await listen({ instance: 'a1b2c3' });
    expect(proxy.instance).toBe('a1b2c3');
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes({ headers: { 'x-slipstream-via': 'a1b2c3' } }));
    const refused = await connection.answer();
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('SLIPSTREAM_BACKING_IS_SELF')]);
    await connection.send(callBytes({ headers: { 'x-slipstream-via': 'another' } }));
    expect((await connection.answer()).status).toBe(200);
  });
});

describe('what is no call', () => {
  test('GET and HEAD tell of health, as the service does', async () => {
    const { url } = await listen({ region: 'eu-west-1' });
    const text = 'healthy: dynamodb.eu-west-1.amazonaws.com ';
    const got = await fetch(url);
    expect([got.status, await got.text()]).toEqual([200, text]);
    expect(got.headers.get('x-amz-crc32')).toBe(crc32(Buffer.from(text)));
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(text.length)]);
  });

  test('a page may call when it is allowed, and not otherwise', async () => {
    const page = 'http://localhost:5173';
    const { url } = await listen({ corsOrigins: [page] });
    const ask = (from: string) =>
      fetch(url, { method: 'OPTIONS', headers: { origin: from, 'access-control-request-headers': 'x-amz-target' } });
    const allowed = await ask(page);
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(page);
    expect(allowed.headers.get('access-control-allow-headers')).toBe('x-amz-target');
    expect((await ask('http://elsewhere.example')).headers.get('access-control-allow-origin')).toBeNull();
    const { url: closed } = await listen();
    const refused = await fetch(closed, { method: 'OPTIONS', headers: { origin: page } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([404, null]);
  });
});

describe('closing', () => {
  test('answers what is in flight, ends idle connections, and takes no new one', async () => {
    const { passed, pass } = gate<ServiceReply>();
    const reached = gate<undefined>();
    const backing = storeOf(() => {
      reached.pass(undefined);
      return passed;
    });
    const { url, proxy } = await listen({ backing });
    await using silent = await RawConnection.open(url);
    await using idle = await RawConnection.open(url);
    await idle.send(callBytes({ target: '' }));
    await idle.answer();
    await using busy = await RawConnection.open(url);
    await busy.send(callBytes());
    await reached.passed;
    expect(proxy.inFlight).toBe(1);
    const closing = proxy.close();
    await Promise.all([silent.closed(), idle.closed()]);
    await expect(RawConnection.open(url)).rejects.toThrow('ECONNREFUSED');
    pass(ServiceReply.fromOutput({ late: true }));
    const answer = await busy.answer();
    expect([answer.body, answer.headers['connection']]).toEqual(['{"late":true}', 'close']);
    await busy.closed();
    await closing;
    expect([proxy.inFlight, proxy.connections]).toEqual([0, 0]);
  });

  test('does not wait longer than its bound', async () => {
    const never = gate<ServiceReply>();
    const reached = gate<undefined>();
    const backing = storeOf(() => {
      reached.pass(undefined);
      return never.passed;
    });
    const { url, proxy } = await listen({ backing, drainTimeoutMs: 50 });
    await using stuck = await RawConnection.open(url);
    await stuck.send(callBytes());
    await reached.passed;
    await proxy.close();
    await stuck.closed();
  });

  test('twice, or before it listened, does no harm', async () => {
    const proxy = createProxy({ backing: echo, httpPort: 0, adminPort: 0 });
    await proxy.close();
    await proxy.close();
  });
});

test('a port in use is told of by its option, and no other door stays open', async () => {
  const { url } = await listen();
  const port = Number(new URL(url).port);
  const proxy = createProxy({ backing: echo, httpPort: 0, adminPort: port });
  await expect(proxy.listen()).rejects.toMatchObject({
    code: 'SLIPSTREAM_PORT_IN_USE',
    message: expect.stringContaining(`--admin-port ${port}`) as string,
  });
  expect(proxy.connections).toBe(0);
});
