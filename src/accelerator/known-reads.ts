/**
 * Reads that are asked again and again, by the very bytes of their calls, or by a spelling where they come as objects: where in
 * a cache their answers are. A hit on one of them parses nothing. What is known is only where to look; whether an answer is
 * there, and may be served, is asked each time: the entry may have been dropped (I3, I6), the table's feed may be late (I8), and
 * a place belongs to one epoch of its table, for the next one may have another schema (I9).
 */
import type { EntryCache, Spot } from '../cache/entry-cache.ts';
import { FrequentMap } from '../cache/frequent-map.ts';
import type { ServiceRequest } from '../model/service-call.ts';
import type { Answer } from './answer.ts';
import { replyOf } from './keep.ts';
import type { Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';

/** A read, and the spot in a cache where its answer was. */
interface KnownRead extends Spot {
  readonly operation: string;
  readonly table: OpenTable;
  readonly epoch: number;
}

export interface KnownHit extends Answer {
  readonly ageMs: number;
  readonly table: OpenTable;
}

/** Calls, and the longest of them: ten megabytes at most, two as a rule. */
const READS_MAX = 8_192;
export const KNOWN_CALL_BYTES_MAX = 1_024;

export class KnownReads {
  readonly #reads = new FrequentMap<KnownRead>(READS_MAX);

  /**
   * The answer out of the cache; undefined when that is not so easily found.
   *
   * @param text as `textOf` the call.
   * @param nowMs the clock's time.
   */
  find(parts: Parts, operation: string, text: string, nowMs: number): KnownHit | undefined {
    const read = this.#reads.get(text);
    if (read === undefined || read.operation !== operation) return undefined;
    const { table } = read;
    if (table.epoch !== read.epoch || !parts.tables.isReady(table, nowMs) || !table.isServing(nowMs)) return undefined;
    if (operation === 'GetItem') {
      const entry = parts.items.hitAt(read, nowMs);
      return entry && { reply: replyOf(entry.value), cache: 'hit', ageMs: entry.ageMs, table };
    }
    const entry = parts.pages.hitAt(read, nowMs);
    return entry && { reply: entry.value.reply, cache: 'hit', ageMs: entry.ageMs, table };
  }

  /** A call was answered with exactly the bytes of this entry. */
  note(request: ServiceRequest, table: OpenTable, cache: Pick<EntryCache<unknown>, 'spotOf'>, cacheKey: string): void {
    if (!this.#reads.takesNext()) return;
    const text = textOf(request);
    if (text === undefined) return;
    const { operation } = request;
    this.#reads.set(text, { operation, table, epoch: table.epoch, ...cache.spotOf(cacheKey) });
  }
}

/** What a call is known by; undefined for one that is not to be. */
export function textOf(request: ServiceRequest): string | undefined {
  return request.spelling ?? request.rawText(KNOWN_CALL_BYTES_MAX);
}
