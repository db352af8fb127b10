/**
 * The embedded store: DynamoDB's API on LMDB, in this process. One table of operations; everything else is in the files
 * that they call. Writes are answered when they are committed and the direct feed has told them.
 */
import type { BackingStore, SendOptions } from '../backing/backing-store.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';
import { STREAMS_TARGET, type OperationName } from '../model/operations.ts';
import { ServiceReply, type JsonObject, type ServiceRequest } from '../model/service-call.ts';
import { ServiceError } from '../model/service-error.ts';
import { describeEndpoints, describeLimits } from './account.ts';
import { batchExecuteStatement } from './batch-execute-statement.ts';
import { startBackfill } from './backfill.ts';
import { batchGetItem } from './batch-get.ts';
import { batchWriteItem } from './batch-write.ts';
import { Catalog } from './catalog.ts';
import { ChangeLog, checkStreamOptions } from './change-log.ts';
import { deleteItem } from './delete-item.ts';
import { DirectFeed } from './direct-feed.ts';
import { Environment, type Durability } from './environment.ts';
import { executeStatement } from './execute-statement.ts';
import { executeTransaction } from './execute-transaction.ts';
import { ExpirySweep } from './expiry-sweep.ts';
import { getItem } from './get-item.ts';
import { putItem } from './put-item.ts';
import { query } from './query.ts';
import { Replicas, type LagOptions } from './replicas.ts';
import { scan } from './scan.ts';
import type { StatusDelays, StoreParts } from './store-parts.ts';
import { describeStream, getRecords, getShardIterator, listStreams } from './streams-api.ts';
import { createTable, deleteTable, describeTable, dropTable, listTables, withStatus } from './tables.ts';
import { listTagsOfResource, tagResource, untagResource } from './tags.ts';
import { describeTimeToLive, dropTimeToLive, fillTimeToLive, updateTimeToLive } from './time-to-live.ts';
import { transactGetItems } from './transact-get.ts';
import { TransactionLocks, type TransactionConflicts } from './transaction-locks.ts';
import { TransactionTokens } from './transaction-tokens.ts';
import { transactWriteItems } from './transact-write.ts';
import { updateItem } from './update-item.ts';
import { settleUpdate, updateTable } from './update-table.ts';
import { Writer } from './writer.ts';

export interface StoreOptions extends Partial<StatusDelays>, Partial<LagOptions> {
  /** Where the data is kept; made if it does not exist. Needed unless `inMemory`. */
  readonly dataDir?: string | undefined;
  /** Keeps nothing: a temporary directory, removed at close. */
  readonly inMemory?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /**
   * What an acknowledged write survives: 'process' (default), the end of the process in any way; 'power', the end of the
   * machine too, at the price of a disk flush for every group of writes.
   */
  readonly durability?: Durability | undefined;
  /** Largest size of the data file. Default 64 GiB of address space; the file grows as it is needed. */
  readonly mapBytes?: number | undefined;
  /** Bytes of writes that may wait for their commit; above that, further writes wait their turn. Default 64 MiB. */
  readonly pendingBytesMax?: number | undefined;
  /**
   * What happens to a write that meets a transaction which is not committed yet: 'reject' (default) refuses it as DynamoDB
   * does, with TransactionConflictException or as a reason of TransactionCanceledException; 'serialise' applies it after.
   */
  readonly transactionConflicts?: TransactionConflicts | undefined;
  /** How long change records are kept, in milliseconds. Default 24 h. */
  readonly streamRetentionMs?: number | undefined;
  /** How long a shard iterator is good for, in milliseconds. Default 15 min. */
  readonly iteratorExpiryMs?: number | undefined;
  /** Shards of a new stream; the partition hash of an item decides which one takes its changes. Default 1. */
  readonly streamShards?: number | undefined;
  /** A shard that rolls is split in two while its stream has fewer open shards than this. Default: `streamShards`. */
  readonly streamShardsMax?: number | undefined;
  /** How long a shard is open before its children follow it, in milliseconds; 0: as long as its stream. Default 4 h. */
  readonly shardRollMs?: number | undefined;
  /** The region in ARNs and stream records. Default `us-east-1`. */
  readonly region?: string | undefined;
  /** The account in ARNs. Default `000000000000`. */
  readonly accountId?: string | undefined;
  /** The address, without its protocol, that DescribeEndpoints gives. Default `127.0.0.1:8000`. */
  readonly endpoint?: string | undefined;
  /** How often expired items are looked for, in milliseconds. Default 1 s. */
  readonly expirySweepMs?: number | undefined;
}

export const storeDefaults = {
  durability: 'process',
  mapBytes: 64 * 1024 ** 3,
  pendingBytesMax: 64 * 1024 * 1024,
  transactionConflicts: 'reject',
  streamRetentionMs: 24 * 60 * 60 * 1000,
  iteratorExpiryMs: 15 * 60 * 1000,
  streamShards: 1,
  shardRollMs: 4 * 60 * 60 * 1000,
  region: 'us-east-1',
  accountId: '000000000000',
  endpoint: '127.0.0.1:8000',
  expirySweepMs: 1000,
  createTableMs: 0,
  updateTableMs: 0,
  deleteTableMs: 0,
  replicaLagMs: 0,
  indexLagMs: 0,
  lagBytesMax: 64 * 1024 * 1024,
} as const;

/** How often change records that are past their retention are removed from the file. */
const TRIM_EVERY_MS = 60_000;

type Operation = (parts: StoreParts, input: JsonObject) => ServiceReply | Promise<ServiceReply>;

