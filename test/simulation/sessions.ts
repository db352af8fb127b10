/**
 * All who ask one cache: what they send it, and the checkers that look at each of its answers. Writers past it are among
 * them, for they are asked in the same list.
 */
import type { Accelerator, Answer } from '../../src/accelerator/accelerator.ts';
import { SlipstreamError } from '../../src/base/errors.ts';
import { sameItem, type Item } from '../../src/model/attribute-value.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import type { AnswerChecks } from './answer-checks.ts';
import type { DropLedger } from './drop-ledger.ts';
import type { CallContext } from './model-store.ts';
import type { TableKey } from './model-tables.ts';
import { evaluatePlainly, type PageSpec } from './page-spec.ts';
import { isSamePage } from './page-window.ts';
import type { Simulation } from './simulation.ts';
import { keysOf } from './workload-writes.ts';
import type { Control } from './workload.ts';

export interface SessionsOptions {
  /** Stands before what the trace tells; empty where there is but one cache. */
  readonly name: string;
  readonly accelerator: Accelerator;
  readonly checks: AnswerChecks;
  readonly ledger: DropLedger;
  /** Called with each flush of the cache. */
  readonly onFlush: () => void;
  /** Runs what a caller begins in the process of the cache; at once unless that is paused. */
  readonly enter?: ((begin: () => void) => void) | undefined;
}

export class Sessions {
  readonly accelerator: Accelerator;
  readonly checks: AnswerChecks;
  readonly ledger: DropLedger;
  readonly onFlush: () => void;
  readonly #simulation: Simulation;
  readonly #name: string;
  readonly #enter: (begin: () => void) => void;

  constructor(simulation: Simulation, { name, accelerator, checks, ledger, onFlush, enter }: SessionsOptions) {
    this.#simulation = simulation;
    this.#name = name;
    this.accelerator = accelerator;
    this.checks = checks;
    this.ledger = ledger;
    this.onFlush = onFlush;
    this.#enter = enter ?? ((begin) => begin());
  }

