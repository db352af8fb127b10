/**
 * Reads that clients send again and again, by the very bytes of their frames: what they ask, so that nothing of them is read
 * twice. What a frame asks depends on the keys of its tables, which are looked at each time.
 */
import { RecentMap } from '../cache/recent-map.ts';
import type { ServiceRequest } from '../model/service-call.ts';
import type { TableSchema } from '../model/table-schema.ts';
import type { DaxCall } from '../wire/dax/dax-call.ts';

/** A call whose parameters have been read. */
export interface AskedCall {
  readonly call: DaxCall;
  readonly request: ServiceRequest;
  /** Of the call's tables, in their order. */
  readonly schemas: readonly TableSchema[];
}

/** A few megabytes of what is asked most; each is worth some microseconds. */
const FRAMES_MAX = 8_192;
/** Longer frames are not remembered. */
export const KNOWN_FRAME_BYTES_MAX = 1_024;
/** One in so many hits is taken note of: what is asked often is known soon, and what is asked once costs nothing. */
const NOTED_EVERY = 8;

export class KnownFrames {
  readonly #frames = new RecentMap<AskedCall>(FRAMES_MAX);
  #offered = 0;

  /** @param schemaOf the table as it is known now. */
  find(text: string, schemaOf: (table: string) => TableSchema | undefined): AskedCall | undefined {
    const known = this.#frames.get(text);
    if (known === undefined) return undefined;
    const { call, schemas } = known;
    return call.tables.every((table, index) => schemaOf(table) === schemas[index]) ? known : undefined;
  }

  /** A hit was answered for it with bytes that are ready. */
  note(text: string, asked: AskedCall): void {
    if (this.#offered++ % NOTED_EVERY === 0) this.#frames.set(text, asked);
  }
}
