/**
 * The tables that were met so far. A table is described and its feed watched on first use; until then, and where that is
 * refused, its calls pass through and nothing is cached.
 */
import type { BackingStore } from '../backing/backing-store.ts';
import { sleep, type Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ChangeFeed, FeedState } from '../feed/change-feed.ts';
import { ServiceRequest } from '../model/service-call.ts';
import { tableNameOf, tableSchemaOf, type TableSchema } from '../model/table-schema.ts';
import { ttlOf, type ResolvedTuning } from './options.ts';
import { Table } from './table.ts';

/** A table whose schema is known. */
export type OpenTable = Table & { readonly schema: TableSchema };

/** A table that could not be described is not asked for again within this time. */
const REFUSED_MS = 1_000;
const REFUSED_MAX = 1_000;
/** A table with an index that is being built is looked at more often. */
const UNSETTLED_SCHEMA_TTL_MS = 1_000;

export interface TablesOptions {
  readonly backing: BackingStore;
  readonly feed: ChangeFeed | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly tuning: ResolvedTuning;
}

export class Tables {
  readonly #options: TablesOptions;
  readonly #byName = new Map<string, Table>();
  readonly #opening = new Map<string, Promise<OpenTable | undefined>>();
  readonly #refusedUntilMs = new Map<string, number>();
  /**
   * When something happened to a table that was not open yet, of whichever table: they are few, and being careful with one more
   * costs some strong reads.
   */
  #unnotedMs = -Infinity;
  readonly #toldOf = new Set<string>();

  constructor(options: TablesOptions) {
    this.#options = options;
  }

  all(): Iterable<Table> {
    return this.#byName.values();
  }

  /** The table object, described or not: mutations are noted on it in either case. */
  peek(nameOrArn: string): Table | undefined {
    return this.#byName.get(tableNameOf(nameOrArn));
  }

  /** The table if it is ready now: what a hit asks. */
  get(nameOrArn: string, nowMs: number): OpenTable | undefined {
    const table = this.#byName.get(nameOrArn) ?? this.peek(nameOrArn);
    return table !== undefined && this.isReady(table, nowMs) ? table : undefined;
  }

