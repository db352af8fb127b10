/**
 * The rows as they were at one moment of the past: LMDB's newest state, with what has changed since then put back from the
 * undo log. All that is read through one of these without a pause is of that one moment.
 */
import type { ByteString } from '../base/bytes.ts';
import type { Row } from './environment.ts';
import type { KeyRange } from './key-space.ts';
import type { UndoLog } from './undo-log.ts';

/** What a read needs of the rows, old or new. */
export interface ReadableRows {
  get(key: ByteString): Buffer | undefined;
  /** As `get`, but the bytes are valid only until the next read. */
  peek(key: ByteString): Buffer | undefined;
  rows(range: KeyRange, reverse?: boolean): Iterable<Row>;
}

export class LaggingRows implements ReadableRows {
  readonly #newest: ReadableRows;
  readonly #undo: UndoLog;
  readonly #asOfMs: number;

  constructor(newest: ReadableRows, undo: UndoLog, asOfMs: number) {
    this.#newest = newest;
    this.#undo = undo;
    this.#asOfMs = asOfMs;
  }

  get(key: ByteString): Buffer | undefined {
    const version = this.#undo.versionAt(key, this.#asOfMs);
    return version === undefined ? this.#newest.get(key) : version.before;
  }

  peek(key: ByteString): Buffer | undefined {
    const version = this.#undo.versionAt(key, this.#asOfMs);
    return version === undefined ? this.#newest.peek(key) : version.before;
  }

  /** Two walks in key order, side by side: where both have a row, the older one counts. */
  *rows(range: KeyRange, reverse = false): Generator<Row, void> {
    const changed = this.#changedRows(range, reverse);
    let next = changed.next();
    for (const row of this.#newest.rows(range, reverse)) {
      while (next.done !== true && (reverse ? next.value.key > row.key : next.value.key < row.key)) {
        yield* shown(next.value);
        next = changed.next();
      }
      if (next.done !== true && next.value.key === row.key) {
        yield* shown(next.value);
        next = changed.next();
      } else {
        yield row;
      }
    }
    for (; next.done !== true; next = changed.next()) yield* shown(next.value);
  }

  *#changedRows({ start, end }: KeyRange, reverse: boolean): Generator<ChangedRow, void> {
    for (const key of this.#undo.keys(start, end, reverse)) {
      const version = this.#undo.versionAt(key, this.#asOfMs);
      if (version !== undefined) yield { key, value: version.before };
    }
  }
}

interface ChangedRow {
  readonly key: ByteString;
  /** Undefined when the row was not there then. */
  readonly value: Buffer | undefined;
}

function* shown({ key, value }: ChangedRow): Generator<Row, void> {
  if (value !== undefined) yield { key, value };
}
