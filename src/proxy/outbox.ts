/**
 * The answers of one turn on their way to one connection: composed one behind the other in memory that the door keeps, and
 * sent with one write. Memory that the system has not taken yet is never written to again: it is left to the socket, and the
 * door takes new.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { assert } from '../base/errors.ts';
import type { ServiceReply } from '../model/service-call.ts';
import type { JsonContentType, RequestIds } from '../wire/aws-json.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Outcome } from './calls.ts';

const MEMORY_BYTES = 64 * 1024;
/** A body from this size on is sent from where it lies, for copying it costs more than a second piece in the write. */
const COPIED_BYTES_MAX = 16 * 1024;
/** What is composed before it is sent, however many requests one segment has. */
const TURN_BYTES_MAX = 40 * 1024;

/** Beginnings of the memory that are kept, by length: to make one is a sixth of what there is to do for an answer. */
const BEGINNINGS = 4 * 1024;

const DATE = 'date: ';
const DATE_CHARACTERS = 'Sun, 06 Nov 1994 08:49:37 GMT'.length;
const ID = 'x-amzn-requestid: ';
const CRC32 = '\r\nx-amz-crc32: ';
const LENGTH = Buffer.from('\r\ncontent-length: ');
const AGE = Buffer.from('\r\nx-slipstream-age: ');
const END = Buffer.from('\r\n\r\n');
/** Room for a prepared head with its longest numbers. */
const HEAD_BYTES_MAX = 1024;
const DIGIT_0 = 0x30;

/**
 * The part of a head that all good answers of one kind share, up to the first number that is an answer's own. The date is that of
 * the second; the id is made new in each copy.
 */
interface PreparedHead {
  readonly bytes: Buffer;
  readonly dateAt: number;
  readonly idAt: number;
  dateS: number;
}

