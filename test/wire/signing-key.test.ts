import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SigningKey } from '../../src/wire/signing-key.ts';

const scope = ['20261122', 'eu-west-1', 'dynamodb', 'aws4_request'];

test('a signature is the HMAC of the text, whatever its length and its characters', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.nat(2_000).map((length) => 'ü'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text, (secret, signed) => {
      let key: Buffer | string = `AWS4${secret}`;
      for (const part of scope) key = createHmac('sha256', key).update(part).digest();
      const expected = createHmac('sha256', key).update(signed).digest('hex');
      expect(new SigningKey(secret, scope).signatureOf(signed)).toBe(expected);
    }),
  );
});
