/**
 * What cached replies look like in DAX, beside the replies: a reply of the cache is one object as long as it is cached, and
 * its bytes go when it goes. They have a budget of their own, kept by two generations: when the young one has half of it,
 * the old one goes, of which what was asked for again has become young.
 *
 * Small answers of a generation lie side by side in a few large pieces of memory: a buffer of its own would cost as much
 * again, and one more look into memory that nobody has seen lately. They go with their generation at the latest.
 */
import type { ServiceReply } from '../model/service-call.ts';
import type { AttributeList } from '../wire/dax/attribute-lists.ts';

/** An answer's bytes, as they were made for calls of one form. */
export interface ReadyAnswer {
  readonly form: string;
  readonly bytes: Buffer;
  /** Whoever reads the bytes may ask for these. */
  readonly lists: readonly AttributeList[];
}

/** The buffer, the object and the map's slot. */
const OVERHEAD_BYTES = 250;
const PIECE_BYTES_MAX = 64 * 1024;
/** An answer larger than this share of a piece lies by itself: so little is left over at a piece's end. */
const SMALL_SHARE = 1 / 16;

export class ReadyAnswers {
  readonly #generationBytes: number;
  readonly #pieceBytes: number;
  #young = new WeakMap<ServiceReply, ReadyAnswer>();
  #old = new WeakMap<ServiceReply, ReadyAnswer>();
  #youngBytes = 0;
  /** Of the young generation; what is left of it. */
  #piece = Buffer.alloc(0);

  /** @param limitBytes as long as their replies are cached, the answers of both generations take no more. */
  constructor(limitBytes: number) {
    this.#generationBytes = limitBytes / 2;
    this.#pieceBytes = Math.min(PIECE_BYTES_MAX, Math.floor(this.#generationBytes));
  }

  get(reply: ServiceReply, form: string): ReadyAnswer | undefined {
    let ready = this.#young.get(reply);
    if (ready === undefined) {
      ready = this.#old.get(reply);
      // Copied, for it must not keep a piece of the old generation.
      if (ready !== undefined) ready = this.set(reply, ready);
    }
    return ready?.form === form ? ready : undefined;
  }

  /** Returns the answer as it is kept, or as it is where it is too large for that. */
  set(reply: ServiceReply, ready: ReadyAnswer): ReadyAnswer {
    const sizeBytes = ready.bytes.byteLength + OVERHEAD_BYTES;
    if (sizeBytes > this.#generationBytes) return ready;
    if (this.#youngBytes + sizeBytes > this.#generationBytes) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#youngBytes = 0;
      this.#piece = Buffer.alloc(0);
    }
    const kept = { ...ready, bytes: this.#place(ready.bytes) };
    this.#young.set(reply, kept);
    this.#youngBytes += sizeBytes;
    return kept;
  }

  #place(bytes: Buffer): Buffer {
    const { length } = bytes;
    if (length > this.#pieceBytes * SMALL_SHARE) return bytes;
    if (length > this.#piece.length) this.#piece = Buffer.allocUnsafeSlow(this.#pieceBytes);
    const placed = this.#piece.subarray(0, length);
    placed.set(bytes);
    this.#piece = this.#piece.subarray(length);
    return placed;
  }
}
