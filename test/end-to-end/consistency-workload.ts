/** The table, the sessions and the random calls of a consistency run. */
import {
  CreateTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
  type AttributeValue,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { KnownItem } from './acked-state.ts';

export const TableName = 'Consistency';
export const PARTITIONS = ['a', 'b', 'c', 'd'];
export const STATUSES = ['open', 'done', 'lost'];
export const SORTS_PER_WRITER = 6;

/** One random source a session, so that a seed gives each session the same course whatever the others' pace. */
export class Dice {
  readonly #clock: VirtualClock;

  constructor(seed: number) {
    this.#clock = new VirtualClock({ seed });
  }

  below(limit: number): number {
    return Math.floor(this.#clock.random() * limit);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/** One caller: its calls follow one another. */
export interface Session {
  readonly client: Pick<DynamoDBClient, 'send'>;
  /** Where the answer that was given last came from, as `x-slipstream-cache` says it. */
  readonly source: { last: string };
  close(): void;
}

/** A session of the SDK's own client. */
export function openSession(endpoint: string): Session {
  const source = { last: 'none' };
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      source.last = (result.response as { headers: Record<string, string> }).headers['x-slipstream-cache'] ?? 'none';
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  return { client, source, close: () => client.destroy() };
}

export const marshalled = (item: KnownItem): Record<string, AttributeValue> => ({
  pk: { S: item.pk },
  sk: { S: item.sk },
  version: { N: String(item.version) },
  status: { S: item.status },
  at: { S: item.at },
});

export const unmarshalled = (item: Record<string, AttributeValue>): KnownItem => ({
  pk: item['pk']?.S ?? '',
  sk: item['sk']?.S ?? '',
  version: Number(item['version']?.N),
  status: item['status']?.S ?? '',
  at: item['at']?.S ?? '',
});

export function setAll(item: KnownItem, dice: Dice) {
  return {
    UpdateExpression: 'SET version = :v, #s = :s, #a = :a',
    ExpressionAttributeNames: { '#s': 'status', '#a': 'at' },
    ExpressionAttributeValues: { ':v': { N: String(item.version) }, ':s': { S: item.status }, ':a': { S: item.at } },
    ReturnValues: dice.of(['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_NEW'] as const),
  };
}

export interface RandomQuery {
  readonly name: string;
  readonly input: QueryCommandInput;
  /** Whether the listing shows an item. */
  holds(item: KnownItem): boolean;
}

/** Queries of the table, of the local and of the global index, with ranges, limits, directions and filters. */
export function randomQuery(dice: Dice): RandomQuery {
  const index = dice.of([undefined, 'by-at', 'by-status'] as const);
  const bound = String(dice.below(4));
  const filter = dice.below(3) === 0 ? dice.of(STATUSES) : undefined;
  const Limit = dice.of([undefined, undefined, 3, 10]);
  const partition = index === 'by-status' ? dice.of(STATUSES) : dice.of(PARTITIONS);
  const hasRange = index !== undefined && dice.below(2) === 0;
  // What an index is ordered by may not be filtered by.
  const hasFilter = filter !== undefined && index !== 'by-status';
  return {
    name: [index ?? 'table', partition, hasRange ? `at >= ${bound}` : '', hasFilter ? filter : '', Limit ?? ''].join(
      ' ',
    ),
    input: {
      TableName,
      IndexName: index,
      KeyConditionExpression: hasRange ? '#p = :p AND #a >= :b' : '#p = :p',
      ExpressionAttributeNames: {
        '#p': index === 'by-status' ? 'status' : 'pk',
        ...(hasRange && { '#a': 'at' }),
        ...(hasFilter && { '#f': 'status' }),
      },
      ExpressionAttributeValues: {
        ':p': { S: partition },
        ...(hasRange && { ':b': { S: bound } }),
        ...(hasFilter && { ':f': { S: filter } }),
      },
      FilterExpression: hasFilter ? '#f = :f' : undefined,
      ScanIndexForward: dice.below(2) === 0,
      Limit,
    },
    holds: (item) =>
      (index === 'by-status' ? item.status : item.pk) === partition &&
      (!hasRange || item.at >= bound) &&
      (!hasFilter || item.status === filter),
  };
}

export async function createTable(endpoint: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const keys = (partition: string, sort: string) => [
    { AttributeName: partition, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: ['pk', 'sk', 'status', 'at'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: keys('pk', 'sk'),
      LocalSecondaryIndexes: [
        { IndexName: 'by-at', KeySchema: keys('pk', 'at'), Projection: { ProjectionType: 'ALL' } },
      ],
      GlobalSecondaryIndexes: [
        { IndexName: 'by-status', KeySchema: keys('status', 'at'), Projection: { ProjectionType: 'ALL' } },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName });
  client.destroy();
}
