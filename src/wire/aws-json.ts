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
const DIGIT_BITS = 5;
/** Length of a request id. */
export const ID_CHARACTERS = 52;
/** What one random number gives: as many whole digits as a small integer has bits for. */
const DIGITS_A_DRAW = 6;
const DRAW = 2 ** (DIGITS_A_DRAW * DIGIT_BITS);
/** How much of an id is its own: 90 bits, of which no two are alike in all the calls that a process may see. */
const OWN_DIGITS = 3 * DIGITS_A_DRAW;

/**
 * Request ids as DynamoDB forms them: 52 characters of base 32. They tell calls apart and keep no secret, so they are made of
 * the clock's plain random numbers, at a quarter of what random bytes cost; and only the first third is drawn for each call,
 * for the rest has but to tell one process from another.
 */
export class RequestIds {
  readonly #clock: Clock;
  readonly #shared = new Uint8Array(ID_CHARACTERS - OWN_DIGITS);

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#draw(this.#shared, 0, this.#shared.length);
  }

  next(): string {
    const id = Buffer.allocUnsafe(ID_CHARACTERS);
    this.writeTo(id, 0);
    return id.toString('latin1');
  }

  /** Writes `ID_CHARACTERS` bytes. */
  writeTo(target: Uint8Array, offset: number): void {
    this.renew(target, offset);
    target.set(this.#shared, offset + OWN_DIGITS);
  }

  /** Makes a new id of one that `writeTo` wrote. */
  renew(target: Uint8Array, offset: number): void {
    this.#draw(target, offset, offset + OWN_DIGITS);
  }

  #draw(target: Uint8Array, offset: number, end: number): void {
    for (let at = offset; at < end;) {
      let digits = Math.floor(this.#clock.random() * DRAW);
      for (const drawEnd = Math.min(at + DIGITS_A_DRAW, end); at < drawEnd; at++) {
        target[at] = DIGIT_BYTES[digits & 31] as number;
        digits >>= DIGIT_BITS;
      }
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
