/**
 * I1, I2, I6, I9: once the feed has told of a change, no cache answers with what was before it, not even from a read that
 * was under way or that a lagging replica answers; once the feed has told of a gap, with nothing that is older than the gap.
 */
import type { ChangeFeed, FeedListener, FeedRecord } from '../../src/feed/change-feed.ts';
import { sameItem } from '../../src/model/attribute-value.ts';
import type { History, ItemHistory, Version } from './history.ts';
import { NotedFloor } from './floor.ts';

export class NoStaleFill extends NotedFloor {
  readonly #history: History;
  readonly #mayReplay: boolean;
  /** Up to which version the feed has told, which the floor may be ahead of. */
  readonly #told = new Map<ItemHistory, number>();
  records = 0;

  /** @param mayReplay whether the feed may tell, after a gap, of what was before it. */
  constructor(history: History, mayReplay: boolean) {
    super('no stale fill (I1, I2, I6, I9)');
    this.#history = history;
    this.#mayReplay = mayReplay;
  }

  noteRecord({ tableName, key, oldImage, newImage }: FeedRecord): void {
    this.records++;
    const history = this.#history.of(tableName, key);
    const version = this.#versionOf(history, oldImage, newImage);
    if (version === undefined) throw new Error(`the feed tells of a change of ${history.name} that never was`);
    this.#told.set(history, version.index);
    this.raise(history, version);
  }

  /** Whatever the table held until now. */
  noteGap(tableName: string): void {
    for (const history of this.#history.items(tableName)) {
      this.raise(history, history.latest);
      if (!this.#mayReplay) this.#told.set(history, history.latest.index);
    }
  }

  /** All that was committed until then has been told, whichever version its records were taken for. */
  noteCaughtUp(tableName: string, committedMs: number): void {
    if (!this.#mayReplay) return;
    for (const history of this.#history.items(tableName)) this.raise(history, history.at(committedMs));
  }

  /** True when the feed has told of everything, or of a gap since. */
  isDrained(tableName: string): boolean {
    for (const history of this.#history.items(tableName)) {
      if (this.of(history) < history.latest.index) return false;
    }
    return true;
  }

  /** The feed between the accelerator and `feed`, seen by this checker once the accelerator has seen it. */
  watching(feed: ChangeFeed): ChangeFeed {
    const wrapped = (listener: FeedListener): FeedListener => ({
      onRecord: (record) => {
        listener.onRecord(record);
        this.noteRecord(record);
      },
      onCaughtUp: (tableName, asOfMs) => listener.onCaughtUp(tableName, asOfMs),
      onGap: (tableName, reason) => {
        listener.onGap(tableName, reason);
        this.noteGap(tableName);
      },
    });
    return listeningTo(feed, wrapped);
  }

  /** An item that came back to what it was has several changes that look alike: the first that was not told yet. */
  #versionOf(
    history: ItemHistory,
    oldImage: FeedRecord['oldImage'],
    newImage: FeedRecord['newImage'],
  ): Version | undefined {
    const { versions } = history;
    for (const start of [(this.#told.get(history) ?? 0) + 1, 1]) {
      for (let index = start; index < versions.length; index++) {
        const [before, after] = [versions[index - 1] as Version, versions[index] as Version];
        if (sameItem(after.image, newImage) && sameItem(before.image, oldImage)) return after;
      }
    }
    return undefined;
  }
}

/** A feed whose listener is told by way of another one. */
export function listeningTo(feed: ChangeFeed, wrapped: (listener: FeedListener) => FeedListener): ChangeFeed {
  return {
    subscribe: (listener) => feed.subscribe(wrapped(listener)),
    watch: (tableName) => feed.watch(tableName),
    unwatch: (tableName) => feed.unwatch(tableName),
    state: (tableName) => feed.state(tableName),
    close: () => feed.close(),
  };
}
