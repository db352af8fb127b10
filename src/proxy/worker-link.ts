/**
 * A worker's way to the primary (`worker-hub.ts`): tells what its clients' writes did and waits until every other worker has
 * taken it, takes what theirs did and what the change feed tells, and knows until when it may answer out of its caches.
 */
import type { Accelerator } from '../accelerator/accelerator.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { flushCaches } from './flush-caches.ts';
import { WorkerFeed } from './worker-feed.ts';
import { WorkerLists } from './worker-lists.ts';
import type {
  Change,
  FromWorker,
  ToWorker,
  WorkerAsk,
  WorkerQuestion,
  WorkerState,
  WorkerTiming,
} from './worker-messages.ts';

export interface WorkerLinkOptions {
  readonly send: (message: FromWorker) => void;
  readonly timing: WorkerTiming;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the primary may ask a worker for. */
export interface WorkerAnswers {
  readonly state: () => WorkerState;
  /** Numbers as `prom-client` gives them. */
  readonly metrics: () => Promise<unknown>;
}

interface Post {
  readonly settled: Promise<void>;
  readonly resolve: () => void;
}

export class WorkerLink {
  readonly feed: WorkerFeed;
  readonly lists = new WorkerLists((ask) => this.#ask(ask));
  readonly #options: WorkerLinkOptions;
  readonly #posts = new Map<number, Post>();
  readonly #pingedAtMs = new Map<number, number>();
  readonly #asked = new Map<number, (value: unknown) => void>();
  #accelerator: Accelerator | undefined;
  #answers: WorkerAnswers | undefined;
  #unsent: Change[] = [];
  /** What is told when every worker has taken what took effect here before, in this order. */
  #untold: (() => void)[] = [];
  #isTelling = false;
  #lastPost = 0;
  #lastAsked = 0;
  #lastPing = 0;
  #leaseUntilMs = -Infinity;
  #isTaking = false;
  #timer: Timer | undefined;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
    this.feed = new WorkerFeed(options.send);
  }

  /**
   * May anything be answered out of the caches? Not while this process may have missed a change: at its start, and when it
   * was not run for a while.
   */
  get mayServe(): boolean {
    return this.#options.clock.monotonicMs() < this.#leaseUntilMs;
  }

  /** True while what another process told takes effect here: that is not told again. */
  get isTaking(): boolean {
    return this.#isTaking;
  }

  /** From here on changes of others take effect on the accelerator's caches. */
  open(accelerator: Accelerator, answers: WorkerAnswers): void {
    this.#accelerator = accelerator;
    this.#answers = answers;
    // What others wrote before this process was known is not told to it: keys are recent for a while, as after a gap (I2).
    this.#take(() => accelerator.flush());
    this.#beat();
  }

  close(): void {
    this.#timer?.cancel();
    for (const { resolve } of this.#posts.values()) resolve();
  }

  /** Tells all other workers; those of one turn together. */
  post(change: Change): void {
    this.#unsent.push(change);
  }

  /** Resolves when every worker has taken all that was posted so far, or can serve nothing that is older. */
  async settled(): Promise<void> {
    if (this.#unsent.length > 0) void this.#sendPost();
    await Promise.all([...this.#posts.values()].map((post) => post.settled));
  }

  /**
   * Calls `tell` when every worker has taken all that took effect here so far, or can serve nothing that is older; all in the
   * order in which they came.
   */
  whenShared(tell: () => void): void {
    this.#untold.push(tell);
    if (!this.#isTelling) void this.#tell();
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'pong':
        this.#pong(message.ping, message.stalenessMs);
        return;
      case 'settled':
        this.#posts.get(message.post)?.resolve();
        this.#posts.delete(message.post);
        return;
      case 'take':
        this.#take(() => {
          for (const change of message.changes) this.#apply(change);
        });
        this.#options.send({ type: 'taken', delivery: message.delivery });
        return;
      case 'watching':
        this.#take(() => this.feed.noteWatching(message.table, message.state));
        // What it is to be caught up is known with the next answer, which nobody should wait a beat for.
        this.#ping();
        return;
      case 'question':
        this.#answer(message.question, message.ask).catch((error: unknown) => {
          this.#options.log.error({ err: error }, 'a question of the primary could not be answered');
        });
        return;
      case 'answered':
        this.#asked.get(message.question)?.(message.value);
        this.#asked.delete(message.question);
        return;
      case 'drain':
      // The process itself listens for this.
    }
  }

