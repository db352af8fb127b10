/**
 * The change feed of a near cache: what the Slipstream node behind it sees, pushed over one connection (`proxy-link.ts`).
 *
 * Why the near cache is right where the node is: whatever the node answers after it has told of a mutation shows that
 * mutation (it tells in the turn in which it takes effect there), and what it answered before is refused as a fill or dropped
 * here, for the near cache took its lease before it asked (I1). Whatever may have been missed is a gap (I9).
 */
import { systemClock, type Clock, type Timer } from '../base/clock.ts';
import { assert } from '../base/errors.ts';
import type { PushedMutation, Staleness } from '../wire/feed-messages.ts';
import type { ChangeFeed, FeedListener, FeedState } from './change-feed.ts';
import type { NodeNews, ProxyLink } from './proxy-link.ts';

interface WatchedTable {
  /** The question whose answer counts. */
  watch: number;
  askedAtMs: number;
  state: FeedState;
  readonly waiting: ((state: FeedState) => void)[];
  /** Until it is asked for again. */
  retry?: Timer | undefined;
}

/** A table that the node could not describe is asked for again after this time. */
const RETRY_MS = 1_000;

export class ProxyFeed implements ChangeFeed {
  readonly #link: ProxyLink;
  readonly #clock: Clock;
  readonly #tables = new Map<string, WatchedTable>();
  #watches = 0;
  #listener: FeedListener | undefined;

  constructor(link: ProxyLink, clock: Clock = systemClock) {
    this.#link = link;
    this.#clock = clock;
    link.listen({
      onLive: () => {
        for (const table of this.#tables.keys()) this.#ask(table);
      },
      onLost: () => {
        for (const [name, table] of this.#tables) {
          settle(table, 'lost');
          this.#listener?.onGap(name, 'feed-lost');
        }
      },
      onGap: () => {
        for (const name of this.#tables.keys()) this.#listener?.onGap(name, 'overflow');
      },
      onMessage: (message, askedAtMs) => this.#take(message, askedAtMs),
    });
  }

  subscribe(listener: FeedListener): void {
    assert(this.#listener === undefined, 'a feed has one listener');
    this.#listener = listener;
  }

  async watch(tableName: string): Promise<FeedState> {
    await this.#link.settled();
    let table = this.#tables.get(tableName);
    if (table === undefined) {
      table = { watch: 0, askedAtMs: 0, state: 'starting', waiting: [] };
      this.#tables.set(tableName, table);
      this.#ask(tableName);
    }
    const { state, waiting } = table;
    if (this.#link.state !== 'live') return 'lost';
    return state === 'starting' ? new Promise((resolve) => waiting.push(resolve)) : state;
  }

  unwatch(tableName: string): void {
    const table = this.#tables.get(tableName);
    if (table === undefined) return;
    this.#tables.delete(tableName);
    table.retry?.cancel();
    settle(table, 'lost');
    this.#link.send({ type: 'unwatch', table: tableName });
  }

  state(tableName: string): FeedState {
    return this.#tables.get(tableName)?.state ?? 'none';
  }

  close(): Promise<void> {
    this.#link.close();
    for (const table of this.#tables.values()) {
      table.retry?.cancel();
      settle(table, 'lost');
    }
    this.#tables.clear();
    return Promise.resolve();
  }

  #ask(name: string): void {
    const table = this.#tables.get(name);
    if (table === undefined || this.#link.state !== 'live') return;
    table.retry?.cancel();
    table.watch = ++this.#watches;
    table.askedAtMs = this.#clock.monotonicMs();
    this.#link.send({ type: 'watch', table: name, watch: table.watch });
  }

  #take(message: NodeNews, askedAtMs: number): void {
    switch (message.type) {
      case 'watching':
        this.#begin(message.table, message.watch, message.staleness);
        return;
      case 'mutation':
        this.#listener?.onRecord(recordOf(message));
        return;
      case 'reset':
        this.#listener?.onGap(message.table, message.changed ? 'table-created' : 'restart');
        return;
      case 'pong':
        for (const [name, staleness] of Object.entries(message.staleness)) {
          if (this.#tables.get(name)?.state === 'live') this.#catchUp(name, askedAtMs, staleness);
        }
    }
  }

  #begin(name: string, watch: number, staleness: Staleness | undefined): void {
    const table = this.#tables.get(name);
    if (table === undefined || table.watch !== watch) return;
    if (staleness === undefined) {
      settle(table, 'lost');
      table.retry = this.#clock.after(RETRY_MS, () => this.#ask(name));
      return;
    }
    // What was cached before the node began to tell may have missed a mutation.
    this.#listener?.onGap(name, 'restart');
    settle(table, 'live');
    this.#catchUp(name, table.askedAtMs, staleness);
  }

  /**
   * The node answered after `askedAtMs`, and what it had not seen by then is younger than that by its own staleness; no clock
   * but ours is in this.
   */
  #catchUp(name: string, askedAtMs: number, staleness: Staleness): void {
    if (staleness !== null) this.#listener?.onCaughtUp(name, askedAtMs - staleness);
  }
}

function settle(table: WatchedTable, state: FeedState): void {
  table.state = state;
  for (const resolve of table.waiting.splice(0)) resolve(state);
}

function recordOf({ table, kind, key, old: oldImage, new: newImage }: PushedMutation) {
  return { tableName: table, kind, key, oldImage, newImage, viewType: 'NEW_AND_OLD_IMAGES' } as const;
}
