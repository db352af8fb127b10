/**
 * A small model of one table with DynamoDB Streams, on a virtual clock, that can do what the service does seldom: split
 * and roll shards, lag in its listings, expire iterators, trim, throttle, lose connections, change the stream.
 */
import type { BackingStore, SendOptions } from '../../src/backing/backing-store.ts';
import { sleep, type Clock } from '../../src/base/clock.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { ServiceReply, type JsonObject, type ServiceRequest } from '../../src/model/service-call.ts';
import { ServiceError, type ServiceErrorName } from '../../src/model/service-error.ts';

/** One write: `version` counts the changes of its key from 1. */
export interface ModelWrite {
  readonly key: number;
  readonly version: number;
  readonly ackedMs: number;
}

interface ModelRecord extends ModelWrite {
  readonly sequence: number;
  readonly visibleMs: number;
}

interface ModelShard {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly arn: string;
  readonly createdMs: number;
  /** Keys that it takes: low <= key < high. */
  readonly low: number;
  readonly high: number;
  readonly records: ModelRecord[];
  closedMs: number | undefined;
}

interface ModelIterator {
  readonly shard: ModelShard;
  /** The next record wanted: its sequence number is at least this. */
  readonly sequence: number;
  readonly madeMs: number;
}

export interface StreamModelOptions {
  readonly keys?: number;
  readonly latencyMs?: number;
  /** How long after its acknowledgement a record may become visible. */
  readonly propagationMs?: number;
  /** How long a new shard may be missing from listings. */
  readonly listingLagMs?: number;
  readonly pageSize?: number;
}

const ITERATOR_LIFE_MS = 15 * 60 * 1000;
const RETENTION_MS = 24 * 3_600_000;

export class StreamModel implements BackingStore {
  readonly tableName = 'orders';
  readonly writes: ModelWrite[] = [];
  /** Times at which each shard was polled. */
  readonly polls = new Map<string, number[]>();
  readonly calls: string[] = [];
  /** What happens to a call instead of its answer: an exception's name, or `lost` for the connection. */
  fault: (operation: string) => ServiceErrorName | 'lost' | undefined = () => undefined;
  exists = true;
  streamEnabled = true;
  tableId = 'table-1';
  arn = 'stream-1';
  readonly #clock: Clock;
  readonly #options: { readonly [K in keyof StreamModelOptions]-?: number };
  readonly #shards: ModelShard[] = [];
  readonly #iterators = new Map<string, ModelIterator>();
  readonly #versions = new Map<number, number>();
  #sequence = 1000;
  #names = 0;

  constructor(clock: Clock, options: StreamModelOptions = {}) {
    this.#clock = clock;
    this.#options = { keys: 8, latencyMs: 5, propagationMs: 0, listingLagMs: 0, pageSize: 1000, ...options };
    this.#open(undefined, 0, this.#options.keys);
  }

