/**
 * Reads the head of an HTTP/1.1 request strictly, straight from its bytes. Whatever could be read in two ways is malformed,
 * for where this door and a proxy in front of it disagree on where a request ends, one caller's bytes become another
 * caller's request (RFC 9112, 11.2). Whatever is right but not the ordinary call is left to `node:http`.
 *
 * One reader serves a whole door: what a read found holds until the next read, and nothing is made on the way.
 */
import { AWS_JSON, replyContentType } from '../wire/aws-json.ts';
import type { JsonContentType } from '../wire/aws-json.ts';
import { NODE_HEADER } from '../wire/feed-messages.ts';
import { FieldTable } from './field-table.ts';
import { KnownHeads } from './known-heads.ts';
import type { ReceivedCall } from './receive.ts';
import { endOfValue, viewOf } from './value-bytes.ts';

/**
 * - `ordinary`: a call that the fast path serves, as soon as its body is there;
 * - `incomplete`: more bytes are needed to tell;
 * - `unusual`: a request that is right, for `node:http`;
 * - `malformed`, `oversized`: no request, or a head over the limit; nobody can say where the next one begins.
 */
export type Verdict = 'ordinary' | 'incomplete' | 'unusual' | 'malformed' | 'oversized';

export interface HeadLimits {
  readonly headBytesMax: number;
  readonly bodyBytesMax: number;
  /** True where pages in browsers may call, whose `Origin` has to be looked at. */
  readonly looksAtPages: boolean;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const DIGIT_0 = 0x30;
const LOWER_CASE = 0x20;

/** What a field's name may be made of (RFC 9110, 5.6.2). */
const IS_TOKEN = tableOf((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)));
const IS_TARGET = tableOf((byte) => byte > SPACE && byte < 0x7f);

const CALL_LINE = Buffer.from('POST / HTTP/1.1\r\n', 'latin1');
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21-\x7e]+ HTTP\/1\.([01])$/;
/** What a request line may begin with; longer ones are judged when they are whole. */
const METHOD_BYTES_MAX = 32;
const LENGTH_DIGITS_MAX = 15;

const names = {
  host: Buffer.from('host'),
  expect: Buffer.from('expect'),
  origin: Buffer.from('origin'),
  upgrade: Buffer.from('upgrade'),
  connection: Buffer.from('connection'),
  contentType: Buffer.from('content-type'),
  target: Buffer.from('x-amz-target'),
  authorization: Buffer.from('authorization'),
  contentLength: Buffer.from('content-length'),
  via: Buffer.from('x-slipstream-via'),
  node: Buffer.from(NODE_HEADER),
  transferEncoding: Buffer.from('transfer-encoding'),
  control: Buffer.from('x-slipstream-control'),
} as const;

const KEEP_ALIVE = Buffer.from('keep-alive');
const CHUNKED = Buffer.from('chunked');

/** A value's place in the bytes; `from` is -1 where the field is not there. */
interface Field {
  from: number;
  to: number;
}

