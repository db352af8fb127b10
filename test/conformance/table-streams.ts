/** DynamoDB Streams: what is recorded of writes, and how it is read. */
import { expect } from 'vitest';
import type { SdkItem } from '../support/attribute-values.ts';
import {
  TableName,
  api,
  guide,
  including,
  key,
  put,
  remove,
  thing,
  update,
  values,
  type Answers,
  type Behaviour,
  type Call,
} from './behaviour.ts';
import { ranged, streamed } from './layouts.ts';

const STREAMS = guide('Streams');
const RECORD = api('streams_StreamRecord');
const ITERATOR = api('streams_GetShardIterator');

interface Description {
  readonly Table?: { readonly LatestStreamArn: string };
  readonly StreamDescription?: { readonly Shards: readonly { readonly ShardId: string }[] };
  readonly ShardIterator?: string;
}

const find = (answers: Answers, member: keyof Description): Description =>
  (answers as readonly Description[]).findLast((answer) => answer[member] !== undefined) ?? {};
const streamOf = (answers: Answers) => find(answers, 'Table').Table?.LatestStreamArn;
const shardOf = (answers: Answers) => find(answers, 'StreamDescription').StreamDescription?.Shards[0]?.ShardId;

const locate: readonly Call[] = [
  ['DescribeTable', { TableName }],
  ['DescribeStream', (answers) => ({ StreamArn: streamOf(answers) })],
];
const iterator = (ShardIteratorType: string, rest: object = {}): Call => [
  'GetShardIterator',
  (answers) => ({ StreamArn: streamOf(answers), ShardId: shardOf(answers), ShardIteratorType, ...rest }),
];
const records: Call = ['GetRecords', (answers) => ({ ShardIterator: find(answers, 'ShardIterator').ShardIterator })];

function record(eventName: string, images: object, Keys: SdkItem = key('a')): unknown {
  return including({ eventName, eventSource: 'aws:dynamodb', dynamodb: including({ Keys, ...images }) });
}
const recorded = (...each: readonly unknown[]) =>
  including({ Records: each, NextShardIterator: expect.any(String) as unknown });

const x = (value: number) => thing('a', 1, { x: value });
const setX = (value: number) => update('SET x = :x', { ExpressionAttributeValues: values({ ':x': value }) });
/** Everything of the table's one shard after these writes. */
const reads = (
  name: string,
  page: string,
  view: Parameters<typeof streamed>[0],
  writes: readonly Call[],
  output: unknown,
): Behaviour => ({
  name,
  page,
  tables: [streamed(view)],
  before: [...writes, ...locate, iterator('TRIM_HORIZON')],
  call: records,
  output,
});

export const streams: readonly Behaviour[] = [
  reads(
    'a stream records inserts, changes and removals with both images',
    RECORD,
    'NEW_AND_OLD_IMAGES',
    [put(x(1)), setX(2), remove('a')],
    recorded(
      record('INSERT', { NewImage: x(1), StreamViewType: 'NEW_AND_OLD_IMAGES' }),
      record('MODIFY', { OldImage: x(1), NewImage: x(2) }),
      record('REMOVE', { OldImage: x(2) }),
    ),
  ),
  reads(
    'a stream of new images has no old ones',
    RECORD,
    'NEW_IMAGE',
    [put(x(1)), put(x(2)), remove('a')],
    recorded(
      record('INSERT', { NewImage: x(1) }),
      record('MODIFY', { NewImage: x(2) }),
      record('REMOVE', { StreamViewType: 'NEW_IMAGE' }),
    ),
  ),
  reads(
    'a stream of old images has no new ones',
    RECORD,
    'OLD_IMAGE',
    [put(x(1)), put(x(2))],
    recorded(record('INSERT', { StreamViewType: 'OLD_IMAGE' }), record('MODIFY', { OldImage: x(1) })),
  ),
  reads(
    'a stream of keys has keys',
    RECORD,
    'KEYS_ONLY',
    [put(x(1))],
    recorded(record('INSERT', { StreamViewType: 'KEYS_ONLY', Keys: key('a') })),
  ),
  reads(
    'a write that changes nothing leaves no record',
    STREAMS,
    'NEW_AND_OLD_IMAGES',
    [put(x(1)), put(x(1)), setX(1), remove('nobody')],
    recorded(record('INSERT', { NewImage: x(1) })),
  ),
  reads(
    'a batch is recorded item by item',
    STREAMS,
    'NEW_IMAGE',
    [['BatchWriteItem', { RequestItems: { [TableName]: [{ PutRequest: { Item: x(1) } }] } }]],
    recorded(record('INSERT', { NewImage: x(1) })),
  ),
  reads(
    'a transaction is recorded item by item',
    STREAMS,
    'NEW_IMAGE',
    [['TransactWriteItems', { TransactItems: [{ Put: { TableName, Item: x(1) } }] }]],
    recorded(record('INSERT', { NewImage: x(1) })),
  ),
  {
    name: 'a stream is described with its shard',
    page: api('streams_DescribeStream'),
    tables: [streamed('NEW_IMAGE')],
    before: locate.slice(0, 1),
    call: locate[1] as Call,
    output: {
      StreamDescription: including({
        StreamStatus: 'ENABLED',
        StreamViewType: 'NEW_IMAGE',
        TableName,
        KeySchema: ranged.KeySchema,
        Shards: [including({ ShardId: expect.stringMatching(/^shardId-.{20,}$/) as unknown })],
      }),
    },
  },
  {
    name: 'streams are listed by their table',
    page: api('streams_ListStreams'),
    tables: [streamed('NEW_IMAGE')],
    call: ['ListStreams', { TableName, Limit: 1 }],
    output: including({
      Streams: [including({ TableName, StreamArn: expect.stringContaining(':table/Things/stream/') as unknown })],
    }),
  },
  {
    name: 'an iterator at LATEST sees what comes after it',
    page: ITERATOR,
    tables: [streamed('NEW_IMAGE')],
    before: [put(x(1)), ...locate, iterator('LATEST'), put(x(2))],
    call: records,
    output: recorded(record('MODIFY', { NewImage: x(2) })),
  },
  {
    name: 'an iterator after a sequence number sees what comes after it',
    page: ITERATOR,
    tables: [streamed('NEW_IMAGE')],
    before: [
      put(x(1)),
      put(x(2)),
      ...locate,
      iterator('TRIM_HORIZON'),
      records,
      [
        'GetShardIterator',
        (answers) => ({
          StreamArn: streamOf(answers),
          ShardId: shardOf(answers),
          ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
          SequenceNumber: firstNumber(answers),
        }),
      ],
    ],
    call: records,
    output: recorded(record('MODIFY', { NewImage: x(2) })),
  },
  {
    name: 'an iterator of a stream that is not there is refused',
    page: ITERATOR,
    call: [
      'DescribeStream',
      { StreamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Nowhere/stream/2020-01-01T00:00:00.000' },
    ],
    error: { name: 'ResourceNotFoundException', message: /Requested resource not found: Stream: .* not found/ },
  },
];

function firstNumber(answers: Answers): string | undefined {
  const pages = answers as readonly {
    readonly Records?: readonly { readonly dynamodb: { readonly SequenceNumber: string } }[];
  }[];
  return pages.findLast(({ Records }) => Records !== undefined)?.Records?.[0]?.dynamodb.SequenceNumber;
}
