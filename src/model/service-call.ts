/**
 * One call of DynamoDB's API and its answer, in whichever form is at hand: the bytes of the wire or the parsed object
 * (AWS JSON form: binary values are base64 texts). The other form is made on demand, once. All layers pass these on, so
 * that a door that has bytes and a store that wants bytes never meet a parser between them. A cached answer has a form that
 * takes little memory, from which the other two are made each time: packed, or its bytes as a text.
 */
import { bytesOfByteString, crc32, type ByteString } from '../base/bytes.ts';
import { DYNAMODB_TARGET } from './operations.ts';
import { outputFrom, type PackedReply } from './packed-reply.ts';
import { ServiceError } from './service-error.ts';

// oxlint-disable-next-line no-explicit-any -- the one place where the wire's JSON is untyped; every reader validates it
export type JsonObject = Record<string, any>;

export class ServiceRequest {
  readonly operation: string;
  /** `DynamoDB_20120810` or `DynamoDBStreams_20120810`. */
  readonly api: string;
  /** What the caller's door speaks natively, such as an SDK command; a store that knows it may use it. */
  readonly native: unknown;
  /** A text by which the same call is known again, from a door that has no bytes of it; see `KnownReads`. */
  readonly spelling: string | undefined;
  #body: Buffer | undefined;
  #input: JsonObject | undefined;

  private constructor(
    operation: string,
    api: string,
    body: Buffer | undefined,
    input: JsonObject | undefined,
    native: unknown,
    spelling?: string,
  ) {
    this.operation = operation;
    this.api = api;
    this.native = native;
    this.spelling = spelling;
    this.#body = body;
    this.#input = input;
  }

  static fromBody(operation: string, body: Buffer, api: string = DYNAMODB_TARGET): ServiceRequest {
    return new ServiceRequest(operation, api, body, undefined, undefined);
  }

  static fromInput(
    operation: string,
    input: JsonObject,
    options: { readonly api?: string; readonly native?: unknown; readonly spelling?: string | undefined } = {},
  ): ServiceRequest {
    const { api = DYNAMODB_TARGET, native, spelling } = options;
    return new ServiceRequest(operation, api, undefined, input, native, spelling);
  }

  /** The same call with other parameters; `native` stays, and its reader must prefer `input`. */
  withInput(input: JsonObject): ServiceRequest {
    return new ServiceRequest(this.operation, this.api, undefined, input, this.native);
  }

