/**
 * One near cache that follows this node: told of each mutation in the turn in which it takes effect on the caches here, or, where
 * the node is several processes, when it has taken effect in all of them. An answer that the node gives later shows that
 * mutation, so a near cache which has dropped an entry cannot be given it again.
 *
 * It knows nothing of the socket; `feed-door.ts` has that.
 */
import type { Accelerator, Following, Mutation, TableFollower } from '../accelerator/accelerator.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { SlipstreamError } from '../base/errors.ts';
import type { FromNode, PushedMutation, Staleness, ToNode } from '../wire/feed-messages.ts';
import { parseToNode } from '../wire/feed-messages.ts';

export interface FeedLimits {
  /** Near caches that may follow this node. */
  readonly subscribersMax: number;
  /** Tables that one of them may follow. */
  readonly tablesMax: number;
  /** What may wait for a slow reader; what comes beyond it is dropped and shows as a gap. */
  readonly queueBytesMax: number;
  /** The same for all near caches together: each gets an equal share, for they may fall behind at once. */
  readonly queuesBytesMax: number;
  /** One that has said nothing for so long is cut off. */
  readonly silenceMs: number;
}

export const feedDefaults: FeedLimits = {
  subscribersMax: 10_000,
  tablesMax: 1_000,
  queueBytesMax: 8 * 1024 * 1024,
  queuesBytesMax: 256 * 1024 * 1024,
  silenceMs: 30_000,
};

/** The way to the near cache. */
export interface FeedSocket {
  send(text: string): void;
  /** Bytes that were sent and have not left yet. */
  readonly queuedBytes: number;
  end(reason: string): void;
}

/**
 * Calls `tell` when all that took effect here so far has taken effect in every process that may be asked next, and whatever it is
 * called with in the order of its calls.
 */
export type WhenShared = (tell: () => void) => void;

export interface FeedSessionOptions {
  readonly accelerator: Accelerator;
  readonly socket: FeedSocket;
  /** The id of the proxy: all of its processes have it. */
  readonly node: string;
  /** At once unless told otherwise: this process is all of the node. */
  readonly whenShared?: WhenShared | undefined;
  readonly limits: FeedLimits;
  readonly clock: Clock;
}

interface Watched {
  /** Undefined while the table is being opened. */
  following?: Following | undefined;
}

export class FeedSession {
  readonly #options: FeedSessionOptions;
  readonly #whenShared: WhenShared;
  readonly #watched = new Map<string, Watched>();
  /** Pushes so far, the dropped ones included. */
  #sequence = 0;
  #heardAtMs: number;
  #watchdog: Timer;
  #isClosed = false;

  constructor(options: FeedSessionOptions) {
    this.#options = options;
    this.#whenShared = options.whenShared ?? ((tell) => tell());
    this.#heardAtMs = options.clock.monotonicMs();
    this.#watchdog = this.#watch();
    this.#say({ type: 'hello', node: options.node });
  }

  /** Takes one text of the near cache; one that cannot be read ends the session. */
  receive(text: string): void {
    this.#heardAtMs = this.#options.clock.monotonicMs();
    let message: ToNode;
    try {
      message = parseToNode(text);
    } catch (error) {
      this.#end((error as SlipstreamError).message);
      return;
    }
    switch (message.type) {
      case 'watch':
        void this.#follow(message.table, message.watch);
        return;
      case 'unwatch':
        this.#unfollow(message.table);
        return;
      case 'ping':
        this.#pong(message.ping);
        return;
      case 'wrote':
        for (const table of message.tables) this.#options.accelerator.invalidate(table);
        this.#answer({ type: 'noted', note: message.note });
    }
  }

