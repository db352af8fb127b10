/**
 * Goal: no request can be hidden in another. Where two readers could disagree on where a request ends, the door refuses it
 * and closes, and what stands behind it is never taken for a request.
 * Method: the classic cases as raw bytes, each with a call behind it that must not reach the store.
 */
import { afterEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { HeadReader } from '../../src/proxy/head-reader.ts';
import { closeAll, echo, listen, storeOf } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

afterEach(closeAll);

/** A call of these fields, in this order, with the smuggled call behind it. */
function request(fields: readonly string[], { line = 'POST / HTTP/1.1', body = '{}', end = '\r\n' } = {}): Buffer {
  const usual = [
    'host: localhost',
    'content-type: application/x-amz-json-1.0',
    'x-amz-target: DynamoDB_20120810.GetItem',
  ];
  const head = [line, ...usual, ...fields].join('\r\n');
  return Buffer.from(`${head}\r\n${end}${body}${SMUGGLED}`, 'latin1');
}

const SMUGGLED = callBytes({ target: 'DynamoDB_20120810.DeleteTable', body: '{"TableName":"Smuggled"}' });
const CHUNKED = 'transfer-encoding: chunked';
const LENGTH = 'content-length: 2';

const cases: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['two lengths that differ', request([LENGTH, 'content-length: 3'])],
  ['two lengths that agree', request([LENGTH, LENGTH])],
  ['a list of lengths', request(['content-length: 2, 2'])],
  ['a length and chunks', request([LENGTH, CHUNKED], { body: '0\r\n\r\n' })],
  ['chunks and a length', request([CHUNKED, LENGTH], { body: '0\r\n\r\n' })],
  ['chunks and a length in other letters', request(['Transfer-Encoding: Chunked', 'CONTENT-LENGTH: 2'])],
  ['chunked twice', request([CHUNKED, CHUNKED], { body: '0\r\n\r\n' })],
  ['a coding behind chunked', request(['transfer-encoding: chunked, identity'], { body: '0\r\n\r\n' })],
  ['a coding that is nearly chunked', request(['transfer-encoding: xchunked'], { body: '0\r\n\r\n' })],
  ['a vertical tab before chunked', request(['transfer-encoding: \vchunked'], { body: '0\r\n\r\n' })],
  ['an empty coding', request(['transfer-encoding:', LENGTH])],
  ['chunks in HTTP/1.0', request([CHUNKED], { line: 'POST / HTTP/1.0', body: '0\r\n\r\n' })],
  ['a negative length', request(['content-length: -2'])],
  ['a length with a plus', request(['content-length: +2'])],
  ['a huge length', request(['content-length: 99999999999999999999'])],
  ['a length of sixteen digits', request(['content-length: 9007199254740993'])],
  ['a hexadecimal length', request(['content-length: 0x2'])],
  ['a length with a fraction', request(['content-length: 2.0'])],
  ['an empty length', request(['content-length:'])],
  ['a length in words', request(['content-length: two'])],
  ['a length with a space in it', request(['content-length: 1 2'])],
  ['a space before the colon', request(['content-length : 2'])],
  ['a space before the colon of the coding', request(['transfer-encoding : chunked', LENGTH])],
  ['a space before a field', request([' content-length: 2'])],
  ['a folded field', request([LENGTH, 'x-folded: a', ' content-length: 3'])],
  ['a field folded with a tab', request([LENGTH, 'x-folded: a', '\tcontent-length: 3'])],
  ['a bare line feed between fields', request([`${LENGTH}\nx: y`])],
  ['a bare carriage return between fields', request([`${LENGTH}\rx: y`])],
  ['a bare line feed at the end of the head', request([LENGTH], { end: '\n' })],
  ['two carriage returns', request([`${LENGTH}\r`])],
  ['a NUL in a value', request([LENGTH, 'x-nul: a\0b'])],
  ['a NUL in a name', request([LENGTH, 'x-\0nul: a'])],
  ['a NUL in the length', request(['content-length: 2\0'])],
  ['a control character in a value', request([LENGTH, 'x-bell: \x07'])],
  ['a name that is empty', request([LENGTH, ': nothing'])],
  ['a field without a colon', request([LENGTH, 'nothing'])],
  ['a name with brackets', request([LENGTH, 'x[1]: y'])],
  ['no host', Buffer.from(callBytes().replace('host: localhost\r\n', '') + SMUGGLED)],
  ['two hosts', request([LENGTH, 'host: elsewhere'])],
  ['a tab in the request line', request([LENGTH], { line: 'POST\t/ HTTP/1.1' })],
  ['two spaces in the request line', request([LENGTH], { line: 'POST  / HTTP/1.1' })],
  ['a space at the end of the request line', request([LENGTH], { line: 'POST / HTTP/1.1 ' })],
  ['no version', request([LENGTH], { line: 'POST /' })],
  ['a version that is none', request([LENGTH], { line: 'POST / HTTP/1.10' })],
  ['HTTP/2', request([LENGTH], { line: 'POST / HTTP/2.0' })],
  ['a line feed alone behind the request line', request([LENGTH], { line: 'POST / HTTP/1.1\nx: y' })],
];

