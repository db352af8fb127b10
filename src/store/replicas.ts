/**
 * Which state a read is answered from. Strong reads get the newest. Where a lag was asked for, an eventually consistent
 * read gets the state of a moment that is drawn for it alone, uniformly from the last milliseconds, and all of its item or
 * page is of that moment. So a later read may show an older state than an earlier one did, as when two replicas answer;
 * none shows a state older than the lag, and none a mixture. An item's changes come in their order, in an index too.
 *
 * A global index has the larger of the two lags: it trails the table, and it is read like a replica. A local one
 * is a part of its table and can be read strongly.
 */
import type { Clock } from '../base/clock.ts';
import { SeededRandom } from '../base/seeded-random.ts';
import { LaggingRows, type ReadableRows } from './lagging-rows.ts';
import type { TableIndex } from './table.ts';
import { UndoLog } from './undo-log.ts';

export interface LagOptions {
  /** Eventually consistent reads are answered from a state up to this old. 0: from the newest. */
  readonly replicaLagMs: number;
  /** Reads of global indexes are answered from a state up to this old. 0: as those of the table. */
  readonly indexLagMs: number;
  /** Memory for what rows were before; when it is full the lags get shorter. */
  readonly lagBytesMax: number;
  /** Makes the ages of a run those of another run; undefined: the clock's random numbers. */
  readonly seed?: number | undefined;
}

export class Replicas {
  /** What the writer notes changes in; undefined without a lag, and then nothing is noted. */
  readonly undo: UndoLog | undefined;
  readonly #newest: ReadableRows;
  readonly #replicaLagMs: number;
  readonly #indexLagMs: number;
  readonly #random: () => number;
  /** When indexes came to be whole, by number; only for those that did a moment ago. */
  readonly #wholeSinceMs = new Map<number, number>();
  readonly #clock: Clock;

  constructor(newest: ReadableRows, clock: Clock, options: LagOptions) {
    this.#newest = newest;
    this.#clock = clock;
    this.#replicaLagMs = options.replicaLagMs;
    this.#indexLagMs = Math.max(options.replicaLagMs, options.indexLagMs);
    this.undo =
      this.#indexLagMs === 0
        ? undefined
        : new UndoLog(clock, { reachMs: this.#indexLagMs, bytesMax: options.lagBytesMax });
    const seeded = options.seed === undefined ? undefined : new SeededRandom(options.seed);
    this.#random = seeded === undefined ? () => clock.random() : () => seeded.next();
  }

  /** The rows for one read of the table, or of an index of it. */
  rowsFor(isStrong: boolean, index?: TableIndex): ReadableRows {
    if (isStrong || this.undo === undefined) return this.#newest;
    const lagMs = index?.schema.kind === 'GSI' ? this.#indexLagMs : this.#replicaLagMs;
    if (lagMs === 0) return this.#newest;
    const asOfMs = this.undo.readableMs(this.#random() * lagMs);
    if (asOfMs === undefined) return this.#newest;
    return new LaggingRows(this.#newest, this.undo, Math.max(asOfMs, this.#wholeSince(index)));
  }

  /**
   * The index has been backfilled, once `committed` resolves. In states before that, entries of older items are missing,
   * so reads of the index do not reach back there.
   */
  indexIsWhole(index: TableIndex, committed: Promise<void>): void {
    if (this.undo === undefined) return;
    this.#wholeSinceMs.set(index.number, Infinity);
    committed.then(
      () => this.#wholeSinceMs.set(index.number, this.#clock.monotonicMs()),
      () => undefined,
    );
  }

  #wholeSince(index: TableIndex | undefined): number {
    const sinceMs = index === undefined ? undefined : this.#wholeSinceMs.get(index.number);
    if (index === undefined || sinceMs === undefined) return -Infinity;
    if (sinceMs <= this.#clock.monotonicMs() - this.#indexLagMs) this.#wholeSinceMs.delete(index.number);
    return sinceMs;
  }
}
