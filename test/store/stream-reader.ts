/**
 * Reads a stream as an application has to: a shard after its parent, each to its end. Holds the stream to its order:
 * sequence numbers rise in a shard, lie in its range, and a child's are greater than its parent's. Keeps its iterators, so
 * that it goes on where it stopped, with the store that was opened after a crash as well.
 */
import assert from 'node:assert/strict';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { call } from './store-calls.ts';

interface ReadShard {
  readonly parentId: string | undefined;
  readonly first: string;
  last: string | undefined;
  /** Undefined before the shard was begun. */
  iterator: string | undefined;
  isEnded: boolean;
  newest: string;
}

export class StreamReader {
  readonly arn: string;
  readonly #onRecord: (record: JsonObject) => void;
  readonly #shards = new Map<string, ReadShard>();
  readonly #describeLimit: number;

  constructor(arn: string, onRecord: (record: JsonObject) => void, describeLimit = 100) {
    this.arn = arn;
    this.#onRecord = onRecord;
    this.#describeLimit = describeLimit;
  }

  get shardCount(): number {
    return this.#shards.size;
  }

  get openCount(): number {
    return [...this.#shards.values()].filter((shard) => !shard.isEnded).length;
  }

  /** Reads until there is nothing more. Of the shards that are new, the parents have to be known. */
  async drain(store: BackingStore): Promise<void> {
    for (let before = -1; before !== this.#endedCount();) {
      before = this.#endedCount();
      await this.#list(store);
      for (const [id, shard] of this.#shards) {
        const parent = shard.parentId === undefined ? undefined : this.#shards.get(shard.parentId);
        if (parent === undefined || parent.isEnded) await this.#read(store, id, shard);
      }
    }
  }

  #endedCount(): number {
    return this.#shards.size - this.openCount;
  }

  async #list(store: BackingStore): Promise<void> {
    let start: string | undefined;
    do {
      const { StreamDescription } = await call(store, 'DescribeStream', {
        StreamArn: this.arn,
        Limit: this.#describeLimit,
        ...(start !== undefined && { ExclusiveStartShardId: start }),
      });
      for (const shard of StreamDescription.Shards as JsonObject[]) this.#take(shard);
      start = StreamDescription.LastEvaluatedShardId as string | undefined;
    } while (start !== undefined);
  }

  #take({ ShardId, ParentShardId, SequenceNumberRange }: JsonObject): void {
    const { StartingSequenceNumber: first, EndingSequenceNumber: last } = SequenceNumberRange as Record<string, string>;
    assert(first !== undefined);
    const known = this.#shards.get(ShardId as string);
    if (known !== undefined) {
      assert.equal(known.first, first);
      assert(known.last === undefined || known.last === last, 'a closed shard stays as it is');
      known.last = last;
      return;
    }
    const parentId = ParentShardId as string | undefined;
    const parent = parentId === undefined ? undefined : this.#shards.get(parentId);
    if (parent !== undefined) {
      assert(parent.last !== undefined && parent.last < first, 'a child begins after its parent');
    }
    this.#shards.set(ShardId as string, { parentId, first, last, iterator: undefined, isEnded: false, newest: '' });
  }

  async #read(store: BackingStore, ShardId: string, shard: ReadShard): Promise<void> {
    if (shard.isEnded) return;
    if (shard.iterator === undefined) {
      const from = { StreamArn: this.arn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
      shard.iterator = (await call(store, 'GetShardIterator', from))['ShardIterator'] as string;
    }
    for (;;) {
      const page = await call(store, 'GetRecords', { ShardIterator: shard.iterator });
      const records = page['Records'] as JsonObject[];
      for (const record of records) this.#deliver(shard, record);
      shard.iterator = page['NextShardIterator'] as string | undefined;
      if (shard.iterator === undefined) shard.isEnded = true;
      if (shard.isEnded || records.length === 0) return;
    }
  }

  #deliver(shard: ReadShard, record: JsonObject): void {
    const sequence = record['dynamodb'].SequenceNumber as string;
    assert(sequence > shard.newest, `${sequence} after ${shard.newest}`);
    assert(sequence >= shard.first && (shard.last === undefined || sequence <= shard.last), 'a record is in its range');
    shard.newest = sequence;
    this.#onRecord(record);
  }
}
