/**
 * Reads that clients send again and again, by the very bytes of their frames: what they ask, so that nothing of them is read
 * twice. What a frame asks depends on the keys of its tables, which are looked at each time.
 */
import { FrequentMap } from '../cache/frequent-map.ts';
import type { ServiceRequest } from '../model/service-call.ts';
import type { DaxCall } from '../wire/dax/dax-call.ts';
import type { DaxTables, DescribedTable } from './dax-tables.ts';

/** A call whose parameters have been read. */
export interface AskedCall {
  readonly call: DaxCall;
  readonly request: ServiceRequest;
  /** The call's, which a hit then need not look at: what lies in one place of memory costs a fraction of two. */
  readonly form: string | undefined;
  /** The call's tables, in their order, as they were when it was read. */
  readonly tables: readonly DescribedTable[];
}

/** A few megabytes of what is asked most; each is worth some microseconds. */
const FRAMES_MAX = 8_192;
/** Longer frames are not remembered. */
export const KNOWN_FRAME_BYTES_MAX = 1_024;

export class KnownFrames {
  readonly #frames = new FrequentMap<AskedCall>(FRAMES_MAX);
  readonly #tables: DaxTables;

  constructor(tables: DaxTables) {
    this.#tables = tables;
  }

  find(frame: string, nowMs: number): AskedCall | undefined {
    const known = this.#frames.get(frame);
    if (known === undefined) return undefined;
    for (const table of known.tables) if (!this.#tables.isCurrent(table, nowMs)) return undefined;
    return known;
  }

  /** A hit was answered for it with bytes that are ready. */
  note(frame: string, asked: AskedCall): void {
    if (this.#frames.takesNext()) this.#frames.set(frame, asked);
  }
}
