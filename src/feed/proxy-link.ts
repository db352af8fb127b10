/**
 * The one long-lived connection of a near cache to the Slipstream node behind it. It is `live` from the node's greeting until
 * the connection ends or falls silent, and then tries again, for ever.
 *
 * Whoever asks through the node while the link is live is shown what the link tells, in that order: the node tells of a
 * mutation in the turn in which it takes effect there, or when it has taken effect in all of its processes. When the link is not
 * live nothing is known, and nothing may be kept.
 */
import { systemClock, type Clock, type Timer } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { FromNode, ToNode } from '../wire/feed-messages.ts';
import { parseFromNode } from '../wire/feed-messages.ts';

/** One attempt to reach the node. `onEnd` is called once, whether it ever opened or not. */
export type Connect = (handlers: {
  readonly onText: (text: string) => void;
  readonly onEnd: (why: SlipstreamError) => void;
}) => Connection;

export interface Connection {
  send(text: string): void;
  /** No handler is called after this. */
  close(): void;
  /** Whether somebody waits for what comes; where nobody does, the connection does not keep a process alive. */
  hold?(isAwaited: boolean): void;
}

export interface LinkTiming {
  /** Between two questions after the node's state. */
  readonly beatMs: number;
  /** A link on which nothing was heard for so long is lost: the longest that a call can hang on a node that is gone. */
  readonly silenceMs: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** For how long a replica of the store may lack a write: the `mutationLogMs` of both ends. */
  readonly recentMs: number;
}

export const linkDefaults: LinkTiming = {
  beatMs: 500,
  silenceMs: 2_000,
  retryMinMs: 100,
  retryMaxMs: 2_000,
  recentMs: 5_000,
};

/** `refused`: the node does not let this client follow it; it is asked again all the same. */
export type LinkState = 'connecting' | 'live' | 'lost' | 'refused';

export interface LinkListener {
  onLive?(): void;
  /**
   * Only after `onLive`. `isGivenUp`: by this end, so that what was asked of the node may never be answered. Otherwise the
   * node has ended it, and its own connections tell what becomes of calls that it has begun.
   */
  onLost?(why: SlipstreamError, isGivenUp: boolean): void;
  /** Messages are missing; the next ones come as ever. */
  onGap?(): void;
  /** What the node says while the link is live. `askedAtMs` is when a pong's ping was sent. */
  onMessage?(message: NodeNews, askedAtMs: number): void;
}

export type NodeNews = Exclude<FromNode, { readonly type: 'hello' | 'noted' }>;

export interface ProxyLinkOptions extends Partial<LinkTiming> {
  readonly connect: Connect;
  readonly clock?: Clock | undefined;
}

interface Note {
  readonly tables: readonly string[];
  readonly resolve: () => void;
}

export class ProxyLink {
  readonly #connect: Connect;
  readonly #clock: Clock;
  readonly #timing: LinkTiming;
  readonly #listeners = new Set<LinkListener>();
  #state: LinkState = 'connecting';
  #failure: SlipstreamError | undefined;
  #connection: Connection | undefined;
  #node: string | undefined;
  #timer: Timer | undefined;
  #heardAtMs = 0;
  #retryMs: number;
  #pings = 0;
  readonly #pingedAtMs = new Map<number, number>();
  /** Pushes of this connection that were heard of. */
  #sequence = 0;
  /** Tables written to past the node, which has to hear of them before anything is asked through it again. */
  readonly #wrote = new Set<string>();
  /** Tables written to through the node, and when. */
  readonly #wroteThrough = new Map<string, number>();
  #notes = 0;
  /** Those that the node has not answered. */
  readonly #pendingNotes = new Map<number, Note>();
  #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor({ connect, clock = systemClock, ...timing }: ProxyLinkOptions) {
    this.#connect = connect;
    this.#clock = clock;
    this.#timing = { ...linkDefaults, ...timing };
    this.#retryMs = this.#timing.retryMinMs;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Why the link is not live; undefined while it is, or before the first attempt has ended. */
  get failure(): SlipstreamError | undefined {
    return this.#failure;
  }

  /** The node's id, which all of its processes have; undefined before it was ever reached. */
  get node(): string | undefined {
    return this.#node;
  }

  listen(listener: LinkListener): void {
    this.#listeners.add(listener);
  }

