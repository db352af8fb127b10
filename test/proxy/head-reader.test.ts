/**
 * Goal: whatever byte stands in a value, and wherever, the reader judges it by itself, also where it looks at several at once.
 * Method: every byte at each place of a value, among neighbours that are ordinary, at the ends of ASCII, and beyond it.
 */
import { expect, test } from 'vitest';
import { HeadReader } from '../../src/proxy/head-reader.ts';

const VALUE_BYTES = 13;
const NEIGHBOURS = [0x61, 0x20, 0x7e, 0x80, 0xff];

function headWith(value: Uint8Array): Buffer {
  const line = 'POST / HTTP/1.1\r\n';
  const rest = '\r\nhost: h\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 0\r\n\r\n';
  return Buffer.concat([Buffer.from(`${line}x-value: `), value, Buffer.from(rest)]);
}

function isGood(byte: number): boolean {
  return byte === 0x09 || (byte >= 0x20 && byte !== 0x7f);
}

test.each(NEIGHBOURS)('a byte among bytes of %i is good in a value, or makes the head malformed', (neighbour) => {
  const reader = new HeadReader({ headBytesMax: 1024, bodyBytesMax: 1024, looksAtPages: false });
  for (let place = 0; place < VALUE_BYTES; place++) {
    const verdicts = Array.from({ length: 256 }, (_, byte) => {
      const value = new Uint8Array(VALUE_BYTES).fill(neighbour);
      value[place] = byte;
      return reader.read(headWith(value), 0);
    });
    const expected = Array.from({ length: 256 }, (_, byte) => (isGood(byte) ? 'ordinary' : 'malformed'));
    expect(verdicts).toEqual(expected);
  }
});