export interface OutboxOptions {
  readonly cached: boolean;
  readonly keepAliveTimeoutMs: number;
  readonly ids: RequestIds;
  readonly clock: Clock;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #prepared: Readonly<Record<JsonContentType, Map<string | undefined, PreparedHead>>>;
  readonly #keepAlive: string;
  #memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
  /** Beginnings of the memory by their length, made as they are needed. */
  readonly #beginnings = Array.from({ length: BEGINNINGS }, (): Buffer | undefined => undefined);
  #used = 0;
  /** The head that lies at the memory's beginning. */
  #first: PreparedHead | undefined;
  /** What cannot be composed in the memory; sent behind what is there. */
  #large: Buffer | undefined;
  #date = '';
  #dateS = -1;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#prepared = { 'application/x-amz-json-1.0': new Map(), 'application/json': new Map() };
    this.#keepAlive = `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(options.keepAliveTimeoutMs / 1000)}\r\n`;
  }

  /** True when what is composed should be sent before more is. */
  get isFull(): boolean {
    return this.#used >= TURN_BYTES_MAX || this.#large !== undefined;
  }

  /** Composes one answer. */
  add({ reply, cache, ageMs }: Outcome, contentType: JsonContentType, close: boolean): void {
    assert(!this.isFull, 'what is full is sent before more is composed');
    const { cached } = this.#options;
    if (reply.status === 200 && !close && hasNoHeaders(reply)) {
      this.#addPrepared(reply, contentType, cached ? cache : undefined, cached ? ageMs : undefined);
    } else {
      const envelope = { contentType, close, ...(cached && { cache, ageMs }) };
      this.#addHead(reply.status, answerHeaders(reply, envelope, this.#options.ids), close);
    }
    this.#addBody(reply);
  }

  /** Composes an answer without a body, after which the connection ends. */
  addRefusal(status: number): void {
    this.#addText(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  }

  /** One write of all that is composed. Tells how many bytes the system has not taken yet, of this write and of those before. */
  flush(socket: Socket): number {
    const used = this.#used;
    const large = this.#large;
    if (used === 0 && large === undefined) return socket.writableLength;
    this.#used = 0;
    this.#large = undefined;
    if (socket.destroyed) return 0;
    // A socket that is behind keeps what it is given for long: it gets memory of the right size.
    const isBehind = socket.writableLength > 0;
    const composed = isBehind ? Buffer.from(this.#memory.subarray(0, used)) : this.#beginning(used);
    if (large === undefined) {
      socket.write(composed);
    } else {
      socket.cork();
      socket.write(composed);
      socket.write(large);
      socket.uncork();
    }
    const left = socket.writableLength;
    // Otherwise the system has taken all of it already, which is the rule.
    if (!isBehind && left > 0) this.#takeNewMemory();
    return left;
  }

  /** Forgets what is composed. */
  clear(): void {
    this.#used = 0;
    this.#large = undefined;
  }

  /** The same object for the same length, which most answers have in common with others. */
  #beginning(length: number): Buffer {
    if (length >= BEGINNINGS) return this.#memory.subarray(0, length);
    return (this.#beginnings[length] ??= this.#memory.subarray(0, length));
  }

  #takeNewMemory(): void {
    this.#memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
    this.#beginnings.fill(undefined);
    this.#first = undefined;
  }

  #addPrepared(
    reply: ServiceReply,
    contentType: JsonContentType,
    cache: string | undefined,
    ageMs: number | undefined,
  ): void {
    const head = this.#preparedHead(contentType, cache);
    const memory = this.#memory;
    let at = this.#used;
    // What the last answer left at the beginning is as it was made, but for the id.
    if (at > 0 || head !== this.#first) memory.set(head.bytes, at);
    if (at === 0) this.#first = head;
    this.#options.ids.renew(memory, at + head.idAt);
    at = writeNumber(memory, at + head.bytes.length, reply.crc32);
    at = writeBytes(memory, at, LENGTH);
    at = writeNumber(memory, at, reply.bodyBytes);
    if (ageMs !== undefined) at = writeNumber(memory, writeBytes(memory, at, AGE), Math.round(ageMs));
    this.#used = writeBytes(memory, at, END);
  }

  #preparedHead(contentType: JsonContentType, cache: string | undefined): PreparedHead {
    const nowS = Math.floor(this.#options.clock.wallMs() / 1000);
    const byCache = this.#prepared[contentType];
    let head = byCache.get(cache);
    if (head === undefined) {
      const outcome = cache === undefined ? '' : `x-slipstream-cache: ${cache}\r\n`;
      const start = `HTTP/1.1 200 OK\r\ncontent-type: ${contentType}\r\n${outcome}${this.#keepAlive}${DATE}`;
      const text = `${start}${' '.repeat(DATE_CHARACTERS)}\r\n${ID}`;
      const bytes = Buffer.from(text + this.#options.ids.next() + CRC32, 'latin1');
      head = { bytes, dateAt: start.length, idAt: text.length, dateS: -1 };
      byCache.set(cache, head);
    }
    if (head.dateS !== nowS) {
      head.bytes.write(this.#dateText(nowS), head.dateAt, 'latin1');
      head.dateS = nowS;
      this.#first = undefined;
    }
    return head;
  }

  #dateText(nowS: number): string {
    if (nowS !== this.#dateS) {
      this.#dateS = nowS;
      this.#date = new Date(nowS * 1000).toUTCString();
    }
    return this.#date;
  }

  /** A head of its own: errors, and what a remote store said with headers. */
  #addHead(status: number, headers: readonly string[], close: boolean): void {
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
    let hasDate = false;
    for (let i = 0; i < headers.length; i += 2) {
      hasDate ||= headers[i] === 'date';
      text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    }
    if (!hasDate) text += `${DATE}${this.#dateText(Math.floor(this.#options.clock.wallMs() / 1000))}\r\n`;
    text += close ? 'connection: close\r\n' : this.#keepAlive;
    this.#addText(`${text}\r\n`);
  }

  #addText(text: string): void {
    if (this.#used + text.length <= MEMORY_BYTES - COPIED_BYTES_MAX) {
      if (this.#used === 0) this.#first = undefined;
      this.#used += this.#memory.write(text, this.#used, 'latin1');
    } else {
      this.#large = Buffer.from(text, 'latin1');
    }
  }

  #addBody(reply: ServiceReply): void {
    if (this.#large !== undefined) this.#large = Buffer.concat([this.#large, reply.body]);
    else if (reply.bodyBytes > COPIED_BYTES_MAX) this.#large = reply.body;
    else this.#used = reply.writeBody(this.#memory, this.#used);
  }
}

assert(TURN_BYTES_MAX + HEAD_BYTES_MAX + COPIED_BYTES_MAX <= MEMORY_BYTES, 'one more answer fits behind a turn');

function hasNoHeaders(reply: ServiceReply): boolean {
  for (const _ in reply.headers) return false;
  return true;
}

/** Short pieces byte by byte: a call into the engine costs more than they do. */
function writeBytes(memory: Buffer, offset: number, bytes: Buffer): number {
  for (let i = 0; i < bytes.length; i++) memory[offset + i] = bytes[i] as number;
  return offset + bytes.length;
}

/** A whole number from 0 on, in decimal. */
function writeNumber(memory: Buffer, offset: number, value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  let rest = value;
  for (let at = offset + digits - 1; at >= offset; at--) {
    const tens = Math.floor(rest / 10);
    memory[at] = DIGIT_0 + (rest - tens * 10);
    rest = tens;
  }
  return offset + digits;
}