  /** Opens it, if that was not done. */
  open(): void {
    if (this.#connection === undefined && this.#timer === undefined && !this.#isClosed) this.#attempt();
  }

  /** Resolves when the first attempt has ended, well or not; a caller that waits for it waits `silenceMs` at most. */
  settled(): Promise<void> {
    if (this.#state !== 'connecting' || this.#isClosed) return Promise.resolve();
    const settled = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.open();
    this.#hold();
    return settled;
  }

  send(message: ToNode): void {
    if (this.#state === 'live') this.#say(message);
  }

  /**
   * Tells the node that tables were written to past it, so that it shows nobody the state before; resolves when it has taken
   * note. Where it is away it hears of them before the link is live again, so there is nothing to wait for.
   */
  noteWrites(tables: Iterable<string>): Promise<void> {
    const written = [...tables];
    if (this.#state === 'live' && written.length > 0) return this.#note(written);
    for (const table of written) this.#wrote.add(table);
    return Promise.resolve();
  }

  /**
   * The node has done a write of these tables. Another one that takes its place knows nothing of it, and a replica that it reads
   * may not have it yet (I2, I3).
   */
  rememberWrites(tables: Iterable<string>): void {
    const nowMs = this.#clock.monotonicMs();
    for (const table of tables) this.#wroteThrough.set(table, nowMs);
  }

  #tellSuccessor(): void {
    const sinceMs = this.#clock.monotonicMs() - this.#timing.recentMs;
    for (const [table, atMs] of this.#wroteThrough) if (atMs > sinceMs) this.#wrote.add(table);
    this.#wroteThrough.clear();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#connection?.close();
    this.#connection = undefined;
    this.#become('lost', new SlipstreamError('SLIPSTREAM_CLOSED', 'the client was destroyed'), true);
  }

  #attempt(): void {
    this.#timer = undefined;
    this.#heardAtMs = this.#clock.monotonicMs();
    const connection = this.#connect({
      onText: (text) => {
        if (this.#connection === connection) this.#receive(text);
      },
      onEnd: (why) => {
        if (this.#connection === connection) this.#lose(why);
      },
    });
    this.#connection = connection;
    this.#timer = this.#clock.after(this.#timing.beatMs, () => this.#beat());
  }

  #receive(text: string): void {
    this.#heardAtMs = this.#clock.monotonicMs();
    let message: FromNode;
    try {
      message = parseFromNode(text);
    } catch (error) {
      this.#lose(error as SlipstreamError);
      return;
    }
    switch (message.type) {
      case 'hello':
        if (this.#node !== message.node) this.#tellSuccessor();
        this.#node = message.node;
        this.#sequence = 0;
        this.#greet();
        return;
      case 'noted':
        this.#pendingNotes.get(message.note)?.resolve();
        this.#pendingNotes.delete(message.note);
        this.#hold();
        return;
      default:
        if (this.#state === 'live') this.#pass(message);
    }
  }

  /** The link is live once the node knows of all that was written past it. */
  #greet(): void {
    if (this.#wrote.size === 0) {
      this.#retryMs = this.#timing.retryMinMs;
      this.#become('live', undefined);
      return;
    }
    const connection = this.#connection;
    const tables = [...this.#wrote];
    this.#wrote.clear();
    void this.#note(tables).then(() => {
      if (this.#connection === connection) this.#greet();
    });
  }

  #note(tables: readonly string[]): Promise<void> {
    const note = ++this.#notes;
    return new Promise((resolve) => {
      this.#pendingNotes.set(note, { tables, resolve });
      this.#say({ type: 'wrote', note, tables });
      this.#hold();
    });
  }

  /** A process must not end before its calls are answered because nothing but this link would wake it. */
  #hold(): void {
    this.#connection?.hold?.(this.#waiting.length > 0 || this.#pendingNotes.size > 0);
  }

  #pass(message: NodeNews): void {
    let askedAtMs = 0;
    if (message.type === 'pong') {
      askedAtMs = this.#pingedAtMs.get(message.ping) ?? -Infinity;
      // Pings before it have no answer any more: the node drops those for which its reader is too slow.
      for (const ping of this.#pingedAtMs.keys()) if (ping <= message.ping) this.#pingedAtMs.delete(ping);
      if (message.sequence !== this.#sequence) this.#gap(message.sequence);
    } else if (message.type !== 'watching' && message.sequence !== ++this.#sequence) {
      this.#gap(message.sequence);
    }
    for (const listener of this.#listeners) listener.onMessage?.(message, askedAtMs);
  }

  /** I9: the node had more to say than this client has taken. */
  #gap(sequence: number): void {
    this.#sequence = sequence;
    for (const listener of this.#listeners) listener.onGap?.();
  }

  #beat(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#heardAtMs > this.#timing.silenceMs) {
      this.#lose(lost(`nothing was heard of the node for ${this.#timing.silenceMs} ms`), true);
      return;
    }
    if (this.#state === 'live') {
      this.#pingedAtMs.set(++this.#pings, nowMs);
      this.#say({ type: 'ping', ping: this.#pings });
    }
    this.#timer = this.#clock.after(this.#timing.beatMs, () => this.#beat());
  }

  #say(message: ToNode): void {
    this.#connection?.send(JSON.stringify(message));
  }

  #lose(why: SlipstreamError, isGivenUp = false): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#timer?.cancel();
    this.#pingedAtMs.clear();
    // Nobody knows whether the node took note of these.
    for (const { tables, resolve } of this.#pendingNotes.values()) {
      for (const table of tables) this.#wrote.add(table);
      resolve();
    }
    this.#pendingNotes.clear();
    this.#timer = this.#clock.after(this.#retryMs * (0.5 + this.#clock.random() / 2), () => this.#attempt());
    this.#retryMs = Math.min(this.#retryMs * 2, this.#timing.retryMaxMs);
    this.#become(isRefusal(why) ? 'refused' : 'lost', why, isGivenUp);
  }

  #become(state: LinkState, why: SlipstreamError | undefined, isGivenUp = false): void {
    const wasLive = this.#state === 'live';
    this.#state = state;
    this.#failure = why;
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#hold();
    for (const listener of this.#listeners) {
      if (state === 'live') listener.onLive?.();
      else if (wasLive && why !== undefined) listener.onLost?.(why, isGivenUp);
    }
  }
}

function isRefusal({ code }: SlipstreamError): boolean {
  return code === 'SLIPSTREAM_NOT_AUTHORISED' || code === 'SLIPSTREAM_VERSION_MISMATCH';
}

export function lost(why: string, cause?: unknown): SlipstreamError {
  return new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', why, { cause });
}
