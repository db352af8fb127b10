/**
 * The one writer. Requests are evaluated one after the other, each without a pause, against the newest state, and
 * what they write is collected; at the end of the event loop's turn the collected group goes to LMDB as one transaction,
 * and everybody in it gets the same answer. So one commit is shared by all requests that came in together, and LMDB's own
 * thread does the tree work while the next group is being evaluated.
 *
 * The newest state is what is committed plus what was collected since: `latest` sees a write at once, readers (GetItem,
 * Query) only when it is committed, which is before its request is answered. Evaluation in arrival order makes all
 * writes serialisable without locks.
 *
 * A request stages its rows only after all its checks have passed, in one stretch without a pause: the group's
 * transaction is then its transaction, and there is nothing to roll back.
 */
import type { ByteString } from '../base/bytes.ts';
import { afterTurn } from '../base/clock.ts';
import { assert, SlipstreamError } from '../base/errors.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Environment, RowWrite } from './environment.ts';
import { isReadable } from './key-space.ts';
import type { UndoBatch, UndoLog } from './undo-log.ts';

/** A row that is written with every group that touches what it sums up, such as a table's counts. */
export interface SummaryRow {
  readonly key: ByteString;
  encode(): Buffer;
}

class Group {
  readonly writes = new Map<ByteString, Buffer | undefined>();
  readonly summaries = new Set<SummaryRow>();
  readonly afterCommit: (() => void)[] = [];
  readonly committed: Promise<void>;
  /** What its rows were before; undefined where nobody reads the past. */
  readonly undo: UndoBatch | undefined;
  sizeBytes = 0;
  settle!: { resolve(): void; reject(error: unknown): void };

  constructor(undo: UndoBatch | undefined) {
    this.undo = undo;
    this.committed = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // A group may have nobody who waits for it (a background task's); its failure is kept in the writer.
    this.committed.catch(() => undefined);
  }
}

interface Pending {
  readonly value: Buffer | undefined;
  readonly group: Group;
}

export class Writer {
  readonly #environment: Environment;
  readonly #pendingBytesMax: number;
  readonly #undo: UndoLog | undefined;
  /** Rows that are staged or being committed, by key; the newest write of each. */
  readonly #pending = new Map<ByteString, Pending>();
  #group: Group | undefined;
  #inFlight = new Set<Group>();
  #pendingBytes = 0;
  #failure: unknown;
  #closed = false;

  constructor(environment: Environment, pendingBytesMax: number, undo?: UndoLog) {
    this.#environment = environment;
    this.#pendingBytesMax = pendingBytesMax;
    this.#undo = undo;
  }

  /** The row as the next write has to see it, committed or not. */
  latest(key: ByteString): Buffer | undefined {
    const pending = this.#pending.get(key);
    return pending === undefined ? this.#environment.get(key) : pending.value;
  }

  put(key: ByteString, value: Buffer): void {
    this.#stage(key, value);
  }

  remove(key: ByteString): void {
    this.#stage(key, undefined);
  }

  /** The row is encoded once, when the group is handed over. */
  touch(summary: SummaryRow): void {
    this.#open().summaries.add(summary);
  }

  /** Called, in the order of staging, when the group is committed and before any of its requests is answered. */
  afterCommit(callback: () => void): void {
    this.#open().afterCommit.push(callback);
  }

  /** Resolves when everything that was staged so far is committed. */
  committed(): Promise<void> {
    return this.#group?.committed ?? this.#lastInFlight()?.committed ?? Promise.resolve();
  }

  /**
   * A refusal that was judged by a row which is not committed yet must not be told before that row is, or a crash could
   * take back the reason. Undefined when there is nothing to wait for.
   */
  settled(key: ByteString): Promise<void> | undefined {
    return this.#pending.get(key)?.group.committed;
  }

  /** Undefined while there is room for another write; else resolves when there may be. */
  room(): Promise<void> | undefined {
    return this.#pendingBytes < this.#pendingBytesMax ? undefined : this.committed();
  }

  get isOpen(): boolean {
    return !this.#closed && this.#failure === undefined;
  }

  /** @throws {SlipstreamError} SLIPSTREAM_CLOSED, or SLIPSTREAM_STORE_CORRUPT after a commit that failed. */
  assertOpen(): void {
    if (this.#closed) throw new SlipstreamError('SLIPSTREAM_CLOSED', 'The store is closed');
    if (this.#failure !== undefined) {
      throw new SlipstreamError(
        'SLIPSTREAM_STORE_CORRUPT',
        'An earlier commit failed; the store takes no more writes',
        {
          cause: this.#failure,
        },
      );
    }
  }

  /** Commits what is staged and takes nothing more. */
  async close(): Promise<void> {
    const committed = this.committed();
    this.#closed = true;
    await committed.catch(() => undefined);
  }

  #lastInFlight(): Group | undefined {
    let last: Group | undefined;
    for (const group of this.#inFlight) last = group;
    return last;
  }

  #open(): Group {
    if (this.#group === undefined) {
      assert(!this.#closed, 'nothing is staged after close');
      this.#group = new Group(this.#undo?.begin());
      afterTurn(() => void this.#flush());
    }
    return this.#group;
  }

  #stage(key: ByteString, value: Buffer | undefined): void {
    const group = this.#open();
    if (group.undo !== undefined && isReadable(key) && !group.writes.has(key)) {
      this.#undo?.note(group.undo, key, this.latest(key));
    }
    group.writes.set(key, value);
    const sizeBytes = key.length + (value?.length ?? 0);
    group.sizeBytes += sizeBytes;
    this.#pendingBytes += sizeBytes;
    this.#pending.set(key, { value, group });
  }

  async #flush(): Promise<void> {
    const group = this.#group as Group;
    this.#group = undefined;
    this.#inFlight.add(group);
    const writes: RowWrite[] = [...group.writes];
    for (const summary of group.summaries) writes.push([summary.key, summary.encode()]);
    try {
      // A later group may have been evaluated on top of a failed one, so nothing is committed after a failure.
      this.#assertUnbroken();
      await this.#environment.commit(writes);
      if (group.undo !== undefined) this.#undo?.commit(group.undo);
      this.#forget(group);
      for (const callback of group.afterCommit) callback();
      group.settle.resolve();
    } catch (error) {
      this.#failure ??= error;
      this.#forget(group);
      group.settle.reject(new ServiceError('InternalServerError', `The commit failed: ${(error as Error).message}`));
    }
  }

  #assertUnbroken(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  #forget(group: Group): void {
    for (const key of group.writes.keys()) {
      if (this.#pending.get(key)?.group === group) this.#pending.delete(key);
    }
    this.#inFlight.delete(group);
    this.#pendingBytes -= group.sizeBytes;
  }
}
