/**
 * The primary's side of several processes behind one port: it passes what a worker's write did on to all other workers, and
 * tells the writer when every one of them has taken it, which is when the writer's client may be answered. So after a write is
 * acknowledged no worker answers with the state before it (I3), whichever connection asks.
 *
 * Why a worker that does not answer in time can be left behind: it serves out of its caches only for `leaseMs` after it *asked*
 * the primary and was answered. Messages keep their order. Of a change that is passed on at time t, every answer that was sent
 * before is one to a question from before t, so leases on their ground end before t + leaseMs; and a worker that reads a later
 * answer has read the change before it. So from t + leaseMs on a worker has either taken the change or serves nothing, and the
 * writer need not wait longer. (The clocks of two processes are never compared, only their pace.)
 *
 * The change feed is read here, once: DynamoDB lets two readers a shard read a stream, and there may be more workers.
 */
import type { TableStatus } from '../accelerator/accelerator.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';
import type { Change, FromWorker, ToWorker, WorkerQuestion, WorkerState, WorkerTiming } from './worker-messages.ts';

/** The way to one worker's process. */
export interface WorkerPort {
  readonly id: number;
  send(message: ToWorker): void;
  /** Ends the process, which does not answer. */
  kill(): void;
}

export interface WorkerHubOptions {
  readonly feed: ChangeFeed;
  readonly timing: WorkerTiming;
  readonly clock: Clock;
  readonly log: Log;
}

interface Member {
  readonly port: WorkerPort;
  state: WorkerState | undefined;
  readonly watched: Set<string>;
  /** Changes that it has not taken, the oldest first, with the time when they were sent. */
  readonly deliveries: Map<number, { readonly sentMs: number; readonly taken: () => void }>;
  readonly questions: Map<number, (value: unknown) => void>;
}

/** Time for a timer that fires early and a clock that is read late. */
const LEASE_MARGIN_MS = 100;

export class WorkerHub {
  readonly #options: WorkerHubOptions;
  readonly #members = new Map<number, Member>();
  readonly #caughtUpAsOfMs = new Map<string, number>();
  #watchdog: Timer | undefined;
  #lastNumber = 0;

  constructor(options: WorkerHubOptions) {
    this.#options = options;
    options.feed.subscribe({
      onRecord: (record) => this.#tellWatchers(record.tableName, { type: 'record', record }),
      onCaughtUp: (table, asOfMs) => void this.#caughtUpAsOfMs.set(table, asOfMs),
      onGap: (table, reason) => this.#tellWatchers(table, { type: 'gap', table, reason }),
    });
    this.#watch();
  }

  /** Workers that have their doors' caches in order now. */
  get size(): number {
    return this.#members.size;
  }