  /** The socket is gone. */
  close(): void {
    this.#isClosed = true;
    this.#watchdog.cancel();
    for (const { following } of this.#watched.values()) following?.stop();
    this.#watched.clear();
  }

  async #follow(table: string, watch: number): Promise<void> {
    const { accelerator, limits } = this.#options;
    this.#unfollow(table);
    if (this.#watched.size >= limits.tablesMax) {
      this.#end(`more than ${limits.tablesMax} tables`);
      return;
    }
    const watched: Watched = {};
    this.#watched.set(table, watched);
    const name = JSON.stringify(table);
    const follower: TableFollower = {
      onMutation: (mutation) => this.#push(name, mutationText(mutation)),
      onReset: (changed) => this.#push(name, `"type":"reset","changed":${changed}}`),
    };
    const following = await accelerator.follow(table, follower).catch(() => undefined);
    if (this.#watched.get(table) !== watched) {
      // Meanwhile the near cache has left the table, or asked for it once more: the later call answers.
      following?.stop();
      return;
    }
    watched.following = following;
    if (following === undefined) this.#watched.delete(table);
    this.#answer({ type: 'watching', table, watch, staleness: following && stalenessOf(following) });
  }

  #unfollow(table: string): void {
    this.#watched.get(table)?.following?.stop();
    this.#watched.delete(table);
  }

  #stalenessByTable(): Record<string, Staleness> {
    const staleness: Record<string, Staleness> = Object.create(null) as Record<string, Staleness>;
    for (const [table, { following }] of this.#watched) {
      if (following !== undefined) staleness[table] = stalenessOf(following);
    }
    return staleness;
  }

  /** It speaks of what is known here now, so that it comes after all of that. */
  #pong(ping: number): void {
    const staleness = this.#stalenessByTable();
    this.#whenShared(() => this.#say({ type: 'pong', ping, sequence: this.#sequence, staleness }));
  }

  /** Each push has a number, whether it is sent or not. */
  #push(table: string, rest: string): void {
    this.#whenShared(() => {
      this.#sequence++;
      if (this.#hasRoom()) this.#options.socket.send(`{"sequence":${this.#sequence},"table":${table},${rest}`);
    });
  }

  /** A reader who takes nothing gets nothing more; by the next pong it knows what it has missed (I9). */
  #say(message: FromNode): void {
    if (this.#hasRoom()) this.#options.socket.send(JSON.stringify(message));
  }

  /**
   * Its reader waits for this one, and no pong tells that it is missing: were it dropped, a write that was noted here would
   * wait for as long as the link lives, and a table stay unfollowed. Such a reader has to begin anew.
   */
  #answer(message: FromNode): void {
    this.#whenShared(() => {
      if (this.#isClosed || this.#hasRoom()) this.#say(message);
      else this.#end('it asks, and does not read');
    });
  }

  #hasRoom(): boolean {
    return !this.#isClosed && this.#options.socket.queuedBytes < this.#options.limits.queueBytesMax;
  }

  #end(reason: string): void {
    this.close();
    this.#options.socket.end(reason);
  }

  #watch(): Timer {
    const { clock, limits } = this.#options;
    return clock.after(limits.silenceMs / 2, () => {
      if (clock.monotonicMs() - this.#heardAtMs > limits.silenceMs) this.#end('nothing was heard for too long');
      else this.#watchdog = this.#watch();
    });
  }
}

function stalenessOf(following: Following): Staleness {
  const staleness = following.stalenessMs();
  return Number.isFinite(staleness) ? Math.max(0, staleness) : null;
}

/** One text for all who follow the table, made when the first of them needs it. */
const texts = new WeakMap<Mutation, string>();

function mutationText(mutation: Mutation): string {
  let text = texts.get(mutation);
  if (text === undefined) {
    const { key, oldImage, newImage } = mutation;
    const pushed: Omit<PushedMutation, 'table'> = {
      type: 'mutation',
      kind: newImage === undefined ? 'REMOVE' : oldImage === undefined ? 'INSERT' : 'MODIFY',
      key,
      ...(oldImage !== 'unknown' && { old: oldImage }),
      ...(newImage !== 'unknown' && { new: newImage }),
    };
    text = JSON.stringify(pushed).slice(1);
    texts.set(mutation, text);
  }
  return text;
}
