/**
 * DynamoDB Streams: ListStreams, DescribeStream, GetShardIterator, GetRecords over the change log.
 *
 * The log may hold streams, shards and numbers that are not committed yet, and a crash could take them back. So what is
 * told of them is told when they are committed. Records are read from what is committed anyway.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { optionalNameRule } from './operation-rules.ts';
import { checkRequest, type Rule, type Rules } from './request-rules.ts';
import { sequenceOf, sequenceText } from './sequence-numbers.ts';
import { iteratorText, parseIterator } from './shard-iterator.ts';
import type { Shard, Stream } from './stream.ts';
import type { StoreParts } from './store-parts.ts';

const PAGE_MAX = 100;
const RECORDS_MAX = 1000;
const RECORDS_BYTES_MAX = 1024 * 1024;

const streamArn: Rule = { type: 'String', notNull: true, lengthMin: 37, lengthMax: 1024 };
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
  StreamArn: streamArn,
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
  StreamArn: streamArn,
  SequenceNumber: { type: 'String', lengthMin: 21, lengthMax: 40 },
};
const getRecordsRules: Rules = {
  Limit: { type: 'Integer', min: 1, max: RECORDS_MAX },
  ShardIterator: { type: 'String', notNull: true, lengthMin: 1, lengthMax: 2048 },
};

export async function listStreams({ changeLog }: StoreParts, input: JsonObject): Promise<ServiceReply> {
  const tableName = typeof input['TableName'] === 'string' ? tableNameOf(input['TableName']) : undefined;
  checkRequest(tableName === undefined ? input : { ...input, TableName: tableName }, listStreamsRules);
  const after = (input['ExclusiveStartStreamArn'] ?? '') as string;
  const limit = (input['Limit'] ?? PAGE_MAX) as number;
  const streams = [...changeLog.streams()]
    .filter(({ arn, row }) => (tableName === undefined || row.tableName === tableName) && arn > after)
    .sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const page = streams.slice(0, limit);
  const output: JsonObject = {
    Streams: page.map(({ row }) => ({ StreamArn: row.arn, StreamLabel: row.label, TableName: row.tableName })),
  };
  if (page.length < streams.length) output['LastEvaluatedStreamArn'] = page.at(-1)?.arn;
  await changeLog.committed();
  return ServiceReply.fromOutput(output);
}

export async function describeStream(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, describeStreamRules);
  const stream = streamOf(parts, input['StreamArn'] as string);
  const parent = (input['ShardFilter'] as JsonObject | null | undefined)?.['ShardId'] as string | null | undefined;
  const after = (input['ExclusiveStartShardId'] ?? '') as string;
  const limit = (input['Limit'] ?? PAGE_MAX) as number;
  const page: Shard[] = [];
  let isMore = false;
  for (const shard of stream.shards()) {
    if (shard.id <= after || (typeof parent === 'string' && shard.parentId !== parent)) continue;
    isMore = page.length === limit;
    if (isMore) break;
    page.push(shard);
  }
  const { row } = stream;
  const description: JsonObject = {
    StreamArn: row.arn,
    StreamLabel: row.label,
    StreamStatus: stream.status(parts.clock.wallMs()),
    StreamViewType: row.viewType,
    CreationRequestDateTime: row.createdMs / 1000,
    TableName: row.tableName,
    KeySchema: row.keySchema,
    Shards: page.map(shardDescription),
  };
  if (isMore) description['LastEvaluatedShardId'] = page.at(-1)?.id;
  await parts.changeLog.committed();
  return ServiceReply.fromOutput({ StreamDescription: description });
}

function shardDescription(shard: Shard): JsonObject {
  const range: JsonObject = { StartingSequenceNumber: sequenceText(shard.firstSequence) };
  if (shard.lastSequence !== undefined) range['EndingSequenceNumber'] = sequenceText(shard.lastSequence);
  const description: JsonObject = { ShardId: shard.id, SequenceNumberRange: range };
  if (shard.parentId !== undefined) description['ParentShardId'] = shard.parentId;
  return description;
}

export async function getShardIterator(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  const { changeLog, clock } = parts;
  checkRequest(input, shardIteratorRules);
  const stream = streamOf(parts, input['StreamArn'] as string);
  const shard = stream.shard(input['ShardId'] as string);
  if (shard === undefined) {
    throw new ServiceError('ResourceNotFoundException', 'Requested resource not found: Shard does not exist');
  }
  const text = iteratorText(stream, shard, startOf(parts, stream, shard, input), clock.wallMs());
  await changeLog.committed();
  return ServiceReply.fromOutput({ ShardIterator: text });
}

/** @throws {ServiceError} ValidationException, TrimmedDataAccessException. */
function startOf({ changeLog }: StoreParts, stream: Stream, shard: Shard, input: JsonObject): number | undefined {
  const type = input['ShardIteratorType'] as string;
  const given = (input['SequenceNumber'] ?? undefined) as string | undefined;
  if (type === 'TRIM_HORIZON' || type === 'LATEST') {
    if (given !== undefined) {
      throw validationError(`The ShardIteratorType ${type} must not be specified with a SequenceNumber`);
    }
    return type === 'LATEST' ? changeLog.latestSequence + 1 : undefined;
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
  const start = type === 'AT_SEQUENCE_NUMBER' ? sequence : sequence + 1;
  if (changeLog.wasTrimmed(stream, shard, start)) throw trimmedError();
  return start;
}

export function getRecords(parts: StoreParts, input: JsonObject): ServiceReply {
  const { changeLog, clock } = parts;
  checkRequest(input, getRecordsRules);
  const { stream, shard, sequence } = placeOf(parts, input['ShardIterator'] as string);
  if (sequence !== undefined && changeLog.wasTrimmed(stream, shard, sequence)) throw trimmedError();
  const limit = (input['Limit'] ?? RECORDS_MAX) as number;
  const records = changeLog.read(stream, shard, sequence ?? 0, limit, RECORDS_BYTES_MAX);
  const last = records.at(-1)?.sequence;
  const following = last === undefined ? sequence : last + 1;
  const tail = changeLog.isDrained(stream, shard, following ?? 0)
    ? ']}'
    : `],"NextShardIterator":"${iteratorText(stream, shard, following, clock.wallMs())}"}`;
  const chunks: Buffer[] = [Buffer.from('{"Records":[')];
  records.forEach(({ json }, position) => {
    if (position > 0) chunks.push(Buffer.from(','));
    chunks.push(json);
  });
  chunks.push(Buffer.from(tail));
  return ServiceReply.fromBody(200, Buffer.concat(chunks));
}

interface Place {
  readonly stream: Stream;
  readonly shard: Shard;
  readonly sequence: number | undefined;
}

/**
 * @throws {ServiceError} ValidationException, ExpiredIteratorException, TrimmedDataAccessException, or
 *   ResourceNotFoundException.
 */
function placeOf(parts: StoreParts, text: string): Place {
  const { arn, streamNumber, shardId, sequence, madeMs } = parseIterator(text);
  const stream = streamOf(parts, arn);
  if (stream.number !== streamNumber) throw validationError('Invalid ShardIterator');
  if (parts.clock.wallMs() - madeMs > parts.changeLog.iteratorExpiryMs) {
    throw new ServiceError('ExpiredIteratorException', 'The provided iterator exceeds the maximum age allowed.');
  }
  const shard = stream.shard(shardId);
  // The shard was there when the iterator was made, so it has gone with the last of its records.
  if (shard === undefined) throw trimmedError();
  return { stream, shard, sequence };
}

function trimmedError(): ServiceError {
  return new ServiceError('TrimmedDataAccessException', 'The data you are trying to access has been trimmed.');
}

function streamOf(parts: StoreParts, streamArn: string): Stream {
  const stream = parts.changeLog.find(streamArn);
  if (stream !== undefined) return stream;
  throw new ServiceError('ResourceNotFoundException', `Requested resource not found: Stream: ${streamArn} not found`);
}
