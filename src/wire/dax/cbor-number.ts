/**
 * DynamoDB's numbers as DAX sends them. Clients choose among four forms, so a number that is read is only text: the layers
 * behind bring it into canonical form. A number that is written is never a float (the Go client cannot read one), and a
 * large integer is a decimal with exponent 0, for the JavaScript clients to print its digits.
 */
import { major, type CborReader } from './cbor-reader.ts';
import type { CborWriter } from './cbor-writer.ts';
import { MalformedFrame } from './malformed.ts';

const POSITIVE_BIGNUM = 2;
const NEGATIVE_BIGNUM = 3;
const DECIMAL = 4;

/** A longer integer is beyond DynamoDB's range by far, and turning its bytes into digits takes time that grows with their square. */
const BIGNUM_BYTES_MAX = 256;
/** Stands for every number that is too large to be written out: it is refused for its magnitude, as they are. */
const TOO_LARGE = '1e1000';

const EXACT_AS_DOUBLE = 15;
const UINT64_MAX = 2n ** 64n - 1n;

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** The text of the number that comes next. */
export function readNumber(reader: CborReader): string {
  switch (reader.nextMajor) {
    case major.unsigned:
    case major.negative:
      return String(reader.integer());
    case major.tag:
      return readTaggedNumber(reader, reader.tag());
    case major.simple:
      return String(reader.float());
    default:
      throw new MalformedFrame('a number was due');
  }
}

/** The same where its tag has been read already. */
export function readTaggedNumber(reader: CborReader, tag: number): string {
  if (tag !== DECIMAL) return bignumText(reader, tag);
  reader.arrayOf(2);
  const exponent = reader.integer();
  const mantissa = reader.nextMajor === major.tag ? bignumText(reader, reader.tag()) : String(reader.integer());
  return mantissa === TOO_LARGE ? mantissa : `${mantissa}e${exponent}`;
}

export function isNumberTag(tag: number): boolean {
  return tag === POSITIVE_BIGNUM || tag === NEGATIVE_BIGNUM || tag === DECIMAL;
}

function bignumText(reader: CborReader, tag: number): string {
  if (tag !== POSITIVE_BIGNUM && tag !== NEGATIVE_BIGNUM) throw new MalformedFrame(`a number with tag ${tag}`);
  const bytes = reader.bytes();
  if (bytes.length > BIGNUM_BYTES_MAX) return TOO_LARGE;
  const magnitude = bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
  return String(tag === POSITIVE_BIGNUM ? magnitude : -1n - magnitude);
}

/** @param text of a number, as a store gives it. */
export function writeNumber(writer: CborWriter, text: string): void {
  if (text.length <= EXACT_AS_DOUBLE) {
    const short = Number(text);
    // Texts with a point may be whole numbers as well.
    if (Number.isInteger(short)) {
      writer.integer(short === 0 ? 0 : short);
      return;
    }
  }
  const [, sign, whole = '', fraction = '', power = '0'] = NUMBER.exec(text) ?? [];
  const mantissa = BigInt(`0${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const exponent = Number(power) - fraction.length;
  if (exponent === 0 && fitsInteger(mantissa)) {
    writer.integer(mantissa);
    return;
  }
  writer.tag(DECIMAL);
  writer.arrayHead(2);
  writer.integer(exponent);
  if (fitsInteger(mantissa)) writer.integer(mantissa);
  else writeBignum(writer, mantissa);
}

function fitsInteger(value: bigint): boolean {
  return (value < 0n ? -1n - value : value) <= UINT64_MAX;
}

function writeBignum(writer: CborWriter, value: bigint): void {
  const magnitude = (value < 0n ? -1n - value : value).toString(16);
  writer.tag(value < 0n ? NEGATIVE_BIGNUM : POSITIVE_BIGNUM);
  writer.bytes(Buffer.from(magnitude.length % 2 === 0 ? magnitude : `0${magnitude}`, 'hex'));
}
