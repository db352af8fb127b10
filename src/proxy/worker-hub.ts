/**
 * The primary's side of several processes behind one port: it passes what a worker's write did, and what the change feed tells,
 * on to all workers, in one order, and tells a worker that asks when every one of them has taken it. Then the writer's client
 * may be answered: no worker answers any more with the state before (I3), whichever connection asks. And then a near cache may be
 * told, for the same reason (`accelerator/README.md` has that argument).
 *
 * Why a worker that does not answer in time can be left behind: it serves out of its caches only for `leaseMs` after it *asked*
 * the primary and was answered. Messages keep their order. Of a change that is passed on at time t, every answer that was sent
 * before is one to a question from before t, so the leases on their ground end within `leaseMs` of the last of them; and a worker
 * that reads a later answer has read the change before it. So from then on a worker has either taken the change or serves
 * nothing, and nobody need wait longer. (The clocks of two processes are never compared, only their pace.)
 *
 * What a worker had begun that ends without having answered may be done, now or later (I5), and it cannot say what: so all others
 * drop what they have.
 *
 * The change feed is read here, once: DynamoDB lets two readers a shard read a stream, and there may be more workers.
 */
import type { TableStatus } from '../accelerator/accelerator.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';
import { WorkerDeliveries } from './worker-deliveries.ts';
import type {
  Change,
  FromWorker,
  ToWorker,
  WorkerAsk,
  WorkerQuestion,
  WorkerState,
  WorkerTiming,
} from './worker-messages.ts';

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
  /** For how long it has said nothing; undefined until it has begun. */
  silentMs: number | undefined;
  /** When the leases end that were given to it; before the first, it serves nothing. */
  leasedUntilMs: number;
  readonly questions: Map<number, (value: unknown) => void>;
}

/** Time for a timer that fires early and a clock that is read late. */
const LEASE_MARGIN_MS = 100;

export class WorkerHub {
  readonly #options: WorkerHubOptions;
  readonly #members = new Map<number, Member>();
  readonly #caughtUpAsOfMs = new Map<string, number>();
  readonly #deliveries = new WorkerDeliveries();
  /** The attribute lists that clients of DAX have defined, by their names as one text: no more than a worker takes. */
  readonly #lists = new Map<string, readonly string[]>();
  #watchdog: Timer | undefined;
  #settling: Timer | undefined;

