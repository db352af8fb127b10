import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { AWS_JSON, parseTarget, replyContentType, replyHeaders, RequestIds } from '../../src/wire/aws-json.ts';

describe('the target header', () => {
  test('names the API and the operation', () => {
    expect(parseTarget('DynamoDB_20120810.GetItem')).toEqual({ api: 'DynamoDB_20120810', operation: 'GetItem' });
  });

  test('is not understood in any other form', () => {
    for (const header of [undefined, '', 'GetItem', '.GetItem', 'DynamoDB_20120810.', 'a.b.c']) {
      expect(parseTarget(header)).toBeUndefined();
    }
  });
});

test('a reply has the content type of its request', () => {
  expect(replyContentType('application/x-amz-json-1.0')).toBe(AWS_JSON);
  expect(replyContentType('Application/X-Amz-Json-1.0; charset=utf-8')).toBe(AWS_JSON);
  expect(replyContentType('application/json')).toBe('application/json');
  expect(replyContentType('text/plain')).toBeUndefined();
  expect(replyContentType(undefined)).toBeUndefined();
});

test('request ids have the form of DynamoDB and do not repeat', () => {
  const ids = new RequestIds(systemClock);
  const seen = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    const id = ids.next();
    expect(id).toMatch(/^[0-9A-V]{52}$/);
    seen.add(id);
  }
  expect(seen.size).toBe(1000);
});

test('an id that is made new is another one, and tells the same process', () => {
  const ids = new RequestIds(systemClock);
  const bytes = Buffer.alloc(60, '-');
  ids.writeTo(bytes, 4);
  const seen = new Set([bytes.toString('latin1')]);
  for (let i = 1; i < 1000; i++) {
    ids.renew(bytes, 4);
    seen.add(bytes.toString('latin1'));
  }
  expect(seen.size).toBe(1000);
  expect(new Set([...seen].map((text) => text.slice(-34))).size).toBe(1);
  for (const text of seen) expect(text).toMatch(/^-{4}[0-9A-V]{52}-{4}$/);
  expect(new RequestIds(systemClock).next().slice(-30)).not.toBe(ids.next().slice(-30));
});

test('every reply carries its id and its checksum', () => {
  expect(replyHeaders('ID', '123')).toEqual({
    server: 'Server',
    'content-type': AWS_JSON,
    'x-amzn-requestid': 'ID',
    'x-amz-crc32': '123',
  });
});
