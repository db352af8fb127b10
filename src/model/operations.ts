/**
 * Every operation that Slipstream knows by name, and which way it takes through the accelerator. An operation that is
 * not listed is passed through to the backing store, which may know it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
 */

/** The part of `X-Amz-Target` before the dot. */
export const DYNAMODB_TARGET = 'DynamoDB_20120810';
export const STREAMS_TARGET = 'DynamoDBStreams_20120810';

export type Path =
  | 'read-item'
  | 'read-batch'
  | 'read-page'
  | 'write-item'
  | 'write-batch'
  | 'write-transaction'
  | 'write-statement'
  | 'change-table'
  | 'pass';

export interface OperationTraits {
  readonly path: Path;
  /** True when a repeat after an unknown outcome could change state twice. */
  readonly mutates: boolean;
}

const read = (path: Path): OperationTraits => ({ path, mutates: false });
const write = (path: Path): OperationTraits => ({ path, mutates: true });

export const operations = {
  GetItem: read('read-item'),
  BatchGetItem: read('read-batch'),
  Query: read('read-page'),
  Scan: read('read-page'),
  TransactGetItems: read('pass'),

  PutItem: write('write-item'),
  UpdateItem: write('write-item'),
  DeleteItem: write('write-item'),
  BatchWriteItem: write('write-batch'),
  TransactWriteItems: write('write-transaction'),
  ExecuteStatement: write('write-statement'),
  BatchExecuteStatement: write('write-statement'),
  ExecuteTransaction: write('write-statement'),

  CreateTable: write('change-table'),
  UpdateTable: write('change-table'),
  DeleteTable: write('change-table'),
  UpdateTimeToLive: write('pass'),
  TagResource: write('pass'),
  UntagResource: write('pass'),
  DescribeTable: read('pass'),
  ListTables: read('pass'),
  DescribeTimeToLive: read('pass'),
  ListTagsOfResource: read('pass'),
  DescribeLimits: read('pass'),
  DescribeEndpoints: read('pass'),

  ListStreams: read('pass'),
  DescribeStream: read('pass'),
  GetShardIterator: read('pass'),
  GetRecords: read('pass'),
} as const satisfies Record<string, OperationTraits>;

export type OperationName = keyof typeof operations;

const unlisted: OperationTraits = { path: 'pass', mutates: true };

export function traitsOf(operation: string): OperationTraits {
  return Object.hasOwn(operations, operation) ? operations[operation as OperationName] : unlisted;
}
