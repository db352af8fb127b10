/**
 * DynamoDB Streams of the model store: shards that take the partitions of a table between them, split and roll, listings
 * that lag, records that become visible late, trimmed records, streams that are replaced.
 */
import type { Clock } from '../../src/base/clock.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { ServiceError } from '../../src/model/service-error.ts';
import type { Commit } from './history.ts';
import { hashText, type Random } from './random.ts';

interface StreamRecord {
  readonly sequence: number;
  readonly visibleMs: number;
  readonly createdWallMs: number;
  readonly commit: Commit;
}

interface Shard {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly listedFromMs: number;
  /** Takes partitions whose hash, as a share of all, is from `low` up to `high`. */
  readonly low: number;
  readonly high: number;
  readonly records: StreamRecord[];
  /** Records before this sequence number are gone. */
  trimmedBelow: number;
  isClosed: boolean;
  /** Somebody has an iterator of it, or had one. */
  isFound: boolean;
}

interface Stream {
  readonly arn: string;
  readonly tableName: string;
  readonly shards: Shard[];
}

interface Iterator {
  readonly shard: Shard;
  readonly sequence: number;
}

export interface ModelStreamOptions {
  /** Longest time between a commit and the moment in which its record can be read. */
  readonly visibleMaxMs: number;
  readonly listingLagMs: number;
  readonly pageSize: number;
}

const SHARDS_MAX = 4;

export class ModelStream {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: ModelStreamOptions;
  readonly #current = new Map<string, Stream>();
  readonly #byArn = new Map<string, Stream>();
  readonly #iterators = new Map<string, Iterator>();
  #sequence = 1;
  #names = 0;

  constructor(tableNames: Iterable<string>, clock: Clock, random: Random, options: ModelStreamOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
    for (const name of tableNames) this.renew(name);
  }

  arnOf(tableName: string): string | undefined {
    return this.#current.get(tableName)?.arn;
  }

  /** The table gets another stream. The old one goes on answering, with what it has and with nothing new. */
  renew(tableName: string): void {
    const stream: Stream = { arn: `${tableName}/stream-${this.#names++}`, tableName, shards: [] };
    this.#current.set(tableName, stream);
    this.#byArn.set(stream.arn, stream);
    this.#open(stream, undefined, 0, 1);
  }

  /** Ends an open shard and begins its successor, or two. */
  roll(tableName: string, choose: Random): void {
    const stream = this.#current.get(tableName) as Stream;
    const open = stream.shards.filter(({ isClosed }) => !isClosed);
    const shard = choose.pick(open);
    shard.isClosed = true;
    const middle = (shard.low + shard.high) / 2;
    if (open.length < SHARDS_MAX && choose.chance(0.5)) {
      this.#open(stream, shard.id, shard.low, middle);
      this.#open(stream, shard.id, middle, shard.high);
    } else {
      this.#open(stream, shard.id, shard.low, shard.high);
    }
  }

  /**
   * Forgets every record so far, read or not. Not of shards that no reader has found yet: their first records stay for a day,
   * and a reader that takes longer to find them knows it by its clock, which is not a day older here.
   */
  trim(tableName: string): void {
    for (const shard of this.#current.get(tableName)?.shards ?? []) {
      if (!shard.isFound) continue;
      shard.trimmedBelow = this.#sequence;
      shard.records.length = 0;
    }
  }

  append(commit: Commit): void {
    const { history } = commit;
    const stream = this.#current.get(history.tableName) as Stream;
    const place = hashText((history.key['pk'] as { S: string }).S) / 2 ** 32;
    const shard = stream.shards.find(({ isClosed, low, high }) => !isClosed && place >= low && place < high) as Shard;
    const earliestMs = shard.records.at(-1)?.visibleMs ?? 0;
    const visibleMs = this.#clock.monotonicMs() + this.#random.next() * this.#options.visibleMaxMs;
    shard.records.push({
      sequence: this.#sequence++,
      visibleMs: Math.max(earliestMs, visibleMs),
      createdWallMs: this.#clock.wallMs(),
      commit,
    });
  }

