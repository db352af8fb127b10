/**
 * Which items are under a write transaction now: from the moment its rows are staged until its commit, which is when it
 * is answered. The one writer would put every later write behind it anyway; but DynamoDB refuses such writes, and who tests
 * against this store wants to meet that. So nothing is kept waiting and nothing can deadlock: who comes too early is
 * told so. With 'serialise' nobody is refused, and overlapping writes take effect in the order in which they came.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
import type { ByteString } from '../base/bytes.ts';
import { assert } from '../base/errors.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Writer } from './writer.ts';

export type TransactionConflicts = 'reject' | 'serialise';

export const CONFLICT = 'Transaction is ongoing for the item';

export class TransactionLocks {
  readonly #writer: Writer;
  readonly #rejects: boolean;
  readonly #held = new Set<ByteString>();

  constructor(writer: Writer, conflicts: TransactionConflicts) {
    this.#writer = writer;
    this.#rejects = conflicts === 'reject';
  }

  /** Holds the items of a transaction that is being staged until the returned function is called. */
  hold(keys: readonly ByteString[]): () => void {
    if (!this.#rejects) return () => undefined;
    for (const key of keys) {
      assert(!this.#held.has(key), 'a transaction that meets another one is cancelled');
      this.#held.add(key);
    }
    return () => {
      for (const key of keys) this.#held.delete(key);
    };
  }

  /** True when a write of the item has to be refused. */
  isHeld(key: ByteString): boolean {
    return this.#held.has(key);
  }

  /** True when a transactional read of the item has to be refused: any write of it that is under way is in its way. */
  isBeingWritten(key: ByteString): boolean {
    return this.#rejects && (this.#held.has(key) || this.#writer.settled(key) !== undefined);
  }

  /** @throws {ServiceError} TransactionConflictException. */
  assertFree(key: ByteString): void {
    if (this.#held.has(key)) throw new ServiceError('TransactionConflictException', CONFLICT);
  }
}