  /** Resolves when the process of the cache is awake; undefined when it is. */
  awake(): Promise<void> | undefined {
    let isAwake = false;
    const waiting = new Promise<void>((resolve) => {
      this.#enter(() => {
        isAwake = true;
        resolve();
      });
    });
    return isAwake ? undefined : waiting;
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
    const history = this.#simulation.history.of(of.tableName, of.key);
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
    this.#simulation.hash.add(version);
    this.#simulation.trace(
      `${this.#name}#${context.operationId} get ${history.name}: ${answer.cache}, version ${version}`,
    );
    return answer;
  }

  async readPage(
    spec: PageSpec,
    input: JsonObject,
    control: Control,
    context: CallContext,
  ): Promise<Answer | undefined> {
    const call = this.#send(spec.operation, input, context, control);
    const items = [...this.#simulation.history.items(spec.table.name)];
    const asked = this.checks.askedPage(items);
    const answer = await call;
    if (answer === undefined || !answer.reply.ok) return answer;
    const { output } = answer.reply;
    this.#simulation.hash.add(output['Count'] as number);
    this.#simulation.hash.add(output['ScannedCount'] as number);
    this.#simulation.trace(
      `${this.#name}#${context.operationId} ${describeSpec(spec)}: ${answer.cache}, ${JSON.stringify(output)}`,
    );
    this.checks.page(spec, items, output, answer, asked, context.operationId);
    if (control === undefined) {
      this.ledger.notePage(spec, answer, this.accelerator.stats(), this.#simulation.scheduler.monotonicMs(), (shown) =>
        isSamePage(
          evaluatePlainly(spec, items, ({ latest }) => latest, this.#simulation.scenario.pageBytes),
          shown,
        ),
      );
    }
    return answer;
  }

  async batchGet(of: readonly TableKey[], context: CallContext): Promise<void> {
    const requestItems: Record<string, { Keys: Item[] }> = {};
    for (const { tableName, key } of of) (requestItems[tableName] ??= { Keys: [] }).Keys.push(key);
    const histories = of.map(({ tableName, key }) => this.#simulation.history.of(tableName, key));
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
      this.#simulation.hash.add(version);
      this.#simulation.trace(
        `${this.#name}#${context.operationId} batch-get ${history.name}: ${answer.cache}, version ${version}`,
      );
    }
  }

  async list(page: number, context: CallContext): Promise<void> {
    let spec = this.#simulation.workload.pages[page] as PageSpec;
    let input = this.#simulation.inputOfPage(page, false);
    for (let pages = 0; pages < 4; pages++) {
      const answer = await this.readPage(spec, input, undefined, context);
      const last =
        answer?.reply.ok === true ? (answer.reply.output['LastEvaluatedKey'] as Item | undefined) : undefined;
      if (last === undefined) return;
      spec = { ...spec, start: last };
      input = { ...input, ExclusiveStartKey: last };
    }
  }

  async write(operation: string, input: JsonObject, isPast: boolean, context: CallContext): Promise<void> {
    this.#simulation.trace(
      `${this.#name}#${context.operationId} ${operation}${isPast ? ' past it' : ''} ${JSON.stringify(input)}`,
    );
    if (isPast) {
      this.#simulation.operations++;
      await this.#simulation.network
        .send(ServiceRequest.fromInput(operation, input, { native: context }))
        .catch(() => undefined);
      return;
    }
    const beganMs = this.#simulation.scheduler.monotonicMs();
    const answer = await this.#send(operation, input, context, undefined);
    const commits = this.#simulation.store.commitsOf.get(context.operationId) ?? [];
    this.#simulation.store.commitsOf.delete(context.operationId);
    this.#simulation.trace(`${this.#name}#${context.operationId} is answered: ${answer?.reply.status ?? 'not at all'}`);
    if (answer === undefined || answer.reply.status >= 500 || (answer.reply.isUncertain && !answer.reply.ok)) {
      this.checks.noteUnknown(
        keysOf(input).map(({ tableName, key }) => this.#simulation.history.of(tableName, key)),
        beganMs,
      );
    }
    if (answer?.reply.ok !== true) return;
    this.checks.noteAcknowledged(commits);
    const wanted: unknown = input['ReturnValues'] ?? 'NONE';
    if (wanted === 'NONE' && answer.reply.output['Attributes'] !== undefined) {
      this.#simulation.fail(
        'answers as asked',
        'a write returned attributes that nobody had asked for',
        context.operationId,
      );
    }
  }

  /** Undefined when there was no answer. */
  async #send(
    operation: string,
    input: JsonObject,
    context: CallContext,
    control: Control,
  ): Promise<Answer | undefined> {
    this.#simulation.operations++;
    let answer: Answer | undefined;
    try {
      const result = this.accelerator.execute(ServiceRequest.fromInput(operation, input, { native: context }), {
        control,
      });
      answer = result instanceof Promise ? await result : result;
    } catch (error) {
      if (!(error instanceof SlipstreamError)) {
        this.#simulation.fail(
          'a failing cache is not an outage (I13)',
          String((error as Error).stack),
          context.operationId,
        );
      }
    }
    const outcome = answer?.cache ?? 'failed';
    this.#simulation.countAnswer(outcome);
    this.#simulation.hash.add(this.#simulation.scheduler.monotonicMs());
    this.#simulation.hash.add(context.operationId);
    this.#simulation.hash.add(outcome.length * 1_000 + (answer?.reply.status ?? 0));
    return answer;
  }
}

function describeSpec(spec: PageSpec): string {
  const { operation, table, index, partition, range, forward, limit, start, filter, shown } = spec;
  return `${operation} ${table.name} ${JSON.stringify({ index: index.name, partition, range, forward, limit, start, filter, shown })}`;
}