  answer(operation: string, input: JsonObject): JsonObject {
    switch (operation) {
      case 'DescribeStream':
        return this.#describe(input);
      case 'GetShardIterator':
        return { ShardIterator: this.#iteratorAt(input) };
      case 'GetRecords':
        return this.#records(input);
      default:
        throw new ServiceError('UnknownOperationException', '');
    }
  }

  #open(stream: Stream, parentId: string | undefined, low: number, high: number): void {
    const lagMs = parentId === undefined ? 0 : this.#random.next() * this.#options.listingLagMs;
    stream.shards.push({
      id: `shard-${this.#names++}`,
      parentId,
      listedFromMs: this.#clock.monotonicMs() + lagMs,
      low,
      high,
      records: [],
      trimmedBelow: 0,
      isClosed: false,
      isFound: false,
    });
  }

  #describe(input: JsonObject): JsonObject {
    const stream = this.#streamOf(input);
    const nowMs = this.#clock.monotonicMs();
    const listed = stream.shards.filter(({ listedFromMs }) => listedFromMs <= nowMs);
    const start = listed.findIndex(({ id }) => id === input['ExclusiveStartShardId']) + 1;
    const page = listed.slice(start, start + 5);
    return {
      StreamDescription: {
        Shards: page.map(({ id, parentId, isClosed }) => ({
          ShardId: id,
          ...(parentId !== undefined && { ParentShardId: parentId }),
          SequenceNumberRange: { StartingSequenceNumber: '1', ...(isClosed && { EndingSequenceNumber: '2' }) },
        })),
        ...(start + 5 < listed.length && { LastEvaluatedShardId: page.at(-1)?.id }),
      },
    };
  }

  #streamOf(input: JsonObject): Stream {
    const stream = this.#byArn.get(input['StreamArn'] as string);
    if (stream === undefined) throw new ServiceError('ResourceNotFoundException', 'no such stream');
    return stream;
  }

  #iteratorAt(input: JsonObject): string {
    const shard = this.#streamOf(input).shards.find(({ id }) => id === input['ShardId']);
    if (shard === undefined) throw new ServiceError('ResourceNotFoundException', 'no such shard');
    switch (input['ShardIteratorType']) {
      case 'LATEST':
        return this.#iterator(shard, this.#sequence);
      case 'TRIM_HORIZON':
        return this.#iterator(shard, Math.max(1, shard.trimmedBelow));
      default:
        return this.#iterator(shard, Number(input['SequenceNumber']) + 1);
    }
  }

  #iterator(shard: Shard, sequence: number): string {
    shard.isFound = true;
    const name = `iterator-${this.#names++}`;
    this.#iterators.set(name, { shard, sequence });
    return name;
  }

  #records(input: JsonObject): JsonObject {
    const name = input['ShardIterator'] as string;
    const iterator = this.#iterators.get(name);
    if (iterator === undefined) throw new ServiceError('ExpiredIteratorException', 'unknown iterator');
    const { shard, sequence } = iterator;
    if (sequence < shard.trimmedBelow) throw new ServiceError('TrimmedDataAccessException', 'trimmed');
    const nowMs = this.#clock.monotonicMs();
    const limit = Math.min(this.#options.pageSize, input['Limit'] as number);
    const page: StreamRecord[] = [];
    let isAll = true;
    for (const record of this.#since(shard, sequence)) {
      if (page.length === limit || record.visibleMs > nowMs) {
        isAll = false;
        break;
      }
      page.push(record);
    }
    const next = (page.at(-1)?.sequence ?? sequence - 1) + 1;
    return {
      Records: page.map(recordOf),
      ...(!(shard.isClosed && isAll) && { NextShardIterator: this.#iterator(shard, next) }),
    };
  }

  *#since({ records }: Shard, sequence: number): Iterable<StreamRecord> {
    let start = records.length;
    while (start > 0 && (records[start - 1] as StreamRecord).sequence >= sequence) start--;
    for (let i = start; i < records.length; i++) yield records[i] as StreamRecord;
  }
}

function recordOf({ sequence, createdWallMs, commit }: StreamRecord): JsonObject {
  const { history, before, after } = commit;
  const kind = before.image === undefined ? 'INSERT' : after.image === undefined ? 'REMOVE' : 'MODIFY';
  return {
    eventName: kind,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(createdWallMs / 1000),
      Keys: history.key,
      ...(before.image !== undefined && { OldImage: before.image }),
      ...(after.image !== undefined && { NewImage: after.image }),
      SequenceNumber: String(sequence),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}
