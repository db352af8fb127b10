/**
 * An accelerator in front of the model store with every interleaving in the test's hands: calls are held at a gate, the feed
 * tells of a change when it is told to, replicas and indexes are exactly as far behind as they may be.
 */
import { createAccelerator, type Accelerator, type CacheOutcome } from '../../src/accelerator/accelerator.ts';
import type { AcceleratorTuning } from '../../src/accelerator/options.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { createStreamsFeed } from '../../src/feed/streams-feed.ts';
import type { Item } from '../../src/model/attribute-value.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { GatedStore } from '../support/gated-store.ts';
import { ScriptedFeed } from '../support/scripted-feed.ts';
import { History, type Commit } from './history.ts';
import { recordOf } from './model-feed.ts';
import { ModelStore } from './model-store.ts';
import { ModelStream } from './model-stream.ts';
import { MODEL_TABLES, ORDERS } from './model-tables.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';

/** Replicas that are as late as they can be, and nothing that goes wrong by chance. */
class Farthest extends Random {
  override next(): number {
    return 1;
  }
}

export interface RaceOptions extends AcceleratorTuning {
  /** `told`: the test says when the feed tells of what; `streams`: the project's own reader. */
  readonly feed?: 'told' | 'streams' | 'none';
  readonly replicaLagMs?: number;
  readonly indexLagMs?: number;
  readonly pageBytes?: number;
  readonly listingLagMs?: number;
  readonly between?: (store: BackingStore) => BackingStore;
}

export type Attributes = Readonly<Record<string, string | number>>;

export interface Seen {
  readonly cache: CacheOutcome;
  /** `v` of the item, or of each item of the page. */
  readonly v: unknown;
}

export class Race {
  readonly clock = new Scheduler(1);
  readonly history = new History();
  readonly store: ModelStore;
  readonly gate: GatedStore;
  readonly accelerator: Accelerator;
  readonly feed = new ScriptedFeed('live', () => this.clock.monotonicMs());
  /** Changes that the feed has not told of yet. */
  readonly untold: Commit[] = [];

  constructor(options: RaceOptions = {}) {
    const {
      feed = 'told',
      replicaLagMs = 0,
      indexLagMs = 0,
      pageBytes = 1_000_000,
      listingLagMs = 0,
      ...rest
    } = options;
    const { between, ...tuning } = rest;
    const { clock, history } = this;
    const random = new Farthest(1);
    this.store = new ModelStore({ clock, history, random, replicaLagMs, indexLagMs, pageBytes, unprocessed: 0 });
    this.store.onCommit = (commit) => this.untold.push(commit);
    this.gate = new GatedStore(between?.(this.store) ?? this.store);
    if (feed === 'streams') {
      const streamOptions = { visibleMaxMs: 0, listingLagMs, pageSize: 100 };
      this.store.stream = new ModelStream(MODEL_TABLES.keys(), clock, random, streamOptions);
    }
    const feeds = {
      none: () => undefined,
      told: () => this.feed,
      streams: () => createStreamsFeed({ backing: between?.(this.store) ?? this.store, clock, propagationMs: 0 }),
    };
    this.accelerator = createAccelerator({ backing: this.gate, feed: feeds[feed](), clock, ttlJitter: 0, ...tuning });
  }

  /** Through the accelerator. */
  async call(operation: string, input: JsonObject): Promise<{ cache: CacheOutcome; output: JsonObject }> {
    // Batches and transactions name their tables inside.
    const named = 'RequestItems' in input || 'TransactItems' in input ? input : { TableName: ORDERS.name, ...input };
    const request = ServiceRequest.fromInput(operation, named);
    const { cache, reply } = await this.accelerator.execute(request);
    return { cache, output: reply.output };
  }

  /** Past it. */
  past(operation: string, input: JsonObject): JsonObject {
    return this.store.answer(ServiceRequest.fromInput(operation, { TableName: ORDERS.name, ...input })).output;
  }

  async get(attributes: Attributes = KEY): Promise<Seen> {
    const { cache, output } = await this.call('GetItem', { Key: item(attributes) });
    return { cache, v: valueOf(output['Item'] as Item | undefined) };
  }

  async page(operation: 'Query' | 'Scan', input: JsonObject): Promise<Seen> {
    const { cache, output } = await this.call(operation, input);
    return { cache, v: (output['Items'] as Item[]).map(valueOf) };
  }

  put(attributes: Attributes): Promise<unknown> {
    return this.call('PutItem', { Item: item({ ...KEY, ...attributes }) });
  }

  putPast(attributes: Attributes): void {
    this.past('PutItem', { Item: item({ ...KEY, ...attributes }) });
  }

  removePast(attributes: Attributes): void {
    this.past('DeleteItem', { Key: item(attributes) });
  }

  /** The feed tells of the next changes, of all unless told otherwise. */
  tell(count: number = this.untold.length): void {
    for (const commit of this.untold.splice(0, count)) this.feed.listener.onRecord(recordOf(commit));
    this.feed.caughtUp(ORDERS.name, this.clock.monotonicMs());
  }

  /** The feed has nothing to tell, and says so, for so long. */
  async quiet(ms: number): Promise<void> {
    await this.clock.advance(ms);
    this.feed.caughtUp(ORDERS.name, this.clock.monotonicMs());
  }
}

export const KEY = { pk: 'a', sk: '1' } as const;

export function item(attributes: Attributes): Item {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: value },
    ]),
  );
}

function valueOf(image: Item | undefined): unknown {
  return (image?.['v'] as { S: string } | undefined)?.S;
}

/** A query of one partition of an index, or of the table. */
export function query(indexName: string, partition: string, more: JsonObject = {}): JsonObject {
  const name = { '': 'pk', 'by-status': 'status', 'by-owner': 'owner', 'by-at': 'pk' }[indexName] as string;
  return {
    ...(indexName !== '' && { IndexName: indexName }),
    KeyConditionExpression: '#k = :k',
    ExpressionAttributeNames: { '#k': name },
    ExpressionAttributeValues: { ':k': { S: partition } },
    ...more,
  };
}

/** What a race begins with: an item that was there long before, in a cache or not. */
export async function raceWith(attributes: Attributes, options: RaceOptions = {}): Promise<Race> {
  const race = new Race(options);
  race.putPast(attributes);
  await race.get({ pk: 'elsewhere', sk: '1' });
  race.tell();
  await race.quiet(10_000);
  return race;
}

/** Opens the table, and gives the reader of its stream the time to begin. */
export async function startFeed(race: Race): Promise<void> {
  let isOpen = false;
  void race.get({ pk: 'elsewhere', sk: '1' }).then(() => (isOpen = true));
  await race.clock.run(() => isOpen);
  await race.clock.advance(10_000);
}
