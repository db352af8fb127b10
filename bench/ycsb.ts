/**
 * The core workloads of YCSB as requests of ours: Zipf keys (D: the latest most often), A half updates, B and D a twentieth,
 * C none, E short scans (a Query from a key on) and a twentieth inserts, F reads and as many reads that write what they read.
 */
import { SeededRandom } from '../src/base/seeded-random.ts';
import { getItem, keyAt, putItem, query } from './dataset.ts';
import type { Request } from './dataset.ts';
import { bytesOf } from './request-bytes.ts';
import { scatteredPlaces, ZipfRanks } from './zipf.ts';

export const ycsbWorkloads = {
  A: { title: 'half reads, half updates', write: 'update', writes: 0.5 },
  B: { title: '95 % reads, 5 % updates', write: 'update', writes: 0.05 },
  C: { title: 'reads', write: 'update', writes: 0 },
  D: { title: '95 % latest reads, 5 % inserts', write: 'insert', writes: 0.05 },
  E: { title: '95 % short scans, 5 % inserts', write: 'insert', writes: 0.05 },
  F: { title: 'half reads, half read-modify-write', write: 'modify', writes: 0.5 },
} as const;

export type YcsbName = keyof typeof ycsbWorkloads;

/** YCSB scans up to 100 records, drawn evenly; ours are steps of that, for a page of 500-byte items. */
const SCAN_LIMITS = [5, 10, 15, 20] as const;
/** Requests are made once and kept while there are no more than so many of them. */
const KEPT_MAX = 50_000;

/** An endless course of one workload; the same seed gives the same. */
export class YcsbCourse {
  readonly #name: YcsbName;
  readonly #random: SeededRandom;
  readonly #ranks: ZipfRanks;
  readonly #places: Int32Array;
  readonly #kept = new Map<string, Buffer>();
  /** The items that there are: those that were loaded, and the inserted ones behind them. */
  #items: number;
  #version = 0;
  #writes = 0;
  /** The write that follows the read of a read-modify-write, by connection. */
  readonly #pending = new Map<number, number>();

  constructor(name: YcsbName, items: number, seed: number) {
    this.#name = name;
    this.#random = new SeededRandom(seed);
    this.#ranks = new ZipfRanks(items, this.#random);
    this.#places = scatteredPlaces(items, this.#random);
    this.#items = items;
  }

  /** How many of the requests so far were writes. */
  get writes(): number {
    return this.#writes;
  }

  /** The bytes of the next request of a connection. */
  next(connection: number): Buffer {
    const { write, writes } = ycsbWorkloads[this.#name];
    const modified = this.#pending.get(connection);
    if (modified !== undefined) {
      this.#pending.delete(connection);
      return this.#put(modified);
    }
    if (this.#random.next() >= writes) return this.#read();
    if (write === 'insert') return this.#insert();
    const place = this.#place();
    if (write === 'update') return this.#put(place);
    this.#pending.set(connection, place);
    return this.#get(place);
  }

  #read(): Buffer {
    if (this.#name !== 'E') return this.#get(this.#place());
    const limit = SCAN_LIMITS[Math.floor(this.#random.next() * SCAN_LIMITS.length)]!;
    const place = this.#place();
    return this.#keep(`scan ${place} ${limit}`, () => query(keyAt(place), limit));
  }

  #place(): number {
    const rank = this.#ranks.next();
    return this.#name === 'D' ? this.#items - 1 - rank : this.#places[rank]!;
  }

  #get(place: number): Buffer {
    return this.#keep(`get ${place}`, () => getItem(keyAt(place)));
  }

  #insert(): Buffer {
    this.#writes += 1;
    return bytesOf(putItem(this.#items++));
  }

  #put(place: number): Buffer {
    this.#writes += 1;
    const version = 1 + (this.#version++ % 3);
    return this.#keep(`put ${place} ${version}`, () => putItem(place, version));
  }

  #keep(name: string, make: () => Request): Buffer {
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    const made = bytesOf(make());
    if (this.#kept.size < KEPT_MAX) this.#kept.set(name, made);
    return made;
  }
}
