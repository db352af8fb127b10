/**
 * A shard iterator is a place in a shard and the time it was given out. It says which sequence number comes next, so
 * nothing has to be kept of it, and one from before a restart goes on after it.
 */
import { validationError } from '../model/service-error.ts';
import type { Shard, Stream } from './stream.ts';

export interface ShardIterator {
  readonly arn: string;
  /** Its stream and its shard in the key space. */
  readonly streamNumber: number;
  readonly shardId: string;
  /** The smallest sequence number that may come next; undefined at the trim horizon, wherever that is when it is used. */
  readonly sequence: number | undefined;
  readonly madeMs: number;
}

const VERSION = '1';

export function iteratorText(stream: Stream, shard: Shard, sequence: number | undefined, nowMs: number): string {
  const place = JSON.stringify([stream.number, shard.id, sequence ?? null, nowMs]);
  return `${stream.arn}|${VERSION}|${Buffer.from(place).toString('base64')}`;
}

/** @throws {ServiceError} ValidationException for a text that is no iterator of ours. */
export function parseIterator(text: string): ShardIterator {
  const [arn, version, encoded, ...rest] = text.split('|');
  if (arn === undefined || version !== VERSION || encoded === undefined || rest.length > 0) throw invalid();
  const place = parsePlace(encoded);
  if (!Array.isArray(place) || place.length !== 4) throw invalid();
  const [streamNumber, shardId, sequence, madeMs] = place as unknown[];
  if (!isCount(streamNumber) || typeof shardId !== 'string' || !isCount(madeMs)) throw invalid();
  if (sequence !== null && !isCount(sequence)) throw invalid();
  return { arn, streamNumber, shardId, sequence: sequence ?? undefined, madeMs };
}

function parsePlace(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function invalid(): Error {
  return validationError('Invalid ShardIterator');
}
