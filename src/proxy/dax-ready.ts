/**
 * What cached replies look like in DAX, beside the replies: a reply of the cache is one object as long as it is cached, and
 * its bytes go when it goes. They have a budget of their own, kept by two generations: when the young one has half of it,
 * the old one goes, of which what was asked for again has become young.
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

export class ReadyAnswers {
  readonly #generationBytes: number;
  #young = new WeakMap<ServiceReply, ReadyAnswer>();
  #old = new WeakMap<ServiceReply, ReadyAnswer>();
  #youngBytes = 0;

  /** @param limitBytes as long as their replies are cached, the answers of both generations take no more. */
  constructor(limitBytes: number) {
    this.#generationBytes = limitBytes / 2;
  }

  get(reply: ServiceReply, form: string): ReadyAnswer | undefined {
    let ready = this.#young.get(reply);
    if (ready === undefined) {
      ready = this.#old.get(reply);
      if (ready !== undefined) this.set(reply, ready);
    }
    return ready?.form === form ? ready : undefined;
  }

  set(reply: ServiceReply, ready: ReadyAnswer): void {
    const sizeBytes = ready.bytes.byteLength + OVERHEAD_BYTES;
    if (sizeBytes > this.#generationBytes) return;
    if (this.#youngBytes + sizeBytes > this.#generationBytes) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#youngBytes = 0;
    }
    this.#young.set(reply, ready);
    this.#youngBytes += sizeBytes;
  }
}
