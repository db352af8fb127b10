/**
 * One run: an accelerator in front of the model store, a list of operations, checkers that look at every answer. The same
 * list and the same seed take the same course, which `hash` sums up.
 */
import { createAccelerator, type Accelerator, type Answer } from '../../src/accelerator/accelerator.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import type { ChangeFeed } from '../../src/feed/change-feed.ts';
import { sameItem, type Item } from '../../src/model/attribute-value.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { AnswerChecks } from './answer-checks.ts';
import { converge } from './convergence.ts';
import { createFeed } from './create-feed.ts';
import { DropLedger } from './drop-ledger.ts';
import { EventHash } from './event-hash.ts';
import { History, type Commit } from './history.ts';
import { makeTrouble } from './make-trouble.ts';
import { ModelFeed } from './model-feed.ts';
import { ModelStore, type CallContext } from './model-store.ts';
import type { TableKey } from './model-tables.ts';
import { Network } from './network.ts';
import { evaluatePlainly, inputOf, type PageSpec } from './page-spec.ts';
import { isSamePage } from './page-window.ts';
import { Random, mixSeeds } from './random.ts';
import { LATENCY_MS, LATE_MS, SLOW_MS, TIMEOUT_MS, type Scenario } from './scenarios.ts';
import { Scheduler } from './scheduler.ts';
import { keysOf } from './workload-writes.ts';
import type { Action, Control, Operation, Workload } from './workload.ts';

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

export class Simulation {
  readonly scenario: Scenario;
  readonly workload: Workload;
  readonly scheduler: Scheduler;
  readonly history = new History();
  readonly store: ModelStore;
  readonly network: Network;
  readonly accelerator: Accelerator;
  readonly checks: AnswerChecks;
  readonly ledger: DropLedger;
  violation: Violation | undefined;
  readonly #seed: number;
  readonly #options: RunOptions;
  readonly modelFeed: ModelFeed | undefined;
  readonly #feed: ChangeFeed | undefined;
  readonly #hash = new EventHash();
  readonly #inputs: readonly (readonly [plain: JsonObject, odd: JsonObject])[];
  readonly #answers: Record<string, number> = { hit: 0, miss: 0, coalesced: 0, pass: 0, bypass: 0, failed: 0 };
  readonly #trace: string[] = [];
  #running = 0;
  #begun = 0;
  #operations = 0;

  constructor(seed: number, scenario: Scenario, workload: Workload, options: RunOptions = {}) {
    this.#seed = seed;
    this.scenario = scenario;
    this.workload = workload;
    this.#options = options;
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
    const feed = createFeed(scenario, this.store, this.network, clock, new Random(mixSeeds(seed, 8)));
    this.modelFeed = feed instanceof ModelFeed ? feed : undefined;
    this.checks = new AnswerChecks(
      scenario,
      this.history,
      () => clock.monotonicMs(),
      (rule, text, id) => this.fail(rule, text, id),
    );
    this.#feed = feed;
    const accelerator = createAccelerator({
      backing: this.network,
      feed: feed && this.checks.noStaleFill.watching(feed),
      clock,
      feedStartMs: 200,
      ...scenario.tuning,
    });
    this.accelerator = options.spoil?.({ accelerator }) ?? accelerator;
    this.ledger = new DropLedger(scenario.tuning.queryTtlMs ?? 0);
    this.store.onCommit = (commit) => this.#onCommit(commit);
    this.#inputs = workload.pages.map((spec) => [inputOf(spec, 'plain'), inputOf(spec, 'odd')]);
  }

