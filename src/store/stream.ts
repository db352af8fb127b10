/**
 * A table's stream and its shards, as they lie in memory. Each open shard covers an interval of the partition hash, and
 * the open shards of an enabled stream cover all of it: so all changes of an item that happen while a shard is open are
 * in that one shard, in order, and go on in its children.
 */
import { assert } from '../base/errors.ts';
import type { JsonObject } from '../model/service-call.ts';
import type { StreamViewType } from '../model/table-schema.ts';

/** The partition hashes that a shard covers, as 32-bit numbers; `hashEnd` is not among them. */
export interface HashRange {
  readonly hashStart: number;
  readonly hashEnd: number;
}

export const ALL_HASHES: HashRange = { hashStart: 0, hashEnd: 2 ** 32 };

export interface Shard extends HashRange {
  /** Its place in the key space, in the order of opening; `id` is its name. */
  readonly number: number;
  /** Ids of a stream sort in the order of opening, so that a listing can go on behind a shard that was trimmed meanwhile. */
  readonly id: string;
  readonly parentId?: string | undefined;
  readonly openedMs: number;
  /** No record of the shard has a smaller number; the parent's numbers are smaller, all of them. */
  readonly firstSequence: number;
  /** Present once the shard takes no more records; none of them has a greater number. */
  lastSequence?: number | undefined;
  closedMs?: number | undefined;
  /** The newest record that was removed for its age. */
  trimmedThrough?: number | undefined;
}

/** What is kept of a stream, beside its shards. */
export interface StreamRow {
  readonly number: number;
  readonly arn: string;
  readonly label: string;
  readonly tableName: string;
  readonly viewType: StreamViewType;
  readonly keySchema: readonly JsonObject[];
  readonly createdMs: number;
  /** Until then the stream shows ENABLING. */
  readonly enabledMs: number;
  /** Present once the stream takes no more records; it stays readable for as long as its records are kept. */
  readonly endedMs?: number | undefined;
  /** Until then an ended stream shows DISABLING. */
  readonly disabledMs?: number | undefined;
}

export type StreamStatus = 'ENABLING' | 'ENABLED' | 'DISABLING' | 'DISABLED';

export class Stream {
  #row: StreamRow;
  readonly #shards = new Map<string, Shard>();
  /** Sorted by `hashStart`. */
  #open: readonly Shard[] = [];
  #newest: Shard | undefined;

  constructor(row: StreamRow) {
    this.#row = row;
  }

  get row(): StreamRow {
    return this.#row;
  }

  get number(): number {
    return this.#row.number;
  }

  get arn(): string {
    return this.#row.arn;
  }

  get viewType(): StreamViewType {
    return this.#row.viewType;
  }

  get isEnded(): boolean {
    return this.#row.endedMs !== undefined;
  }

  status(nowMs: number): StreamStatus {
    const { enabledMs, disabledMs } = this.#row;
    if (disabledMs !== undefined) return nowMs < disabledMs ? 'DISABLING' : 'DISABLED';
    return nowMs < enabledMs ? 'ENABLING' : 'ENABLED';
  }

  /** In the order in which they were opened. */
  shards(): Iterable<Shard> {
    return this.#shards.values();
  }

  get openShards(): readonly Shard[] {
    return this.#open;
  }

  /** The shard that was opened last. */
  get newest(): Shard | undefined {
    return this.#newest;
  }

  get isEmpty(): boolean {
    return this.#shards.size === 0;
  }

  shard(id: string): Shard | undefined {
    return this.#shards.get(id);
  }

  /** The open shard that takes the changes of items with this partition hash. */
  shardOf(hash: number): Shard {
    const shard = this.#open.findLast(({ hashStart }) => hash >= hashStart);
    assert(shard !== undefined && hash < shard.hashEnd, 'the open shards of a stream cover every hash');
    return shard;
  }

  /** Takes in a shard that was just opened, or one that was kept. */
  add(shard: Shard): void {
    assert(this.#newest === undefined || shard.id > this.#newest.id, 'ids of shards sort in the order of opening');
    this.#shards.set(shard.id, shard);
    this.#newest = shard;
    if (shard.lastSequence !== undefined) return;
    this.#open = [...this.#open, shard].toSorted((a, b) => a.hashStart - b.hashStart);
  }

  close(shard: Shard, lastSequence: number, closedMs: number): void {
    assert(shard.lastSequence === undefined, 'a shard is closed once');
    shard.lastSequence = lastSequence;
    shard.closedMs = closedMs;
    this.#open = this.#open.filter((other) => other !== shard);
  }

  /** Forgets a closed shard whose records are all gone. */
  remove(shard: Shard): void {
    assert(shard.lastSequence !== undefined, 'only closed shards are removed');
    this.#shards.delete(shard.id);
  }

  end(endedMs: number, disabledMs: number): void {
    this.#row = { ...this.#row, endedMs, disabledMs };
  }
}

/** `parts` intervals of nearly equal length that cover `range`, in order. */
export function splitHashes(range: HashRange, parts: number): HashRange[] {
  const length = range.hashEnd - range.hashStart;
  const bound = (part: number) => range.hashStart + Math.floor((length * part) / parts);
  return Array.from({ length: parts }, (_, part) => ({ hashStart: bound(part), hashEnd: bound(part + 1) }));
}
