/**
 * Kills a process that writes with SIGKILL at a random moment, round after round on one directory, and looks at what is
 * left. After each kill: no acknowledged write is lost, no write or transaction is there by half or twice, table, index
 * and change log agree, and one who reads the stream goes on with the iterators that he had before.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '../../src/base/clock.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { INDEX, keysOf, stateAfter, TABLE, tableInput, writeOf, WRITERS, type ItemState } from './crash-load.ts';
import { call } from './store-calls.ts';
import { StreamReader } from './stream-reader.ts';

const WRITER = fileURLToPath(new URL('crash-writer.ts', import.meta.url));

const EXTRA_MS_MAX = 60;

export interface CrashOptions {
  readonly dataDir: string;
  readonly rounds: number;
  /** Of the moments of the kills, and of the durability of each round. */
  readonly seed: number;
  /** Most writes that are acknowledged before the moment of a kill is drawn. */
  readonly writesMax: number;
  onRound?(result: CrashResult): void;
}

/** Counts since the first round. */
export interface CrashResult {
  readonly round: number;
  readonly acknowledged: number;
  /** Writes that were under way at a kill, and had been committed. */
  readonly committedUnseen: number;
  readonly records: number;
  readonly shards: number;
  readonly items: number;
}

export async function crashRounds(options: CrashOptions): Promise<CrashResult> {
  const random = new VirtualClock({ seed: options.seed });
  const run = new CrashRun(options.dataDir);
  await run.begin();
  let result = run.result(0);
  for (let round = 1; round <= options.rounds; round++) {
    const durability = random.random() < 0.2 ? 'power' : 'process';
    // None now and then: the kill may come while the store is taking up what the last one left.
    const writes = random.random() < 0.1 ? 0 : Math.ceil(random.random() * options.writesMax);
    const extraMs = random.random() * EXTRA_MS_MAX;
    run.acknowledge(await killedRun(options.dataDir, durability, run.nextNumbers, writes, extraMs));
    await run.check();
    result = run.result(round);
    options.onRound?.(result);
  }
  return result;
}

