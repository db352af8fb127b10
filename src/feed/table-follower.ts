/**
 * One table's place in the feed: finds its stream, follows it, and after a gap starts again (I9). Never gives up.
 */
import { sleep, type Clock } from '../base/clock.ts';
import type { JsonObject } from '../model/service-call.ts';
import type { StreamViewType } from '../model/table-schema.ts';
import type { FeedListener, FeedState, GapReason } from './change-feed.ts';
import { failureKind, StreamCallError, type StreamCalls, type TableState } from './stream-calls.ts';
import { feedRecordOf } from './stream-record.ts';
import { StreamSession, type StreamSessionOptions } from './stream-session.ts';

export interface TableFollowerOptions extends StreamSessionOptions {
  /** Switches a stream on (NEW_AND_OLD_IMAGES) where a table has none. */
  readonly enableStreams: boolean;
  /** How often a table without a stream is asked whether it has one now. */
  readonly streamlessCheckMs: number;
  /** A feed that has shown nothing of a table for this long is reported as lost. */
  readonly lostAfterMs: number;
}

export class TableFollower {
  readonly #tableName: string;
  readonly #calls: StreamCalls;
  readonly #clock: Clock;
  readonly #options: TableFollowerOptions;
  readonly #listener: FeedListener;
  readonly #abort = new AbortController();
  readonly #settled: Promise<FeedState>;
  readonly #running: Promise<void>;
  #settle: (state: FeedState) => void = () => undefined;
  #state: FeedState = 'starting';
  #session: StreamSession | undefined;
  #lastSignMs: number;
  #failures = 0;

  constructor(
    tableName: string,
    calls: StreamCalls,
    clock: Clock,
    options: TableFollowerOptions,
    listener: FeedListener,
  ) {
    this.#tableName = tableName;
    this.#calls = calls;
    this.#clock = clock;
    this.#options = options;
    this.#listener = listener;
    this.#lastSignMs = clock.monotonicMs();
    this.#settled = new Promise((resolve) => (this.#settle = resolve));
    this.#running = this.#run();
  }

  get state(): FeedState {
    const silentMs = this.#clock.monotonicMs() - this.#lastSignMs;
    return this.#state === 'live' && silentMs > this.#options.lostAfterMs ? 'lost' : this.#state;
  }

  /** Resolves with the first state that is not `starting`. */
  get settled(): Promise<FeedState> {
    return this.#settled;
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error('the table is no longer followed'));
    await this.#session?.close();
    await this.#running;
    this.#enter('none');
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    // What was cached before the feed was live has not been followed.
    let reason: GapReason = 'restart';
    while (!signal.aborted) {
      let waitMs: number;
      try {
        const session = await this.#open();
        if (session === undefined) {
          this.#enter('none');
          if (reason === 'restart') reason = 'new-stream';
          waitMs = this.#options.streamlessCheckMs;
        } else {
          const beganMs = this.#clock.monotonicMs();
          reason = await this.#follow(session, reason);
          // A stream that can be opened but never followed must not be opened in a tight loop.
          if (this.#clock.monotonicMs() - beganMs > this.#options.retryMaxMs) this.#failures = 0;
          waitMs = this.#retryMs();
        }
      } catch (error) {
        if (signal.aborted) return;
        const gone = failureKind(error) === 'gone';
        this.#enter(gone ? 'none' : 'lost');
        if (gone) reason = 'table-created';
        waitMs = gone ? this.#options.streamlessCheckMs : this.#retryMs();
      }
      await sleep(this.#clock, waitMs, signal).catch(() => undefined);
    }
  }

  /** A session whose iterators are all in place; undefined when the table has no stream. */
  async #open(): Promise<StreamSession | undefined> {
    const { signal } = this.#abort;
    let describedMs = this.#clock.monotonicMs();
    let table = await this.#calls.describeTable(this.#tableName, signal);
    if (table.stream === undefined && this.#options.enableStreams) {
      await this.#calls.enableStream(this.#tableName, signal);
      describedMs = this.#clock.monotonicMs();
      table = await this.#calls.describeTable(this.#tableName, signal);
    }
    if (!hasStream(table)) return undefined;
    const session = new StreamSession(this.#tableName, table, describedMs, this.#calls, this.#clock, this.#options, {
      onRecords: (records, viewType) => this.#deliver(records, viewType),
      onCaughtUp: (asOfMs) => {
        this.#lastSignMs = this.#clock.monotonicMs();
        this.#listener.onCaughtUp(this.#tableName, asOfMs);
      },
    });
    this.#session = session;
    try {
      await session.open();
    } catch (cause) {
      await session.close();
      // Whatever it was: the table is there, so it is tried again soon.
      throw new StreamCallError('retry', `the stream of ${this.#tableName} could not be opened`, { cause });
    }
    return session;
  }

  /** Returns the reason why the stream could no longer be followed. */
  async #follow(session: StreamSession, reason: GapReason): Promise<GapReason> {
    if (this.#abort.signal.aborted) {
      await session.close();
      return reason;
    }
    // Only now, with all iterators in place: what is read from the store after this gap is covered by the stream, while
    // an entry filled between the end of the last session and this moment may have missed a change.
    this.#listener.onGap(this.#tableName, reason);
    this.#lastSignMs = this.#clock.monotonicMs();
    this.#enter('live');
    const ended = await Promise.race([session.over, aborted(this.#abort.signal)]);
    await session.close();
    if (ended === undefined) return reason;
    // And at once, lest what is cached be served until the next session stands.
    this.#state = 'starting';
    this.#listener.onGap(this.#tableName, ended);
    // What can be opened after that is another table of the same name.
    return ended === 'table-deleted' ? 'table-created' : ended;
  }

  /** A record that cannot be understood, or on which the listener fails, counts as missed (I9). */
  #deliver(records: readonly JsonObject[], viewType: StreamViewType): void {
    for (const record of records) {
      try {
        this.#listener.onRecord(feedRecordOf(this.#tableName, viewType, record));
      } catch {
        this.#listener.onGap(this.#tableName, 'overflow');
      }
    }
  }

  #enter(state: FeedState): void {
    this.#state = state;
    this.#settle(state);
  }

  #retryMs(): number {
    const { retryMinMs, retryMaxMs } = this.#options;
    const ceilingMs = Math.min(retryMaxMs, retryMinMs * 2 ** this.#failures++);
    return retryMinMs / 2 + this.#clock.random() * (ceilingMs - retryMinMs / 2);
  }
}

function hasStream(table: TableState): table is TableState & { readonly stream: NonNullable<TableState['stream']> } {
  return table.stream !== undefined;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