  /** What the workers said of themselves last. */
  states(): readonly WorkerState[] {
    return [...this.#members.values()].flatMap(({ state }) => (state === undefined ? [] : [state]));
  }

  /** Every table that a worker has met, as the worker sees it that is worst off. */
  tables(): readonly TableStatus[] {
    const byName = new Map<string, TableStatus>();
    for (const { tables } of this.states()) {
      for (const table of tables) {
        const other = byName.get(table.name);
        if (other === undefined || (other.serving && !table.serving)) byName.set(table.name, table);
      }
    }
    return [...byName.values()];
  }

  /** A worker has begun; what comes from it is given to the function that is returned. */
  join(port: WorkerPort): (message: FromWorker) => void {
    const member: Member = { port, state: undefined, watched: new Set(), deliveries: new Map(), questions: new Map() };
    this.#members.set(port.id, member);
    return (message) => this.#receive(member, message);
  }

  /** A worker's process has ended: it answers nobody, so nobody waits for it. */
  leave(id: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#members.delete(id);
    for (const { taken } of member.deliveries.values()) taken();
    for (const resolve of member.questions.values()) resolve(undefined);
  }

  /** The answers of all workers; undefined of one that ended meanwhile. */
  ask(ask: WorkerQuestion): Promise<unknown[]> {
    return Promise.all(
      [...this.#members.values()].map(
        ({ port, questions }) =>
          new Promise((resolve) => {
            const question = ++this.#lastNumber;
            questions.set(question, resolve);
            port.send({ type: 'question', question, ask });
          }),
      ),
    );
  }

  close(): void {
    this.#watchdog?.cancel();
  }

  #receive(member: Member, message: FromWorker): void {
    switch (message.type) {
      case 'ping':
        member.state = message;
        member.port.send({ type: 'pong', ping: message.ping, stalenessMs: this.#stalenessOf(member) });
        return;
      case 'wrote':
        this.#passOn(member, message.post, message.changes);
        return;
      case 'taken':
        member.deliveries.get(message.delivery)?.taken();
        return;
      case 'watch':
        void this.#follow(member, message.table);
        return;
      case 'unwatch':
        this.#unfollow(member, message.table);
        return;
      case 'answer':
        member.questions.get(message.question)?.(message.value);
        member.questions.delete(message.question);
        return;
      case 'ready':
      case 'failed':
      // The process that started the worker listens for these.
    }
  }

  #passOn(writer: Member, post: number, changes: readonly Change[]): void {
    const { clock, timing } = this.#options;
    const others = [...this.#members.values()].filter((member) => member !== writer);
    const waiting = new Set(others);
    let isSettled = false;
    const settle = () => {
      if (isSettled) return;
      isSettled = true;
      timer.cancel();
      writer.port.send({ type: 'settled', post });
    };
    const timer = clock.after(timing.leaseMs + LEASE_MARGIN_MS, settle);
    const delivery = ++this.#lastNumber;
    const sentMs = clock.monotonicMs();
    for (const member of others) {
      const taken = () => {
        member.deliveries.delete(delivery);
        waiting.delete(member);
        if (waiting.size === 0) settle();
      };
      member.deliveries.set(delivery, { sentMs, taken });
      member.port.send({ type: 'take', delivery, changes });
    }
    if (others.length === 0) settle();
  }

  #watch(): void {
    const { clock, timing, log } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const { port, deliveries } of this.#members.values()) {
      const [oldest] = deliveries.values();
      if (oldest === undefined || nowMs - oldest.sentMs < timing.stuckMs) continue;
      log.error({ worker: port.id, stuckMs: timing.stuckMs }, 'a worker takes no changes and is ended');
      port.kill();
    }
    this.#watchdog = clock.after(timing.leaseMs, () => this.#watch());
  }

  async #follow(member: Member, table: string): Promise<void> {
    member.watched.add(table);
    const state = await this.#options.feed.watch(table);
    if (member.watched.has(table)) member.port.send({ type: 'watching', table, state });
  }

  /**
   * The worker has found that the table is another one now, and the feed has to look for its stream anew. The others that
   * follow it would hear nothing until one of them asks again; so they are told to do so.
   */
  #unfollow(member: Member, table: string): void {
    if (!member.watched.delete(table)) return;
    this.#options.feed.unwatch(table);
    this.#caughtUpAsOfMs.delete(table);
    for (const { port, watched } of this.#members.values()) {
      if (watched.delete(table)) port.send({ type: 'gap', table, reason: 'table-created' });
    }
  }

  #tellWatchers(table: string, message: ToWorker): void {
    for (const { port, watched } of this.#members.values()) if (watched.has(table)) port.send(message);
  }

  #stalenessOf({ watched }: Member): Record<string, number> {
    const nowMs = this.#options.clock.monotonicMs();
    const stalenessMs = Object.create(null) as Record<string, number>;
    for (const table of watched) {
      const asOfMs = this.#caughtUpAsOfMs.get(table);
      if (asOfMs !== undefined) stalenessMs[table] = Math.max(0, nowMs - asOfMs);
    }
    return stalenessMs;
  }
}
