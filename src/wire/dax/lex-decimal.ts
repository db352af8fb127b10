/**
 * LexDecimal: a number as the tail of a key, in bytes whose order is the order of the numbers. With D the digits as they are
 * written and value = ±0.D × 10^x: a header from sign and x, then D in groups of three, ten bits each, and ten bits that say
 * how many zeros fill the last group. A negative number has all of it complemented.
 *
 * The bytes are not canonical (1.5 and 1.50 differ), so a key is decoded before it is compared with anything.
 */
import { validationError } from '../../model/service-error.ts';
import { MalformedFrame } from './malformed.ts';

const ZERO = 0x80;
/** Headers of x within ±62, as a distance from these. */
const POSITIVE_BASE = 0xc0;
const NEGATIVE_BASE = 0x3f;
const SHORT_MAX = 62;
/** Headers that four bytes of x follow. */
const wide = { positiveLarge: 0xfe, positiveSmall: 0x81, negativeLarge: 0x01, negativeSmall: 0x7e } as const;

const GROUP_OFFSET = 12;
const SYMBOL_MAX = 1023;

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

export function encodeLexDecimal(text: string): Buffer {
  const [, sign, whole = '', fraction = '', power = '0'] = NUMBER.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return Buffer.from([ZERO]);
  const isNegative = sign === '-';
  const exponent = digits.length - fraction.length + Number(power);
  const header = encodeHeader(isNegative, exponent);
  const zeros = (3 - (digits.length % 3)) % 3;
  const padded = digits + '0'.repeat(zeros);
  const symbols: number[] = [];
  for (let i = 0; i < padded.length; i += 3) symbols.push(Number(padded.slice(i, i + 3)) + GROUP_OFFSET);
  symbols.push(2 - zeros);
  return Buffer.concat([header, packSymbols(isNegative ? symbols.map((symbol) => SYMBOL_MAX - symbol) : symbols)]);
}

function encodeHeader(isNegative: boolean, exponent: number): Buffer {
  if (exponent >= -SHORT_MAX && exponent < SHORT_MAX) {
    return Buffer.from([isNegative ? NEGATIVE_BASE - exponent : POSITIVE_BASE + exponent]);
  }
  const header = Buffer.alloc(5);
  const isLarge = exponent > 0;
  if (isNegative) header[0] = isLarge ? wide.negativeLarge : wide.negativeSmall;
  else header[0] = isLarge ? wide.positiveLarge : wide.positiveSmall;
  header.writeInt32BE(exponent ^ (isNegative ? 0x7fffffff : 0x80000000), 1);
  return header;
}

/** Ten bits a symbol, the first ones highest; zeros fill the last byte. */
function packSymbols(symbols: readonly number[]): Buffer {
  const packed = Buffer.alloc(Math.ceil((symbols.length * 10) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const symbol of symbols) {
    bits = (bits << 10) | symbol;
    held += 10;
    while (held >= 8) {
      held -= 8;
      packed[at++] = bits >> held;
      bits &= (1 << held) - 1;
    }
  }
  if (held > 0) packed[at] = bits << (8 - held);
  return packed;
}

/** @param bytes up to the end of the key. */
export function decodeLexDecimal(bytes: Buffer): string {
  const header = bytes[0];
  if (header === undefined) throw new MalformedFrame('a key without its number');
  if (header === ZERO) return '0';
  // The forms of null and of a negative zero, which no client makes.
  if (header === 0 || header === 0x7f || header === 0xff) throw new MalformedFrame('a key with no number in it');
  const isNegative = header < ZERO;
  const isWide = Object.values<number>(wide).includes(header);
  if (isWide && bytes.length < 5) throw new MalformedFrame('a key whose number ends too early');
  const exponent = isWide
    ? bytes.readInt32BE(1) ^ (isNegative ? 0x7fffffff : 0x80000000)
    : isNegative
      ? NEGATIVE_BASE - header
      : header - POSITIVE_BASE;
  const digits = unpackDigits(bytes.subarray(isWide ? 5 : 1), isNegative);
  return `${isNegative ? '-' : ''}${digits}e${exponent - digits.length}`;
}

function unpackDigits(bytes: Buffer, isNegative: boolean): string {
  let digits = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    if (held < 10) continue;
    held -= 10;
    const symbol = isNegative ? SYMBOL_MAX - (bits >> held) : bits >> held;
    bits &= (1 << held) - 1;
    if (symbol <= 2) {
      const end = digits.length - (2 - symbol);
      if (end <= 0) break;
      return digits.slice(0, end);
    }
    const group = symbol - GROUP_OFFSET;
    if (group < 0 || group > 999) break;
    digits += String(group).padStart(3, '0');
    if (digits.length > DIGITS_MAX) throw validationError(TOO_PRECISE);
  }
  throw new MalformedFrame('a key whose number has no end');
}

/** Far more than a number may have, zeros at its end included. */
const DIGITS_MAX = 1_000;
const TOO_PRECISE = 'Attempting to store more than 38 significant digits in a Number';
