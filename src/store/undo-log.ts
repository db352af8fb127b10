/**
 * What rows were before the changes of the last moments, so that a read can be answered from a state of the past, as an
 * eventually consistent replica answers it. Kept in memory, only where a lag was asked for, and only for rows of tables
 * and indexes.
 *
 * Changes come in batches, one for each of the writer's commits. A batch is noted before LMDB is given it and dated when
 * its commit is known: LMDB may show it to readers in between, and a read of an older state must hide all of it or
 * nothing. A batch without a date is hidden from every read of the past.
 *
 * When the log is full its oldest batch goes, and no read reaches back before that one's date any more: the lag gets
 * shorter, never wrong.
 */
import type { ByteString } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { SortedKeys } from './sorted-keys.ts';

/** Roughly what a version costs beside its key and its row. */
const VERSION_OVERHEAD_BYTES = 200;

/** The rows that one commit changes, as they were before. */
export class UndoBatch {
  readonly versions: RowVersion[] = [];
  sizeBytes = 0;
  /** The clock's monotonic time; Infinity until the commit is known. */
  committedMs = Infinity;
  isDropped = false;
}

export interface RowVersion {
  readonly key: ByteString;
  /** Undefined when there was no row. */
  readonly before: Buffer | undefined;
  readonly batch: UndoBatch;
}

export interface UndoLogOptions {
  /** How far back a read may reach. */
  readonly reachMs: number;
  readonly bytesMax: number;
}

export class UndoLog {
  readonly #clock: Clock;
  readonly #reachMs: number;
  readonly #bytesMax: number;
  /** The versions of each row, oldest first. */
  readonly #versions = new Map<ByteString, RowVersion[]>();
  readonly #keys = new SortedKeys();
  /** Oldest first. Dated ones come before those that are not. */
  readonly #batches = new Set<UndoBatch>();
  /** Batches that were dropped before they had a date. */
  readonly #undated = new Set<UndoBatch>();
  #bytes = 0;
  #floorMs = -Infinity;

  constructor(clock: Clock, options: UndoLogOptions) {
    this.#clock = clock;
    this.#reachMs = options.reachMs;
    this.#bytesMax = options.bytesMax;
  }

  get sizeBytes(): number {
    return this.#bytes;
  }

  begin(): UndoBatch {
    const batch = new UndoBatch();
    this.#batches.add(batch);
    return batch;
  }

  /** Called once for every row of a batch, in the order of the changes, before any reader can see the change. */
  note(batch: UndoBatch, key: ByteString, before: Buffer | undefined): void {
    if (batch.isDropped) return;
    const version = { key, before, batch };
    batch.versions.push(version);
    const versions = this.#versions.get(key);
    if (versions !== undefined) {
      versions.push(version);
    } else {
      this.#versions.set(key, [version]);
      this.#keys.add(key);
    }
    const sizeBytes = key.length + (before?.length ?? 0) + VERSION_OVERHEAD_BYTES;
    batch.sizeBytes += sizeBytes;
    this.#bytes += sizeBytes;
    while (this.#bytes > this.#bytesMax) this.#dropOldest();
  }

  /** The batch's changes are visible from now on. */
  commit(batch: UndoBatch): void {
    batch.committedMs = this.#clock.monotonicMs();
    if (this.#undated.delete(batch)) this.#floorMs = batch.committedMs;
    this.#expire(batch.committedMs);
  }

  /**
   * The time to read at for a read of this age: not before what the log still knows. Undefined when only the newest
   * state can be read.
   */
  readableMs(ageMs: number): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    this.#expire(nowMs);
    return this.#undated.size > 0 ? undefined : Math.max(nowMs - ageMs, this.#floorMs);
  }

  /** What the row was at that time; undefined when it is as it was then. */
  versionAt(key: ByteString, asOfMs: number): RowVersion | undefined {
    const versions = this.#versions.get(key);
    if (versions === undefined) return undefined;
    // Dates never decrease, so the first change after that time is found by halving.
    let low = 0;
    let high = versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((versions[middle] as RowVersion).batch.committedMs > asOfMs) high = middle;
      else low = middle + 1;
    }
    return versions[low];
  }

  /** Keys from `start` on and before `end` of rows that have versions, in order or against it. */
  keys(start: ByteString, end: ByteString, reverse: boolean): Iterable<ByteString> {
    return this.#keys.between(start, end, reverse);
  }

  #expire(nowMs: number): void {
    for (const batch of this.#batches) {
      if (batch.committedMs > nowMs - this.#reachMs) return;
      this.#remove(batch);
    }
  }

  #dropOldest(): void {
    for (const batch of this.#batches) {
      this.#remove(batch);
      batch.isDropped = true;
      if (batch.committedMs === Infinity) this.#undated.add(batch);
      else this.#floorMs = batch.committedMs;
      return;
    }
  }

  #remove(batch: UndoBatch): void {
    this.#batches.delete(batch);
    this.#bytes -= batch.sizeBytes;
    for (const { key } of batch.versions) {
      // Batches go in the order in which they came, so a row's first version is this batch's.
      const versions = this.#versions.get(key) as RowVersion[];
      versions.shift();
      if (versions.length > 0) continue;
      this.#versions.delete(key);
      this.#keys.delete(key);
    }
  }
}
