/**
 * The own writes that have been sent and not yet answered, by key (I4). Two writes of one key that overlap in time may reach
 * the store in either order, whatever the order of their answers: neither tells what the store holds now.
 */
export class WriteInFlight {
  /** True once another write of the same key was in flight at the same time. */
  overlapped = false;
  /**
   * True once the source was read while the write was under way. What it answered may be younger than the write, and somebody
   * has seen it: the write's own value must not be shown after it.
   */
  wasRead = false;
}

export class WritesInFlight {
  readonly #byKey = new Map<string, WriteInFlight[]>();

  get size(): number {
    return this.#byKey.size;
  }

  /** The source has answered a read of the key. */
  noteRead(key: string): void {
    const writes = this.#byKey.get(key);
    if (writes !== undefined) for (const write of writes) write.wasRead = true;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  begin(key: string): WriteInFlight {
    const write = new WriteInFlight();
    const others = this.#byKey.get(key);
    if (others === undefined) {
      this.#byKey.set(key, [write]);
      return write;
    }
    write.overlapped = true;
    for (const other of others) other.overlapped = true;
    others.push(write);
    return write;
  }

  end(key: string, write: WriteInFlight): void {
    const writes = this.#byKey.get(key);
    if (writes === undefined) return;
    const place = writes.indexOf(write);
    if (place >= 0) writes.splice(place, 1);
    if (writes.length === 0) this.#byKey.delete(key);
  }
}
