/** Connections of the fast path: order, segments, slow readers, silence, ends; and how a connection leaves for node:http. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/accelerator/answer.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import type { ServiceRequest } from '../../src/model/service-call.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { acceleratorOf, closeAll, echo, gate, listen, storeOf } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';
import type { RawAnswer } from './raw-connection.ts';

afterEach(closeAll);

const isFromNode = ({ head }: RawAnswer) => head.includes('\r\nConnection: ');

/** Answers at once, with what was asked. */
const echoHit = ({ operation, input }: ServiceRequest): Answer => ({
  reply: ServiceReply.fromOutput({ Operation: operation, Input: input }),
  cache: 'hit',
  ageMs: 1,
});

const operationOf = ({ body }: RawAnswer) => (JSON.parse(body) as { readonly Operation: string }).Operation;

describe('calls of one connection', () => {
  test('are answered in order, hits and misses mixed, however the bytes are cut', async () => {
    const names = ['GetItem', 'PutItem', 'Query', 'Scan', 'DeleteItem', 'ListTables'];
    const accelerator = acceleratorOf((request) =>
      ['PutItem', 'DeleteItem'].includes(request.operation)
        ? new Promise((resolve) => setImmediate(() => resolve(echoHit(request))))
        : echoHit(request),
    );
    const { url } = await listen({ accelerator });
    const bytes = Buffer.from(
      names
        .map((name, i) => callBytes({ target: `DynamoDB_20120810.${name}`, body: `{"n":"${'é'.repeat(i)}"}` }))
        .join(''),
    );
    for (const size of [bytes.length, 1, 7, 100, 333]) {
      await using connection = await RawConnection.open(url);
      for (let at = 0; at < bytes.length; at += size) await connection.send(bytes.subarray(at, at + size));
      for (const name of names) expect(operationOf(await connection.answer())).toBe(name);
      expect(connection.rest).toBe('');
    }
  });

  test('are made one after the other: one behind a write sees what it wrote', async () => {
    let value = 'before';
    const accelerator = acceleratorOf(({ operation }) => {
      const answer = { reply: ServiceReply.fromOutput({ value }), cache: 'pass', ageMs: undefined } as const;
      if (operation !== 'PutItem') return answer;
      return new Promise((resolve) => {
        setImmediate(() => {
          value = 'after';
          resolve(answer);
        });
      });
    });
    const { url } = await listen({ accelerator });
    await using connection = await RawConnection.open(url);
    await connection.send(
      callBytes({ target: 'DynamoDB_20120810.PutItem' }) + callBytes({ target: 'DynamoDB_20120810.GetItem' }),
    );
    expect((await connection.answer()).body).toBe('{"value":"before"}');
    expect((await connection.answer()).body).toBe('{"value":"after"}');
  });

  test('come on 64 connections at once, many in a segment, and each gets its own answers', async () => {
    const { url } = await listen({ accelerator: acceleratorOf(echoHit) });
    const talk = async (speaker: number) => {
      await using connection = await RawConnection.open(url);
      for (let round = 0; round < 5; round++) {
        const said = Array.from({ length: 30 }, (_, i) => `${speaker}-${round}-${i}`);
        await connection.send(said.map((text) => callBytes({ body: JSON.stringify({ text }) })).join(''));
        for (const text of said) {
          expect(JSON.parse((await connection.answer()).body)).toMatchObject({ Input: { text } });
        }
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, speaker) => talk(speaker)));
  });

  test('are served while a thousand others are open and silent', async () => {
    const { url, proxy } = await listen({ accelerator: acceleratorOf(echoHit) });
    const silent = await Promise.all(Array.from({ length: 1_000 }, () => RawConnection.open(url)));
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes());
    expect((await connection.answer()).status).toBe(200);
    expect(proxy.connections).toBe(1_001);
    await Promise.all(silent.map((one) => one[Symbol.asyncDispose]()));
  });
});

