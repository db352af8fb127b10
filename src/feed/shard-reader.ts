/**
 * Reads one shard to its end: polls, hands on each page, says how far it has come, and finds its place again when an
 * iterator ends.
 *
 * A poll proves something only about the time before it was sent. So a process that was stopped, or a reply that was
 * slow, makes the answer older, never fresher (I8).
 */
import { sleep, type Clock } from '../base/clock.ts';
import type { JsonObject } from '../model/service-call.ts';
import type { GapReason } from './change-feed.ts';
import type { ShardStart } from './shard-lineage.ts';
import {
  failureKind,
  StreamCallError,
  type IteratorPosition,
  type RecordPage,
  type StreamCalls,
} from './stream-calls.ts';

export interface ShardReaderOptions {
  /** Least time between two polls of a shard; the service allows 5 a second. Taken while records come. */
  readonly pollMinMs: number;
  /** Most time between two polls, reached step by step while nothing comes. */
  readonly pollMaxMs: number;
  readonly recordsLimit: number;
  /** First and largest pause after a failure; doubled from one to the other, then chosen at random below. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Empty pages in a row before a reader that did not start at the end of its shard believes that it has reached it. */
  readonly emptyPagesMin: number;
  /** A little less than the 24 hours for which a stream keeps its records. */
  readonly retentionMs: number;
}

export interface ShardListener {
  onRecords(records: readonly JsonObject[]): void;
  /** The same moment by both clocks. */
  onCaughtUp(asOfMs: number, asOfWallMs: number): void;
  /** The shard has been read to its end; the last thing a reader says. */
  onEnd(): void;
  /** Records were missed or the stream is gone; the last thing a reader says. */
  onGap(reason: GapReason | 'gone'): void;
}

/** Both times compared, a record's and its page's, are in whole seconds. */
const TIME_RESOLUTION_MS = 1_000;
const POLL_GROWTH = 1.5;

export class ShardReader {
  readonly shardId: string;
  readonly #arn: string;
  readonly #calls: StreamCalls;
  readonly #clock: Clock;
  readonly #options: ShardReaderOptions;
  readonly #listener: ShardListener;
  /** Where to ask for an iterator when there is none; undefined when only the iterator knows the place. */
  #position: IteratorPosition | undefined;
  #iterator: string | undefined;
  #emptyPagesWanted: number;
  #seenWallMs: number;
  #pollMs: number;
  #failures = 0;

  constructor(
    arn: string,
    start: ShardStart,
    calls: StreamCalls,
    clock: Clock,
    options: ShardReaderOptions,
    listener: ShardListener,
  ) {
    this.shardId = start.shardId;
    this.#arn = arn;
    this.#calls = calls;
    this.#clock = clock;
    this.#options = options;
    this.#listener = listener;
    this.#position = { type: start.position };
    this.#seenWallMs = start.asOfWallMs;
    this.#emptyPagesWanted = start.position === 'LATEST' ? 1 : options.emptyPagesMin;
    this.#pollMs = options.pollMinMs;
  }

  /** Fixes the place in the shard: every record after this call's start will be read. */
  async open(signal: AbortSignal): Promise<void> {
    const position = this.#position ?? { type: 'LATEST' };
    this.#iterator = await this.#calls.shardIterator(this.#arn, this.shardId, position, signal);
    // Asked for a second time, LATEST would be a later place, and what lies between would be lost without a sign.
    if (position.type === 'LATEST') this.#position = undefined;
  }

