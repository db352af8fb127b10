/**
 * One run: caches in front of the model store, a list of operations, checkers that look at every answer. The same
 * list and the same seed take the same course, which `hash` sums up.
 */
import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { converge } from './convergence.ts';
import { SingleNode, type Deployment } from './deployment.ts';
import { EventHash } from './event-hash.ts';
import { History, type Commit } from './history.ts';
import { makeTrouble } from './make-trouble.ts';
import { ModelStore, type CallContext } from './model-store.ts';
import { NearCaches } from './near-caches.ts';
import { Network } from './network.ts';
import { inputOf, type PageSpec } from './page-spec.ts';
import { Random, mixSeeds } from './random.ts';
import { LATENCY_MS, LATE_MS, SLOW_MS, TIMEOUT_MS, type Scenario } from './scenarios.ts';
import { Scheduler } from './scheduler.ts';
import type { Sessions } from './sessions.ts';
import type { Action, Operation, Workload } from './workload.ts';

export interface Violation {
  /** What is broken, by the name of the checker. */
  readonly rule: string;
  readonly atMs: number;
  readonly operationId: number;
  readonly text: string;
}

export interface RunResult {
  /** Sums up all that happened: equal for equal runs. */
  readonly hash: string;
  /** Calls of the sessions and of the writers past the accelerator. */
  readonly operations: number;
  readonly violation: Violation | undefined;
  readonly answers: Readonly<Record<string, number>>;
  readonly commits: number;
  readonly feedRecords: number;
  readonly pageDrops: number;
  readonly pageDropsNotNeeded: number;
  readonly hitsKept: number;
  /** Pages whose window held too many states to try all of them. */
  readonly undecided: number;
  readonly itemDrops: number;
  readonly trace: readonly string[];
}

export interface RunOptions {
  readonly isTraced?: boolean | undefined;
  /** Gives the accelerator another backing or feed than the model's: for tests of the checkers themselves. */
  readonly spoil?: ((parts: { readonly accelerator: Accelerator }) => Accelerator) | undefined;
}

export function simulate(
  seed: number,
  scenario: Scenario,
  workload: Workload,
  options: RunOptions = {},
): Promise<RunResult> {
  return new Simulation(seed, scenario, workload, options).run();
}

/** A run in which nothing comes of a call for so long has a call that hangs. */
const HANG_MS = 300_000;

export class Simulation {
  readonly scenario: Scenario;
  readonly workload: Workload;
  readonly options: RunOptions;
  readonly scheduler: Scheduler;
  readonly history = new History();
  readonly store: ModelStore;
  /** From the accelerator next to the store, and from all who go past it. */
  readonly network: Network;
  readonly deployment: Deployment;
  readonly hash = new EventHash();
  violation: Violation | undefined;
  operations = 0;
  readonly #seed: number;
  readonly #inputs: readonly (readonly [plain: JsonObject, odd: JsonObject])[];
  readonly #answers: Record<string, number> = { hit: 0, miss: 0, coalesced: 0, pass: 0, bypass: 0, failed: 0 };
  readonly #trace: string[] = [];
  #running = 0;
  #begun = 0;
  #begunMs = 0;

  constructor(seed: number, scenario: Scenario, workload: Workload, options: RunOptions = {}) {
    this.#seed = seed;
    this.scenario = scenario;
    this.workload = workload;
    this.options = options;
    const clock = (this.scheduler = new Scheduler(mixSeeds(seed, 2)));
    this.store = new ModelStore({
      clock,
      history: this.history,
      random: new Random(mixSeeds(seed, 3)),
      replicaLagMs: scenario.replicaLagMs,
      indexLagMs: scenario.indexLagMs,
      pageBytes: scenario.pageBytes,
      unprocessed: 0.05,
    });
    for (const { tableName, key } of workload.keys) this.history.of(tableName, key);
    this.network = new Network(this.store, clock, new Random(mixSeeds(seed, 4)), {
      latencyMs: LATENCY_MS,
      slowMs: SLOW_MS,
      slow: scenario.slow,
      faults: scenario.faults,
      timeoutMs: TIMEOUT_MS,
      lateMs: LATE_MS,
    });
    this.deployment =
      scenario.near === undefined ? new SingleNode(this, seed) : new NearCaches(this, seed, scenario.near);
    this.store.onCommit = (commit) => this.#onCommit(commit);
    this.#inputs = workload.pages.map((spec) => [inputOf(spec, 'plain'), inputOf(spec, 'odd')]);
  }

