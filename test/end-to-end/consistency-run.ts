/**
 * Writers and readers through a cache and writers past it, for a while, then quiet. During the run no answer out of the cache
 * may be older than what was acknowledged through it before it was asked for (I3); after the quiet every cached answer equals
 * the store's (I6). Real processes and real sockets. The cache is a proxy's, or that of a client in this process.
 */
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type AttributeValue,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { AckedState, keyOf, type KnownItem, type Snapshot } from './acked-state.ts';
import {
  Dice,
  marshalled,
  PARTITIONS,
  randomQuery,
  setAll,
  SORTS_PER_WRITER,
  STATUSES,
  TableName,
  unmarshalled,
  type RandomQuery,
  type Session,
} from './consistency-workload.ts';

export interface ConsistencyRunOptions {
  /** Opens a session whose answers are checked; those of one run go through the same cache. */
  readonly through: () => Session;
  /** Opens one whose writes the cache has to learn of. */
  readonly past: () => Session;
  /** Opens one of the store itself. */
  readonly store: () => Session;
  /** Stands before the names of this run's writers, so that several runs can share a table. */
  readonly name?: string | undefined;
  /** The names of all runs that share the table, this one's included. */
  readonly allNames?: readonly string[] | undefined;
  /** Whether answers that did not come from the cache are checked as well: good where the store does not lag. */
  readonly checksAll?: boolean | undefined;
  readonly seconds: number;
  readonly writersThrough: number;
  readonly writersPast: number;
  readonly readers: number;
  readonly seed: number;
  /** Longest that the store and the feed may trail: how long the quiet lasts. */
  readonly settleMs: number;
}

export interface ConsistencyReport {
  readonly writes: number;
  readonly foreignWrites: number;
  readonly reads: Readonly<Record<string, number>>;
  /** Calls that were not answered, or with 5xx, by what was said. */
  readonly faults: Readonly<Record<string, number>>;
  readonly checkedHits: number;
  /** Each with what was asked, what was answered and what had been acknowledged. */
  readonly violations: readonly string[];
  /** Differences between proxy and store after the quiet. */
  readonly differences: readonly string[];
  readonly compared: number;
  /** Pages that were hits and then were not, and those of them that were read again with the same content. */
  readonly droppedPages: number;
  readonly needlesslyDropped: number;
  /** From the acknowledgement of a write past the proxy until the proxy shows it, in ms, sorted. */
  readonly foreignLatenciesMs: readonly number[];
}

const DIFFERENT_QUERIES = 60;

export class ConsistencyRun {
  readonly #options: ConsistencyRunOptions;
  readonly #acked = new AckedState();
  readonly #sessions: Session[] = [];
  readonly #violations: string[] = [];
  readonly #reads: Record<string, number> = {};
  readonly #latenciesMs: number[] = [];
  /** Few enough to be asked again while their pages are cached. */
  readonly #queries: readonly RandomQuery[];
  /** By what was asked: what was answered last, and whether that was a hit. */
  readonly #lastPages = new Map<string, { readonly content: string; readonly isHit: boolean }>();
  #droppedPages = 0;
  #needlesslyDropped = 0;
  #checkedHits = 0;
  readonly #faults: Record<string, number> = {};
  #writes = 0;
  #foreignWrites = 0;
  #endsAtMs = 0;

  constructor(options: ConsistencyRunOptions) {
    this.#options = options;
    const dice = new Dice(options.seed + 500);
    this.#queries = Array.from({ length: DIFFERENT_QUERIES }, () => randomQuery(dice));
  }

