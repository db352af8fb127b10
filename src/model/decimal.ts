/**
 * DynamoDB's numbers: decimal, 38 significant digits, magnitude from 1E-130 to 9.99…E+125. They are kept as text in
 * canonical form (plain notation, no exponent, no needless zeros), so that equal numbers are equal texts.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
import type { ByteString } from '../base/bytes.ts';
import { validationError, type ServiceError } from './service-error.ts';

const DIGITS_MAX = 38;
const EXPONENT_MAX = 125;
const EXPONENT_MIN = -130;

/** Texts this short are exact as doubles: 15 significant digits survive the way there and back. */
const EXACT_AS_DOUBLE = 15;

const NUMBER = /^([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/;

/** ±d.ddd × 10^exponent. `digits` has neither leading nor trailing zeros; it is '' for zero. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const ZERO: Decimal = { negative: false, digits: '', exponent: 0 };

/**
 * The canonical text of a number.
 *
 * @throws {ServiceError} ValidationException when it is not a number or outside DynamoDB's range or precision.
 */
export function normaliseNumber(text: string): string {
  return isShortInteger(text) ? text : print(checkRange(parse(text)));
}

/** Negative, zero or positive, as for `Array.sort`. */
export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length <= EXACT_AS_DOUBLE && b.length <= EXACT_AS_DOUBLE) {
    const difference = Number(a) - Number(b);
    // When either is not a number, the slow way says so.
    if (!Number.isNaN(difference)) return difference;
  }
  return compare(parse(a), parse(b));
}

/** @throws {ServiceError} ValidationException when the sum is outside DynamoDB's range or precision. */
export function addNumbers(a: string, b: string): string {
  if (isShortInteger(a) && isShortInteger(b)) return String(Number(a) + Number(b));
  return print(checkRange(add(parse(a), parse(b))));
}

/** @throws {ServiceError} ValidationException when the difference is outside DynamoDB's range or precision. */
export function subtractNumbers(a: string, b: string): string {
  if (isShortInteger(a) && isShortInteger(b)) return String(Number(a) - Number(b));
  const subtrahend = parse(b);
  return print(checkRange(add(parse(a), { ...subtrahend, negative: !subtrahend.negative })));
}

/**
 * Bytes whose order is the order of the numbers: a sign byte (1 negative, 2 zero, 3 positive), the exponent in one byte,
 * then two digits a byte, plus one. A negative number has exponent and digits complemented and ends with FF, because the
 * shorter of two that agree so far is the greater one; no complemented pair is FF, thanks to the plus one.
 */
export function orderedNumber(text: string): ByteString {
  const { negative, digits, exponent } = parse(text);
  if (digits === '') return '\x02';
  const flip = negative ? 0xff : 0;
  let bytes = (negative ? '\x01' : '\x03') + String.fromCharCode((exponent - EXPONENT_MIN) ^ flip);
  for (let i = 0; i < digits.length; i += 2) {
    const tens = digits.charCodeAt(i) - 48;
    const ones = i + 1 < digits.length ? digits.charCodeAt(i + 1) - 48 : 0;
    bytes += String.fromCharCode((tens * 10 + ones + 1) ^ flip);
  }
  return negative ? `${bytes}\xff` : bytes;
}

/** Bytes that DynamoDB counts for a number: one, one a pair of digits (pairs as in base 100), one for the sign. */
export function numberSizeBytes(text: string): number {
  const { negative, digits, exponent } = parse(text);
  if (digits === '') return 1;
  const straddles = digits.length % 2 === 0 && exponent % 2 === 0;
  return 1 + Math.ceil(digits.length / 2) + (straddles ? 1 : 0) + (negative ? 1 : 0);
}

/** Canonical integers of at most 15 characters, which nearly all numbers in keys and counters are. */
function isShortInteger(text: string): boolean {
  if (text.length === 0 || text.length > EXACT_AS_DOUBLE) return false;
  const sign = text.charCodeAt(0) === 45 ? 1 : 0;
  const first = text.charCodeAt(sign);
  if (first === 48) return text.length === 1;
  for (let i = sign; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return text.length > sign;
}

function parse(text: string): Decimal {
  if (text === '0') return ZERO;
  if (isShortInteger(text)) {
    const negative = text.charCodeAt(0) === 45;
    const digits = negative ? text.slice(1) : text;
    return { negative, digits: trimEnd(digits), exponent: digits.length - 1 };
  }
  const match = NUMBER.exec(text);
  if (match === null) throw notNumeric(text);
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const all = whole + fraction;
  let leading = 0;
  while (all.charCodeAt(leading) === 48) leading++;
  const places = Number(power);
  // Beyond a 64-bit exponent DynamoDB reads no number at all.
  if (Math.abs(places) >= 2 ** 63) throw notNumeric(text);
  // A zero has no magnitude, but it is range-checked by the exponent that it is written with.
  if (leading === all.length) return { ...ZERO, exponent: places };
  const exponent = whole.length - leading - 1 + places;
  return { negative: sign === '-', digits: trimEnd(all.slice(leading)), exponent };
}

function notNumeric(text: string): ServiceError {
  const what = text === '' ? '' : `: ${text}`;
  return validationError(`The parameter cannot be converted to a numeric value${what}`);
}

function trimEnd(digits: string): string {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

function checkRange(value: Decimal): Decimal {
  if (value.exponent > EXPONENT_MAX) {
    throw validationError('Number overflow. Attempting to store a number with magnitude larger than supported range');
  }
  if (value.exponent < EXPONENT_MIN) {
    throw validationError('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  }
  if (value.digits.length > DIGITS_MAX) {
    throw validationError('Attempting to store more than 38 significant digits in a Number');
  }
  return value;
}

function print({ negative, digits, exponent }: Decimal): string {
  if (digits === '') return '0';
  const sign = negative ? '-' : '';
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits + '0'.repeat(exponent + 1 - digits.length);
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function compare(a: Decimal, b: Decimal): number {
  const signA = signOf(a);
  const signB = signOf(b);
  if (signA !== signB) return signA - signB;
  if (a.exponent !== b.exponent) return (a.exponent - b.exponent) * signA;
  // Digits without trailing zeros order as texts, a prefix first.
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -signA : signA;
}

function signOf(value: Decimal): number {
  return value.digits === '' ? 0 : value.negative ? -1 : 1;
}

function add(a: Decimal, b: Decimal): Decimal {
  if (a.digits === '') return b;
  if (b.digits === '') return a;
  const scale = Math.min(a.exponent - a.digits.length, b.exponent - b.digits.length) + 1;
  const sum = coefficient(a, scale) + coefficient(b, scale);
  if (sum === 0n) return ZERO;
  const digits = String(sum < 0n ? -sum : sum);
  return { negative: sum < 0n, digits: trimEnd(digits), exponent: scale + digits.length - 1 };
}

/** The integer c with value = c × 10^scale; `scale` is at most the place of the last digit. */
function coefficient(value: Decimal, scale: number): bigint {
  const zeros = value.exponent - value.digits.length + 1 - scale;
  const magnitude = BigInt(value.digits + '0'.repeat(zeros));
  return value.negative ? -magnitude : magnitude;
}