  /** Polls until the shard ends, records were missed, or the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const sentMs = this.#clock.monotonicMs();
      let waitMs: number;
      try {
        const over = await this.#poll(sentMs, signal);
        if (over) return;
        this.#failures = 0;
        waitMs = this.#pollMs - (this.#clock.monotonicMs() - sentMs);
      } catch (error) {
        if (signal.aborted || this.#isOver(error)) return;
        waitMs = this.#retryMs();
      }
      try {
        if (waitMs > 0) await sleep(this.#clock, waitMs, signal);
      } catch {
        return;
      }
    }
  }

  /** True when the shard is over. */
  async #poll(sentMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#iterator === undefined) await this.open(signal);
    const sentWallMs = this.#clock.wallMs();
    const iterator = this.#iterator as string;
    const page = await this.#calls.records(iterator, this.#options.recordsLimit, signal);
    if (signal.aborted) return true;
    this.#expectUntrimmed();
    if (page.records.length > 0) this.#deliver(page);
    if (page.nextIterator === undefined) {
      // Its children may have begun before this poll was sent, so an end proves nothing about the time up to it.
      this.#listener.onEnd();
      return true;
    }
    this.#iterator = page.nextIterator;
    const asOfMs = this.#asOfMs(page, sentMs, sentWallMs);
    if (asOfMs !== undefined) {
      this.#seenWallMs = sentWallMs - (sentMs - asOfMs);
      this.#listener.onCaughtUp(asOfMs, this.#seenWallMs);
    }
    this.#pollMs =
      page.records.length > 0 ? this.#options.pollMinMs : Math.min(this.#options.pollMaxMs, this.#pollMs * POLL_GROWTH);
    return false;
  }

  /** TRIM_HORIZON begins at the oldest record that is left and, unlike other places, does not tell of trimmed ones. */
  #expectUntrimmed(): void {
    const unseenMs = this.#clock.wallMs() - this.#seenWallMs;
    if (this.#position?.type === 'TRIM_HORIZON' && unseenMs > this.#options.retentionMs) {
      throw new StreamCallError('trimmed', 'the first records of a shard may have been trimmed');
    }
  }

  #deliver(page: RecordPage): void {
    const last = page.records.at(-1)?.['dynamodb'] as JsonObject | undefined;
    this.#listener.onRecords(page.records);
    const sequenceNumber: unknown = last?.['SequenceNumber'];
    if (typeof sequenceNumber === 'string') this.#position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber };
  }

  /**
   * An empty page says that nothing was there when it was asked for. A page with records says that all before its last
   * record is delivered, so that its age (by the store's own two times, whatever our clock shows) is how far behind we
   * are; without this a shard that is written to all the time would never count as caught up.
   */
  #asOfMs(page: RecordPage, sentMs: number, sentWallMs: number): number | undefined {
    const last = page.records.at(-1);
    if (last === undefined) {
      if (this.#emptyPagesWanted > 0) this.#emptyPagesWanted--;
      return this.#emptyPagesWanted === 0 ? sentMs : undefined;
    }
    const createdSeconds: unknown = (last['dynamodb'] as JsonObject | undefined)?.['ApproximateCreationDateTime'];
    if (typeof createdSeconds !== 'number') return undefined;
    const ageMs = Math.max(0, (page.servedMs ?? sentWallMs) - createdSeconds * 1000);
    return sentMs - ageMs - TIME_RESOLUTION_MS;
  }

  /** True when the reader cannot go on. Otherwise it has chosen the place from which the next poll goes on. */
  #isOver(error: unknown): boolean {
    const kind = failureKind(error);
    if (kind === 'retry') return false;
    if (kind === 'expired' && this.#position !== undefined) {
      // It was stopped for more than the iterator's 15 minutes; the records are kept for a day.
      this.#iterator = undefined;
      this.#emptyPagesWanted = this.#options.emptyPagesMin;
      return false;
    }
    this.#listener.onGap(kind === 'gone' ? 'gone' : kind === 'trimmed' ? 'trimmed' : 'restart');
    return true;
  }

  #retryMs(): number {
    const { retryMinMs, retryMaxMs } = this.#options;
    const ceilingMs = Math.min(retryMaxMs, retryMinMs * 2 ** this.#failures++);
    return retryMinMs / 2 + this.#clock.random() * (ceilingMs - retryMinMs / 2);
  }
}
