/**
 * Finds where a request ends. DAX frames have no length: a request is so many CBOR items one behind the other. The scanner
 * looks at heads only, steps over the contents of strings, and goes on where it stopped when more bytes have come, so that a
 * request which arrives byte by byte costs no more than one that comes whole. Depth, number of items and size are bounded.
 */
import { MalformedFrame } from './malformed.ts';

export interface FrameLimits {
  readonly bytesMax: number;
  readonly itemsMax: number;
  /** Containers inside each other; strings are opaque here, and a request nests no deeper than a batch. */
  readonly depthMax: number;
}

export const frameDefaults = { itemsMax: 100_000, depthMax: 16 } as const;

const INDEFINITE = 31;
/** Elements that are left of a container whose end is a break. */
const UNTIL_BREAK = -1;

export class FrameScanner {
  readonly #limits: FrameLimits;
  /** Items that are left, of the frame and of each container that is open. */
  readonly #left: number[] = [];
  #at = 0;
  #items = 0;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Where the items end that were found complete. */
  get end(): number {
    return this.#at;
  }

  /** Begins a frame at the start of the buffer. */
  begin(): void {
    this.#at = 0;
    this.#items = 0;
    this.#left.length = 0;
  }

  /** So many more items belong to the frame. */
  expect(items: number): void {
    if (items > 0) this.#left.push(items);
  }

  /**
   * True when all items that are expected are complete.
   *
   * @param bytes from the frame's start to what has come so far.
   */
  scan(bytes: Buffer): boolean {
    while (this.#left.length > 0) {
      if (this.#at > this.#limits.bytesMax) throw new MalformedFrame(`more than ${this.#limits.bytesMax} bytes`);
      if (this.#at >= bytes.length) return false;
      if (!this.#step(bytes)) return false;
      while (this.#left.at(-1) === 0) this.#left.pop();
    }
    return this.#at <= bytes.length;
  }

  /** Passes one head, and a string's content, which may end behind what has come. False when the head is not all there. */
  #step(bytes: Buffer): boolean {
    const initial = bytes[this.#at] as number;
    if (initial === 0xff) {
      if (this.#left.at(-1) !== UNTIL_BREAK) throw new MalformedFrame('a break that ends nothing');
      this.#left[this.#left.length - 1] = 0;
      this.#at++;
      return true;
    }
    const kind = initial >> 5;
    const short = initial & 31;
    if (short > 27 && !(short === INDEFINITE && (kind === 4 || kind === 5))) {
      throw new MalformedFrame(`an item that begins with 0x${initial.toString(16)}`);
    }
    const size = short < 24 || short === INDEFINITE ? 0 : 1 << (short - 24);
    const headEnd = this.#at + 1 + size;
    if (headEnd > bytes.length) return false;
    const argument = size === 0 ? short : readArgument(bytes, this.#at + 1, size);
    this.#at = headEnd;
    this.#take();
    this.#enter(kind, short, argument);
    return true;
  }

  #enter(kind: number, short: number, argument: number): void {
    switch (kind) {
      case 2:
      case 3:
        if (argument > this.#limits.bytesMax) throw new MalformedFrame(`a string of ${argument} bytes`);
        this.#at += argument;
        return;
      case 4:
      case 5:
        this.#open(short === INDEFINITE ? UNTIL_BREAK : kind === 5 ? argument * 2 : argument);
        return;
      case 6:
        this.#open(1);
    }
  }

  /** One item of the innermost container has begun. */
  #take(): void {
    if (++this.#items > this.#limits.itemsMax) throw new MalformedFrame(`more than ${this.#limits.itemsMax} items`);
    const innermost = this.#left.length - 1;
    const left = this.#left[innermost] as number;
    if (left !== UNTIL_BREAK) this.#left[innermost] = left - 1;
  }

  #open(items: number): void {
    if (items === 0) return;
    if (items > this.#limits.itemsMax) throw new MalformedFrame(`a container of ${items} items`);
    if (this.#left.length > this.#limits.depthMax) {
      throw new MalformedFrame(`more than ${this.#limits.depthMax} containers inside each other`);
    }
    this.#left.push(items);
  }
}

function readArgument(bytes: Buffer, at: number, size: number): number {
  switch (size) {
    case 1:
      return bytes[at] as number;
    case 2:
      return bytes.readUInt16BE(at);
    case 4:
      return bytes.readUInt32BE(at);
    default:
      return Number(bytes.readBigUInt64BE(at));
  }
}
