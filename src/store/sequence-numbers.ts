/**
 * The sequence numbers of change records. They rise over the whole store and never repeat, also after a crash: they are
 * reserved in blocks, in the commit that uses the first of a block, and an opening store begins behind the last block.
 */
import type { Environment } from './environment.ts';
import { catalogKey } from './key-space.ts';
import type { Writer } from './writer.ts';

const RESERVED_KEY = catalogKey('sequence');
const BLOCK = 1_000_000;

export class SequenceNumbers {
  readonly #writer: Writer;
  #last = 0;
  #reserved = 0;

  constructor(environment: Environment, writer: Writer) {
    this.#writer = writer;
    const row = environment.get(RESERVED_KEY);
    if (row !== undefined) this.#last = this.#reserved = row.readDoubleBE(0);
  }

  /** The newest number that was given out; no later one is smaller. */
  get last(): number {
    return this.#last;
  }

  /** The caller stages what carries the number in the same stretch, so that the reservation is committed with it. */
  next(): number {
    if (++this.#last > this.#reserved) {
      this.#reserved = this.#last + BLOCK;
      const row = Buffer.allocUnsafe(8);
      row.writeDoubleBE(this.#reserved, 0);
      this.#writer.put(RESERVED_KEY, row);
    }
    return this.#last;
  }
}

/** 21 digits, as DynamoDB's are at least; their order as texts is that of the numbers. */
export function sequenceText(sequence: number): string {
  return `1${String(sequence).padStart(20, '0')}`;
}

/** Undefined for a text that is no sequence number of ours. */
export function sequenceOf(text: string): number | undefined {
  return /^1\d{20}$/.test(text) ? Number(text.slice(1)) : undefined;
}
