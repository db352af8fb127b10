/**
 * Follows one stream of one table, from the place where it is opened until records are missed or the stream is no longer
 * the table's: all of its shards, the search for new ones, and how fresh that makes the table (I8).
 */
import { sleep, type Clock } from '../base/clock.ts';
import type { JsonObject } from '../model/service-call.ts';
import type { StreamViewType } from '../model/table-schema.ts';
import type { GapReason } from './change-feed.ts';
import { ShardLineage, type LineageOptions, type ShardStart } from './shard-lineage.ts';
import { ShardReader, type ShardReaderOptions } from './shard-reader.ts';
import { failureKind, type StreamCalls, type TableState } from './stream-calls.ts';

export interface StreamSessionOptions extends ShardReaderOptions, LineageOptions {
  /** How often the table is asked whether this is still its stream; freshness never runs ahead of the last answer. */
  readonly tableCheckMs: number;
  /** How often shards are listed while none has ended. */
  readonly discoverMs: number;
  /** How often they are listed while children of an ended shard are awaited. */
  readonly discoverSoonMs: number;
  /** How long after its acknowledgement a change may be before it appears in the stream. */
  readonly propagationMs: number;
  /** Iterators that are asked for at once when a stream is opened. */
  readonly openParallel: number;
}

export interface SessionListener {
  onRecords(records: readonly JsonObject[], viewType: StreamViewType): void;
  onCaughtUp(asOfMs: number): void;
}

type Stream = NonNullable<TableState['stream']>;

export class StreamSession {
  readonly #tableName: string;
  readonly #tableId: string | undefined;
  readonly #stream: Stream;
  readonly #calls: StreamCalls;
  readonly #clock: Clock;
  readonly #options: StreamSessionOptions;
  readonly #listener: SessionListener;
  readonly #lineage: ShardLineage;
  readonly #abort = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  readonly #over: Promise<GapReason>;
  #finish: (reason: GapReason) => void = () => undefined;
  #confirmedMs: number;
  #reportedMs = -Infinity;
  #wakeDiscovery: () => void = () => undefined;
  #wakeCheck: () => void = () => undefined;

  /** `describedMs`: when the call was sent that told of this stream. */
  constructor(
    tableName: string,
    table: TableState & { readonly stream: Stream },
    describedMs: number,
    calls: StreamCalls,
    clock: Clock,
    options: StreamSessionOptions,
    listener: SessionListener,
  ) {
    this.#tableName = tableName;
    this.#tableId = table.tableId;
    this.#stream = table.stream;
    this.#confirmedMs = describedMs;
    this.#calls = calls;
    this.#clock = clock;
    this.#options = options;
    this.#listener = listener;
    this.#lineage = new ShardLineage(options);
    this.#over = new Promise((resolve) => (this.#finish = resolve));
  }

  /** Resolves when no later change can be missed: every open shard has its iterator. Rejects when one is refused. */
  async open(): Promise<void> {
    const { signal } = this.#abort;
    const readers = (await this.#list()).map((start) => this.#readerOf(start));
    const { openParallel } = this.#options;
    for (let first = 0; first < readers.length; first += openParallel) {
      await Promise.all(readers.slice(first, first + openParallel).map((reader) => reader.open(signal)));
    }
    for (const reader of readers) this.#track(reader.run(signal));
    this.#track(this.#discover());
    this.#track(this.#check());
  }

  /** Resolves with the reason when the stream can no longer be followed without a gap. */
  get over(): Promise<GapReason> {
    return this.#over;
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error('the stream is no longer followed'));
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }

  async #list(): Promise<ShardStart[]> {
    const askedMs = this.#clock.monotonicMs();
    const askedWallMs = this.#clock.wallMs();
    const listing = await this.#calls.listShards(this.#stream.arn, this.#abort.signal);
    return this.#lineage.observe(listing, askedMs, askedWallMs);
  }

  #start(starts: readonly ShardStart[]): void {
    for (const start of starts) this.#track(this.#readerOf(start).run(this.#abort.signal));
  }

  #readerOf(start: ShardStart): ShardReader {
    return new ShardReader(this.#stream.arn, start, this.#calls, this.#clock, this.#options, {
      onRecords: (records) => this.#listener.onRecords(records, this.#stream.viewType),
      onCaughtUp: (asOfMs, asOfWallMs) => {
        this.#lineage.caughtUp(start.shardId, asOfMs, asOfWallMs);
        this.#report();
      },
      onEnd: () => {
        this.#start(this.#lineage.end(start.shardId, this.#clock.monotonicMs()));
        this.#wakeDiscovery();
      },
      onGap: (reason) => {
        if (reason !== 'gone') this.#finish(reason);
        // The table's own description tells what became of the stream. Where it still names this one, nothing but the
        // shard has gone, and with it records.
        else this.#track(this.#checkGone());
      },
    });
  }

  #report(): void {
    const asOfMs = Math.min(this.#lineage.asOfMs, this.#confirmedMs) - this.#options.propagationMs;
    if (asOfMs <= this.#reportedMs) return;
    this.#reportedMs = asOfMs;
    this.#listener.onCaughtUp(asOfMs);
  }

  /** Lists the shards again: soon after one has ended, and now and then in any case. */
  async #discover(): Promise<void> {
    const { signal } = this.#abort;
    const { discoverMs, discoverSoonMs } = this.#options;
    let lastMs = this.#clock.monotonicMs();
    while (!signal.aborted) {
      const delayMs = this.#lineage.incomplete ? discoverSoonMs : discoverMs;
      await this.#pause(delayMs, (wake) => (this.#wakeDiscovery = wake));
      if (signal.aborted) return;
      // Woken by the end of a shard, it lists at once, but shards that end one after another share a listing.
      const sinceMs = this.#clock.monotonicMs() - lastMs;
      if (sinceMs < discoverSoonMs) await this.#pause(discoverSoonMs - sinceMs, () => undefined);
      lastMs = this.#clock.monotonicMs();
      try {
        this.#start(await this.#list());
        this.#report();
      } catch (error) {
        if (signal.aborted) return;
        if (failureKind(error) === 'gone') this.#wakeCheck();
      }
    }
  }

  /**
   * Asks the table whether this is still its stream. A stream that was switched off answers polls with empty pages for
   * a while, as if nothing were written, so these alone must not count as freshness.
   */
  async #check(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#pause(this.#options.tableCheckMs, (wake) => (this.#wakeCheck = wake));
      if (!signal.aborted) await this.#checkOnce();
    }
  }

  async #checkOnce(): Promise<boolean> {
    const sentMs = this.#clock.monotonicMs();
    try {
      const table = await this.#calls.describeTable(this.#tableName, this.#abort.signal);
      if (table.tableId !== this.#tableId) this.#finish('table-created');
      else if (table.stream?.arn !== this.#stream.arn) this.#finish('new-stream');
      else {
        this.#confirmedMs = sentMs;
        this.#report();
        return true;
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      // Anything else leaves the answer open, and freshness where it is.
      if (failureKind(error) === 'gone') this.#finish('table-deleted');
    }
    return false;
  }

  async #checkGone(): Promise<void> {
    if (await this.#checkOnce()) this.#finish('trimmed');
    // Not known now: the regular check will tell, and the shard without a reader holds freshness back until then.
    else if (!this.#abort.signal.aborted) this.#finish('restart');
  }

  async #pause(delayMs: number, setWake: (wake: () => void) => void): Promise<void> {
    const wake = new AbortController();
    const onClose = () => wake.abort();
    setWake(onClose);
    this.#abort.signal.addEventListener('abort', onClose, { once: true });
    try {
      await sleep(this.#clock, delayMs, wake.signal);
    } catch {
      // Woken early.
    } finally {
      this.#abort.signal.removeEventListener('abort', onClose);
    }
  }
}