  async run(): Promise<ConsistencyReport> {
    const { seconds, writersThrough, writersPast, readers, seed, settleMs, through, store, name = '' } = this.#options;
    this.#endsAtMs = performance.now() + seconds * 1000;
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < writersThrough; i++) tasks.push(this.#write(`${name}t${i}`, new Dice(seed + i)));
    for (let i = 0; i < writersPast; i++) tasks.push(this.#writePast(`${name}p${i}`, new Dice(seed + 100 + i)));
    for (let i = 0; i < readers; i++) tasks.push(this.#read(new Dice(seed + 200 + i)));
    tasks.push(this.#probe());
    await Promise.all(tasks);
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const { differences, compared } = await this.#compare(this.#open(through), this.#open(store));
    for (const session of this.#sessions) session.close();
    return {
      writes: this.#writes,
      foreignWrites: this.#foreignWrites,
      reads: this.#reads,
      faults: this.#faults,
      checkedHits: this.#checkedHits,
      droppedPages: this.#droppedPages,
      needlesslyDropped: this.#needlesslyDropped,
      violations: this.#violations,
      differences,
      compared,
      foreignLatenciesMs: this.#latenciesMs.toSorted((a, b) => a - b),
    };
  }

  #open(opening: () => Session): Session {
    const session = opening();
    this.#sessions.push(session);
    return session;
  }

  get #goesOn(): boolean {
    return performance.now() < this.#endsAtMs;
  }

  /** Writes its own keys through the proxy, in every way there is. */
  async #write(name: string, dice: Dice): Promise<void> {
    const session = this.#open(this.#options.through);
    while (this.#goesOn) {
      await this.#bear(() => this.#writeOnce(session.client, name, dice));
      this.#writes++;
      await this.#bear(() => this.#checkItem(session, dice.of(PARTITIONS), `${name}-${dice.below(SORTS_PER_WRITER)}`));
    }
  }

  /** Who does not answer, or with 5xx, must not end the run; what it did is unknown, and the run counts it. */
  async #bear(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const { $metadata, name, message } = error as Error & {
        readonly $metadata?: { readonly httpStatusCode?: number };
      };
      const { httpStatusCode: status = 500 } = $metadata ?? {};
      if (status < 500) throw error;
      const what = `${name}: ${message}`;
      this.#faults[what] = (this.#faults[what] ?? 0) + 1;
    }
  }

  async #writeOnce(client: Session['client'], name: string, dice: Dice): Promise<void> {
    const pk = dice.of(PARTITIONS);
    const sk = `${name}-${dice.below(SORTS_PER_WRITER)}`;
    const key = keyOf(pk, sk);
    const version = this.#acked.beginWrite(key);
    const item: KnownItem = { pk, sk, version, status: dice.of(STATUSES), at: String(dice.below(4)) };
    const Key = { pk: { S: pk }, sk: { S: sk } };
    switch (dice.below(6)) {
      case 0: {
        await client.send(new DeleteItemCommand({ TableName, Key }));
        this.#acked.acknowledge(key, version, undefined);
        return;
      }
      case 1:
        await client.send(new UpdateItemCommand({ TableName, Key, ...setAll(item, dice) }));
        break;
      case 2:
        await client.send(
          new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item: marshalled(item) } }] } }),
        );
        break;
      case 3:
        await client.send(
          new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: marshalled(item) } }] }),
        );
        break;
      default:
        await client.send(new PutItemCommand({ TableName, Item: marshalled(item) }));
    }
    this.#acked.acknowledge(key, version, item);
  }

  /** Writes keys of its own past the proxy, into the same partitions, so that pages mix both. */
  async #writePast(name: string, dice: Dice): Promise<void> {
    const { client } = this.#open(this.#options.past);
    for (let version = 1; this.#goesOn; version++) {
      const item: KnownItem = {
        pk: dice.of(PARTITIONS),
        sk: `${name}-${dice.below(SORTS_PER_WRITER)}`,
        version,
        status: dice.of(STATUSES),
        at: String(dice.below(4)),
      };
      const Key = { pk: { S: item.pk }, sk: { S: item.sk } };
      const isDelete = dice.below(5) === 0;
      await this.#bear(() =>
        isDelete
          ? client.send(new DeleteItemCommand({ TableName, Key }))
          : client.send(new PutItemCommand({ TableName, Item: marshalled(item) })),
      );
      this.#foreignWrites++;
      // Slower than the writers through the proxy, so that hits are seen at all.
      await new Promise((resolve) => setTimeout(resolve, 20 + dice.below(30)));
    }
  }

  async #read(dice: Dice): Promise<void> {
    const { through, writersThrough, name = '' } = this.#options;
    const session = this.#open(through);
    while (this.#goesOn) {
      const writer = dice.below(writersThrough);
      const [pk, sk] = [dice.of(PARTITIONS), `${name}t${writer}-${dice.below(SORTS_PER_WRITER)}`];
      const query = dice.of(this.#queries);
      const isItem = dice.below(2) === 0;
      await this.#bear(() => (isItem ? this.#checkItem(session, pk, sk) : this.#checkListing(session, query)));
    }
  }

  async #checkItem({ client, source }: Session, pk: string, sk: string): Promise<void> {
    const before = this.#acked.snapshot().acknowledged(keyOf(pk, sk));
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: sk } } }));
    this.#count(source.last);
    if (before === undefined || !this.#isChecked(source.last)) return;
    this.#checkedHits++;
    const seen = Item === undefined ? undefined : unmarshalled(Item).version;
    // A deletion has a version too, but its absence does not show it: absent is right if it was so or may have become so.
    const isOld = seen === undefined ? false : seen < before.version;
    const isGone =
      seen === undefined && before.item !== undefined && !this.#wasRewritten(keyOf(pk, sk), before.version);
    if (isOld || isGone) {
      this.#violations.push(`GetItem ${pk}/${sk} (${source.last}): ${String(seen)}, acknowledged ${before.version}`);
    }
  }

  #wasRewritten(key: string, version: number): boolean {
    const now = this.#acked.snapshot().acknowledged(key);
    return now === undefined || now.version !== version;
  }

  /** Reads all pages; if all came from the caches, each key that nobody wrote meanwhile must be as acknowledged. */
  async #checkListing({ client, source }: Session, query: RandomQuery): Promise<void> {
    const before = this.#acked.snapshot();
    const seen = new Map<string, KnownItem>();
    let areChecked = true;
    let start: QueryCommandOutput['LastEvaluatedKey'];
    do {
      const page: QueryCommandOutput = await client.send(
        new QueryCommand({ ...query.input, ...(start !== undefined && { ExclusiveStartKey: start }) }),
      );
      this.#count(source.last);
      this.#notePage(JSON.stringify([query.input, start]), page, source.last);
      areChecked &&= this.#isChecked(source.last);
      for (const item of page.Items ?? []) {
        const known = unmarshalled(item);
        seen.set(keyOf(known.pk, known.sk), known);
      }
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    if (areChecked) this.#checkSettled(query, before, seen);
  }

  /** A page that was cached and has to be read again was dropped; if it says the same again, it need not have been. */
  #notePage(
    asked: string,
    { Items: items, Count: count, ScannedCount: scanned }: QueryCommandOutput,
    source: string,
  ): void {
    const content = JSON.stringify([count, scanned, items?.map(sorted)]);
    const last = this.#lastPages.get(asked);
    if (last?.isHit === true && source === 'miss') {
      this.#droppedPages++;
      if (last.content === content) this.#needlesslyDropped++;
    }
    this.#lastPages.set(asked, { content, isHit: isFromCache(source) });
  }

  #checkSettled(query: RandomQuery, before: Snapshot, seen: ReadonlyMap<string, KnownItem>): void {
    this.#checkedHits++;
    for (const [key, { item, version }] of before.settled()) {
      const expected = item !== undefined && query.holds(item) ? version : undefined;
      const found = seen.get(key)?.version;
      if (found !== expected) {
        this.#violations.push(`Query ${query.name}: ${key} is ${String(found)}, acknowledged ${String(expected)}`);
      }
    }
  }

  /** How long until the proxy shows a write that went past it. */
  async #probe(): Promise<void> {
    const past = this.#open(this.#options.past);
    const through = this.#open(this.#options.through);
    for (let version = 1; this.#goesOn; version++) {
      await this.#bear(() => this.#probeOnce(past.client, through.client, version));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #probeOnce(past: Session['client'], through: Session['client'], version: number): Promise<void> {
    const Key = { pk: { S: 'probe' }, sk: { S: `${this.#options.name ?? ''}probe` } };
    await through.send(new GetItemCommand({ TableName, Key }));
    await past.send(new PutItemCommand({ TableName, Item: { ...Key, version: { N: String(version) } } }));
    const writtenMs = performance.now();
    for (;;) {
      const { Item } = await through.send(new GetItemCommand({ TableName, Key }));
      if (Number(Item?.['version']?.N) === version) break;
      if (performance.now() - writtenMs > 10_000) {
        this.#violations.push(`a write past the proxy was not seen for 10 s`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    this.#latenciesMs.push(performance.now() - writtenMs);
  }

  /** After the quiet: every key and many listings, twice through the proxy (a miss and a hit), and directly. */
  async #compare(through: Session, direct: Session): Promise<{ differences: string[]; compared: number }> {
    const differences: string[] = [];
    let compared = 0;
    const same = (what: string, cached: unknown, fresh: unknown) => {
      compared++;
      const [left, right] = [JSON.stringify(cached), JSON.stringify(fresh)];
      if (left !== right) differences.push(`${what}: ${left} instead of ${right}`);
    };
    const { seed } = this.#options;
    const names = this.#writerNames();
    for (const pk of PARTITIONS) {
      for (const name of names) {
        for (let i = 0; i < SORTS_PER_WRITER; i++) {
          const input = { TableName, Key: { pk: { S: pk }, sk: { S: `${name}-${i}` } } };
          const fresh = await direct.client.send(new GetItemCommand({ ...input, ConsistentRead: true }));
          for (let turn = 0; turn < 2; turn++) {
            const cached = await through.client.send(new GetItemCommand(input));
            same(`GetItem ${pk}/${name}-${i} (${through.source.last})`, sorted(cached.Item), sorted(fresh.Item));
          }
        }
      }
    }
    const dice = new Dice(seed + 999);
    for (let i = 0; i < 200; i++) {
      const { name, input } = randomQuery(dice);
      const fresh = await direct.client.send(new QueryCommand(input));
      for (let turn = 0; turn < 2; turn++) {
        const cached = await through.client.send(new QueryCommand(input));
        const listing = (page: QueryCommandOutput) => [page.Count, page.ScannedCount, page.Items?.map(sorted)];
        same(`Query ${name} (${through.source.last})`, listing(cached), listing(fresh));
      }
    }
    return { differences, compared };
  }

  #writerNames(): string[] {
    const { writersThrough, writersPast, allNames = [''] } = this.#options;
    return allNames.flatMap((name) => [
      ...Array.from({ length: writersThrough }, (_, i) => `${name}t${i}`),
      ...Array.from({ length: writersPast }, (_, i) => `${name}p${i}`),
    ]);
  }

  #isChecked(source: string): boolean {
    return this.#options.checksAll === true || isFromCache(source);
  }

  #count(source: string): void {
    this.#reads[source] = (this.#reads[source] ?? 0) + 1;
  }
}

function isFromCache(source: string): boolean {
  return source === 'hit';
}

function sorted(item: Record<string, AttributeValue> | undefined): unknown {
  return (
    item &&
    Object.keys(item)
      .toSorted()
      .map((name) => [name, item[name]])
  );
}