  write(key: number): ModelWrite {
    const version = (this.#versions.get(key) ?? 0) + 1;
    this.#versions.set(key, version);
    const ackedMs = this.#clock.monotonicMs();
    const write = { key, version, ackedMs };
    this.writes.push(write);
    if (this.streamEnabled) {
      const shard = this.openShards().find(({ low, high }) => key >= low && key < high) as ModelShard;
      const earliestMs = shard.records.at(-1)?.visibleMs ?? 0;
      const visibleMs = Math.max(earliestMs, ackedMs + this.#clock.random() * this.#options.propagationMs);
      shard.records.push({ ...write, sequence: this.#sequence++, visibleMs });
    }
    return write;
  }

  openShards(): readonly ModelShard[] {
    return this.#shards.filter((shard) => shard.arn === this.arn && shard.closedMs === undefined);
  }

  /** Ends a shard and begins its successor, or two of them where it can be split. */
  roll(shard: ModelShard, split = false): void {
    shard.closedMs = this.#clock.monotonicMs();
    const middle = Math.ceil((shard.low + shard.high) / 2);
    if (split && middle > shard.low && middle < shard.high) {
      this.#open(shard.id, shard.low, middle);
      this.#open(shard.id, middle, shard.high);
    } else {
      this.#open(shard.id, shard.low, shard.high);
    }
  }

  disableStream(): void {
    this.streamEnabled = false;
    // No record comes any more, and polls go on to bring empty pages.
  }

  enableStream(): void {
    this.streamEnabled = true;
    this.arn = `stream-${++this.#names + 1}`;
    this.#open(undefined, 0, this.#options.keys);
  }

  async send(request: ServiceRequest, options: SendOptions = {}): Promise<ServiceReply> {
    this.calls.push(request.operation);
    await sleep(this.#clock, this.#clock.random() * this.#options.latencyMs, options.signal);
    const fault = this.fault(request.operation);
    if (fault === 'lost') throw new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'the connection was lost');
    try {
      if (fault !== undefined) throw new ServiceError(fault, 'as the test wants it');
      const output = this.#answer(request.operation, request.input);
      await sleep(this.#clock, this.#clock.random() * this.#options.latencyMs, options.signal);
      return ServiceReply.fromOutput(output, { headers: { date: new Date(this.#clock.wallMs()).toUTCString() } });
    } catch (error) {
      if (error instanceof ServiceError) return ServiceReply.fromError(error);
      throw error;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #open(parentId: string | undefined, low: number, high: number): void {
    const id = `shard-${this.#names++}`;
    const createdMs = this.#clock.monotonicMs();
    const { arn } = this;
    this.#shards.push({ id, parentId, arn, createdMs, low, high, records: [], closedMs: undefined });
  }

  #answer(operation: string, input: JsonObject): JsonObject {
    if (!this.exists) throw new ServiceError('ResourceNotFoundException', 'Requested resource not found');
    if (operation === 'DescribeTable') return { Table: this.#describeTable() };
    if (operation === 'UpdateTable') {
      this.enableStream();
      return { TableDescription: this.#describeTable() };
    }
    if (operation === 'DescribeStream') return this.#describeStream(input);
    if (operation === 'GetShardIterator') return { ShardIterator: this.#shardIterator(input) };
    if (operation === 'GetRecords') return this.#records(input);
    throw new ServiceError('UnknownOperationException', '');
  }

  #describeTable(): JsonObject {
    return {
      TableName: this.tableName,
      TableStatus: 'ACTIVE',
      TableId: this.tableId,
      LatestStreamArn: this.arn,
      ...(this.streamEnabled && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    };
  }

  #describeStream(input: JsonObject): JsonObject {
    const nowMs = this.#clock.monotonicMs();
    const listed = this.#shards.filter(
      ({ arn, createdMs, parentId }) =>
        arn === input['StreamArn'] &&
        (parentId === undefined || nowMs - createdMs >= this.#clock.random() * this.#options.listingLagMs),
    );
    const start = listed.findIndex((shard) => shard.id === input['ExclusiveStartShardId']) + 1;
    const page = listed.slice(start, start + 3);
    const more = start + 3 < listed.length;
    return {
      StreamDescription: {
        Shards: page.map((shard) => ({
          ShardId: shard.id,
          ...(shard.parentId !== undefined && { ParentShardId: shard.parentId }),
          SequenceNumberRange: {
            StartingSequenceNumber: '1',
            ...(shard.closedMs !== undefined && { EndingSequenceNumber: '2' }),
          },
        })),
        ...(more && { LastEvaluatedShardId: page.at(-1)?.id }),
      },
    };
  }

  #shardIterator(input: JsonObject): string {
    const shard = this.#shards.find(({ id }) => id === input['ShardId']);
    if (shard === undefined) throw new ServiceError('ResourceNotFoundException', 'no such shard');
    const left = shard.records.find((record) => !this.#isTrimmed(record));
    let sequence = left?.sequence ?? this.#sequence;
    // LATEST is after every write that was acknowledged, visible already or not.
    if (input['ShardIteratorType'] === 'LATEST') sequence = this.#sequence;
    if (input['ShardIteratorType'] === 'AFTER_SEQUENCE_NUMBER') sequence = Number(input['SequenceNumber']) + 1;
    return this.#iterator(shard, sequence);
  }

  #iterator(shard: ModelShard, sequence: number): string {
    const name = `iterator-${this.#names++}`;
    this.#iterators.set(name, { shard, sequence, madeMs: this.#clock.monotonicMs() });
    return name;
  }

  #records(input: JsonObject): JsonObject {
    const iterator = this.#iterators.get(input['ShardIterator'] as string) as ModelIterator;
    const nowMs = this.#clock.monotonicMs();
    const { shard } = iterator;
    this.polls.set(shard.id, [...(this.polls.get(shard.id) ?? []), nowMs]);
    if (nowMs - iterator.madeMs > ITERATOR_LIFE_MS) throw new ServiceError('ExpiredIteratorException', 'too old');
    const wanted = shard.records.filter((record) => record.sequence >= iterator.sequence);
    if (wanted.length > 0 && this.#isTrimmed(wanted[0] as ModelRecord)) {
      throw new ServiceError('TrimmedDataAccessException', 'trimmed');
    }
    const limit = Math.min(this.#options.pageSize, input['Limit'] as number);
    const page = wanted.filter((record) => record.visibleMs <= nowMs).slice(0, limit);
    const atEnd = shard.closedMs !== undefined && page.length === wanted.length;
    const next = page.length > 0 ? (page.at(-1) as ModelRecord).sequence + 1 : iterator.sequence;
    return {
      Records: page.map((record) => this.#record(record)),
      ...(!atEnd && { NextShardIterator: this.#iterator(shard, next) }),
    };
  }

  #isTrimmed(record: ModelRecord): boolean {
    return record.ackedMs < this.#clock.monotonicMs() - RETENTION_MS;
  }

  #record({ key, version, sequence, ackedMs }: ModelRecord): JsonObject {
    const id = { S: `key-${key}` };
    const wallMs = this.#clock.wallMs() - this.#clock.monotonicMs() + ackedMs;
    return {
      eventName: version === 1 ? 'INSERT' : 'MODIFY',
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(wallMs / 1000),
        Keys: { id },
        NewImage: { id, version: { N: String(version) } },
        ...(version > 1 && { OldImage: { id, version: { N: String(version - 1) } } }),
        SequenceNumber: String(sequence),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    };
  }
}
