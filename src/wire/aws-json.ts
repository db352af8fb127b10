/**
 * The HTTP form of DynamoDB's API: one POST a call, the operation in `X-Amz-Target`, JSON in the body.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
import type { Clock } from '../base/clock.ts';

export const AWS_JSON = 'application/x-amz-json-1.0';
export type JsonContentType = typeof AWS_JSON | 'application/json';

export interface Target {
  /** `DynamoDB_20120810` or `DynamoDBStreams_20120810`. */
  readonly api: string;
  readonly operation: string;
}

/** What `X-Amz-Target` asks for; undefined when it has not the form `Api_20120810.Operation`. */
export function parseTarget(header: string | undefined): Target | undefined {
  if (header === undefined) return undefined;
  const dot = header.indexOf('.');
  if (dot <= 0 || dot !== header.lastIndexOf('.') || dot === header.length - 1) return undefined;
  return { api: header.slice(0, dot), operation: header.slice(dot + 1) };
}

/** The content type of the reply to a request that has this one; undefined when the API does not take it. */
export function replyContentType(header: string | undefined): JsonContentType | undefined {
  if (header === AWS_JSON) return AWS_JSON;
  const type = header?.split(';', 1)[0]?.trim().toLowerCase();
  return type === AWS_JSON || type === 'application/json' ? type : undefined;
}

const DIGIT_BYTES = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUV', 'latin1');
/** Length of a request id. */
export const ID_CHARACTERS = 52;
const IDS_A_DRAW = 64;

/** Request ids as DynamoDB forms them: 52 characters of base 32. Random bytes are drawn for many ids at once. */
export class RequestIds {
  readonly #clock: Clock;
  #bytes: Uint8Array = new Uint8Array(0);
  #used = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): string {
    const id = Buffer.allocUnsafe(ID_CHARACTERS);
    this.writeTo(id, 0);
    return id.toString('latin1');
  }

  /** Writes `ID_CHARACTERS` bytes. */
  writeTo(target: Uint8Array, offset: number): void {
    if (this.#used === this.#bytes.length) {
      this.#bytes = this.#clock.randomBytes(ID_CHARACTERS * IDS_A_DRAW);
      this.#used = 0;
    }
    for (let i = 0; i < ID_CHARACTERS; i++) {
      target[offset + i] = DIGIT_BYTES[(this.#bytes[this.#used++] as number) & 31] as number;
    }
  }
}

/** The headers that DynamoDB puts on every reply, beside those of HTTP itself. */
export function replyHeaders(
  requestId: string,
  crc32: string,
  contentType: JsonContentType = AWS_JSON,
): Record<string, string> {
  return { server: 'Server', 'content-type': contentType, 'x-amzn-requestid': requestId, 'x-amz-crc32': crc32 };
}