/** Counted in writes first, so that a slow machine comes as far as a fast one; then some time, to hit any moment. */
async function killedRun(
  dataDir: string,
  durability: string,
  next: readonly number[],
  writes: number,
  extraMs: number,
): Promise<(readonly [writer: number, n: number])[]> {
  const args = ['--import', 'tsx', WRITER, dataDir, durability, ...next.map(String)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  let isLoaded: () => void;
  const loaded = new Promise<void>((resolve) => (isLoaded = resolve));
  reader.on('line', (line) => {
    lines.push(line);
    // The first one says that it is ready.
    if (lines.length > writes) isLoaded();
  });
  const ended = once(reader, 'close');
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  await Promise.race([loaded, exited]);
  await sleep(systemClock, extraMs);
  child.kill('SIGKILL');
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL', 'the writer was still writing');
  await ended;
  return lines.filter((line) => line !== 'ready').map((line) => line.split(' ').map(Number) as [number, number]);
}

class CrashRun {
  readonly #dataDir: string;
  /** What must be in the table; an absent item is not in the map. */
  readonly #model = new Map<string, JsonObject>();
  /** The table as its stream tells it. */
  readonly #replica = new Map<string, JsonObject>();
  readonly #next = Array.from({ length: WRITERS }, () => 1);
  #reader!: StreamReader;
  #newestSequence = '';
  #newestBefore = '';
  #acknowledged = 0;
  #committedUnseen = 0;
  #records = 0;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get nextNumbers(): readonly number[] {
    return this.#next;
  }

  async begin(): Promise<void> {
    const store = await openStore({ dataDir: this.#dataDir, streamShards: 2, streamShardsMax: 4 });
    const { TableDescription } = await call(store, 'CreateTable', tableInput);
    this.#reader = new StreamReader(TableDescription.LatestStreamArn as string, (record) => this.#replay(record), 7);
    await store.close();
  }

  acknowledge(lines: readonly (readonly [writer: number, n: number])[]): void {
    for (const [writer, n] of lines) {
      assert.equal(n, this.#next[writer], 'a writer writes one after the other');
      this.#next[writer] = n + 1;
      this.#acknowledged++;
      for (const action of writeOf(writer, n)) this.#set(action.key, stateAfter(action, this.#model.get(action.key)));
    }
  }

  async check(): Promise<void> {
    // Shards do not roll here, so that what the killed process left is looked at as it was left.
    const store = await openStore({ dataDir: this.#dataDir, shardRollMs: 0 });
    try {
      const items = new Map((await scanned(store, { TableName: TABLE })).map((item) => [item['p'].S as string, item]));
      this.#settleUnseen(items);
      assert.deepEqual(sorted(items), sorted(this.#model), 'the table holds what was acknowledged');
      await this.#checkIndex(store);
      this.#newestBefore = this.#newestSequence;
      await this.#reader.drain(store);
      assert.deepEqual(sorted(this.#replica), sorted(this.#model), 'the stream tells the same table');
    } finally {
      await store.close();
    }
  }

  result(round: number): CrashResult {
    return {
      round,
      acknowledged: this.#acknowledged,
      committedUnseen: this.#committedUnseen,
      records: this.#records,
      shards: this.#reader.shardCount,
      items: this.#model.size,
    };
  }

  /** Each writer had at most one write under way. It happened or it did not, all of it. */
  #settleUnseen(items: ReadonlyMap<string, JsonObject>): void {
    for (const [writer, n] of this.#next.entries()) {
      const write = writeOf(writer, n);
      const after = write.map((action) => stateAfter(action, this.#model.get(action.key)));
      const found = keysOf(write).map((key) => items.get(key));
      const isThere = isSame(found, after);
      assert(
        isThere ||
          isSame(
            found,
            keysOf(write).map((key) => this.#model.get(key)),
          ),
        `half of write ${writer} ${n}`,
      );
      if (isThere) this.#committedUnseen++;
      if (isThere) write.forEach((action, place) => this.#set(action.key, after[place]));
      this.#next[writer] = n + 1;
    }
  }

  async #checkIndex(store: EmbeddedStore): Promise<void> {
    const entries = await scanned(store, { TableName: TABLE, IndexName: INDEX });
    const indexed = new Map(entries.map((entry) => [entry['p'].S as string, entry]));
    assert.equal(indexed.size, entries.length, 'an item is in the index once');
    const expected = [...this.#model].filter(([, item]) => item['g'] !== undefined);
    const projected = new Map(expected.map(([key, { p, g, n }]) => [key, { p, g, n } as JsonObject]));
    assert.deepEqual(sorted(indexed), sorted(projected), 'the index holds what the table holds');
    const { Table } = await call(store, 'DescribeTable', { TableName: TABLE });
    assert.equal(Table.ItemCount, this.#model.size);
    assert.equal(Table.GlobalSecondaryIndexes[0].ItemCount, projected.size);
  }

  #replay({ dynamodb, eventName }: JsonObject): void {
    const { Keys, OldImage, NewImage, SequenceNumber } = dynamodb as JsonObject;
    const key = Keys.p.S as string;
    const before = this.#replica.get(key);
    assert.deepEqual(OldImage, before, `${key}: no change is missing and none comes twice`);
    const kind = NewImage === undefined ? 'REMOVE' : before === undefined ? 'INSERT' : 'MODIFY';
    assert.equal(eventName, kind);
    // Numbers never go back, not even in another shard, over a restart.
    assert(SequenceNumber > this.#newestBefore, 'numbers of a later process are greater');
    if (SequenceNumber > this.#newestSequence) this.#newestSequence = SequenceNumber as string;
    this.#records++;
    if (NewImage === undefined) this.#replica.delete(key);
    else this.#replica.set(key, NewImage as JsonObject);
  }

  #set(key: string, state: ItemState): void {
    if (state === undefined) this.#model.delete(key);
    else this.#model.set(key, state);
  }
}

function isSame(found: readonly ItemState[], expected: readonly ItemState[]): boolean {
  try {
    assert.deepEqual(found, expected);
    return true;
  } catch {
    return false;
  }
}

function sorted(items: ReadonlyMap<string, JsonObject>): [string, JsonObject][] {
  return [...items].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function scanned(store: EmbeddedStore, input: JsonObject): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  let more: JsonObject = {};
  do {
    const page = await call(store, 'Scan', { ...input, ...more });
    items.push(...(page['Items'] as JsonObject[]));
    more = page['LastEvaluatedKey'] === undefined ? {} : { ExclusiveStartKey: page['LastEvaluatedKey'] };
  } while ('ExclusiveStartKey' in more);
  return items;
}
