/** What the HTTP door answers to calls, and to what is no call, over real sockets. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ExecuteOptions } from '../../src/accelerator/answer.ts';
import { crc32 } from '../../src/base/bytes.ts';
import { callChannel } from '../../src/base/channels.ts';
import type { CallEvent } from '../../src/base/channels.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import { acceleratorOf, closeAll, listen, storeOf } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

afterEach(closeAll);

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
    expect(headers['x-amz-crc32']).toBe(String(crc32(Buffer.from(body))));
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
      expect(headers['x-slipstream-age']).toBe(age);
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

describe('what is no call', () => {
  test('GET and HEAD tell of health, as the service does', async () => {
    const { url } = await listen({ region: 'eu-west-1' });
    const text = 'healthy: dynamodb.eu-west-1.amazonaws.com ';
    const got = await fetch(url);
    expect([got.status, await got.text()]).toEqual([200, text]);
    expect(got.headers.get('x-amz-crc32')).toBe(String(crc32(Buffer.from(text))));
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
