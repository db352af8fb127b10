/**
 * A model of DynamoDB in memory: one leader, replicas and global indexes that trail it, everything answered in the
 * moment in which it is asked (what lies between is `network.ts`). Reads say which past they see by picking a version of
 * each item; writes make versions.
 */
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { Clock } from '../../src/base/clock.ts';
import { parseProjection } from '../../src/expression/parser.ts';
import { Placeholders } from '../../src/expression/placeholders.ts';
import { projectItem } from '../../src/expression/projection.ts';
import type { Item } from '../../src/model/attribute-value.ts';
import { STREAMS_TARGET } from '../../src/model/operations.ts';
import { ServiceReply, type JsonObject, type ServiceRequest } from '../../src/model/service-call.ts';
import { ServiceError, validationError } from '../../src/model/service-error.ts';
import { tableSchemaOf, type TableSchema } from '../../src/model/table-schema.ts';
import type { Commit, History, ItemHistory, Version } from './history.ts';
import { applyWrite, changeOf, type WriteKind } from './model-write.ts';
import { describeTable, MODEL_TABLES, type ModelTable } from './model-tables.ts';
import { readModelPage } from './model-page.ts';
import type { ModelStream } from './model-stream.ts';
import type { Random } from './random.ts';

/** What the simulator hands along with a request, so that its choices depend on this operation alone. */
export interface CallContext {
  readonly operationId: number;
  readonly random: Random;
}

export interface ModelStoreOptions {
  readonly clock: Clock;
  readonly history: History;
  /** For calls that carry no context: the feed's polls, descriptions of tables. */
  readonly random: Random;
  /** Reads that are not strong may miss what was written less than this ago. */
  readonly replicaLagMs: number;
  readonly indexLagMs: number;
  /** Where a page ends, instead of DynamoDB's 1 MB. */
  readonly pageBytes: number;
  /** Chance that an item of a batch comes back unprocessed. */
  readonly unprocessed: number;
}

export interface OpenModelTable {
  readonly table: ModelTable;
  readonly schema: TableSchema;
  readonly backfilling: Set<string>;
  generation: number;
}

export class ModelStore implements BackingStore {
  readonly options: ModelStoreOptions;
  /** Answers the Streams API, where there are streams. */
  stream: ModelStream | undefined;
  /** Told of every change in the moment of its commit. */
  onCommit: (commit: Commit) => void = () => undefined;
  /** What each operation did, the attempts that nobody waits for included. */
  readonly commitsOf = new Map<number, Commit[]>();
  readonly #tables = new Map<string, OpenModelTable>();
  readonly #tokens = new Set<string>();

  constructor(options: ModelStoreOptions) {
    this.options = options;
    for (const table of MODEL_TABLES.values()) {
      const schema = tableSchemaOf(describeTable(table, { id: 'model', streamArn: undefined, backfilling: new Set() }));
      this.#tables.set(table.name, { table, schema, backfilling: new Set(), generation: 1 });
    }
  }

  async send(request: ServiceRequest): Promise<ServiceReply> {
    return this.answer(request);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  answer(request: ServiceRequest): ServiceReply {
    try {
      const headers = { date: new Date(this.options.clock.wallMs()).toUTCString() };
      return ServiceReply.fromOutput(this.#answer(request), request.api === STREAMS_TARGET ? { headers } : {});
    } catch (error) {
      if (error instanceof ServiceError) return ServiceReply.fromError(error);
      throw error;
    }
  }

  /** Deletes a table and creates it again, empty, with another stream. */
  recreate(tableName: string): void {
    const open = this.table(tableName);
    open.generation++;
    for (const history of this.options.history.items(tableName)) {
      this.options.history.commit(history, undefined, this.options.clock.monotonicMs());
    }
    this.stream?.renew(tableName);
  }

  table(name: string): OpenModelTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new ServiceError('ResourceNotFoundException', 'Requested resource not found');
    return table;
  }

  historyOf(tableName: string, key: Item): ItemHistory {
    return this.options.history.of(tableName, key);
  }

  #answer(request: ServiceRequest): JsonObject {
    const { operation, input } = request;
    if (request.api === STREAMS_TARGET) {
      if (this.stream === undefined) throw new ServiceError('UnknownOperationException', '');
      return this.stream.answer(operation, input);
    }
    const context = request.native as CallContext | undefined;
    const random = context?.random ?? this.options.random;
    switch (operation) {
      case 'DescribeTable':
        return { Table: this.#describe(this.table(input['TableName'])) };
      case 'GetItem':
        return this.#getItem(input, random);
      case 'BatchGetItem':
        return this.#batchGet(input, random);
      case 'Query':
      case 'Scan':
        return this.#readPage(operation, input, random);
      case 'PutItem':
      case 'UpdateItem':
      case 'DeleteItem':
        return this.#writeOne(operation, input, context);
      case 'BatchWriteItem':
        return this.#batchWrite(input, context, random);
      case 'TransactWriteItems':
        return this.#transactWrite(input, context);
      default:
        throw new ServiceError('UnknownOperationException', '');
    }
  }

  #describe({ table, generation, backfilling }: OpenModelTable): JsonObject {
    return describeTable(table, {
      id: `${table.name}-${generation}`,
      streamArn: this.stream?.arnOf(table.name),
      backfilling,
    });
  }