  /** What comes while the primary is being asked waits for its next answer, so that one question is under way at most. */
  async #tell(): Promise<void> {
    this.#isTelling = true;
    while (this.#untold.length > 0) {
      // What the rest of this turn tells goes with it.
      await Promise.resolve();
      const told = this.#untold;
      this.#untold = [];
      await this.#sendPost();
      for (const tell of told) tell();
    }
    this.#isTelling = false;
  }

  #sendPost(): Promise<void> {
    const post = ++this.#lastPost;
    let resolve: () => void = () => {};
    const settled = new Promise<void>((resolveSettled) => (resolve = resolveSettled));
    this.#posts.set(post, { settled, resolve });
    this.#options.send({ type: 'wrote', post, changes: this.#unsent });
    this.#unsent = [];
    return settled;
  }

  #apply(change: Change): void {
    const table = change.type === 'gap' ? change.table : change.record.tableName;
    // A table that is not open, or is being opened: whoever fills from it later must not be shown what was before (I2).
    if (!this.feed.watches(table)) this.#accelerator?.invalidate(table);
    else if (change.type === 'write') this.feed.noteWrite(change.record);
    else if (change.type === 'record') this.feed.noteRecord(change.record);
    else this.feed.noteGap(table, change.reason);
  }

  #take(apply: () => void): void {
    this.#isTaking = true;
    try {
      apply();
    } finally {
      this.#isTaking = false;
    }
  }

  #beat(): void {
    // A reset that no client waits for is told with the next beat.
    if (this.#unsent.length > 0) void this.#sendPost();
    this.#ping();
    this.#timer = this.#options.clock.after(this.#options.timing.beatMs, () => this.#beat());
  }

  #ping(): void {
    const state = this.#answers?.state();
    if (state === undefined) return;
    const ping = ++this.#lastPing;
    this.#pingedAtMs.set(ping, this.#options.clock.monotonicMs());
    this.#options.send({ type: 'ping', ping, ...state });
  }

  #pong(ping: number, stalenessMs: Readonly<Record<string, number>>): void {
    const askedAtMs = this.#pingedAtMs.get(ping);
    if (askedAtMs === undefined) return;
    this.#pingedAtMs.delete(ping);
    // From when it was asked, not from when it was answered: this process may have stood still in between.
    this.#leaseUntilMs = askedAtMs + this.#options.timing.leaseMs;
    this.#take(() => {
      for (const [table, ms] of Object.entries(stalenessMs)) this.feed.noteCaughtUp(table, askedAtMs - ms);
    });
  }

  async #answer(question: number, ask: WorkerQuestion): Promise<void> {
    this.#options.send({ type: 'answer', question, value: await this.#answerTo(ask) });
  }

  #answerTo(ask: WorkerQuestion): unknown {
    switch (ask.about) {
      case 'flush':
        return this.#flush(ask.table);
      case 'metrics':
        return this.#answers?.metrics();
      case 'define-lists':
        this.lists.take(ask.lists);
        return true;
      case 'list':
        return this.lists.namesOf(ask.id);
    }
  }

  #ask(ask: WorkerAsk): Promise<unknown> {
    const question = ++this.#lastAsked;
    return new Promise((resolve) => {
      this.#asked.set(question, resolve);
      this.#options.send({ type: 'ask', question, ask });
    });
  }

  #flush(table: string | undefined): number {
    const accelerator = this.#accelerator;
    let entries = 0;
    if (accelerator !== undefined) this.#take(() => (entries = flushCaches(accelerator, table)));
    return entries;
  }
}
