/**
 * Accelerator = caches + a backing store + a change feed. Doors (client, HTTP, DAX) call `execute`, which chooses the path;
 * each path is one function in a file of its own name.
 */
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { EntryCache } from '../cache/entry-cache.ts';
import { SingleFlight } from '../cache/single-flight.ts';
import type { FeedState } from '../feed/change-feed.ts';
import type { Item } from '../model/attribute-value.ts';
import { exactKey, keyOf } from '../model/key.ts';
import { traitsOf } from '../model/operations.ts';
import { ItemPacker } from '../model/item-packer.ts';
import type { ServiceReply, ServiceRequest } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered, passThrough } from './ask-store.ts';
import { Auditor, type AuditOutcome } from './audit.ts';
import { followFeed, type FeedCounters } from './follow-feed.ts';
import { invalidate } from './invalidate.ts';
import { findItem, findPage, type Found, type Look } from './find.ts';
import { inCells, type KeptAnswer } from './keep.ts';
import { KnownReads, textOf } from './known-reads.ts';
import { mutationOf } from './mutation.ts';
import { resolveTuning, type AcceleratorOptions } from './options.ts';
import { isRefusal } from './own-write.ts';
import type { CachedPage } from './page-rules.ts';
import { planOrPass } from './parameters.ts';
import type { DropCounters, Parts } from './parts.ts';
import { readBatch } from './read-batch.ts';
import { readItem } from './read-item.ts';
import { readPage } from './read-page.ts';
import { statsOf, type CacheStats } from './stats.ts';
import type { TableFollower } from './table.ts';
import { tablesOfCall } from './tables-of-call.ts';
import { Tables, type OpenTable } from './tables.ts';
import { writeBatch, writeTransaction } from './write-batch.ts';
import { writeItem } from './write-item.ts';
import { writeStatements } from './write-statement.ts';

export type { Answer, CacheOutcome, ExecuteOptions } from './answer.ts';
export type { AcceleratorOptions, AcceleratorTuning, TtlOptions } from './options.ts';
export type { AuditOutcome } from './audit.ts';
export type { CacheStats } from './stats.ts';
export type { Found, Look } from './find.ts';
export type { Mutation } from './mutation.ts';
export type { TableFollower } from './table.ts';

export interface AcceleratorStats {
  readonly item: CacheStats;
  readonly query: CacheStats;
  /** Calls that were answered by another caller's read of the store. */
  readonly coalesced: number;
  /** Entries and pages dropped, by what caused it; a gap or a forgotten table counts once. */
  readonly drops: Readonly<DropCounters>;
  readonly feedRecords: number;
  /** Hits that were compared with the store, by what came of it; all 0 unless `auditRate` is set. */
  readonly audits: Readonly<Record<AuditOutcome, number>>;
}

export interface TableStatus {
  readonly name: string;
  readonly feed: FeedState;
  /** Milliseconds since the feed was last known to be caught up: 0 for a direct feed, undefined without a feed. */
  readonly feedAgeMs: number | undefined;
  /** False while reads of the table pass through because its feed is not trusted (I8). */
  readonly serving: boolean;
}

/** How a cache in front of this one stays right: see `Accelerator.follow`. */
export interface Following {
  /** By how much a change may be missed in what is served of the table, in milliseconds; `Infinity`: nothing is served. */
  stalenessMs(): number;
  stop(): void;
}

export interface Accelerator {
  /**
   * Answers one call. Synchronous on a hit. Refusals of the store are answers, not exceptions.
   *
   * @throws {SlipstreamError} when the store gave no answer.
   */
  execute(request: ServiceRequest, options?: ExecuteOptions): Answer | Promise<Answer>;
  /**
   * Answers a read out of the caches where that takes but a look; undefined says nothing, `execute` does. For callers in this
   * process, whose parameters are read as they lie there and are not kept.
   */
  find?(look: Look): Found | undefined;
  /**
   * The same for callers that have a call as a text, its bytes or its spelling, of a read that has been asked with it before.
   *
   * @param nowMs the accelerator's time, which such a caller has read anyway.
   */
  findKnown?(operation: string, text: string, nowMs: number): Answer | undefined;
  stats(): AcceleratorStats;
  tables(): readonly TableStatus[];
  /**
   * Drops one item, by its key or as a whole (its entry and every page it may be on), or all of a table. Returns how many
   * entries went.
   */
  invalidate(tableName: string, key?: Item): number;
  /** Drops everything. */
  flush(): void;
  /**
   * Tells a cache in front of this one of all that makes entries of a table stale, from when this resolves until it stops.
   * Undefined when the table cannot be described now, for it is missing or the store does not answer.
   */
  follow(tableName: string, follower: TableFollower): Promise<Following | undefined>;
  /** From here on every call passes through. Neither the store nor the feed is closed: whoever made them does that. */
  close(): Promise<void>;
}

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION. */
export function createAccelerator(options: AcceleratorOptions): Accelerator {
  return new CachingAccelerator(options);
}