  constructor(options: WorkerHubOptions) {
    this.#options = options;
    options.feed.subscribe({
      onRecord: (record) => this.#deliver([{ type: 'record', record }]),
      onCaughtUp: (table, asOfMs) => void this.#caughtUpAsOfMs.set(table, asOfMs),
      onGap: (table, reason) => this.#deliver([{ type: 'gap', table, reason }]),
    });
    this.#watch();
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

  /** A worker is started; what comes from it is given to the function that is returned. */
  join(port: WorkerPort): (message: FromWorker) => void {
    const member: Member = {
      port,
      state: undefined,
      watched: new Set(),
      silentMs: undefined,
      leasedUntilMs: -Infinity,
      questions: new Map(),
    };
    this.#members.set(port.id, member);
    return (message) => {
      const isFirst = member.silentMs === undefined;
      member.silentMs = 0;
      // It opens no door before it has heard the answer to that, and so has read this.
      if (isFirst) void this.#askOne(member, { about: 'define-lists', lists: [...this.#lists.values()] });
      this.#receive(member, message);
    };
  }

  /** A worker's process has ended: it answers nobody, so nobody waits for it. `isDone`: it had answered all that it had begun. */
  leave(id: number, isDone: boolean): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    const tables = new Set([...this.#members.values()].flatMap(({ watched }) => [...watched]));
    this.#members.delete(id);
    if (!isDone) this.#deliver([...tables].map((table) => ({ type: 'gap', table, reason: 'restart' })));
    this.#deliveries.noteEnded(id, this.#options.clock.monotonicMs());
    for (const resolve of member.questions.values()) resolve(undefined);
  }

  /** The answers of all workers that have begun; undefined of one that ended meanwhile. */
  ask(ask: WorkerQuestion): Promise<unknown[]> {
    return Promise.all(this.#begun.map((member) => this.#askOne(member, ask)));
  }

  close(): void {
    this.#watchdog?.cancel();
    this.#settling?.cancel();
  }

  #receive(member: Member, message: FromWorker): void {
    switch (message.type) {
      case 'ping':
        member.state = message;
        member.leasedUntilMs = this.#options.clock.monotonicMs() + this.#options.timing.leaseMs + LEASE_MARGIN_MS;
        member.port.send({ type: 'pong', ping: message.ping, stalenessMs: this.#stalenessOf(member) });
        return;
      case 'wrote':
        this.#deliver(message.changes, member);
        this.#settle(member, message.post);
        return;
      case 'taken':
        this.#noteTaken(member, message.delivery);
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
        this.#noteTaken(member, message.question);
        return;
      case 'ask':
        void this.#askFor(member, message.question, message.ask);
        return;
      case 'ready':
      case 'failed':
      // The process that started the worker listens for these.
    }
  }

  /** Before a process has said something it may not hear anything either. */
  get #begun(): readonly Member[] {
    return [...this.#members.values()].filter(({ silentMs }) => silentMs !== undefined);
  }

  #askOne({ port, questions, leasedUntilMs }: Member, ask: WorkerQuestion): Promise<unknown> {
    return new Promise((resolve) => {
      const question = this.#deliveries.next();
      questions.set(question, resolve);
      // Nobody is told that a cache is empty before all are.
      if (ask.about === 'flush') this.#deliveries.noteSent(port.id, question, leasedUntilMs);
      port.send({ type: 'question', question, ask });
    });
  }

  async #askFor({ port }: Member, question: number, ask: WorkerAsk): Promise<void> {
    let value: unknown;
    if (ask.about === 'list') {
      const answers = this.#begun.map((member) => this.#askOne(member, ask));
      value = await Promise.any(answers.map(known)).catch(() => undefined);
    } else {
      for (const names of ask.lists) this.#lists.set(JSON.stringify(names), names);
      await this.ask(ask);
    }
    port.send({ type: 'answered', question, value });
  }

  #deliver(changes: readonly Change[], writer?: Member): void {
    if (changes.length === 0) return;
    const delivery = this.#deliveries.next();
    for (const member of this.#members.values()) {
      if (member === writer) continue;
      this.#deliveries.noteSent(member.port.id, delivery, member.leasedUntilMs);
      member.port.send({ type: 'take', delivery, changes });
    }
  }

  #settle({ port }: Member, post: number): void {
    this.#deliveries.whenTaken(() => port.send({ type: 'settled', post }), this.#options.clock.monotonicMs());
    this.#awaitLeases();
  }

  #noteTaken({ port }: Member, delivery: number): void {
    this.#deliveries.noteTaken(port.id, delivery, this.#options.clock.monotonicMs());
  }

  /** One timer, whatever waits: most of what it was set for has been taken long before. */
  #awaitLeases(): void {
    const { clock } = this.#options;
    const { dueMs } = this.#deliveries;
    if (this.#settling !== undefined || dueMs === undefined) return;
    this.#settling = clock.after(dueMs - clock.monotonicMs(), () => {
      this.#settling = undefined;
      this.#deliveries.settle(clock.monotonicMs());
      this.#awaitLeases();
    });
  }

  #watch(): void {
    const { clock, timing, log } = this.#options;
    for (const member of this.#members.values()) {
      if (member.silentMs === undefined) continue;
      // By the rounds of this process, and not by the clock: one that stood still itself has heard nobody.
      member.silentMs += timing.leaseMs;
      if (member.silentMs < timing.stuckMs) continue;
      log.error({ worker: member.port.id, silentMs: member.silentMs }, 'a worker says nothing and is ended');
      member.port.kill();
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
    for (const { watched } of this.#members.values()) watched.delete(table);
    this.#deliver([{ type: 'gap', table, reason: 'table-created' }], member);
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

/** Rejects where the answer is that nothing is known. */
async function known(answer: Promise<unknown>): Promise<unknown> {
  return (await answer) ?? Promise.reject(new Error('not known'));
}
