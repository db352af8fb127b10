/**
 * What has come on a connection and makes no whole request yet. A request that comes in one piece is read where it lies; one
 * that comes in pieces is gathered in memory that grows with what has really come, not with what was announced. Bytes that
 * were given out are never written over, for a call may read them late.
 */
export class PendingBytes {
  #storage: Buffer | undefined;
  #view: Buffer = Buffer.alloc(0);

  get view(): Buffer {
    return this.#view;
  }

  append(chunk: Buffer): void {
    if (this.#view.length === 0) {
      this.#view = chunk;
      return;
    }
    const length = this.#view.length;
    const needed = length + chunk.length;
    const start = this.#storage === undefined ? 0 : this.#view.byteOffset - this.#storage.byteOffset;
    if (this.#storage === undefined || start + needed > this.#storage.length) {
      const larger = Buffer.allocUnsafeSlow(needed * 2);
      this.#view.copy(larger);
      this.#storage = larger;
      chunk.copy(larger, length);
      this.#view = larger.subarray(0, needed);
      return;
    }
    chunk.copy(this.#storage, start + length);
    this.#view = this.#storage.subarray(start, start + needed);
  }

  /** Gives up what stands in front. */
  consume(length: number): void {
    this.#view = this.#view.subarray(length);
    if (this.#view.length === 0) this.#storage = undefined;
  }
}
