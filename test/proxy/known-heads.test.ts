/**
 * Goal: a head that is known is read as if nothing were known.
 * Method: a reader that has seen a head so often that it knows it, and one that has seen nothing, read the same bytes: the head
 * with everything in it that may differ, and with every small damage.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeadReader } from '../../src/proxy/head-reader.ts';

const LIMITS = { headBytesMax: 1_024, bodyBytesMax: 65_536, looksAtPages: false };
/** Enough for a head to be known. */
const OFTEN = 20;

const FIELDS = [
  ['amz-sdk-invocation-id', '5b3f4e0e-58c4-4d4c-9f5e-4a3c8a2f9f55'],
  ['amz-sdk-request', 'attempt=1; max=3'],
  ['content-length', '61'],
  ['Content-Type', 'application/x-amz-json-1.0'],
  ['host', '127.0.0.1:8000'],
  ['x-amz-target', 'DynamoDB_20120810.GetItem'],
  ['x-slipstream-node', 'node-1'],
  ['x-amz-date', '20261122T184926Z'],
  ['x-short', 'ab'],
  ['x-none', ''],
  ['authorization', 'AWS4-HMAC-SHA256 Credential=K/20261122/us-east-1/dynamodb/aws4_request, Signature=f4bb54b0'],
  ['connection', 'keep-alive'],
] as const;

const BODY = '{"TableName":"bench","Key":{"pk":{"S":"p0"},"sk":{"S":"s0"}}}';

function bytesOf(changes: Readonly<Record<string, string>> = {}, body = BODY): Buffer {
  const lines = FIELDS.map(([name, value]) => `${name}: ${changes[name] ?? value}\r\n`);
  return Buffer.from(`POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`, 'latin1');
}

function knowing(...heads: readonly Buffer[]): HeadReader {
  const reader = new HeadReader(LIMITS);
  for (let i = 0; i < OFTEN; i++) for (const head of heads) expect(reader.read(head, 0)).toBe('ordinary');
  return reader;
}

/** All that is read of a request. */
function readingOf(reader: HeadReader, bytes: Buffer, start = 0): unknown {
  const verdict = reader.read(bytes, start);
  if (verdict !== 'ordinary') return verdict;
  const { target, control, via, node, contentType, bodyStart, bodyBytes, headers } = reader;
  const fields = [...FIELDS.map(([name]) => name.toLowerCase()), 'x-amz', 'missing'].map((name) => headers.get(name));
  return { target, control, via, node, contentType, bodyStart, bodyBytes, fields, body: reader.bodyText(99_999) };
}

function expectSame(known: HeadReader, bytes: Buffer, start = 0): unknown {
  const reading = readingOf(known, bytes, start);
  expect(reading).toEqual(readingOf(new HeadReader(LIMITS), bytes, start));
  return reading;
}

describe('a known head', () => {
  test('is read with other values of the same length, and another length of the body, wherever it begins', () => {
    const reader = knowing(bytesOf());
    for (const length of ['', '6a', '0', '7', '61', '061', '999', '65536', '65537', '100000', '1000000']) {
      const changes = { 'content-length': length, 'x-amz-date': '20261122T190000Z', host: '10.0.0.25:8000' };
      const bytes = bytesOf(changes);
      expectSame(reader, bytes);
      for (const before of [1, 2, 3, 4, 61]) {
        expectSame(reader, Buffer.concat([bytes.subarray(0, before), bytes]), before);
      }
    }
  });

  test('is known by what it says of the call: another target, type, node or connection is read as such', () => {
    const reader = knowing(bytesOf());
    const others = [
      { 'x-amz-target': 'DynamoDB_20120810.PutItem' },
      { 'Content-Type': 'application/x-amz-json-1.1' },
      { 'Content-Type': 'application/json          ' },
      { 'x-slipstream-node': 'node-2' },
      { connection: 'keep-aliv3' },
      { connection: 'close     ' },
    ];
    for (const changes of others) expectSame(reader, bytesOf(changes));
    expect(readingOf(reader, bytesOf({ 'x-slipstream-node': 'node-2' }))).toMatchObject({ node: 'node-2' });
    expect(readingOf(reader, bytesOf({ connection: 'close     ' }))).toBe('unusual');
  });

  test('may be one of several, and of more than are kept', () => {
    const heads = Array.from({ length: 12 }, (_, i) => bytesOf({ 'x-amz-target': `DynamoDB_20120810.Operation${i}` }));
    const reader = knowing(...heads);
    for (const head of heads) expectSame(reader, head);
  });

  test('is over the limit where it has grown over it by the digits of its length', () => {
    const limits = { ...LIMITS, headBytesMax: bytesOf().length - BODY.length };
    const reader = new HeadReader(limits);
    for (let i = 0; i < OFTEN; i++) expect(reader.read(bytesOf(), 0)).toBe('ordinary');
    expect(reader.read(bytesOf({ 'content-length': '061' }), 0)).toBe('oversized');
  });

  test('is read as if nothing were known with any byte changed, left out or put in, and cut off anywhere', () => {
    const good = bytesOf();
    const headBytes = good.length - BODY.length;
    const reader = knowing(good);
    const place = fc.nat({ max: headBytes - 1 });
    const byte = fc.oneof(fc.constantFrom(0, 9, 10, 13, 32, 58, 127, 128, 255), fc.nat({ max: 255 }));
    const damage = fc.oneof(
      fc.record({ at: place, removed: fc.constant(1), put: fc.tuple(byte) }),
      fc.record({ at: place, removed: fc.nat({ max: 3 }), put: fc.array(byte, { maxLength: 3 }) }),
    );
    const damaged = fc.record({ damages: fc.array(damage, { minLength: 1, maxLength: 2 }), end: fc.option(place) });
    fc.assert(
      fc.property(damaged, ({ damages, end }) => {
        let bytes = good;
        for (const { at, removed, put } of damages) {
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + removed)]);
        }
        expectSame(reader, end === null ? bytes : bytes.subarray(0, end));
      }),
      { numRuns: 5_000 },
    );
  });
});