describe('a connection leaves for node:http', () => {
  const chunked = callBytes({ target: 'DynamoDB_20120810.Scan', body: '' }).replace(
    'content-length: 0',
    'transfer-encoding: chunked',
  );
  const unusual: readonly (readonly [what: string, bytes: string, status: number])[] = [
    ['a chunked body', `${chunked}2\r\n{}\r\n0\r\n\r\n`, 200],
    ['a body over 64 KB', callBytes({ body: JSON.stringify({ text: 'x'.repeat(70_000) }) }), 200],
    ['another path', callBytes().replace('POST /', 'POST /path?query'), 200],
    ['another method', 'GET / HTTP/1.1\r\nhost: a\r\n\r\n', 200],
    ['no length', callBytes({ body: '' }).replace('content-length: 0\r\n', ''), 400],
    ['two content types', callBytes({ headers: { 'Content-Type': 'text/plain' } }), 200],
    ['no content type', callBytes().replace('content-type', 'x-type'), 404],
    ['an empty line in front', `\r\n${callBytes()}`, 200],
  ];

  test.each(unusual)('with %s, in whole or byte by byte, behind a call and before one', async (_, bytes, status) => {
    const { url } = await listen();
    for (const isCut of [false, true]) {
      await using connection = await RawConnection.open(url);
      // A pass waits for the store, so the unusual request waits behind it; then both come in one piece.
      const pieces = isCut ? Array.from(callBytes() + bytes) : [callBytes() + bytes + callBytes()];
      for (const piece of pieces) void connection.send(Buffer.from(piece, 'latin1'));
      const first = await connection.answer();
      expect([first.status, isFromNode(first)]).toEqual([200, false]);
      const second = await connection.answer();
      expect([second.status, isFromNode(second)]).toEqual([status, true]);
      if (isCut) await connection.send(callBytes());
      const third = await connection.answer();
      expect([third.status, isFromNode(third)]).toEqual([200, true]);
    }
  });

  test('with an upgrade, which is declined by answering the call', async () => {
    const { url } = await listen();
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes({ headers: { connection: 'upgrade, keep-alive', upgrade: 'h2c' } }));
    const answer = await connection.answer();
    expect([answer.status, isFromNode(answer)]).toEqual([200, true]);
    await connection.send(callBytes());
    expect((await connection.answer()).status).toBe(200);
  });

  test('with HTTP/1.0 or `connection: close`, and is closed after the answer', async () => {
    const { url } = await listen();
    for (const bytes of [
      callBytes().replace('HTTP/1.1', 'HTTP/1.0'),
      callBytes({ headers: { connection: 'close' } }),
    ]) {
      await using connection = await RawConnection.open(url);
      await connection.send(callBytes() + bytes);
      expect((await connection.answer()).status).toBe(200);
      const last = await connection.answer();
      expect([last.status, last.headers['connection']]).toEqual([200, 'close']);
      await connection.closed();
    }
  });

  test('for a page in a browser where pages may call, and only there', async () => {
    const page = 'http://localhost:5173';
    for (const [corsOrigins, isNode] of [
      [[page], true],
      [[], false],
    ] as const) {
      const { url } = await listen({ corsOrigins });
      await using connection = await RawConnection.open(url);
      await connection.send(callBytes({ headers: { origin: page } }));
      const answer = await connection.answer();
      expect([answer.status, isFromNode(answer)]).toEqual([200, isNode]);
      expect(answer.headers['access-control-allow-origin']).toBe(isNode ? page : undefined);
    }
  });
});

