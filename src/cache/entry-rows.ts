/**
 * Where the entries of a cache lie: in rows, side by side in a few large arrays, and not in an object each. In a cache that is
 * larger than the processor's own, going from one object to the next means waiting for memory each time, and a few such waits
 * cost more than all the rest of a hit. The collector has less to walk, too.
 *
 * A row has a key, a few numbers, and *cells*: the parts of a value. Rows of equally many cells share chunks. A chunk whose rows
 * have all been given back goes, unless it is the only one with room for its kind.
 */

/** The numbers of a row. */
export interface EntryColumns {
  /** When the source was asked for it: what it answered may be as old as that, so age and lifetime count from here. */
  readonly askedAtMs: number;
  readonly storedAtMs: number;
  /** `Infinity` lives until it is evicted. */
  readonly expiresAtMs: number;
  readonly sizeBytes: number;
}

/** A row's place is the first place of its chunk and its number there. Chunks begin at multiples of this. */
const STEP_BITS = 4;
const STEP = 2 ** STEP_BITS;
const CHUNK_ROWS_MAX = 1_024;
/** A chunk has at most so many cells: 32 KiB. */
const CHUNK_CELLS_MAX = 4_096;
/** Longer rows have a chunk each: there would be too many kinds of them that are half empty. */
const SHARED_CELLS_MAX = 64;

const COLUMNS = 4;
const ASKED_AT = 0;
const STORED_AT = 1;
const EXPIRES_AT = 2;
const SIZE = 3;

export class EntryRows {
  /** The chunk of each place, by steps. */
  readonly #chunks: (Chunk | undefined)[] = [];
  /** Where chunks have been, by the number of their rows. */
  readonly #freeBases = new Map<number, number[]>();
  /** Chunks with a free row, by the number of their cells. */
  readonly #open = new Map<number, Set<Chunk>>();

  /** Returns the place of the row, which is good until it is freed. No place is much larger than there are rows. */
  put(key: string, cells: readonly unknown[], columns: EntryColumns): number {
    const chunk = this.#withRoom(cells.length);
    const row = chunk.take(key, cells, columns);
    if (!chunk.hasRoom) this.#openOf(chunk.width).delete(chunk);
    return chunk.base + row;
  }

  free(place: number): void {
    const chunk = this.#at(place);
    const open = this.#openOf(chunk.width);
    open.add(chunk);
    chunk.free(place - chunk.base);
    const isSpare = open.size === 1 && chunk.width <= SHARED_CELLS_MAX;
    if (chunk.isEmpty && !isSpare) this.#remove(chunk);
  }

  key(place: number): string {
    return this.keyAt(place) as string;
  }

  /** Undefined, or of no row, for a place that has none now. */
  keyAt(place: number): string | undefined {
    const chunk = this.#chunks[place >>> STEP_BITS];
    return chunk?.keys[place - chunk.base];
  }

  /** The array in which the row's cells lie from `firstCell` on; those of other rows are before and behind them. */
  cells(place: number): readonly unknown[] {
    return this.#at(place).cells;
  }

  firstCell(place: number): number {
    const chunk = this.#at(place);
    return (place - chunk.base) * chunk.width;
  }

  width(place: number): number {
    return this.#at(place).width;
  }

  askedAtMs(place: number): number {
    return this.#number(place, ASKED_AT);
  }

  storedAtMs(place: number): number {
    return this.#number(place, STORED_AT);
  }

  expiresAtMs(place: number): number {
    return this.#number(place, EXPIRES_AT);
  }

  sizeBytes(place: number): number {
    return this.#number(place, SIZE);
  }

  #number(place: number, column: number): number {
    const chunk = this.#at(place);
    return chunk.columns[COLUMNS * (place - chunk.base) + column] as number;
  }

  #at(place: number): Chunk {
    return this.#chunks[place >>> STEP_BITS] as Chunk;
  }

  #withRoom(width: number): Chunk {
    const open = this.#openOf(width);
    for (const chunk of open) return chunk;
    const rows = rowsOfChunk(width);
    const base = this.#freeBases.get(rows)?.pop() ?? STEP * this.#chunks.length;
    const chunk = new Chunk(base, rows, width);
    for (let row = 0; row < rows; row += STEP) this.#chunks[(base + row) / STEP] = chunk;
    open.add(chunk);
    return chunk;
  }

  #remove(chunk: Chunk): void {
    this.#openOf(chunk.width).delete(chunk);
    for (let row = 0; row < chunk.rows; row += STEP) this.#chunks[(chunk.base + row) / STEP] = undefined;
    const bases = this.#freeBases.get(chunk.rows);
    if (bases === undefined) this.#freeBases.set(chunk.rows, [chunk.base]);
    else bases.push(chunk.base);
  }

  #openOf(width: number): Set<Chunk> {
    let open = this.#open.get(width);
    if (open === undefined) this.#open.set(width, (open = new Set()));
    return open;
  }
}

/** A power of two, so that a place that a chunk has left fits the chunks of most other rows. */
function rowsOfChunk(width: number): number {
  if (width > SHARED_CELLS_MAX) return 1;
  return Math.min(CHUNK_ROWS_MAX, 2 ** Math.floor(Math.log2(CHUNK_CELLS_MAX / width)));
}

class Chunk {
  /** The place of its first row. */
  readonly base: number;
  readonly rows: number;
  /** Cells of a row. */
  readonly width: number;
  readonly keys: string[];
  readonly columns: Float64Array;
  readonly cells: unknown[];
  /** Rows from here on were never taken. */
  #fresh = 0;
  readonly #freed: number[] = [];

  constructor(base: number, rows: number, width: number) {
    this.base = base;
    this.rows = rows;
    this.width = width;
    this.keys = Array.from({ length: rows }, () => '');
    this.columns = new Float64Array(COLUMNS * rows);
    this.cells = Array.from({ length: rows * width });
  }

  get hasRoom(): boolean {
    return this.#freed.length > 0 || this.#fresh < this.rows;
  }

  get isEmpty(): boolean {
    return this.#freed.length === this.#fresh;
  }

  take(key: string, cells: readonly unknown[], columns: EntryColumns): number {
    const row = this.#freed.pop() ?? this.#fresh++;
    this.keys[row] = key;
    this.columns[COLUMNS * row + ASKED_AT] = columns.askedAtMs;
    this.columns[COLUMNS * row + STORED_AT] = columns.storedAtMs;
    this.columns[COLUMNS * row + EXPIRES_AT] = columns.expiresAtMs;
    this.columns[COLUMNS * row + SIZE] = columns.sizeBytes;
    for (let cell = 0; cell < this.width; cell++) this.cells[row * this.width + cell] = cells[cell];
    return row;
  }

  /** What lay in the row is let go of. */
  free(row: number): void {
    this.keys[row] = '';
    this.cells.fill(undefined, row * this.width, (row + 1) * this.width);
    this.#freed.push(row);
  }
}