type PathOfTable = (
  parts: Parts,
  table: OpenTable,
  request: ServiceRequest,
  options: ExecuteOptions,
) => Answer | Promise<Answer>;

type PathOfTables = (
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
) => Promise<Answer>;

const NO_OPTIONS: ExecuteOptions = Object.freeze({});

class CachingAccelerator implements Accelerator {
  readonly #parts: Parts;
  readonly #feed: FeedCounters = { records: 0, gaps: 0 };
  readonly #auditor: Auditor;
  readonly #isAudited: boolean;
  #isClosed = false;

  constructor(options: AcceleratorOptions) {
    const tuning = resolveTuning(options);
    const clock = options.clock ?? systemClock;
    const { backing, feed, log = silentLog } = options;
    this.#parts = {
      backing,
      clock,
      tuning,
      tables: new Tables({ backing, feed, clock, log, tuning }),
      items: new EntryCache<KeptAnswer>({
        limitBytes: tuning.itemCacheBytes,
        graceMs: tuning.staleIfErrorMs,
        form: inCells,
      }),
      pages: new EntryCache<CachedPage>({
        limitBytes: tuning.queryCacheBytes,
        graceMs: tuning.staleIfErrorMs,
        onRemoved: (page) => page.owner.remove(page),
      }),
      known: new KnownReads(),
      packer: options.keep === 'values' ? new ItemPacker() : undefined,
      itemFlights: new SingleFlight({ waitersMax: tuning.flightWaitersMax }),
      pageFlights: new SingleFlight({ waitersMax: tuning.flightWaitersMax }),
      drops: { write: 0, feed: 0, gap: 0, request: 0 },
    };
    this.#isAudited = tuning.auditRate > 0;
    this.#auditor = new Auditor(this.#parts, tuning.auditRate);
    if (feed !== undefined) followFeed(this.#parts, feed, this.#feed, log);
  }

