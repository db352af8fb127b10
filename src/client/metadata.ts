/** What an answer's `$metadata` says beside what the SDK puts there: where the answer came from and how old it is. */
import type { Answer, CacheOutcome } from '../accelerator/answer.ts';
import { systemClock } from '../base/clock.ts';
import type { ReplyHeaders } from '../model/service-call.ts';
import { ID_CHARACTERS, RequestIds } from '../wire/aws-json.ts';

export interface SlipstreamMetadata {
  readonly cache: CacheOutcome;
  /** Milliseconds since a hit's content was read from the store; undefined unless `cache` is `hit`. */
  readonly ageMs: number | undefined;
}

/** An answer of the SDK with our part of its metadata; absent on what was passed to the SDK untouched. */
export type Accelerated<Output> = Output & {
  readonly $metadata: { readonly slipstream?: SlipstreamMetadata | undefined };
};

/** The SDK's own `$metadata`, as far as we read or write it. */
export interface ResponseMetadata {
  readonly httpStatusCode?: number | undefined;
  readonly requestId?: string | undefined;
  readonly attempts?: number | undefined;
  readonly totalRetryDelay?: number | undefined;
  readonly slipstream?: SlipstreamMetadata | undefined;
}

/** Digits of a request id that count: 32 values each. */
const COUNTED_DIGITS = 3;
const COUNTED_VALUES = 32 ** COUNTED_DIGITS;
const COUNTED = Array.from({ length: COUNTED_VALUES }, (_, value) => base32(value));

function base32(value: number): string {
  return value.toString(32).toUpperCase().padStart(COUNTED_DIGITS, '0');
}

/**
 * The request ids of answers that no server gave. They look like a server's and are as unique, but only the first part of
 * each is drawn: they are made for every hit.
 */
class HitIds {
  readonly #requestIds = new RequestIds(systemClock);
  #drawn = '';
  #next = COUNTED_VALUES;

  next(): string {
    if (this.#next === COUNTED_VALUES) {
      this.#drawn = this.#requestIds.next().slice(0, ID_CHARACTERS - COUNTED_DIGITS);
      this.#next = 0;
    }
    return this.#drawn + (COUNTED[this.#next++] as string);
  }
}

const hitIds = new HitIds();

export function slipstreamMetadata(answer: Answer): SlipstreamMetadata {
  return { cache: answer.cache, ageMs: answer.ageMs };
}

/** What the SDK's metadata keeps of the headers of a reply. */
export function headersOf(metadata: ResponseMetadata | undefined): ReplyHeaders {
  const requestId = metadata?.requestId;
  return requestId === undefined ? {} : { 'x-amzn-requestid': requestId };
}

/** The metadata of an answer out of a cache. */
export function metadataOfHit(ageMs: number): ResponseMetadata {
  const slipstream: SlipstreamMetadata = { cache: 'hit', ageMs };
  return { httpStatusCode: 200, requestId: hitIds.next(), attempts: 1, totalRetryDelay: 0, slipstream };
}

/**
 * The metadata of an answer that did not come out of the SDK's stack as it is. `attempts` is 1, as on every SDK answer
 * that needed no retry: programs count retries as `attempts - 1`.
 */
export function metadataOf(answer: Answer): ResponseMetadata {
  return {
    httpStatusCode: answer.reply.status,
    requestId: answer.reply.headers['x-amzn-requestid'] ?? hitIds.next(),
    attempts: 1,
    totalRetryDelay: 0,
    slipstream: slipstreamMetadata(answer),
  };
}
