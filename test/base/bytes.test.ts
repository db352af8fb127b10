import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onePiece } from '../../src/base/bytes.ts';

describe('onePiece', () => {
  it('changes no text, whatever it is made of', () => {
    const unit = fc.constantFrom('a', '\x00', '\x7f', '\x80', 'ÿ', 'Ā', '€', '😀', '\ud800', '\udc00');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), fc.string({ unit, maxLength: 40 }), (one, other) => {
        expect(onePiece(one + other)).toBe(one + other);
      }),
    );
  });
});