  execute(request: ServiceRequest, options: ExecuteOptions = NO_OPTIONS): Answer | Promise<Answer> {
    const parts = this.#parts;
    const { path, mutates } = traitsOf(request.operation);
    if (this.#isClosed) return passThrough(parts, request, options);
    switch (path) {
      case 'read-item':
        return this.#knownHit(request, options) ?? this.#onTable(readItem, request, options, mutates);
      case 'read-page':
        return this.#knownHit(request, options) ?? this.#onTable(readPage, request, options, mutates);
      case 'write-item':
        return this.#onTable(writeItem, request, options, mutates);
      case 'read-batch':
        return this.#onTables(readBatch, request, options, mutates);
      case 'write-batch':
        return this.#onTables(writeBatch, request, options, mutates);
      case 'write-transaction':
        return this.#onTables(writeTransaction, request, options, mutates);
      case 'write-statement':
        return this.#onTables(writeStatements, request, options, mutates);
      case 'change-table':
        return this.#changeTable(request, options);
      case 'pass':
        return passThrough(parts, request, options);
    }
  }

  find(look: Look): Found | undefined {
    // What is audited has to be a request.
    if (this.#isClosed || this.#isAudited) return undefined;
    return look.operation === 'GetItem' ? findItem(this.#parts, look) : findPage(this.#parts, look);
  }

  findKnown(operation: string, text: string, nowMs: number): Answer | undefined {
    if (this.#isClosed || this.#isAudited) return undefined;
    return this.#parts.known.find(this.#parts, operation, text, nowMs);
  }

  #knownHit(request: ServiceRequest, options: ExecuteOptions): Answer | undefined {
    const text = options.control === undefined ? textOf(request) : undefined;
    if (text === undefined) return undefined;
    const parts = this.#parts;
    const hit = parts.known.find(parts, request.operation, text, parts.clock.monotonicMs());
    if (hit !== undefined && this.#isAudited) this.#auditor.look(hit.table, request, hit.reply);
    return hit;
  }

  #onTable(path: PathOfTable, request: ServiceRequest, options: ExecuteOptions, mutates: boolean) {
    const parts = this.#parts;
    const name = planOrPass(() => request.input['TableName'] as unknown);
    if (typeof name !== 'string') return passThrough(parts, request, options);
    const table = parts.tables.get(name, parts.clock.monotonicMs());
    if (table !== undefined) {
      const answer = path(parts, table, request, options);
      if (this.#isAudited && 'cache' in answer && answer.cache === 'hit') {
        this.#auditor.look(table, request, answer.reply);
      }
      return answer;
    }
    return this.#openThen(path, name, request, options, mutates);
  }

  async #openThen(
    path: PathOfTable,
    name: string,
    request: ServiceRequest,
    options: ExecuteOptions,
    mutates: boolean,
  ): Promise<Answer> {
    const table = await this.#parts.tables.open(name);
    if (table !== undefined) return path(this.#parts, table, request, options);
    return mutates ? this.#writeUnopened([name], request, options) : passThrough(this.#parts, request, options);
  }

  async #onTables(
    path: PathOfTables,
    request: ServiceRequest,
    options: ExecuteOptions,
    mutates: boolean,
  ): Promise<Answer> {
    const names = planOrPass(() => tablesOfCall(request)) ?? [];
    const tables = new Map<string, OpenTable>();
    for (const name of names) {
      const table = await this.#parts.tables.open(name);
      if (table !== undefined) tables.set(name, table);
    }
    const unopened = names.filter((name) => !tables.has(name));
    if (!mutates || unopened.length === 0) return path(this.#parts, tables, request, options);
    try {
      return await path(this.#parts, tables, request, options);
    } finally {
      this.#resetOpenedMeanwhile(unopened);
    }
  }

  /**
   * A write to a table that could not be described, so that nothing of it is cached now. A reader may open the table while
   * the write is under way and cache the state before it; so what is there when the write is answered goes (I3).
   */
  async #writeUnopened(names: readonly string[], request: ServiceRequest, options: ExecuteOptions): Promise<Answer> {
    try {
      return await passThrough(this.#parts, request, options);
    } finally {
      this.#resetOpenedMeanwhile(names);
    }
  }

  #resetOpenedMeanwhile(names: readonly string[]): void {
    for (const name of names) this.#parts.tables.noteUnseenWrite(name);
  }

  async #changeTable(request: ServiceRequest, options: ExecuteOptions): Promise<Answer> {
    const name = planOrPass(() => request.input['TableName'] as unknown);
    let reply: ServiceReply | undefined;
    try {
      reply = await this.#parts.backing.send(request, { signal: options.signal });
    } finally {
      if (typeof name === 'string' && (reply === undefined || !isRefusal(reply))) this.#parts.tables.forget(name);
    }
    return answered(reply, 'pass');
  }

  stats(): AcceleratorStats {
    const { items, pages, itemFlights, pageFlights, drops } = this.#parts;
    return {
      item: statsOf(items),
      query: statsOf(pages),
      coalesced: itemFlights.coalesced + pageFlights.coalesced,
      drops,
      feedRecords: this.#feed.records,
      audits: this.#auditor.counts,
    };
  }

  tables(): readonly TableStatus[] {
    const nowMs = this.#parts.clock.monotonicMs();
    return [...this.#parts.tables.all()].map((table) => ({
      name: table.name,
      feed: table.feedState,
      feedAgeMs: table.feedAgeMs(nowMs),
      serving: table.isServing(nowMs),
    }));
  }

  invalidate(tableName: string, key?: Item): number {
    const parts = this.#parts;
    const nowMs = parts.clock.monotonicMs();
    const table = parts.tables.get(tableName, nowMs);
    // What else an item has beside its key is no matter here.
    const exact = key && table && exactKey(table.schema.key, keyOf(table.schema.key, key));
    const mutation = table && exact && mutationOf(table.schema, exact, 'unknown', 'unknown');
    if (mutation !== undefined) return invalidate(parts, table as OpenTable, mutation, 'request');
    parts.tables.noteUnseenWrite(tableName);
    if (table === undefined) return 0;
    parts.drops.request++;
    return 1;
  }

  async follow(tableName: string, follower: TableFollower): Promise<Following | undefined> {
    const { tables, clock } = this.#parts;
    const table = await tables.open(tableName);
    if (table === undefined) return undefined;
    table.followers.add(follower);
    return {
      stalenessMs: () => table.stalenessMs(clock.monotonicMs()),
      stop: () => void table.followers.delete(follower),
    };
  }

  flush(): void {
    const parts = this.#parts;
    parts.tables.resetAll();
    parts.items.clear();
    parts.pages.clear();
    parts.drops.request++;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.flush();
    return Promise.resolve();
  }
}
