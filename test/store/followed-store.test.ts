/**
 * The feed of the accelerator follows the embedded store over the Streams API, as it would follow DynamoDB: several shards
 * that roll and split every few hundred milliseconds while many writers write.
 */
import { expect, test } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { sleep, systemClock } from '../../src/base/clock.ts';
import type { FeedRecord, GapReason } from '../../src/feed/change-feed.ts';
import { createStreamsFeed } from '../../src/feed/streams-feed.ts';
import type { JsonObject, ServiceReply, ServiceRequest } from '../../src/model/service-call.ts';
import { call, item, openTestStore, tableInput } from './stores.ts';

const STREAM = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } };
const WRITERS = 8;
const ITEMS_EACH = 6;
const RUN_MS = 3_000;

/** Passes calls on, and notes when a shard is begun before its parent was read to its end. */
class LineageWatch implements BackingStore {
  readonly #store: BackingStore;
  readonly #parents = new Map<string, string | undefined>();
  readonly #iterators = new Map<string, string>();
  readonly #ended = new Set<string>();
  readonly #read = new Set<string>();
  readonly tooEarly: string[] = [];

  constructor(store: BackingStore) {
    this.#store = store;
  }

  get readCount(): number {
    return this.#read.size;
  }

  get endedCount(): number {
    return this.#ended.size;
  }

  async send(request: ServiceRequest, options: Parameters<BackingStore['send']>[1]): Promise<ServiceReply> {
    const { operation, input } = request;
    if (operation === 'GetRecords') this.#begin(this.#iterators.get(input['ShardIterator'] as string) as string);
    const reply = await this.#store.send(request, options);
    if (reply.ok) this.#note(operation, input, reply.output);
    return reply;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #begin(shardId: string): void {
    if (this.#read.has(shardId)) return;
    this.#read.add(shardId);
    const parent = this.#parents.get(shardId);
    if (parent !== undefined && this.#read.has(parent) && !this.#ended.has(parent)) this.tooEarly.push(shardId);
    for (const child of this.#read) if (this.#parents.get(child) === shardId) this.tooEarly.push(child);
  }

  #note(operation: string, input: JsonObject, output: JsonObject): void {
    if (operation === 'DescribeStream') {
      for (const { ShardId, ParentShardId } of output['StreamDescription'].Shards as JsonObject[]) {
        this.#parents.set(ShardId as string, ParentShardId as string | undefined);
      }
    } else if (operation === 'GetShardIterator') {
      this.#iterators.set(output['ShardIterator'] as string, input['ShardId'] as string);
    } else if (operation === 'GetRecords') {
      const shardId = this.#iterators.get(input['ShardIterator'] as string) as string;
      const next = output['NextShardIterator'] as string | undefined;
      if (next === undefined) this.#ended.add(shardId);
      else this.#iterators.set(next, shardId);
    }
  }
}

test(
  'the streams feed misses nothing and keeps the order while shards roll and split',
  { timeout: 60_000 },
  async () => {
    const store = await openTestStore({ inMemory: true, streamShards: 4, streamShardsMax: 7, shardRollMs: 300 });
    await call(store, 'CreateTable', tableInput('things', STREAM));
    const watch = new LineageWatch(store);
    const feed = createStreamsFeed({
      backing: watch,
      pollMinMs: 10,
      pollMaxMs: 40,
      discoverMs: 100,
      discoverSoonMs: 20,
      describesPerSecondMax: 50,
      propagationMs: 0,
      siblingWaitMs: 200,
    });
    const told = new Map<string, FeedRecord[]>();
    const gaps: GapReason[] = [];
    let asOfMs = -Infinity;
    feed.subscribe({
      onRecord(record) {
        const key = JSON.stringify(record.key);
        told.set(key, [...(told.get(key) ?? []), record]);
      },
      onCaughtUp: (_name, ms) => (asOfMs = ms),
      onGap: (_name, reason) => gaps.push(reason),
    });
    expect(await feed.watch('things')).toBe('live');

    const endMs = systemClock.monotonicMs() + RUN_MS;
    const lastVersions = new Map<string, number>();
    const writer = async (w: number) => {
      for (let n = 1; systemClock.monotonicMs() < endMs; n++) {
        const s = n % ITEMS_EACH;
        await call(store, 'PutItem', { TableName: 'things', Item: item(`w${w}-${s}`, s, { n: { N: String(n) } }) });
        lastVersions.set(JSON.stringify(item(`w${w}-${s}`, s)), n);
        // Writes every few milliseconds, all through the run.
        if (n % 4 === 0) await sleep(systemClock, 4);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, w) => writer(w)));
    const writtenMs = systemClock.monotonicMs();
    while (asOfMs < writtenMs) await sleep(systemClock, 20);
    await feed.close();

    expect(gaps).toEqual(['restart']);
    expect(watch.tooEarly).toEqual([]);
    expect(told.size).toBe(WRITERS * ITEMS_EACH);
    const versionOf = (image: FeedRecord['newImage']) => Number((image?.['n'] as { N: string } | undefined)?.N ?? 0);
    for (const [key, last] of lastVersions) {
      const records = told.get(key) ?? [];
      const first = last % ITEMS_EACH === 0 ? ITEMS_EACH : last % ITEMS_EACH;
      const written = Array.from({ length: (last - first) / ITEMS_EACH + 1 }, (_, i) => first + i * ITEMS_EACH);
      expect(records.map(({ newImage }) => versionOf(newImage))).toEqual(written);
      expect(records.map(({ oldImage }) => versionOf(oldImage))).toEqual([0, ...written.slice(0, -1)]);
    }
    // The lineage was really followed: on a machine that is not busy, some ten generations of four to seven shards.
    expect(watch.endedCount).toBeGreaterThan(8);
    expect(watch.readCount).toBeGreaterThan(12);
  },
);
