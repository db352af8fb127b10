/**
 * The LMDB environment: opens the directory, reads rows, and applies groups of writes. Keys are byte strings, values are
 * bytes.
 *
 * What a commit means. A group of writes is one LMDB transaction: all of it is there or nothing. `commit` resolves when
 * the transaction is visible to readers and written to the file (the page cache): it survives `kill -9`. With
 * `durability: 'power'` it resolves only when the system has flushed it to the disk as well (fdatasync), so that it
 * survives a power cut. LMDB writes new pages beside the old ones and keeps the last flushed root, so after a power cut
 * the file is whole in either mode; what may be missing with 'process' are the last commits before it.
 *
 * LMDB frees its memory at close and checks nothing, so nobody may be in it then: what is asked once `close` was called
 * is refused with SLIPSTREAM_CLOSED, and `close` waits for the commits it finds and for the threads that make them.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RangeOptions, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import type { ByteString } from '../base/bytes.ts';
import { assert, SlipstreamError } from '../base/errors.ts';
import { lockDirectory, type DirectoryLock } from './directory-lock.ts';
import { KEY_BYTES_MAX, type KeyRange } from './key-space.ts';
import { WriteThreads } from './write-threads.ts';

export type Durability = 'process' | 'power';

export interface EnvironmentOptions {
  /** Undefined: a temporary one, of which nothing is left when the process ends, however that is; never flushed. */
  readonly directory: string | undefined;
  readonly durability: Durability;
  /** Address space reserved for the file, and so its largest size. */
  readonly mapBytes: number;
}

export interface Row {
  readonly key: ByteString;
  readonly value: Buffer;
}

/** A value of undefined removes the row. */
export type RowWrite = readonly [key: ByteString, value: Buffer | undefined];

/** Byte strings are written as they are, and LMDB compares their bytes. */
const keyEncoder = {
  writeKey(key: ByteString, target: Buffer, start: number): number {
    return start + target.write(key, start, 'latin1');
  },
  readKey(target: Buffer, start: number, end: number): ByteString {
    return target.toString('latin1', start, end);
  },
};

export class Environment {
  readonly directory: string;
  readonly #database: RootDatabase<Buffer, ByteString>;
  readonly #lock: DirectoryLock | undefined;
  readonly #durability: Durability;
  readonly #threads: WriteThreads;
  readonly #committing = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @throws {SlipstreamError} SLIPSTREAM_STORE_LOCKED. */
  constructor(options: EnvironmentOptions) {
    const inMemory = options.directory === undefined;
    this.directory = options.directory ?? mkdtempSync(join(tmpdir(), 'slipstream-'));
    mkdirSync(this.directory, { recursive: true });
    this.#lock = inMemory ? undefined : lockDirectory(this.directory);
    this.#durability = inMemory ? 'process' : options.durability;
    const settings = {
      path: join(this.directory, 'store.lmdb'),
      // DynamoDB's keys need LMDB keys of up to 3,117 bytes; pages of 4,096 would end at 1,978.
      pageSize: 8192,
      encoding: 'binary',
      keyEncoder,
      mapSize: options.mapBytes,
      noSync: inMemory,
      overlappingSync: !inMemory,
    } satisfies RootDatabaseOptionsWithPath & { keyEncoder: typeof keyEncoder };
    try {
      this.#database = open<Buffer, ByteString>(settings);
    } catch (error) {
      this.#lock?.release();
      throw error;
    }
    this.#threads = new WriteThreads(this.#database);
    if (inMemory) this.#removeFiles();
  }

  get(key: ByteString): Buffer | undefined {
    this.#assertOpen();
    return this.#database.getBinary(key);
  }

  /** As `get`, but the bytes are valid only until the next read: for a caller that copies them at once. */
  peek(key: ByteString): Buffer | undefined {
    this.#assertOpen();
    return this.#database.getBinaryFast(key);
  }

  /** Rows in key order, or against it; all of them of one moment if they are read without a pause. */
  rows(range: KeyRange, reverse = false): Iterable<Row> {
    this.#assertOpen();
    return this.#whileOpen(this.#database.getRange(rangeOptions(range, reverse)));
  }

  keys(range: KeyRange, reverse = false): Iterable<ByteString> {
    this.#assertOpen();
    return this.#whileOpen(this.#database.getKeys(rangeOptions(range, reverse)));
  }

  /** Applies all of `writes` in one transaction, in order. */
  async commit(writes: Iterable<RowWrite>): Promise<void> {
    this.#assertOpen();
    const committed = this.#hand(writes);
    this.#committing.add(committed);
    try {
      await committed;
    } finally {
      this.#committing.delete(committed);
    }
  }

  /** Refuses everything from now on, waits for what is under way, and gives the directory free. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #hand(writes: Iterable<RowWrite>): Promise<void> {
    const database = this.#database;
    const committed = database.batch(() => {
      for (const [key, value] of writes) {
        assert(key.length <= KEY_BYTES_MAX, 'keys were measured before they came here');
        if (value === undefined) void database.remove(key);
        else void database.put(key, value);
      }
    });
    // Asked before the wait, for it stands for the writes that were handed over until now.
    const flushed = this.#durability === 'power' ? database.flushed.then(() => undefined) : undefined;
    await committed;
    await flushed;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#committing);
    await this.#threads.ended();
    await this.#database.close();
    if (this.#lock === undefined) this.#removeFiles();
    else this.#lock.release();
  }

  /** Files that are open live on without their names until nobody has them open; where a system does not allow that, they are removed at close. */
  #removeFiles(): void {
    try {
      rmSync(this.directory, { recursive: true, force: true });
    } catch (error) {
      if (this.#closing !== undefined) throw error;
    }
  }

  /** @throws {SlipstreamError} SLIPSTREAM_CLOSED. */
  #assertOpen(): void {
    if (this.#closing !== undefined) throw new SlipstreamError('SLIPSTREAM_CLOSED', 'The store is closed');
  }

  /** A walk that somebody holds over a close must not go on: its cursor points into freed memory. */
  *#whileOpen<T>(walk: Iterable<T>): Generator<T, void> {
    this.#assertOpen();
    for (const row of walk) {
      yield row;
      this.#assertOpen();
    }
  }
}

/** LMDB's ranges begin at `start` and end before `end`, also when they are walked backwards; so a reverse one is turned. */
function rangeOptions({ start, end }: KeyRange, reverse: boolean): RangeOptions {
  return reverse ? { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true } : { start, end };
}