  async run(): Promise<RunResult> {
    this.#schedule(0);
    await this.scheduler.run(() => this.violation !== undefined || this.#isOver());
    if (this.violation === undefined) {
      let isConverged = false;
      void converge(this).then(
        () => (isConverged = true),
        (error: unknown) => this.fail('the simulator itself', String((error as Error).stack), 0),
      );
      await this.scheduler.run(() => isConverged || this.violation !== undefined);
    }
    // What is still under way must not outlive the run; nobody waits for its timers any more.
    this.deployment.close();
    return this.#result();
  }

  fail(rule: string, text: string, operationId: number): void {
    const atMs = this.scheduler.monotonicMs();
    this.violation ??= { rule, atMs, operationId, text };
    this.trace(`VIOLATION of ${rule}: ${text}`);
  }

  trace(text: string): void {
    if (this.options.isTraced === true) this.#trace.push(`${this.scheduler.monotonicMs().toFixed(1)} ms  ${text}`);
  }

  inputOfPage(page: number, isOdd: boolean): JsonObject {
    return (this.#inputs[page] as readonly JsonObject[])[isOdd ? 1 : 0] as JsonObject;
  }

  contextOf(operationId: number): CallContext {
    return { operationId, random: new Random(mixSeeds(this.#seed, 5, operationId)) };
  }

  countAnswer(outcome: string): void {
    this.#answers[outcome] = (this.#answers[outcome] ?? 0) + 1;
  }

  /** Whose call an operation is: the same in each run, whatever else is left out of it. */
  frontOf(operationId: number): Sessions {
    const { fronts } = this.deployment;
    const place = fronts.length === 1 ? 0 : new Random(mixSeeds(this.#seed, 7, operationId)).below(fronts.length);
    return fronts[place] as Sessions;
  }

  #isOver(): boolean {
    if (this.#begun < this.workload.operations.length) return false;
    if (this.#running > 0) {
      if (this.scheduler.monotonicMs() - this.#begunMs > HANG_MS) {
        this.fail('no call hangs', `${this.#running} calls have had no answer for ${HANG_MS} ms`, 0);
      }
      return false;
    }
    // A reader of streams has a poll under way nearly always: its calls are not waited for.
    return this.scenario.feed === 'streams' || this.network.pending + this.deployment.pending === 0;
  }

  #schedule(place: number): void {
    const operation = this.workload.operations[place];
    if (operation === undefined) return;
    this.scheduler.after(operation.afterMs, () => {
      this.#begun++;
      this.#running++;
      this.#begunMs = this.scheduler.monotonicMs();
      this.#schedule(place + 1);
      this.#perform(operation).then(
        () => this.#running--,
        (error: unknown) => this.fail('the simulator itself', String((error as Error).stack), operation.id),
      );
    });
  }

  async #perform({ id, action, next }: Operation): Promise<void> {
    const context = this.contextOf(id);
    const front = this.frontOf(id);
    const waking = front.awake();
    if (waking !== undefined) await waking;
    await this.#act(front, action, context);
    if (next !== undefined) await this.#act(front, next, context);
  }

  async #act(front: Sessions, action: Action, context: CallContext): Promise<void> {
    switch (action.kind) {
      case 'get':
        await front.read(action.of, action.shape, action.control, context);
        return;
      case 'batch-get':
        return front.batchGet(action.of, context);
      case 'page': {
        const input = this.inputOfPage(action.page, action.odd);
        const spec = this.workload.pages[action.page] as PageSpec;
        const asked = action.cost ? { ...input, ReturnConsumedCapacity: 'TOTAL' } : input;
        await front.readPage(spec, asked, action.control, context);
        return;
      }
      case 'list':
        return front.list(action.page, context);
      case 'write':
        return front.write(action.operation, action.input, action.isPast, context);
      default:
        this.trace(`#${context.operationId} ${JSON.stringify(action)}`);
        makeTrouble(this, front, action, mixSeeds(this.#seed, 6, context.operationId));
    }
  }

  #onCommit(commit: Commit): void {
    this.trace(`  commit ${commit.history.name} version ${commit.after.index}: ${JSON.stringify(commit.after.image)}`);
    for (const { ledger } of this.deployment.fronts) ledger.noteCommit(commit);
    this.deployment.modelFeed?.take(commit);
  }

  #result(): RunResult {
    const { fronts } = this.deployment;
    const stats = fronts.map(({ accelerator }) => accelerator.stats());
    const feedRecords = sum(stats.map((one) => one.feedRecords));
    this.hash.add(feedRecords);
    this.hash.add(this.scheduler.fired);
    return {
      hash: this.hash.text,
      operations: this.operations,
      violation: this.violation,
      answers: this.#answers,
      commits: this.history.commits,
      feedRecords,
      pageDrops: sum(fronts.map(({ ledger }) => ledger.dropped)),
      pageDropsNotNeeded: sum(fronts.map(({ ledger }) => ledger.notNeeded)),
      hitsKept: sum(fronts.map(({ ledger }) => ledger.kept)),
      undecided: sum(fronts.map(({ checks }) => checks.undecided)),
      itemDrops: sum(stats.map(({ item }) => item.removedByInvalidation)),
      trace: this.#trace,
    };
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