export class HeadReader implements ReceivedCall {
  readonly method = 'POST';
  readonly url = '/';
  target: string | undefined;
  control: string | undefined;
  via: string | undefined;
  node: string | undefined;
  /** The type that the answer has. */
  contentType: JsonContentType = AWS_JSON;
  /** Where the body begins, and its length. */
  bodyStart = 0;
  bodyBytes = 0;
  /** All fields; they hold until the next read. */
  readonly headers = new FieldTable();
  readonly #limits: HeadLimits;
  readonly #known = new KnownHeads();
  readonly #target: Field = { from: -1, to: -1 };
  readonly #type: Field = { from: -1, to: -1 };
  readonly #control: Field = { from: -1, to: -1 };
  readonly #via: Field = { from: -1, to: -1 };
  readonly #node: Field = { from: -1, to: -1 };
  readonly #authorization: Field = { from: -1, to: -1 };
  #bytes: Buffer = Buffer.alloc(0);
  #words = viewOf(this.#bytes);
  #hosts = 0;
  #lengths = 0;
  #codings = 0;
  #isOld = false;
  #isUnusual = false;
  #isMalformed = false;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Reads the request that begins at `start`; afterwards the members tell of it, where the verdict is `ordinary`. */
  read(bytes: Buffer, start: number): Verdict {
    if (bytes !== this.#bytes) this.#words = viewOf(bytes);
    this.#bytes = bytes;
    if (this.#isKnown(start)) return 'ordinary';
    const verdict = this.#readAnew(bytes, start);
    if (verdict === 'ordinary') this.#known.note(this, bytes, start, this.bodyStart, this.headers);
    return verdict;
  }

  #isKnown(start: number): boolean {
    const head = this.#known.find(this.#words, start, this.#bytes.length);
    const { headBytesMax, bodyBytesMax } = this.#limits;
    if (head === undefined || head.headBytes > headBytesMax || head.bodyBytes > bodyBytesMax) return false;
    this.bodyStart = start + head.headBytes;
    this.bodyBytes = head.bodyBytes;
    const { target, control, via, node, contentType } = head.read;
    this.target = target;
    this.control = control;
    this.via = via;
    this.node = node;
    this.contentType = contentType;
    this.headers.resetTo(this.#bytes, start, head);
    return true;
  }

  #readAnew(bytes: Buffer, start: number): Verdict {
    this.#reset();
    const end = bytes.length;
    const fields = this.#readRequestLine(bytes, start);
    if (typeof fields === 'string') return fields === 'incomplete' ? this.#incomplete(start) : fields;
    let at = fields;
    for (;;) {
      if (at >= end) return this.#incomplete(start);
      if (bytes[at] === CR) break;
      const nameStart = at;
      while (at < end && IS_TOKEN[bytes[at] as number] === 1) at++;
      if (at === end) return this.#incomplete(start);
      if (bytes[at] !== COLON || at === nameStart) return 'malformed';
      const nameEnd = at++;
      while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
      const valueStart = at;
      at = endOfValue(bytes, this.#words, at);
      if (at === end) return this.#incomplete(start);
      if (bytes[at] !== CR) return 'malformed';
      if (at + 1 === end) return this.#incomplete(start);
      if (bytes[at + 1] !== LF) return 'malformed';
      let valueEnd = at;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SPACE || bytes[valueEnd - 1] === TAB)) valueEnd--;
      this.#note(nameStart, nameEnd, valueStart, valueEnd);
      at += 2;
    }
    if (at + 1 === end) return this.#incomplete(start);
    if (bytes[at + 1] !== LF) return 'malformed';
    this.bodyStart = at + 2;
    return this.bodyStart - start > this.#limits.headBytesMax ? 'oversized' : this.#judge();
  }

  get body(): Buffer {
    return this.#bytes.subarray(this.bodyStart, this.bodyStart + this.bodyBytes);
  }

  bodyText(bytesMax: number): string | undefined {
    const { bodyStart, bodyBytes } = this;
    return bodyBytes > bytesMax ? undefined : this.#bytes.toString('latin1', bodyStart, bodyStart + bodyBytes);
  }

  #reset(): void {
    this.headers.reset(this.#bytes);
    this.#target.from = -1;
    this.#type.from = -1;
    this.#control.from = -1;
    this.#via.from = -1;
    this.#node.from = -1;
    this.#authorization.from = -1;
    this.#hosts = 0;
    this.#lengths = 0;
    this.#codings = 0;
    this.#isOld = false;
    this.#isUnusual = false;
    this.#isMalformed = false;
    this.bodyBytes = 0;
  }