const operations: Partial<Record<OperationName, Operation>> = {
  CreateTable: createTable,
  DescribeTable: describeTable,
  ListTables: listTables,
  UpdateTable: updateTable,
  DeleteTable: deleteTable,
  GetItem: getItem,
  PutItem: putItem,
  DeleteItem: deleteItem,
  UpdateItem: updateItem,
  BatchGetItem: batchGetItem,
  BatchWriteItem: batchWriteItem,
  Query: query,
  Scan: scan,
  TransactGetItems: transactGetItems,
  TransactWriteItems: transactWriteItems,
  ExecuteStatement: executeStatement,
  BatchExecuteStatement: batchExecuteStatement,
  ExecuteTransaction: executeTransaction,
  DescribeTimeToLive: describeTimeToLive,
  UpdateTimeToLive: updateTimeToLive,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsOfResource: listTagsOfResource,
  DescribeLimits: describeLimits,
  DescribeEndpoints: describeEndpoints,
  ListStreams: listStreams,
  DescribeStream: describeStream,
  GetShardIterator: getShardIterator,
  GetRecords: getRecords,
};

const streamOperations: ReadonlySet<string> = new Set([
  'ListStreams',
  'DescribeStream',
  'GetShardIterator',
  'GetRecords',
]);

export class EmbeddedStore implements BackingStore {
  readonly #parts: StoreParts;
  readonly #expirySweep: ExpirySweep;
  #closing: Promise<void> | undefined;

  constructor(parts: StoreParts, expirySweep: ExpirySweep) {
    this.#parts = parts;
    this.#expirySweep = expirySweep;
  }

  /** Every committed change of a watched table, delivered before its write is answered. */
  get feed(): ChangeFeed {
    return this.#parts.feed;
  }

  async send(request: ServiceRequest, _options?: SendOptions): Promise<ServiceReply> {
    const { writer } = this.#parts;
    writer.assertOpen();
    try {
      const operation = operationOf(request);
      const room = writer.room();
      if (room !== undefined) {
        await room;
        writer.assertOpen();
      }
      return await operation(this.#parts, request.input);
    } catch (error) {
      if (error instanceof ServiceError) return ServiceReply.fromError(error);
      throw error;
    }
  }

  /** Commits what is under way and gives the directory free. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const { writer, catalog, changeLog, tokens, environment, feed } = this.#parts;
    await Promise.all([catalog.close(), changeLog.close(), tokens.close(), this.#expirySweep.close()]);
    await writer.close();
    await feed.close();
    await environment.close();
  }
}

function operationOf(request: ServiceRequest): Operation {
  const name = request.operation as OperationName;
  const isStreams = request.api === STREAMS_TARGET;
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined || isStreams !== streamOperations.has(name)) {
    throw new ServiceError('UnknownOperationException', '');
  }
  return operation;
}

/**
 * Opens a store.
 *
 * @throws {SlipstreamError} SLIPSTREAM_STORE_LOCKED when the directory is in use, SLIPSTREAM_BAD_OPTION when neither
 *   `dataDir` nor `inMemory` is given.
 */
export async function openStore(options: StoreOptions): Promise<EmbeddedStore> {
  const settings = { ...storeDefaults, clock: systemClock, ...defined(options) };
  if ((settings.dataDir === undefined) !== (settings.inMemory === true)) {
    throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', 'openStore needs either dataDir or inMemory: true');
  }
  const { clock, streamShards, shardRollMs } = settings;
  const shardOptions = { streamShards, streamShardsMax: settings.streamShardsMax ?? streamShards, shardRollMs };
  checkStreamOptions(shardOptions);
  const environment = new Environment({
    directory: settings.inMemory === true ? undefined : settings.dataDir,
    durability: settings.durability,
    mapBytes: settings.mapBytes,
  });
  const replicas = new Replicas(environment, clock, settings);
  const writer = new Writer(environment, settings.pendingBytesMax, replicas.undo);
  const catalog = new Catalog(environment, writer);
  const changeLog = new ChangeLog(environment, writer, clock, {
    retentionMs: settings.streamRetentionMs,
    trimEveryMs: TRIM_EVERY_MS,
    iteratorExpiryMs: settings.iteratorExpiryMs,
    ...shardOptions,
  });
  const parts: StoreParts = {
    environment,
    writer,
    replicas,
    catalog,
    changeLog,
    feed: new DirectFeed(),
    locks: new TransactionLocks(writer, settings.transactionConflicts),
    tokens: new TransactionTokens(environment, writer, clock),
    clock,
    region: settings.region,
    accountId: settings.accountId,
    endpoint: settings.endpoint,
    statusDelays: settings,
  };
  const store = new EmbeddedStore(parts, new ExpirySweep(parts, settings.expirySweepMs));
  try {
    await resume(parts);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/** Takes up what the last process left: streams go on, half-made and half-deleted tables are brought to their ends. */
async function resume(parts: StoreParts): Promise<void> {
  for (const table of [...parts.catalog.tables()]) {
    const arn = table.schema.stream?.arn;
    if (arn !== undefined) table.stream = parts.changeLog.find(arn);
    const status: unknown = table.description['TableStatus'];
    if (status === 'DELETING') {
      dropTable(parts, table);
    } else if (status !== 'ACTIVE') {
      if (status === 'UPDATING') settleUpdate(parts, table);
      else table.redescribe(withStatus(table.description, 'ACTIVE'));
      parts.catalog.save(table);
    }
    if (table.timeToLive?.status === 'ENABLING') await fillTimeToLive(parts, table);
    if (table.timeToLive?.status === 'DISABLING') dropTimeToLive(parts, table);
    for (const index of table.indexes) {
      if (index.backfilling) await startBackfill(parts, table, index.schema.name);
    }
  }
}

function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