  #getItem(input: JsonObject, random: Random): JsonObject {
    const { table } = this.table(input['TableName']);
    const { image } = this.#seen(this.historyOf(table.name, input['Key']), input['ConsistentRead'] === true, random);
    return {
      ...(image !== undefined && { Item: this.#projected(input, image) }),
      ...(input['ReturnConsumedCapacity'] === 'TOTAL' && {
        ConsumedCapacity: { TableName: table.name, CapacityUnits: 0.5 },
      }),
    };
  }

  #batchGet(input: JsonObject, random: Random): JsonObject {
    const responses: Record<string, Item[]> = {};
    const unprocessed: JsonObject = {};
    for (const [tableName, asked] of Object.entries(input['RequestItems'] as Record<string, JsonObject>)) {
      const found: Item[] = [];
      const left: Item[] = [];
      for (const key of asked['Keys'] as Item[]) {
        if (random.chance(this.options.unprocessed)) {
          left.push(key);
          continue;
        }
        const isStrong = asked['ConsistentRead'] === true;
        const { image } = this.#seen(this.historyOf(this.table(tableName).table.name, key), isStrong, random);
        if (image !== undefined) found.push(this.#projected(asked, image));
      }
      responses[tableName] = found;
      if (left.length > 0) unprocessed[tableName] = { ...asked, Keys: left };
    }
    return { Responses: responses, UnprocessedKeys: unprocessed };
  }

  #projected(input: JsonObject, image: Item): Item {
    const text = input['ProjectionExpression'] as string | undefined;
    if (text === undefined) return image;
    return projectItem(parseProjection(text, new Placeholders(input['ExpressionAttributeNames'], undefined)), image);
  }

  /** The version that a reader of an item sees: the leader's, or what some replica had a while ago. */
  #seen(history: ItemHistory, isStrong: boolean, random: Random): Version {
    return isStrong ? history.latest : this.#trailing(history, this.options.replicaLagMs, random);
  }

  #trailing(history: ItemHistory, lagMaxMs: number, random: Random): Version {
    if (lagMaxMs === 0) return history.latest;
    return history.at(this.options.clock.monotonicMs() - random.next() * lagMaxMs);
  }

  #readPage(operation: 'Query' | 'Scan', input: JsonObject, random: Random): JsonObject {
    const { table, schema } = this.table(input['TableName']);
    const indexName = (input['IndexName'] ?? '') as string;
    const isGlobal = table.indexes.get(indexName)?.kind === 'GSI';
    if (isGlobal && input['ConsistentRead'] === true) {
      throw validationError('Consistent reads are not supported on global secondary indexes');
    }
    const lagMaxMs = isGlobal
      ? this.options.indexLagMs
      : input['ConsistentRead'] === true
        ? 0
        : this.options.replicaLagMs;
    return readModelPage(
      { operation, table, schema, indexName, input, pageBytes: this.options.pageBytes },
      this.options.history.items(table.name),
      (history) => this.#trailing(history, lagMaxMs, random),
    );
  }

  #writeOne(operation: WriteKind, input: JsonObject, context: CallContext | undefined): JsonObject {
    const { table } = this.table(input['TableName']);
    const change = changeOf(operation, input, table);
    const history = this.historyOf(table.name, change.key);
    const image = applyWrite(change, history.latest.image);
    const { before, after } = this.#commit(history, image, context);
    switch (input['ReturnValues']) {
      case 'ALL_OLD':
        return before.image === undefined ? {} : { Attributes: before.image };
      case 'ALL_NEW':
        return { Attributes: after.image };
      default:
        return {};
    }
  }

  #batchWrite(input: JsonObject, context: CallContext | undefined, random: Random): JsonObject {
    const unprocessed: Record<string, JsonObject[]> = {};
    for (const [tableName, requests] of Object.entries(input['RequestItems'] as Record<string, JsonObject[]>)) {
      for (const request of requests) {
        if (random.chance(this.options.unprocessed)) {
          (unprocessed[tableName] ??= []).push(request);
          continue;
        }
        const { PutRequest: put, DeleteRequest: remove } = request;
        const { table } = this.table(tableName);
        const change = changeOf(put === undefined ? 'DeleteItem' : 'PutItem', put ?? remove, table);
        this.#commit(this.historyOf(tableName, change.key), change.image, context);
      }
    }
    return { UnprocessedItems: unprocessed };
  }

  #transactWrite(input: JsonObject, context: CallContext | undefined): JsonObject {
    const token = input['ClientRequestToken'] as string | undefined;
    // A transaction that was done before is acknowledged again and not done again.
    if (token !== undefined && this.#tokens.has(token)) return {};
    const planned: { readonly history: ItemHistory; readonly image: Item | undefined }[] = [];
    const kinds = { Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem' } as const;
    for (const item of input['TransactItems'] as Record<keyof typeof kinds, JsonObject>[]) {
      const kind = Object.keys(item)[0] as keyof typeof kinds;
      const { table } = this.table(item[kind]['TableName']);
      const change = changeOf(kinds[kind], item[kind], table);
      const history = this.historyOf(table.name, change.key);
      try {
        planned.push({ history, image: applyWrite(change, history.latest.image) });
      } catch (cause) {
        throw new ServiceError('TransactionCanceledException', String(cause));
      }
    }
    if (token !== undefined) this.#tokens.add(token);
    for (const { history, image } of planned) this.#commit(history, image, context);
    return {};
  }

  #commit(history: ItemHistory, image: Item | undefined, context: CallContext | undefined): Commit {
    const commit = this.options.history.commit(history, image, this.options.clock.monotonicMs());
    if (context !== undefined) {
      const commits = this.commitsOf.get(context.operationId);
      if (commits === undefined) this.commitsOf.set(context.operationId, [commit]);
      else commits.push(commit);
    }
    if (commit.after !== commit.before) {
      this.stream?.append(commit);
      this.onCommit(commit);
    }
    return commit;
  }
}