describe('a client that does not read', () => {
  test('gets no more answers made than fit on the way, and all of them when it reads', async () => {
    let made = 0;
    const reply = ServiceReply.fromOutput({ Item: { text: { S: 'x'.repeat(300_000) } } });
    const accelerator = acceleratorOf(() => {
      made++;
      return { reply, cache: 'hit', ageMs: 0 };
    });
    const { url } = await listen({ accelerator });
    await using slow = await RawConnection.open(url);
    await using other = await RawConnection.open(url);
    slow.setReading(false);
    const calls = 200;
    void slow.send(callBytes().repeat(calls));
    // The door has dealt with what can be dealt with once it has answered others, several times.
    for (let i = 0; i < 20; i++) {
      await other.send(callBytes());
      await other.answer();
    }
    // 60 MB are more than any socket's buffers take.
    expect(made).toBeLessThan(20 + calls);
    slow.setReading(true);
    for (let i = 0; i < calls; i++) expect((await slow.answer()).body).toHaveLength(reply.body.length);
  });

  test('never sees an answer changed by one that was made later', async () => {
    const accelerator = acceleratorOf(echoHit);
    const { url } = await listen({ accelerator });
    await using slow = await RawConnection.open(url);
    await using other = await RawConnection.open(url);
    slow.setReading(false);
    const calls = 3_000;
    const said = (i: number) => String(i).repeat(500).slice(0, 3_000);
    void slow.send(
      Array.from({ length: calls }, (_, i) => callBytes({ body: JSON.stringify({ t: said(i) }) })).join(''),
    );
    for (let i = 0; i < 200; i++) {
      await other.send(callBytes({ body: JSON.stringify({ t: 'other'.repeat(500) }) }));
      await other.answer();
    }
    slow.setReading(true);
    for (let i = 0; i < calls; i++) {
      expect((JSON.parse((await slow.answer()).body) as { Input: { t: string } }).Input.t).toBe(said(i));
    }
  });
});

describe('a connection that', () => {
  test('sends its end behind its calls gets every answer first', async () => {
    const { passed, pass } = gate<ServiceReply>();
    const { url } = await listen({ backing: storeOf(() => passed) });
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes() + callBytes());
    connection.end();
    pass(ServiceReply.fromOutput({}));
    expect((await connection.answer()).status).toBe(200);
    expect((await connection.answer()).status).toBe(200);
    await connection.closed();
  });

  test('ends in the middle of a call is told so', async () => {
    const { url, proxy } = await listen();
    for (const part of [callBytes().slice(0, 20), callBytes().slice(0, -1)]) {
      await using connection = await RawConnection.open(url);
      await connection.send(part);
      connection.end();
      expect((await connection.answer()).status).toBe(400);
      await connection.closed();
    }
    expect(proxy.inFlight).toBe(0);
  });

  test('is broken off while its call waits takes nothing down', async () => {
    const { passed, pass } = gate<ServiceReply>();
    const reached = gate<undefined>();
    let calls = 0;
    const backing = storeOf((request) => {
      if (++calls > 1) return echo.send(request);
      reached.pass(undefined);
      return passed;
    });
    const { url, proxy } = await listen({ backing });
    const cut = await RawConnection.open(url);
    await cut.send(callBytes());
    await reached.passed;
    cut.reset();
    await using other = await RawConnection.open(url);
    while (proxy.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    pass(ServiceReply.fromOutput({}));
    await other.send(callBytes());
    expect((await other.answer()).status).toBe(200);
    expect(proxy.inFlight).toBe(0);
  });
});