  /** @throws {ServiceError} SerializationException when the body is not a JSON object. */
  get input(): JsonObject {
    return (this.#input ??= parseObject(this.#body as Buffer));
  }

  get body(): Buffer {
    return (this.#body ??= Buffer.from(JSON.stringify(this.#input), 'utf8'));
  }

  /** The bytes, one a character, where the call came as bytes and not too many of them. */
  rawText(bytesMax: number): string | undefined {
    const body = this.#body;
    return body === undefined || body.length > bytesMax ? undefined : body.toString('latin1');
  }

  get target(): string {
    return `${this.api}.${this.operation}`;
  }
}

export type ReplyHeaders = Readonly<Record<string, string>>;

const NO_HEADERS: ReplyHeaders = Object.freeze({});

/** What an answer says, in the form that is at hand. */
interface Content {
  readonly body?: Buffer;
  readonly output?: JsonObject;
  readonly packed?: PackedReply;
  readonly text?: ByteString;
}

/** Each as the field of `ServiceReply`. */
export interface ReplyOptions {
  readonly status?: number;
  readonly headers?: ReplyHeaders;
  readonly native?: unknown;
  readonly isUncertain?: boolean;
  readonly ageMs?: number | undefined;
}

export class ServiceReply {
  /** HTTP status: 200, or what the error carries. */
  readonly status: number;
  /** End-to-end headers in lower case, such as `x-amzn-requestid`; empty when the store is in this process. */
  readonly headers: ReplyHeaders;
  /** What the store answered in its own form, such as an SDK output or exception. */
  readonly native: unknown;
  /**
   * True when an earlier attempt of the same call may have been applied: a client that retries by itself may see its first
   * attempt fail the condition of the second, or be the old image that the second returns. A read's answer is not kept then.
   */
  readonly isUncertain: boolean;
  /** By how many milliseconds the answer was older than its question, as an answer out of another cache is. */
  readonly ageMs: number;
  /** The answer, where it is kept in this form. */
  readonly packed: PackedReply | undefined;
  readonly #text: ByteString | undefined;
  #body: Buffer | undefined;
  #output: JsonObject | undefined;
  /** As a signed integer, which takes no object of its own. */
  #crc32: number | undefined;

  private constructor(status: number, headers: ReplyHeaders, content: Content, options: ReplyOptions = {}) {
    this.status = status;
    this.headers = headers;
    this.native = options.native;
    this.isUncertain = options.isUncertain ?? false;
    this.ageMs = options.ageMs ?? 0;
    this.packed = content.packed;
    this.#text = content.text;
    this.#body = content.body;
    this.#output = content.output;
  }

  static fromBody(status: number, body: Buffer, headers: ReplyHeaders = NO_HEADERS): ServiceReply {
    return new ServiceReply(status, headers, { body });
  }

  static fromOutput(output: JsonObject, options: ReplyOptions = {}): ServiceReply {
    return new ServiceReply(options.status ?? 200, options.headers ?? NO_HEADERS, { output }, options);
  }

  static fromPacked(packed: PackedReply): ServiceReply {
    return new ServiceReply(200, NO_HEADERS, { packed });
  }

  /** A good answer whose body is those bytes. */
  static fromText(text: ByteString): ServiceReply {
    return new ServiceReply(200, NO_HEADERS, { text });
  }

  static fromError(error: ServiceError): ServiceReply {
    return new ServiceReply(error.status, NO_HEADERS, { output: error.toOutput() });
  }

  get ok(): boolean {
    return this.status === 200;
  }

  /** True when the output is at hand and bytes would have to be made. */
  get isParsed(): boolean {
    return this.#body === undefined && this.#text === undefined;
  }

  /** @throws {SyntaxError} when a remote store sent something that is not JSON. */
  get output(): JsonObject {
    if (this.packed !== undefined) return outputFrom(this.packed);
    if (this.#text !== undefined) return JSON.parse(this.body.toString('utf8')) as JsonObject;
    return (this.#output ??= JSON.parse((this.#body as Buffer).toString('utf8')) as JsonObject);
  }

  get body(): Buffer {
    if (this.packed !== undefined) return Buffer.from(JSON.stringify(outputFrom(this.packed)), 'utf8');
    if (this.#text !== undefined) return bytesOfByteString(this.#text);
    return (this.#body ??= Buffer.from(JSON.stringify(this.#output), 'utf8'));
  }

  get bodyBytes(): number {
    return this.#text === undefined ? this.body.length : this.#text.length;
  }

  /** Writes the body into memory that has room for it, without a copy in between. Returns where it ends. */
  writeBody(memory: Buffer, offset: number): number {
    if (this.#text !== undefined) return offset + memory.write(this.#text, offset, 'latin1');
    memory.set(this.body, offset);
    return offset + this.body.length;
  }

  /** `x-amz-crc32` of the body. */
  get crc32(): number {
    return (this.#crc32 ??= crc32(this.body) | 0) >>> 0;
  }

  /** The exception's name without its namespace, such as `ValidationException`; undefined on success. */
  get errorName(): string | undefined {
    if (this.ok) return undefined;
    try {
      const type: unknown = this.output['__type'];
      return typeof type === 'string' ? type.slice(type.indexOf('#') + 1) : 'UnknownError';
    } catch {
      return 'UnknownError';
    }
  }
}

function parseObject(body: Buffer): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new ServiceError('SerializationException', '');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ServiceError('SerializationException', '');
  }
  return parsed as JsonObject;
}
