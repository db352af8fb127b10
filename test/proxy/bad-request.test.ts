/** Every bad request gets the answer of the service, and disturbs no other on its connection or elsewhere. */
import { afterEach, describe, expect, test } from 'vitest';
import { crc32 } from '../../src/base/bytes.ts';
import { closeAll, listen } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

afterEach(closeAll);

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
      expect(refused.headers['x-amz-crc32']).toBe(String(crc32(Buffer.from(body))));
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
    await second.send(bytes.slice(0, -1));
    const refused = await second.answer();
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      400,
      { __type: 'com.amazon.coral.service#ThrottlingException' },
    ]);
    // A call that is there as a whole is answered all the same.
    await third.send(bytes);
    expect((await third.answer()).status).toBe(200);
    await first.send(bytes.slice(-1));
    expect((await first.answer()).status).toBe(200);
    await second.send(bytes.slice(-1) + bytes);
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
    // The bytes are given back: another body of that size is taken, which comes in two parts.
    const bytes = callBytes({ body: JSON.stringify({ a: 'x'.repeat(80) }) });
    for (;;) {
      await using next = await RawConnection.open(url);
      await next.send(bytes.slice(0, -1));
      await other.send(callBytes());
      await other.answer();
      await next.send(bytes.slice(-1));
      if ((await next.answer()).status === 200) break;
    }
    while (proxy.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    expect(proxy.connections).toBe(1);
  });
});