describe('time limits', () => {
  const limits = { headersTimeoutMs: 1_000, requestTimeoutMs: 3_000, keepAliveTimeoutMs: 2_000 };
  const whole = callBytes();
  const rows: readonly (readonly [what: string, bytes: string, limitMs: number, status: number | undefined])[] = [
    ['that sends nothing', '', 1_000, 408],
    ['that sends a part of a head', whole.slice(0, 40), 1_000, 408],
    ['that sends a part of a body', whole.slice(0, -1), 3_000, 408],
    ['that is idle', whole, 2_000, undefined],
  ];

  test.each(rows)('close a connection %s', async (_, bytes, limitMs, status) => {
    const clock = new VirtualClock();
    const { url, proxy } = await listen({ clock, accelerator: acceleratorOf(echoHit), ...limits });
    await using connection = await RawConnection.open(url);
    if (bytes !== '') await connection.send(bytes);
    if (bytes === whole) expect((await connection.answer()).status).toBe(200);
    // The door has read the bytes once it has answered a later call.
    await using other = await RawConnection.open(url);
    await other.send(callBytes({ headers: { connection: 'close' } }));
    await other.answer();
    await clock.advance(limitMs - 1);
    expect(proxy.connections).toBeGreaterThan(0);
    expect(connection.rest).toBe('');
    await clock.advance(1_000);
    if (status !== undefined) expect((await connection.answer()).status).toBe(status);
    await connection.closed();
  });

  test('run for the whole of a request, however often a byte of it comes', async () => {
    const clock = new VirtualClock();
    const { url } = await listen({ clock, accelerator: acceleratorOf(echoHit), ...limits });
    await using connection = await RawConnection.open(url);
    await using other = await RawConnection.open(url);
    for (let i = 0; i < 16; i++) {
      await connection.send(whole.slice(i, i + 1));
      await other.send(whole);
      await other.answer();
      await clock.advance(100);
    }
    expect((await connection.answer()).status).toBe(408);
    await connection.closed();
    await other.send(whole);
    expect((await other.answer()).status).toBe(200);
  });

  test('do not end a call that waits for the store', async () => {
    const clock = new VirtualClock();
    const { passed, pass } = gate<ServiceReply>();
    const reached = gate<undefined>();
    const backing = storeOf(() => {
      reached.pass(undefined);
      return passed;
    });
    const { url } = await listen({ clock, backing, ...limits });
    await using connection = await RawConnection.open(url);
    await connection.send(whole);
    await reached.passed;
    await clock.advance(60_000);
    pass(ServiceReply.fromOutput({}));
    expect((await connection.answer()).status).toBe(200);
  });
});

describe('on closing', () => {
  test('calls that had been sent, pipelined behind one that waits, are answered, the last with `connection: close`', async () => {
    const { passed, pass } = gate<ServiceReply>();
    const reached = gate<undefined>();
    const backing = storeOf(() => {
      reached.pass(undefined);
      return passed;
    });
    const { url, proxy } = await listen({ backing });
    await using connection = await RawConnection.open(url);
    await connection.send(callBytes() + callBytes() + callBytes());
    await reached.passed;
    const closing = proxy.close();
    pass(ServiceReply.fromOutput({}));
    const answers = [await connection.answer(), await connection.answer(), await connection.answer()];
    expect(answers.map(({ status, headers }) => [status, headers['connection']])).toEqual([
      [200, 'keep-alive'],
      [200, 'keep-alive'],
      [200, 'close'],
    ]);
    await connection.closed();
    await closing;
  });

  test('a call of which a part is there is waited for and answered', async () => {
    const { url, proxy } = await listen({ accelerator: acceleratorOf(echoHit) });
    await using connection = await RawConnection.open(url);
    await using other = await RawConnection.open(url);
    await connection.send(callBytes().slice(0, -1));
    await other.send(callBytes());
    await other.answer();
    const closing = proxy.close();
    await other.closed();
    await connection.send(callBytes().slice(-1));
    const answer = await connection.answer();
    expect([answer.status, answer.headers['connection']]).toEqual([200, 'close']);
    await closing;
  });

  test('a call that has reached the machine and not yet the door is answered', async () => {
    const { url, proxy } = await listen({ accelerator: acceleratorOf(echoHit) });
    for (let round = 0; round < 3; round++) {
      // Written by the system before this turn of the event loop ends, so that the door has no chance to read it first.
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.write(callBytes());
      expect((await once(socket, 'data')).join('')).toContain('200 OK');
      socket.write(callBytes());
      if (round === 2) {
        const closing = proxy.close();
        expect((await once(socket, 'data')).join('')).toContain('200 OK');
        await closing;
      }
      socket.destroy();
    }
  });
});
