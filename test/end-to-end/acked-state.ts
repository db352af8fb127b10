/**
 * What the writers of a run know: for each key the last acknowledged state and whether a write of it is under way. Each key
 * has one writer, so the versions of a key only grow, and an answer that is older than what was acknowledged before it was
 * asked for is a violation (I3).
 */
export interface KnownItem {
  readonly pk: string;
  readonly sk: string;
  readonly version: number;
  readonly status: string;
  readonly at: string;
}

interface KeyState {
  /** Of the write that began last. */
  begun: number;
  /** Of the write that was acknowledged last. */
  version: number;
  /** Undefined: deleted, or never written. */
  item: KnownItem | undefined;
  /** Changes at the begin and at the end of each write, so that a reader can tell whether one overlapped. */
  epoch: number;
  isWriting: boolean;
}

export const keyOf = (pk: string, sk: string): string => `${pk}/${sk}`;

export class AckedState {
  readonly #keys = new Map<string, KeyState>();

  #of(key: string): KeyState {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const state = { begun: 0, version: 0, item: undefined, epoch: 0, isWriting: false };
    this.#keys.set(key, state);
    return state;
  }

  knows(key: string): boolean {
    return this.#keys.has(key);
  }

  /**
   * The version for the next write of the key, which is under way from now on. One that is never acknowledged leaves the key
   * unknown until the next one is.
   */
  beginWrite(key: string): number {
    const state = this.#of(key);
    state.isWriting = true;
    state.epoch++;
    return ++state.begun;
  }

  acknowledge(key: string, version: number, item: KnownItem | undefined): void {
    const state = this.#of(key);
    state.version = version;
    state.item = item;
    state.isWriting = false;
    state.epoch++;
  }

  /** A moment: what was acknowledged then, to be compared with an answer that was asked for at that moment. */
  snapshot(): Snapshot {
    const states = new Map<
      string,
      { readonly epoch: number; readonly version: number; readonly item: KnownItem | undefined }
    >();
    for (const [key, { epoch, version, item, isWriting }] of this.#keys) {
      if (!isWriting) states.set(key, { epoch, version, item });
    }
    return {
      acknowledged: (key) => states.get(key),
      // The same epoch at the end means that no write of the key was under way at any time since.
      settled: () => [...states].filter(([key, { epoch }]) => this.#of(key).epoch === epoch),
    };
  }
}

export interface Snapshot {
  acknowledged(key: string): { readonly version: number; readonly item: KnownItem | undefined } | undefined;
  settled(): [key: string, state: { readonly version: number; readonly item: KnownItem | undefined }][];
}