  async run(): Promise<RunResult> {
    this.#schedule(0);
    const { operations } = this.workload;
    const isOver = () => this.#begun === operations.length && this.#running === 0 && this.network.pending === 0;
    // A reader of streams has a poll under way nearly always: its calls are not waited for.
    const isStreaming = this.scenario.feed === 'streams';
    await this.scheduler.run(
      () =>
        this.violation !== undefined ||
        (isStreaming ? this.#begun === operations.length && this.#running === 0 : isOver()),
    );
    if (this.violation === undefined) {
      let isConverged = false;
      void converge(this).then(
        () => (isConverged = true),
        (error: unknown) => this.fail('the simulator itself', String((error as Error).stack), 0),
      );
      await this.scheduler.run(() => isConverged || this.violation !== undefined);
    }
    // What is still under way must not outlive the run; nobody waits for its timers any more.
    void this.accelerator.close();
    void this.#feed?.close();
    return this.#result();
  }

  fail(rule: string, text: string, operationId: number): void {
    const atMs = this.scheduler.monotonicMs();
    this.violation ??= { rule, atMs, operationId, text };
    this.trace(`VIOLATION of ${rule}: ${text}`);
  }

  trace(text: string): void {
    if (this.#options.isTraced === true) this.#trace.push(`${this.scheduler.monotonicMs().toFixed(1)} ms  ${text}`);
  }

  async read(
    of: TableKey,
    shape: 'whole' | 'some' | 'cost',
    control: Control,
    context: CallContext,
  ): Promise<Answer | undefined> {
    const input: JsonObject = { TableName: of.tableName, Key: of.key };
    if (shape === 'some') {
      input['ProjectionExpression'] = '#v, tag';
      input['ExpressionAttributeNames'] = { '#v': 'v' };
    }
    if (shape === 'cost') input['ReturnConsumedCapacity'] = 'TOTAL';
    const history = this.history.of(of.tableName, of.key);
    const call = this.#send('GetItem', input, context, control);
    const asked = this.checks.askedItems([history]);
    const answer = await call;
    if (answer === undefined || !answer.reply.ok) return answer;
    const item = answer.reply.output['Item'] as Item | undefined;
    const version = this.checks.item(
      history,
      item,
      shape === 'some' ? ['v', 'tag'] : undefined,
      answer,
      asked,
      context.operationId,
    );
    this.#hash.add(version);
    this.trace(`#${context.operationId} get ${history.name}: ${answer.cache}, version ${version}`);
    return answer;
  }

  async readPage(
    spec: PageSpec,
    input: JsonObject,
    control: Control,
    context: CallContext,
  ): Promise<Answer | undefined> {
    const call = this.#send(spec.operation, input, context, control);
    const items = [...this.history.items(spec.table.name)];
    const asked = this.checks.askedPage(items);
    const answer = await call;
    if (answer === undefined || !answer.reply.ok) return answer;
    const { output } = answer.reply;
    this.#hash.add(output['Count'] as number);
    this.#hash.add(output['ScannedCount'] as number);
    this.trace(`#${context.operationId} ${describeSpec(spec)}: ${answer.cache}, ${JSON.stringify(output)}`);
    this.checks.page(spec, items, output, answer, asked, context.operationId);
    if (control === undefined) {
      this.ledger.notePage(spec, answer, this.accelerator.stats(), this.scheduler.monotonicMs(), (shown) =>
        isSamePage(
          evaluatePlainly(spec, items, ({ latest }) => latest, this.scenario.pageBytes),
          shown,
        ),
      );
    }
    return answer;
  }

  inputOfPage(page: number, isOdd: boolean): JsonObject {
    return (this.#inputs[page] as readonly JsonObject[])[isOdd ? 1 : 0] as JsonObject;
  }

  contextOf(operationId: number): CallContext {
    return { operationId, random: new Random(mixSeeds(this.#seed, 5, operationId)) };
  }

  #schedule(place: number): void {
    const operation = this.workload.operations[place];
    if (operation === undefined) return;
    this.scheduler.after(operation.afterMs, () => {
      this.#begun++;
      this.#running++;
      this.#schedule(place + 1);
      this.#perform(operation).then(
        () => this.#running--,
        (error: unknown) => this.fail('the simulator itself', String((error as Error).stack), operation.id),
      );
    });
  }

  async #perform({ id, action, next }: Operation): Promise<void> {
    const context = this.contextOf(id);
    await this.#act(action, context);
    if (next !== undefined) await this.#act(next, context);
  }

  async #act(action: Action, context: CallContext): Promise<void> {
    switch (action.kind) {
      case 'get':
        await this.read(action.of, action.shape, action.control, context);
        return;
      case 'batch-get':
        return this.#batchGet(action.of, context);
      case 'page': {
        const input = this.inputOfPage(action.page, action.odd);
        const spec = this.workload.pages[action.page] as PageSpec;
        const asked = action.cost ? { ...input, ReturnConsumedCapacity: 'TOTAL' } : input;
        await this.readPage(spec, asked, action.control, context);
        return;
      }
      case 'list':
        return this.#list(action.page, context);
      case 'write':
        return this.#write(action.operation, action.input, action.isPast, context);
      default:
        this.trace(`#${context.operationId} ${JSON.stringify(action)}`);
        makeTrouble(this, action, mixSeeds(this.#seed, 6, context.operationId));
    }
  }

  async #batchGet(of: readonly TableKey[], context: CallContext): Promise<void> {
    const requestItems: Record<string, { Keys: Item[] }> = {};
    for (const { tableName, key } of of) (requestItems[tableName] ??= { Keys: [] }).Keys.push(key);
    const histories = of.map(({ tableName, key }) => this.history.of(tableName, key));
    const call = this.#send('BatchGetItem', { RequestItems: requestItems }, context, undefined);
    const asked = this.checks.askedItems(histories);
    const answer = await call;
    if (answer === undefined || !answer.reply.ok) return;
    const { Responses: responses = {}, UnprocessedKeys: unprocessed = {} } = answer.reply.output;
    for (const history of histories) {
      const has = (item: Item) =>
        Object.keys(history.key).every((name) => sameItem({ k: item[name] } as Item, { k: history.key[name] } as Item));
      if (((unprocessed[history.tableName]?.Keys ?? []) as Item[]).some(has)) continue;
      const item = ((responses[history.tableName] ?? []) as Item[]).find(has);
      const version = this.checks.item(history, item, undefined, answer, asked, context.operationId, true);
      this.#hash.add(version);
      this.trace(`#${context.operationId} batch-get ${history.name}: ${answer.cache}, version ${version}`);
    }
  }

  async #list(page: number, context: CallContext): Promise<void> {
    let spec = this.workload.pages[page] as PageSpec;
    let input = this.inputOfPage(page, false);
    for (let pages = 0; pages < 4; pages++) {
      const answer = await this.readPage(spec, input, undefined, context);
      const last =
        answer?.reply.ok === true ? (answer.reply.output['LastEvaluatedKey'] as Item | undefined) : undefined;
      if (last === undefined) return;
      spec = { ...spec, start: last };
      input = { ...input, ExclusiveStartKey: last };
    }
  }

  async #write(operation: string, input: JsonObject, isPast: boolean, context: CallContext): Promise<void> {
    this.trace(`#${context.operationId} ${operation}${isPast ? ' past it' : ''} ${JSON.stringify(input)}`);
    if (isPast) {
      this.#operations++;
      await this.network.send(ServiceRequest.fromInput(operation, input, { native: context })).catch(() => undefined);
      return;
    }
    const answer = await this.#send(operation, input, context, undefined);
    const commits = this.store.commitsOf.get(context.operationId) ?? [];
    this.store.commitsOf.delete(context.operationId);
    this.trace(`#${context.operationId} is answered: ${answer?.reply.status ?? 'not at all'}`);
    if (answer === undefined || answer.reply.status >= 500 || (answer.reply.isUncertain && !answer.reply.ok)) {
      this.checks.noteUnknown(keysOf(input).map(({ tableName, key }) => this.history.of(tableName, key)));
    }
    if (answer?.reply.ok !== true) return;
    this.checks.noteAcknowledged(commits);
    const wanted: unknown = input['ReturnValues'] ?? 'NONE';
    if (wanted === 'NONE' && answer.reply.output['Attributes'] !== undefined) {
      this.fail('answers as asked', 'a write returned attributes that nobody had asked for', context.operationId);
    }
  }

  /** Undefined when there was no answer. */
  async #send(
    operation: string,
    input: JsonObject,
    context: CallContext,
    control: Control,
  ): Promise<Answer | undefined> {
    this.#operations++;
    let answer: Answer | undefined;
    try {
      const result = this.accelerator.execute(ServiceRequest.fromInput(operation, input, { native: context }), {
        control,
      });
      answer = result instanceof Promise ? await result : result;
    } catch (error) {
      if (!(error instanceof SlipstreamError)) {
        this.fail('a failing cache is not an outage (I13)', String((error as Error).stack), context.operationId);
      }
    }
    const outcome = answer?.cache ?? 'failed';
    this.#answers[outcome] = (this.#answers[outcome] ?? 0) + 1;
    this.#hash.add(this.scheduler.monotonicMs());
    this.#hash.add(context.operationId);
    this.#hash.add(outcome.length * 1_000 + (answer?.reply.status ?? 0));
    return answer;
  }

  #onCommit(commit: Commit): void {
    this.trace(`  commit ${commit.history.name} version ${commit.after.index}: ${JSON.stringify(commit.after.image)}`);
    this.ledger.noteCommit(commit);
    this.modelFeed?.take(commit);
  }

  #result(): RunResult {
    const stats = this.accelerator.stats();
    this.#hash.add(stats.feedRecords);
    this.#hash.add(this.scheduler.fired);
    return {
      hash: this.#hash.text,
      operations: this.#operations,
      violation: this.violation,
      answers: this.#answers,
      commits: this.history.commits,
      feedRecords: stats.feedRecords,
      pageDrops: this.ledger.dropped,
      pageDropsNotNeeded: this.ledger.notNeeded,
      hitsKept: this.ledger.kept,
      undecided: this.checks.undecided,
      itemDrops: stats.item.removedByInvalidation,
      trace: this.#trace,
    };
  }
}

function describeSpec(spec: PageSpec): string {
  const { operation, table, index, partition, range, forward, limit, start, filter, shown } = spec;
  return `${operation} ${table.name} ${JSON.stringify({ index: index.name, partition, range, forward, limit, start, filter, shown })}`;
}
