/**
 * The LMDB environment: opens the directory, reads rows, and applies groups of writes. Keys are byte strings, values are
 * bytes.
 *
 * What a commit means. A group of writes is one LMDB transaction: all of it is there or nothing. `commit` resolves when
 * the transaction is visible to readers and written to the file (the page cache): it survives `kill -9`. With
 * `durability: 'power'` it resolves only when the system has flushed it to the disk as well (fdatasync), so that it
 * survives a power cut. LMDB writes new pages beside the old ones and keeps the last flushed root, so after a power cut
 * the file is whole in either mode; what may be missing with 'process' are the last commits before it.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RangeOptions, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import type { ByteString } from '../base/bytes.ts';
import { assert } from '../base/errors.ts';
import { lockDirectory, type DirectoryLock } from './directory-lock.ts';
import { KEY_BYTES_MAX, type KeyRange } from './key-space.ts';

export type Durability = 'process' | 'power';

export interface EnvironmentOptions {
  /** Undefined: a temporary directory, removed at close and never flushed. */
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
  #closed = false;

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
  }

  get(key: ByteString): Buffer | undefined {
    return this.#database.getBinary(key);
  }

  /** As `get`, but the bytes are valid only until the next read: for a caller that copies them at once. */
  peek(key: ByteString): Buffer | undefined {
    return this.#database.getBinaryFast(key);
  }

  /** Rows in key order, or against it; all of them of one moment if they are read without a pause. */
  rows(range: KeyRange, reverse = false): Iterable<Row> {
    return this.#database.getRange(rangeOptions(range, reverse));
  }

  keys(range: KeyRange, reverse = false): Iterable<ByteString> {
    return this.#database.getKeys(rangeOptions(range, reverse));
  }

  /** Applies all of `writes` in one transaction, in order. */
  async commit(writes: Iterable<RowWrite>): Promise<void> {
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

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#database.close();
    if (this.#lock === undefined) rmSync(this.directory, { recursive: true, force: true });
    else this.#lock.release();
  }
}

/** LMDB's ranges begin at `start` and end before `end`, also when they are walked backwards; so a reverse one is turned. */
function rangeOptions({ start, end }: KeyRange, reverse: boolean): RangeOptions {
  return reverse ? { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true } : { start, end };
}
