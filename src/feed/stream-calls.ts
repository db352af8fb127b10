/**
 * The calls that following a stream takes, over any `BackingStore`, and what their refusals mean to a follower.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
import type { BackingStore } from '../backing/backing-store.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { STREAMS_TARGET } from '../model/operations.ts';
import { ServiceRequest, type JsonObject, type ServiceReply } from '../model/service-call.ts';
import type { StreamViewType } from '../model/table-schema.ts';
import type { ShardDescription } from './shard-lineage.ts';

/**
 * expired: the iterator is too old · trimmed: the records are gone · gone: no such table, stream or shard · retry: all
 * else, from throttling to a lost connection.
 */
export type FailureKind = 'expired' | 'trimmed' | 'gone' | 'retry';

export class StreamCallError extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StreamCallError';
    this.kind = kind;
  }
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  ExpiredIteratorException: 'expired',
  TrimmedDataAccessException: 'trimmed',
  ResourceNotFoundException: 'gone',
};

export function failureKind(error: unknown): FailureKind {
  return error instanceof StreamCallError ? error.kind : 'retry';
}

export interface TableState {
  readonly tableId: string | undefined;
  readonly stream: { readonly arn: string; readonly viewType: StreamViewType } | undefined;
}

export interface RecordPage {
  readonly records: readonly JsonObject[];
  /** Absent at the end of the shard. */
  readonly nextIterator: string | undefined;
  /** The store's wall time in its reply, in whole seconds; undefined when it does not tell. */
  readonly servedMs: number | undefined;
}

export type IteratorPosition =
  | { readonly type: 'LATEST' | 'TRIM_HORIZON' }
  | { readonly type: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

export interface StreamCallsOptions {
  /** DescribeStream is limited to 10 calls a second an account, which other readers need too. */
  readonly describesPerSecondMax: number;
  /** Pages of one listing of shards. */
  readonly describePagesMax: number;
}

export class StreamCalls {
  readonly #backing: BackingStore;
  readonly #clock: Clock;
  readonly #options: StreamCallsOptions;
  #nextDescribeMs = 0;

  constructor(backing: BackingStore, clock: Clock, options: StreamCallsOptions) {
    this.#backing = backing;
    this.#clock = clock;
    this.#options = options;
  }

  async describeTable(tableName: string, signal: AbortSignal): Promise<TableState> {
    const reply = await this.#send(ServiceRequest.fromInput('DescribeTable', { TableName: tableName }), signal);
    const table = reply.output['Table'] as JsonObject;
    if (table['TableStatus'] === 'DELETING') throw new StreamCallError('gone', 'the table is being deleted');
    const specification = table['StreamSpecification'] as JsonObject | undefined;
    const arn: unknown = table['LatestStreamArn'];
    // The ARN outlives a stream that was switched off.
    const enabled = specification?.['StreamEnabled'] === true && typeof arn === 'string';
    return {
      tableId: typeof table['TableId'] === 'string' ? table['TableId'] : undefined,
      stream: enabled ? { arn, viewType: specification['StreamViewType'] as StreamViewType } : undefined,
    };
  }

  async enableStream(tableName: string, signal: AbortSignal): Promise<void> {
    const input = {
      TableName: tableName,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    };
    await this.#send(ServiceRequest.fromInput('UpdateTable', input), signal);
  }

  /** All shards of a stream, of every page. */
  async listShards(arn: string, signal: AbortSignal): Promise<ShardDescription[]> {
    const shards: ShardDescription[] = [];
    let start: string | undefined;
    for (let page = 0; page < this.#options.describePagesMax; page++) {
      await this.#describeTurn(signal);
      const reply = await this.#streams(
        'DescribeStream',
        { StreamArn: arn, ...(start !== undefined && { ExclusiveStartShardId: start }) },
        signal,
      );
      const description = reply.output['StreamDescription'] as JsonObject;
      for (const shard of (description['Shards'] ?? []) as JsonObject[]) shards.push(shardOf(shard));
      start = description['LastEvaluatedShardId'] as string | undefined;
      if (start === undefined) return shards;
    }
    throw new StreamCallError('retry', `the stream has more than ${this.#options.describePagesMax} pages of shards`);
  }

  async shardIterator(arn: string, shardId: string, position: IteratorPosition, signal: AbortSignal): Promise<string> {
    const input: JsonObject = { StreamArn: arn, ShardId: shardId, ShardIteratorType: position.type };
    if (position.type === 'AFTER_SEQUENCE_NUMBER') input['SequenceNumber'] = position.sequenceNumber;
    const reply = await this.#streams('GetShardIterator', input, signal);
    const iterator: unknown = reply.output['ShardIterator'];
    if (typeof iterator !== 'string') throw new StreamCallError('retry', 'the store gave no shard iterator');
    return iterator;
  }

  async records(iterator: string, limit: number, signal: AbortSignal): Promise<RecordPage> {
    const reply = await this.#streams('GetRecords', { ShardIterator: iterator, Limit: limit }, signal);
    const next: unknown = reply.output['NextShardIterator'];
    const servedMs = Date.parse(reply.headers['date'] ?? '');
    return {
      records: (reply.output['Records'] ?? []) as JsonObject[],
      nextIterator: typeof next === 'string' ? next : undefined,
      servedMs: Number.isNaN(servedMs) ? undefined : servedMs,
    };
  }

  #streams(operation: string, input: JsonObject, signal: AbortSignal): Promise<ServiceReply> {
    return this.#send(ServiceRequest.fromInput(operation, input, { api: STREAMS_TARGET }), signal);
  }

  async #send(request: ServiceRequest, signal: AbortSignal): Promise<ServiceReply> {
    let reply: ServiceReply;
    try {
      reply = await this.#backing.send(request, { signal });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StreamCallError('retry', `${request.operation}: ${why}`, { cause });
    }
    const name = reply.errorName;
    if (name === undefined) return reply;
    throw new StreamCallError(KINDS[name] ?? 'retry', `${request.operation} was refused: ${name}`);
  }

  /** Spaces the listings of all tables evenly. */
  async #describeTurn(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const turnMs = Math.max(nowMs, this.#nextDescribeMs);
    this.#nextDescribeMs = turnMs + 1000 / this.#options.describesPerSecondMax;
    if (turnMs > nowMs) await sleep(this.#clock, turnMs - nowMs, signal);
  }
}

function shardOf(shard: JsonObject): ShardDescription {
  const range = shard['SequenceNumberRange'] as JsonObject | undefined;
  return {
    shardId: String(shard['ShardId']),
    parentShardId: typeof shard['ParentShardId'] === 'string' ? shard['ParentShardId'] : undefined,
    closed: typeof range?.['EndingSequenceNumber'] === 'string',
  };
}
