import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SigningKey } from '../../src/wire/signing-key.ts';
import { basicTime } from '../../src/wire/sigv4.ts';

const part = fc.string({ unit: 'grapheme', maxLength: 20 });
const call = fc.record({ wallMs: fc.integer({ min: 0, max: 4_000_000_000_000 }), canonical: fc.string() });

test('each signature of a key is the HMAC of its own string to sign, whatever was signed before', () => {
  const calls = fc.array(call, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.tuple(part, part, part, part), calls, (secret, scope, signed) => {
      let key: Buffer | string = `AWS4${secret}`;
      for (const text of scope) key = createHmac('sha256', key).update(text).digest();
      const signing = new SigningKey(secret, scope);
      for (const { wallMs, canonical } of signed) {
        const time = basicTime(wallMs);
        const digest = createHash('sha256').update(canonical).digest('hex');
        const text = `AWS4-HMAC-SHA256\n${time}\n${scope.join('/')}\n${digest}`;
        expect(signing.sign(time, digest)).toBe(createHmac('sha256', key).update(text).digest('hex'));
      }
    }),
  );
});
