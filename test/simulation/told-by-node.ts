/**
 * What a near cache must show: all that the node behind it knew of when it pushed what the cache has taken. The node itself
 * knows of a version once its feed has told of it, or once it has the answer to a write of it.
 */
import type { ChangeFeed, FeedListener, FeedRecord } from '../../src/feed/change-feed.ts';
import { NotedFloor } from './floor.ts';
import type { Commit, History, ItemHistory } from './history.ts';
import { listeningTo, NoStaleFill } from './no-stale-fill.ts';
import { ReadYourWrites } from './read-your-writes.ts';
import type { Scenario } from './scenarios.ts';

/** A change that was committed so long ago has been acknowledged, or never will be. */
const ACKNOWLEDGED_WITHIN_MS = 3_000;

interface Known {
  readonly history: ItemHistory;
  readonly items: number;
  readonly pages: number;
}

/** How far a node knew of all items, at one moment. */
export type Knowledge = readonly Known[];

/** Of one process of the node, from its start to its end. */
export class NodeKnowledge {
  readonly told: NoStaleFill;
  readonly #writes = new ReadYourWrites();
  readonly #history: History;
  /** Until something more is known. */
  #now: Knowledge | undefined;

  constructor(history: History, feed: Scenario['feed']) {
    this.#history = history;
    this.told = new NoStaleFill(history, feed === 'streams');
  }

  noteAcknowledged(commits: readonly Commit[]): void {
    this.#now = undefined;
    this.#writes.acknowledged(commits, (history) => this.told.of(history));
  }

  noteRecord(record: FeedRecord): void {
    this.#now = undefined;
    this.told.noteRecord(record);
  }

  now(): Knowledge {
    return (this.#now ??= this.#summedUp());
  }

  #summedUp(): Knowledge {
    const known: Known[] = [];
    for (const history of this.#history.all()) {
      const told = this.told.of(history);
      const items = Math.max(told, this.#writes.ofItems.of(history));
      const pages = Math.max(told, this.#writes.ofPages.of(history));
      if (items > 0 || pages > 0) known.push({ history, items, pages });
    }
    return known;
  }

  /** Notes what the feed tells before the accelerator is told, which pushes it at once. */
  watching(feed: ChangeFeed): ChangeFeed {
    const { told } = this;
    const wrapped = (listener: FeedListener): FeedListener => ({
      onRecord: (record) => {
        this.noteRecord(record);
        listener.onRecord(record);
      },
      onCaughtUp: (tableName, asOfMs) => {
        this.#now = undefined;
        told.noteCaughtUp(tableName, asOfMs - ACKNOWLEDGED_WITHIN_MS);
        listener.onCaughtUp(tableName, asOfMs);
      },
      onGap: (tableName, reason) => {
        this.#now = undefined;
        told.noteGap(tableName);
        listener.onGap(tableName, reason);
      },
    });
    return listeningTo(feed, wrapped);
  }
}

/** What of it has reached a near cache. */
export class ToldByNode {
  readonly items = new NotedFloor('what the node has told of');
  readonly pages = new NotedFloor('what the node has told of');

  /** The cache has taken a message that left the node with that knowledge. */
  raise(knowledge: Knowledge, concerns: (history: ItemHistory) => boolean): void {
    for (const { history, items, pages } of knowledge) {
      if (!concerns(history)) continue;
      this.items.raiseTo(history, items);
      this.pages.raiseTo(history, pages);
    }
  }

  /** The cache has emptied itself, and the node does not bind it any more. */
  forget(tableName: string): void {
    const isOther = ({ tableName: name }: ItemHistory) => name !== tableName;
    this.items.keep(isOther);
    this.pages.keep(isOther);
  }

  noteAll(history: History): void {
    for (const item of history.all()) {
      this.items.raise(item, item.latest);
      this.pages.raise(item, item.latest);
    }
  }
}