  /** Where the fields begin. */
  #readRequestLine(bytes: Buffer, start: number): number | 'incomplete' | 'malformed' | 'unusual' {
    const end = bytes.length;
    const comparable = Math.min(CALL_LINE.length, end - start);
    let matched = 0;
    while (matched < comparable && bytes[start + matched] === CALL_LINE[matched]) matched++;
    if (matched === CALL_LINE.length) return start + matched;
    // An empty line before a request is what some clients leave behind a body, and servers pass over (RFC 9112, 2.2).
    let at = start;
    while (at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF) at += 2;
    const lineStart = at;
    while (at < end && (bytes[at] === SPACE || IS_TARGET[bytes[at] as number] === 1)) at++;
    const line = bytes.toString('latin1', lineStart, at);
    if (at === end || (at + 1 === end && bytes[at] === CR)) return isMethod(line) ? 'incomplete' : 'malformed';
    const version = bytes[at] === CR && bytes[at + 1] === LF ? REQUEST_LINE.exec(line)?.[1] : undefined;
    if (version === undefined) return 'malformed';
    this.#isUnusual = true;
    this.#isOld = version === '0';
    return at + 2;
  }

  #incomplete(start: number): Verdict {
    return this.#bytes.length - start > this.#limits.headBytesMax ? 'oversized' : 'incomplete';
  }

  #note(nameStart: number, nameEnd: number, from: number, to: number): void {
    if (!this.headers.add(nameStart, nameEnd, from, to)) this.#isUnusual = true;
    // Most fields have no name of these lengths, and are passed over.
    switch (nameEnd - nameStart) {
      case 4:
        if (this.#is(nameStart, names.host)) this.#hosts++;
        break;
      case 6:
        if (this.#is(nameStart, names.expect)) this.#isUnusual = true;
        else if (this.#limits.looksAtPages && this.#is(nameStart, names.origin)) this.#isUnusual = true;
        break;
      case 7:
        if (this.#is(nameStart, names.upgrade)) this.#isUnusual = true;
        break;
      case 10:
        if (this.#is(nameStart, names.connection) && !this.#isValue(from, to, KEEP_ALIVE)) this.#isUnusual = true;
        break;
      case 12:
        if (this.#is(nameStart, names.contentType)) this.#keep(this.#type, from, to);
        else if (this.#is(nameStart, names.target)) this.#keep(this.#target, from, to);
        break;
      case 13:
        if (this.#is(nameStart, names.authorization)) this.#keep(this.#authorization, from, to);
        break;
      case 14:
        if (this.#is(nameStart, names.contentLength)) this.#readLength(from, to);
        break;
      case 16:
        if (this.#is(nameStart, names.via)) this.#keep(this.#via, from, to);
        break;
      case 17:
        if (this.#is(nameStart, names.transferEncoding)) this.#readCoding(from, to);
        else if (this.#is(nameStart, names.node)) this.#keep(this.#node, from, to);
        break;
      case 20:
        if (this.#is(nameStart, names.control)) this.#keep(this.#control, from, to);
        break;
      default:
    }
  }

  #is(nameStart: number, name: Buffer): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < name.length; i++) {
      if (((bytes[nameStart + i] as number) | LOWER_CASE) !== name[i]) return false;
    }
    return true;
  }

  #isValue(from: number, to: number, value: Buffer): boolean {
    return to - from === value.length && this.#is(from, value);
  }

  /** Of what comes twice, `node:http` knows which one counts. */
  #keep(field: Field, from: number, to: number): void {
    if (field.from !== -1) this.#isUnusual = true;
    field.from = from;
    field.to = to;
  }

  /** Digits and nothing else: neither a sign, nor a list, nor another base. */
  #readLength(from: number, to: number): void {
    this.#lengths++;
    if (from === to || to - from > LENGTH_DIGITS_MAX) this.#isMalformed = true;
    let length = 0;
    for (let at = from; at < to; at++) {
      const digit = (this.#bytes[at] as number) - DIGIT_0;
      if (digit < 0 || digit > 9) this.#isMalformed = true;
      length = length * 10 + digit;
    }
    this.bodyBytes = length;
  }

  #readCoding(from: number, to: number): void {
    this.#codings++;
    this.#isUnusual = true;
    if (!this.#isValue(from, to, CHUNKED)) this.#isMalformed = true;
  }

  #judge(): Verdict {
    if (this.#isMalformed || this.#lengths > 1 || this.#codings > 1 || (this.#codings > 0 && this.#lengths > 0)) {
      return 'malformed';
    }
    // A proxy in front may go by either of two hosts. HTTP/1.0 needs none, and knows no chunks.
    if (this.#hosts > 1 || (this.#isOld ? this.#codings > 0 : this.#hosts === 0)) return 'malformed';
    if (this.#isUnusual || this.#lengths === 0 || this.bodyBytes > this.#limits.bodyBytesMax) return 'unusual';
    const contentType = replyContentType(this.#text(this.#type));
    if (contentType === undefined) return 'unusual';
    this.contentType = contentType;
    this.target = this.#text(this.#target);
    this.control = this.#text(this.#control);
    this.via = this.#text(this.#via);
    this.node = this.#text(this.#node);
    return 'ordinary';
  }

  #text({ from, to }: Field): string | undefined {
    return from === -1 ? undefined : this.#bytes.toString('latin1', from, to);
  }
}

/** What has come of a request line could still become one: other protocols are told at once that this is not theirs. */
function isMethod(line: string): boolean {
  const space = line.indexOf(' ');
  const method = space === -1 ? line : line.slice(0, space);
  return method.length <= METHOD_BYTES_MAX && !/[^A-Z-]/i.test(method);
}

function tableOf(has: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (has(byte) ? 1 : 0));
}
