/**
 * DynamoDB Streams: ListStreams, DescribeStream, GetShardIterator, GetRecords over the change log.
 *
 * A shard iterator is a place in a shard and the time it was given out. It says which sequence number comes next, so
 * nothing has to be kept of it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { sequenceOf, sequenceText, type Shard, type Stream } from './change-log.ts';
import { optionalNameRule } from './operation-rules.ts';
import { checkRequest, type Rule, type Rules } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';

const PAGE_MAX = 100;
const RECORDS_MAX = 1000;
const RECORDS_BYTES_MAX = 1024 * 1024;

const arn: Rule = { type: 'String', notNull: true, lengthMin: 37, lengthMax: 1024 };
const shardId: Rule = { type: 'String', lengthMin: 28, lengthMax: 65 };
const pageLimit: Rule = { type: 'Integer', min: 1, max: PAGE_MAX };

const listStreamsRules: Rules = {
  Limit: pageLimit,
  TableName: optionalNameRule,
  ExclusiveStartStreamArn: { type: 'String', lengthMin: 37, lengthMax: 1024 },
};
const describeStreamRules: Rules = {
  Limit: pageLimit,
  ExclusiveStartShardId: shardId,
  StreamArn: arn,
  ShardFilter: {
    type: 'Structure',
    name: 'ShardFilter',
    members: { Type: { type: 'String', oneOf: ['CHILD_SHARDS'] }, ShardId: shardId },
  },
};
const shardIteratorRules: Rules = {
  ShardId: { ...shardId, notNull: true } as Rule,
  ShardIteratorType: {
    type: 'String',
    notNull: true,
    oneOf: ['AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'],
  },
  StreamArn: arn,
  SequenceNumber: { type: 'String', lengthMin: 21, lengthMax: 40 },
};
const getRecordsRules: Rules = {
  Limit: { type: 'Integer', min: 1, max: RECORDS_MAX },
  ShardIterator: { type: 'String', notNull: true, lengthMin: 1, lengthMax: 2048 },
};

export function listStreams(parts: StoreParts, input: JsonObject): ServiceReply {
  const tableName = typeof input['TableName'] === 'string' ? tableNameOf(input['TableName']) : undefined;
  checkRequest(tableName === undefined ? input : { ...input, TableName: tableName }, listStreamsRules);
  const after = (input['ExclusiveStartStreamArn'] ?? '') as string;
  const limit = (input['Limit'] ?? PAGE_MAX) as number;
  const streams = [...parts.changeLog.streams()]
    .filter((stream) => (tableName === undefined || stream.tableName === tableName) && stream.arn > after)
    .sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const page = streams.slice(0, limit);
  const output: JsonObject = {
    Streams: page.map((stream) => ({
      StreamArn: stream.arn,
      StreamLabel: stream.label,
      TableName: stream.tableName,
    })),
  };
  if (page.length < streams.length) output['LastEvaluatedStreamArn'] = page.at(-1)?.arn;
  return ServiceReply.fromOutput(output);
}

export function describeStream(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, describeStreamRules);
  const stream = streamOf(parts, input['StreamArn'] as string);
  let shards: readonly Shard[] = stream.shards;
  const filter = input['ShardFilter'] as JsonObject | null | undefined;
  if (filter) shards = shards.filter((shard) => shard.parentId === filter['ShardId']);
  const after = (input['ExclusiveStartShardId'] ?? undefined) as string | undefined;
  if (after !== undefined) shards = shards.slice(shards.findIndex((shard) => shard.id === after) + 1);
  const page = shards.slice(0, (input['Limit'] ?? PAGE_MAX) as number);
  const description: JsonObject = {
    StreamArn: stream.arn,
    StreamLabel: stream.label,
    StreamStatus: stream.disabledMs === undefined ? 'ENABLED' : 'DISABLED',
    StreamViewType: stream.viewType,
    CreationRequestDateTime: stream.createdMs / 1000,
    TableName: stream.tableName,
    KeySchema: stream.keySchema,
    Shards: page.map(shardDescription),
  };
  if (page.length < shards.length) description['LastEvaluatedShardId'] = page.at(-1)?.id;
  return ServiceReply.fromOutput({ StreamDescription: description });
}

function shardDescription(shard: Shard): JsonObject {
  const range: JsonObject = { StartingSequenceNumber: sequenceText(shard.firstSequence) };
  if (shard.lastSequence !== undefined) range['EndingSequenceNumber'] = sequenceText(shard.lastSequence);
  const description: JsonObject = { ShardId: shard.id, SequenceNumberRange: range };
  if (shard.parentId !== undefined) description['ParentShardId'] = shard.parentId;
  return description;
}

export function getShardIterator(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, shardIteratorRules);
  const stream = streamOf(parts, input['StreamArn'] as string);
  const shard = shardOf(stream, input['ShardId'] as string);
  const type = input['ShardIteratorType'] as string;
  const given = (input['SequenceNumber'] ?? undefined) as string | undefined;
  const isAtNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER';
  if (!isAtNumber) {
    if (given !== undefined) {
      throw validationError(`The ShardIteratorType ${type} must not be specified with a SequenceNumber`);
    }
    const next = type === 'LATEST' ? parts.changeLog.latestSequence + 1 : 0;
    return iteratorReply(parts, stream, shard, next);
  }
  if (given === undefined) {
    throw validationError(`The ShardIteratorType ${type} must be specified with a SequenceNumber`);
  }
  const sequence = sequenceOf(given);
  const isOutside =
    sequence === undefined || sequence < shard.firstSequence || sequence > (shard.lastSequence ?? Infinity);
  if (isOutside) {
    throw validationError(`Invalid SequenceNumber: ${given} is not in the range of shard ${shard.id}`);
  }
  const next = type === 'AT_SEQUENCE_NUMBER' ? sequence : sequence + 1;
  if (parts.changeLog.wasTrimmed(stream, shard, next)) throw trimmedError();
  return iteratorReply(parts, stream, shard, next);
}

function iteratorReply(parts: StoreParts, stream: Stream, shard: Shard, next: number): ServiceReply {
  return ServiceReply.fromOutput({ ShardIterator: iteratorText(parts, stream, shard, next) });
}

export function getRecords(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, getRecordsRules);
  const { stream, shard, next } = readIterator(parts, input['ShardIterator'] as string);
  // An iterator for the oldest record has no number until it has read one, and is never behind the trim horizon.
  if (next > 0 && parts.changeLog.wasTrimmed(stream, shard, next)) throw trimmedError();
  const limit = (input['Limit'] ?? RECORDS_MAX) as number;
  const records = parts.changeLog.read(stream, shard, next, limit, RECORDS_BYTES_MAX);
  const last = records.at(-1)?.sequence;
  const following = last === undefined ? next : last + 1;
  const tail = parts.changeLog.isDrained(stream, shard, following)
    ? ']}'
    : `],"NextShardIterator":"${iteratorText(parts, stream, shard, following)}"}`;
  const chunks: Buffer[] = [Buffer.from('{"Records":[')];
  records.forEach(({ json }, position) => {
    if (position > 0) chunks.push(Buffer.from(','));
    chunks.push(json);
  });
  chunks.push(Buffer.from(tail));
  return ServiceReply.fromBody(200, Buffer.concat(chunks));
}

function iteratorText(parts: StoreParts, stream: Stream, shard: Shard, next: number): string {
  const place: Place = { s: stream.number, h: shard.number, n: next, t: parts.clock.wallMs() };
  return `${stream.arn}|1|${Buffer.from(JSON.stringify(place)).toString('base64')}`;
}

interface Iterator {
  readonly stream: Stream;
  readonly shard: Shard;
  readonly next: number;
}

/** @throws {ServiceError} ValidationException, ExpiredIteratorException, or ResourceNotFoundException. */
function readIterator(parts: StoreParts, text: string): Iterator {
  const [streamArn, version, encoded] = text.split('|');
  const place = version === '1' && encoded !== undefined ? parsePlace(encoded) : undefined;
  if (streamArn === undefined || place === undefined) throw validationError('Invalid ShardIterator');
  const stream = streamOf(parts, streamArn);
  const shard = stream.shards[place.h];
  if (shard === undefined || stream.number !== place.s) throw validationError('Invalid ShardIterator');
  if (parts.clock.wallMs() - place.t > parts.changeLog.iteratorExpiryMs) {
    throw new ServiceError('ExpiredIteratorException', 'The provided shard iterator has expired');
  }
  return { stream, shard, next: place.n };
}

/** Stream, shard, next sequence number, and when the iterator was given out. */
interface Place {
  readonly s: number;
  readonly h: number;
  readonly n: number;
  readonly t: number;
}

function parsePlace(encoded: string): Place | undefined {
  try {
    const place = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as Place;
    const numbers: unknown[] = [place.s, place.h, place.n, place.t];
    return numbers.every((number) => typeof number === 'number' && number >= 0) ? place : undefined;
  } catch {
    return undefined;
  }
}

function trimmedError(): ServiceError {
  return new ServiceError(
    'TrimmedDataAccessException',
    'The operation attempted to read past the oldest stream record in a shard',
  );
}

function streamOf(parts: StoreParts, streamArn: string): Stream {
  const stream = parts.changeLog.find(streamArn);
  if (stream !== undefined) return stream;
  throw new ServiceError('ResourceNotFoundException', `Requested resource not found: Stream: ${streamArn} not found`);
}

function shardOf(stream: Stream, id: string): Shard {
  const shard = stream.shards.find((candidate) => candidate.id === id);
  if (shard !== undefined) return shard;
  throw new ServiceError(
    'ResourceNotFoundException',
    `Requested resource not found: Shard does not exist: ${id} in stream ${stream.arn}`,
  );
}