  /** Says the same as `get`, to who has the table. */
  isReady(table: Table, nowMs: number): table is OpenTable {
    if (table.schema === undefined) return false;
    if (nowMs - table.describedAtMs > this.#schemaTtlMs(table.schema)) this.#refresh(table, nowMs);
    return true;
  }

  /**
   * A write went to a table whose log could not take it: it is not open, or nobody says which items it changed. What was cached meanwhile goes; and where the table is opened
   * only now, every key of it is recent for a while, for a replica may not have the write yet (I2, I3).
   */
  noteUnseenWrite(nameOrArn: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#unnotedMs = nowMs;
    this.peek(nameOrArn)?.reset(nowMs);
  }

  /** Everything cached goes; who reads after this is shown nothing older, also of tables that are being opened. */
  resetAll(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#unnotedMs = nowMs;
    for (const table of this.#byName.values()) table.reset(nowMs);
  }

  /** Describes the table and waits a bounded time for its feed. Undefined when the store does not describe it. */
  open(nameOrArn: string): Promise<OpenTable | undefined> {
    const name = tableNameOf(nameOrArn);
    const nowMs = this.#options.clock.monotonicMs();
    const ready = this.get(name, nowMs);
    if (ready !== undefined) return Promise.resolve(ready);
    if (nowMs < (this.#refusedUntilMs.get(name) ?? -Infinity)) return Promise.resolve(undefined);
    const opening = this.#opening.get(name) ?? this.#open(name).finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  /** The table was changed, deleted or re-created: what is cached of it is unreachable from here on (I9). */
  forget(nameOrArn: string): void {
    const name = tableNameOf(nameOrArn);
    this.#refusedUntilMs.delete(name);
    this.#byName.get(name)?.forget(this.#options.clock.monotonicMs());
    // The next use watches it anew, so that the feed looks for the stream that the table has then.
    this.#options.feed?.unwatch(name);
  }

  async #open(name: string): Promise<OpenTable | undefined> {
    const { clock, feed, tuning } = this.#options;
    const table = this.#byName.get(name) ?? this.#create(name);
    for (;;) {
      const { epoch } = table;
      const schema = await this.#describe(name);
      if (typeof schema === 'string') {
        this.#refuse(name);
        return undefined;
      }
      // The table was forgotten while it was being described: the description may be of its predecessor.
      if (epoch !== table.epoch) continue;
      this.#byName.set(name, table);
      const openedMs = clock.monotonicMs();
      if (openedMs - this.#unnotedMs < tuning.mutationLogMs) table.reset(openedMs);
      table.schema = schema;
      table.describedAtMs = clock.monotonicMs();
      break;
    }
    if (feed !== undefined) await this.#follow(table, feed);
    return table.schema === undefined ? undefined : (table as OpenTable);
  }

  /** Waits a bounded time until the feed can be trusted: from then on what is read may be cached, this call's answer too. */
  async #follow(table: Table, feed: ChangeFeed): Promise<void> {
    const { clock, tuning } = this.#options;
    const { schema } = table;
    const trusted = feed.watch(table.name).then((state) => {
      // Unless the table was forgotten meanwhile; a feed that begins with a gap has not done that.
      if (table.schema !== schema) return undefined;
      table.noteFeedState(state);
      this.#tell(table.name, state);
      return state === 'live' ? table.caughtUp() : undefined;
    });
    // Aborted so that a feed that starts at once leaves no timer behind; the race has taken the rejection by then.
    const waiting = new AbortController();
    await Promise.race([trusted, sleep(clock, tuning.feedStartMs, waiting.signal, true)]);
    waiting.abort();
  }

  #create(name: string): Table {
    const { feed, tuning } = this.#options;
    const table = new Table(name, { ...tuning, hasFeed: feed !== undefined, ttl: ttlOf(tuning, name) });
    if (feed === undefined) table.noteFeedState('none');
    return table;
  }

  async #describe(name: string): Promise<TableSchema | 'refused' | 'unreachable'> {
    try {
      const reply = await this.#options.backing.send(ServiceRequest.fromInput('DescribeTable', { TableName: name }));
      if (!reply.ok) return reply.status >= 500 ? 'unreachable' : 'refused';
      const schema = tableSchemaOf(reply.output['Table']);
      return schema.active ? schema : 'refused';
    } catch {
      // A store that does not answer, or not sensibly, is met again by the call itself, which passes through (I13).
      return 'unreachable';
    }
  }

  /** A table without a feed is reported as such, once. */
  #tell(name: string, state: FeedState): void {
    if (state !== 'none' || this.#toldOf.has(name)) return;
    this.#toldOf.add(name);
    this.#options.log.info({ table: name }, 'no stream: what is cached of it lives by its TTL and by own writes alone');
  }

  #refuse(name: string): void {
    if (this.#refusedUntilMs.size >= REFUSED_MAX) this.#refusedUntilMs.clear();
    this.#refusedUntilMs.set(name, this.#options.clock.monotonicMs() + REFUSED_MS);
  }

  #schemaTtlMs(schema: TableSchema): number {
    for (const index of schema.indexes.values()) if (!index.active) return UNSETTLED_SCHEMA_TTL_MS;
    return this.#options.tuning.schemaTtlMs;
  }

  /** Looks at the description again, behind the back of the caller. */
  #refresh(table: Table, nowMs: number): void {
    const { epoch } = table;
    table.describedAtMs = nowMs;
    void this.#describe(table.name).then((schema) => {
      if (table.epoch !== epoch || schema === 'unreachable') return;
      if (schema === 'refused' || schema.id !== table.schema?.id) this.forget(table.name);
      else if (!sameShape(schema, table.schema)) {
        // Mutations in the log were placed by the old list of indexes, so what they say of a new one is not enough.
        table.reset(nowMs, true);
        table.schema = schema;
      }
    });
  }
}

function sameShape(a: TableSchema, b: TableSchema): boolean {
  if (a.indexes.size !== b.indexes.size) return false;
  for (const [name, index] of a.indexes) if (b.indexes.get(name)?.active !== index.active) return false;
  return true;
}