describe('a request with', () => {
  test.each(cases)('%s is refused, and its connection closed', async (_, bytes) => {
    const reached: string[] = [];
    const { url } = await listen({
      backing: storeOf((call) => {
        reached.push(call.operation);
        return echo.send(call);
      }),
    });
    // In one segment, and byte by byte.
    for (const pieces of [[bytes], Array.from(bytes, (byte) => Buffer.from([byte]))]) {
      await using connection = await RawConnection.open(url);
      for (const piece of pieces) void connection.send(piece);
      const refused = await connection.answer();
      expect([refused.status, refused.headers['connection'], refused.body]).toEqual([400, 'close', '']);
      await connection.closed();
      expect(connection.rest).toBe('');
    }
    expect(reached).toEqual([]);
  });
});

test('what is refused behind a good call leaves that one its answer', async () => {
  const { url } = await listen();
  await using connection = await RawConnection.open(url);
  await connection.send(Buffer.concat([Buffer.from(callBytes()), request([LENGTH, CHUNKED])]));
  expect((await connection.answer()).status).toBe(200);
  expect((await connection.answer()).status).toBe(400);
  await connection.closed();
});

test('what is no HTTP at all is told so before its line ends', async () => {
  const { url } = await listen();
  for (const bytes of [
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    Buffer.from('{"a":1}'),
    Buffer.from('\n\n'),
  ]) {
    await using connection = await RawConnection.open(url);
    await connection.send(bytes);
    expect((await connection.answer()).status).toBe(400);
    await connection.closed();
  }
});

describe('the reader of heads', () => {
  const limits = { headBytesMax: 16_384, bodyBytesMax: 65_536, looksAtPages: false };
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/).filter((text) => !text.startsWith('x-amz'));
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
  const space = fc.constantFrom('', ' ', '\t', '  \t');
  const ordinary = fc
    .record({
      more: fc.array(fc.tuple(name, space, value, space), { maxLength: 8 }),
      at: fc.nat(8),
      length: fc.nat(65_536),
    })
    .map(({ more, at, length }) => {
      const fields = more.map(([key, before, text, after]) => `x-${key}:${before}${text}${after}\r\n`);
      fields.splice(
        at,
        0,
        `Content-Length: ${length}\r\n`,
        'HOST: a\r\n',
        'content-type: application/x-amz-json-1.0\r\n',
      );
      return { length, head: `POST / HTTP/1.1\r\n${fields.join('')}\r\n` };
    });

  test('finds the end of every right head, wherever it lies, and says of every part that it is incomplete', () => {
    const reader = new HeadReader(limits);
    fc.assert(
      fc.property(ordinary, fc.nat(40), fc.nat(), ({ head, length }, before, cut) => {
        const bytes = Buffer.from('x'.repeat(before) + head + 'behind', 'latin1');
        expect(reader.read(bytes, before)).toBe('ordinary');
        expect([reader.bodyStart, reader.bodyBytes]).toEqual([before + head.length, length]);
        expect(reader.read(bytes.subarray(0, before + (cut % head.length)), before)).toBe('incomplete');
      }),
    );
  });

  test('takes no head for ordinary into which a byte was put that HTTP does not allow there', () => {
    const reader = new HeadReader(limits);
    const bad = fc.constantFrom('\0', '\n', '\r', '\x01', '\x7f', '\v');
    fc.assert(
      fc.property(ordinary, bad, fc.nat(), ({ head }, byte, place) => {
        const at = place % head.length;
        const bytes = Buffer.from(head.slice(0, at) + byte + head.slice(at), 'latin1');
        expect(reader.read(bytes, 0)).not.toBe('ordinary');
      }),
    );
  });

  test('gives the fields as node:http would, names in lower case and without the space around values', () => {
    const reader = new HeadReader(limits);
    const twice = { 'X-One': '  a b\t', 'x-two': '', 'x-three': '1', 'X-Three': '2', 'Content-Length': '2' };
    const head = callBytes({ headers: twice }).replace('content-length: 2\r\n', '');
    expect(reader.read(Buffer.from(head), 0)).toBe('ordinary');
    const expected = {
      host: 'localhost',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      'content-length': '2',
      'x-one': 'a b',
      'x-two': '',
      'x-three': '1, 2',
      'x-one-more': undefined,
      'x-tw^': undefined,
    };
    const names = Object.keys(expected);
    expect(Object.fromEntries(names.map((name) => [name, reader.headers.get(name)]))).toEqual(expected);
  });
});
