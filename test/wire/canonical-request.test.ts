/**
 * The signer's test compares whole signatures with the SDK's; here the form is compared with its definition where requests are
 * longer or stranger than an SDK sends them, and where fields are read from bytes.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadReader } from '../../src/proxy/head-reader.ts';
import { canonicalHash, signedNamesOf } from '../../src/wire/canonical-request.ts';

const shape = { method: 'POST', path: '/', query: '', body: Buffer.from('{}') };

function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** As AWS writes it down, of a POST to `/`. */
function definition(fields: readonly (readonly [string, string])[], body: Uint8Array): string {
  const lines = fields.map(([name, value]) => `${name}:${value.trim().replaceAll(/\s+/g, ' ')}\n`);
  return sha256(`POST\n/\n\n${lines.join('')}\n${fields.map(([name]) => name).join(';')}\n${sha256(body)}`);
}

function hashOf(fields: readonly (readonly [string, string])[], body: Uint8Array = shape.body): string {
  return canonicalHash({ ...shape, body }, new Map(fields), signedNamesOf(fields.map(([name]) => name).join(';')));
}

test('a value is signed in UTF-8, without the white space around it and with single spaces within', () => {
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\u00a0', 'ü', '€', ':', ';') }),
    fc.nat(6_000).map((length) => 'ü'.repeat(length)),
  );
  fc.assert(
    fc.property(value, value, fc.uint8Array(), (first, second, body) => {
      const fields = [['a', first] as const, ['b', second] as const];
      expect(hashOf(fields, body)).toBe(definition(fields, body));
    }),
  );
});

test('a field that a request does not have is signed as an empty one', () => {
  expect(canonicalHash(shape, new Map([['host', 'x']]), signedNamesOf('absent;host'))).toBe(
    definition(
      [
        ['absent', ''],
        ['host', 'x'],
      ],
      shape.body,
    ),
  );
});

test('fields in the bytes of a head are signed as the same fields in texts', () => {
  const reader = new HeadReader({ headBytesMax: 64 * 1024, bodyBytesMax: 1024, looksAtPages: false });
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\t', '\u00a0', 'ü', '~') }),
    fc.nat(6_000).map((length) => 'v'.repeat(length)),
  );
  const name = fc.constantFrom('X-One', 'x-one', 'X-Two', 'x-three');
  const fixed = ['host: h', 'content-type: application/x-amz-json-1.0', 'content-length: 2'];
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 5 }), (more) => {
      const lines = [...fixed, ...more.map(([field, text]) => `${field}: ${text}`)];
      const bytes = Buffer.from(`POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n{}`, 'latin1');
      expect(reader.read(bytes, 0)).toBe('ordinary');
      const signed = signedNamesOf('content-length;host;x-four;x-one;x-three;x-two');
      const texts = { get: (field: string) => reader.headers.get(field) };
      expect(canonicalHash(shape, reader.headers, signed)).toBe(canonicalHash(shape, texts, signed));
    }),
  );
});

test('a value for which there is no room is not copied', () => {
  const reader = new HeadReader({ headBytesMax: 1024, bodyBytesMax: 1024, looksAtPages: false });
  const head =
    'POST / HTTP/1.1\r\nhost: abcd\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}';
  expect(reader.read(Buffer.from(head), 0)).toBe('ordinary');
  expect(reader.headers.copyTo('host', new Uint8Array(6), 2)).toBe(6);
  expect(reader.headers.copyTo('host', new Uint8Array(5), 2)).toBe(-1);
});
