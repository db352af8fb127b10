/**
 * Which entry of a full cache is to go next: SIEVE, a queue in which a hit moves nothing and only sets a mark. A hand goes from
 * the oldest entry to the youngest and takes the first without a mark; from the marked ones that it passes it takes the mark.
 * So what was asked for once goes early, and what is asked for again stays. LRU rewrites a list with every hit, at three
 * places of memory that nobody has looked at lately, and answers less of a skewed workload.
 *
 * Entries are numbers, of which none is much larger than their count.
 *
 * @see https://www.usenix.org/conference/nsdi24/presentation/zhang-yazhuo
 */
const NONE = -1;
const SIZE_AT_START = 1_024;

export class Sieve {
  /** The neighbours of each entry, and its mark. */
  #younger = new Int32Array(SIZE_AT_START);
  #older = new Int32Array(SIZE_AT_START);
  #marks = new Uint8Array(SIZE_AT_START);
  #youngest = NONE;
  #oldest = NONE;
  /** Where the next search begins; `NONE`: with the oldest. */
  #hand = NONE;

  /** The youngest entry from now on. */
  add(entry: number): void {
    if (entry >= this.#marks.length) this.#grow(entry + 1);
    this.#marks[entry] = 0;
    this.#younger[entry] = NONE;
    this.#older[entry] = this.#youngest;
    if (this.#youngest === NONE) this.#oldest = entry;
    else this.#younger[this.#youngest] = entry;
    this.#youngest = entry;
  }

  /** It was asked for. */
  mark(entry: number): void {
    this.#marks[entry] = 1;
  }

  remove(entry: number): void {
    const younger = this.#younger[entry] as number;
    const older = this.#older[entry] as number;
    if (younger === NONE) this.#youngest = older;
    else this.#older[younger] = older;
    if (older === NONE) this.#oldest = younger;
    else this.#younger[older] = younger;
    if (this.#hand === entry) this.#hand = younger;
  }

  /** The entry that is to go, still in the queue; undefined when that is empty. */
  next(): number | undefined {
    if (this.#oldest === NONE) return undefined;
    let hand = this.#hand === NONE ? this.#oldest : this.#hand;
    // It ends: whoever is passed loses the mark, and is met without it the second time.
    while (this.#marks[hand] === 1) {
      this.#marks[hand] = 0;
      const younger = this.#younger[hand] as number;
      hand = younger === NONE ? this.#oldest : younger;
    }
    this.#hand = hand;
    return hand;
  }

  #grow(needed: number): void {
    const size = Math.max(needed, 2 * this.#marks.length);
    this.#younger = resized(this.#younger, new Int32Array(size));
    this.#older = resized(this.#older, new Int32Array(size));
    this.#marks = resized(this.#marks, new Uint8Array(size));
  }
}

function resized<Numbers extends Int32Array | Uint8Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
