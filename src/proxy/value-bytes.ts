/**
 * What a field's value may be made of, looked at four bytes a step: most of a head is values. `words` is the view of the same
 * bytes.
 */

const TAB = 0x09;
const SPACE = 0x20;

/** No control character but the tab (RFC 9110, 5.5). */
const IS_VALUE = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === TAB || (byte >= SPACE && byte !== 0x7f) ? 1 : 0,
);

/** One bit, or one number, in each byte of a word. */
const HIGH_BITS = 0x80808080;
const ONES = 0x01010101;
const SPACES = 0x20202020;

const WORD_BYTES = 4;

/** The first byte from `from` on that no value may have. */
export function endOfValue(bytes: Buffer, words: DataView, from: number): number {
  const end = bytes.length;
  let at = from;
  while (at + WORD_BYTES <= end && isPlainWord(words.getInt32(at, true))) at += WORD_BYTES;
  while (at < end && IS_VALUE[bytes[at] as number] === 1) at++;
  return at;
}

/**
 * True only of what is a value as it stands, from its first byte to its last: no white space at its ends, which is not the
 * value's, and no byte that wants a closer look. False says nothing.
 */
export function isPlainValue(words: DataView, from: number, to: number): boolean {
  const last = to - WORD_BYTES;
  if (from > last) return false;
  if (words.getUint8(from) === SPACE || words.getUint8(to - 1) === SPACE) return false;
  for (let at = from; at < last; at += WORD_BYTES) if (!isPlainWord(words.getInt32(at, true))) return false;
  // The last word, which may begin in the one before.
  return isPlainWord(words.getInt32(last, true));
}

/** True where the bytes from `from` on are those of the other from `start` to before `end`. */
export function isSameText(words: DataView, from: number, other: DataView, start: number, end: number): boolean {
  const shift = from - start;
  let at = start;
  for (; at + WORD_BYTES <= end; at += WORD_BYTES) {
    if (words.getInt32(at + shift, true) !== other.getInt32(at, true)) return false;
  }
  for (; at < end; at++) if (words.getUint8(at + shift) !== other.getUint8(at)) return false;
  return true;
}

export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * False where one of the four bytes is to be looked at by itself: taking a space away from less borrows into its high bit, and
 * adding one to the last byte of ASCII, which is a control character too, carries into it. A bit that came from a neighbour
 * costs a closer look, and one of a byte beyond ASCII, which has it by itself, says nothing.
 */
function isPlainWord(word: number): boolean {
  return (((word - SPACES) | (word + ONES)) & ~word & HIGH_BITS) === 0;
}
