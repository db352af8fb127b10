/** Faults behind the door, and the end of its process, lose no answer that could be given (I13). */
import { afterEach, describe, expect, test } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { createRemoteStore } from '../../src/backing/remote-store.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import { ServiceError } from '../../src/model/service-error.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import { acceleratorOf, closeAll, echo, gate, listen, storeOf } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

afterEach(closeAll);

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

test('a proxy whose backing store is itself says so instead of going round', async () => {
  let remote: BackingStore = echo;
  const { url, proxy } = await listen({ backing: storeOf((request) => remote.send(request)) });
  const own = createRemoteStore({ url, via: proxy.instance });
  remote = own;
  try {
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes());
    const refused = await connection.answer();
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('SLIPSTREAM_BACKING_IS_SELF')]);
  } finally {
    await own.close();
  }
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
