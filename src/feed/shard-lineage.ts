/**
 * Which shards of a stream may be read now, and how fresh that makes the table. No clock, no network: it is told.
 *
 * - A shard is read only after its parent was read to its end. Read earlier, an item's newer record would come before an
 *   older one, and the older would have the last word (I6).
 * - Freshness is the least of all branches. A branch whose shard has ended stands still until its children are known:
 *   they may hold records already (I8).
 *
 * Listings lag, shard by shard: a grandchild may be listed before its parent, one of two children before the other.
 */
export interface ShardDescription {
  readonly shardId: string;
  readonly parentShardId: string | undefined;
  /** True once the shard takes no more records. */
  readonly closed: boolean;
}

export interface ShardStart {
  readonly shardId: string;
  readonly position: 'LATEST' | 'TRIM_HORIZON';
  /** Wall time up to which everything of its items has been delivered; its records are trimmed by wall time. */
  readonly asOfWallMs: number;
}

export interface LineageOptions {
  /** How long listings may lag: after a shard has ended, when a second child is no longer expected beside the first. */
  readonly siblingWaitMs: number;
  /** How long a shard waits for a relative that no listing shows: an ended one for a child, a new one for its parent. */
  readonly relativeWaitMs: number;
  /** How long a finished shard is remembered after it was last listed, lest a listing that lags bring it back. */
  readonly forgetMs: number;
}

/** waiting: for its parent · reading · ended: read to its end, children not known for sure · done. */
type Phase = 'waiting' | 'reading' | 'ended' | 'done';

interface Shard {
  readonly id: string;
  readonly parentId: string | undefined;
  phase: Phase;
  asOfMs: number;
  asOfWallMs: number;
  readonly foundMs: number;
  endedMs: number;
  listedMs: number;
}

export class ShardLineage {
  readonly #options: LineageOptions;
  readonly #shards = new Map<string, Shard>();
  /** When the last listing was asked for. */
  #askedMs = 0;
  /** Wall time of the first listing; undefined before it. */
  #beganWallMs: number | undefined;

  constructor(options: LineageOptions) {
    this.#options = options;
  }

  /**
   * Takes a whole listing of the stream and returns what has to be read from now on. Of the first listing, open shards
   * start at their end; shards that appear later start at their beginning, as their records are all new to us.
   *
   * `askedMs` and `askedWallMs` are when the listing was asked for: what it does not show may have begun since, and a
   * listing that was long on its way must not count as a late one.
   */
  observe(listing: readonly ShardDescription[], askedMs: number, askedWallMs: number): ShardStart[] {
    const first = this.#beganWallMs === undefined;
    this.#beganWallMs ??= askedWallMs;
    this.#askedMs = askedMs;
    const parents = new Set(listing.map((shard) => shard.parentShardId));
    const starts: ShardStart[] = [];
    for (const { shardId, parentShardId, closed } of listing) {
      const known = this.#shards.get(shardId);
      if (known !== undefined) {
        known.listedMs = askedMs;
        continue;
      }
      const shard = newShard(shardId, parentShardId, askedMs, this.#beganWallMs);
      this.#shards.set(shardId, shard);
      if (!first) continue;
      // A shard with children has ended, even where the listing still shows it open. What ended before we came is not
      // read, but a child of it may still be missing here.
      if (closed || parents.has(shardId)) shard.phase = 'ended';
      else {
        shard.phase = 'reading';
        starts.push({ shardId, position: 'LATEST', asOfWallMs: askedWallMs });
      }
    }
    this.#settleEnded();
    starts.push(...this.#release());
    this.#forget();
    return starts;
  }

  /** A shard was read to its end. Returns its children that may start. */
  end(shardId: string, nowMs: number): ShardStart[] {
    const shard = this.#shards.get(shardId);
    if (shard === undefined || shard.phase !== 'reading') return [];
    shard.phase = 'ended';
    shard.endedMs = nowMs;
    return this.#release();
  }

  /** Every change of this shard's items that was acknowledged before `asOfMs` has been delivered. */
  caughtUp(shardId: string, asOfMs: number, asOfWallMs: number): void {
    const shard = this.#shards.get(shardId);
    if (shard === undefined) return;
    shard.asOfMs = Math.max(shard.asOfMs, asOfMs);
    shard.asOfWallMs = Math.max(shard.asOfWallMs, asOfWallMs);
  }

  /** The same of the whole stream; -Infinity while nothing can be said. */
  get asOfMs(): number {
    let asOfMs = Infinity;
    for (const shard of this.#shards.values()) {
      // A waiting shard holds nothing older than its parent's end, and the parent counts, if we have it.
      if (shard.phase === 'reading' || shard.phase === 'ended') asOfMs = Math.min(asOfMs, shard.asOfMs);
      else if (this.#isOrphan(shard)) return -Infinity;
    }
    return asOfMs === Infinity ? -Infinity : asOfMs;
  }

  /** True while there are shards that are not known yet, for sure or perhaps: time to list the stream again. */
  get incomplete(): boolean {
    for (const shard of this.#shards.values()) if (shard.phase === 'ended' || this.#isOrphan(shard)) return true;
    return this.#shards.size === 0;
  }

  #isOrphan(shard: Shard): boolean {
    return shard.phase === 'waiting' && shard.parentId !== undefined && !this.#shards.has(shard.parentId);
  }

  /** An ended shard is done when both children of a split are known, or one after a while, or none after a long one. */
  #settleEnded(): void {
    const children = new Map<string, number>();
    for (const { parentId } of this.#shards.values()) {
      if (parentId !== undefined) children.set(parentId, (children.get(parentId) ?? 0) + 1);
    }
    for (const shard of this.#shards.values()) {
      if (shard.phase !== 'ended') continue;
      const count = children.get(shard.id) ?? 0;
      const { siblingWaitMs, relativeWaitMs } = this.#options;
      const waitMs = count >= 2 ? 0 : count === 1 ? siblingWaitMs : relativeWaitMs;
      if (this.#askedMs - shard.endedMs >= waitMs) shard.phase = 'done';
    }
  }

  #release(): ShardStart[] {
    const starts: ShardStart[] = [];
    for (const shard of this.#shards.values()) {
      if (shard.phase !== 'waiting') continue;
      const parent = shard.parentId === undefined ? undefined : this.#shards.get(shard.parentId);
      if (parent?.phase === 'waiting' || parent?.phase === 'reading') continue;
      // Read now, it could come before a parent that is only late in the listings; most often the parent was trimmed.
      if (this.#isOrphan(shard) && this.#askedMs - shard.foundMs < this.#options.relativeWaitMs) continue;
      shard.phase = 'reading';
      if (parent !== undefined) {
        shard.asOfMs = parent.asOfMs;
        shard.asOfWallMs = parent.asOfWallMs;
      }
      starts.push({ shardId: shard.id, position: 'TRIM_HORIZON', asOfWallMs: shard.asOfWallMs });
    }
    return starts;
  }

  #forget(): void {
    for (const shard of this.#shards.values()) {
      const unlistedMs = this.#askedMs - shard.listedMs;
      if (shard.phase === 'done' && unlistedMs > this.#options.forgetMs) this.#shards.delete(shard.id);
    }
  }
}

function newShard(id: string, parentId: string | undefined, nowMs: number, asOfWallMs: number): Shard {
  return {
    id,
    parentId,
    phase: 'waiting',
    asOfMs: -Infinity,
    asOfWallMs,
    foundMs: nowMs,
    endedMs: nowMs,
    listedMs: nowMs,
  };
}
