/**
 * CreateTable, DescribeTable, ListTables, DeleteTable.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
 */
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { mergedTags } from './tags.ts';
import { startStream, stopStream } from './table-stream.ts';
import { checkTableDefinition, createTableRules, listTablesRules, namedTableRules } from './table-rules.ts';
import type { Table, Tag } from './table.ts';

const LIST_TABLES_MAX = 100;

export async function createTable(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  const { catalog, writer, feed } = parts;
  checkRequest(input, createTableRules);
  checkTableDefinition(input);
  const name = input['TableName'] as string;
  if (catalog.has(name)) throw new ServiceError('ResourceInUseException', `Table already exists: ${name}`);

  const tags = mergedTags([], (input['Tags'] ?? []) as Tag[]);
  const description = newDescription(parts, input, name);
  const indexNumbers: Record<string, number> = {};
  for (const kind of ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes']) {
    for (const index of (description[kind] ?? []) as JsonObject[]) {
      indexNumbers[index['IndexName'] as string] = catalog.nextNumber();
    }
  }
  const table = catalog.create({ number: catalog.nextNumber(), description, indexNumbers, tags });
  const stream = input['StreamSpecification'] as JsonObject | null | undefined;
  if (stream?.['StreamEnabled'] === true) startStream(parts, table, stream, parts.statusDelays.createTableMs);
  if (parts.statusDelays.createTableMs > 0) table.redescribe(withStatus(table.description, 'CREATING'));
  catalog.save(table);
  writer.afterCommit(() => feed.announceGap(name, 'table-created'));
  const output = { TableDescription: table.describe() };
  await writer.committed();
  afterDelay(parts, parts.statusDelays.createTableMs, () => {
    if (catalog.find(name) !== table) return;
    table.redescribe(withStatus(table.description, 'ACTIVE'));
    catalog.save(table);
  });
  return ServiceReply.fromOutput(output);
}

/** Runs `finish` when the table has shown its passing status for as long as it was told to; not at all if that is 0. */
export function afterDelay(parts: StoreParts, delayMs: number, finish: () => void): void {
  if (delayMs === 0) return;
  parts.clock.after(delayMs, () => {
    if (parts.writer.isOpen) finish();
  });
}

/** The status of a table and of its global indexes, which share it while the table is created. */
export function withStatus(description: JsonObject, status: string): JsonObject {
  const changed: JsonObject = { ...description, TableStatus: status };
  const indexes = description['GlobalSecondaryIndexes'] as JsonObject[] | undefined;
  if (indexes !== undefined) {
    changed['GlobalSecondaryIndexes'] = indexes.map((index) =>
      index['Backfilling'] !== undefined ? index : { ...index, IndexStatus: status },
    );
  }
  return changed;
}

function newDescription(parts: StoreParts, input: JsonObject, name: string): JsonObject {
  const arn = `arn:aws:dynamodb:${parts.region}:${parts.accountId}:table/${name}`;
  const nowSeconds = parts.clock.wallMs() / 1000;
  const description: JsonObject = {
    AttributeDefinitions: input['AttributeDefinitions'],
    TableName: name,
    KeySchema: input['KeySchema'],
    TableStatus: 'ACTIVE',
    CreationDateTime: nowSeconds,
    ProvisionedThroughput: throughputOf(input),
    TableArn: arn,
    TableId: uuid(parts),
    DeletionProtectionEnabled: input['DeletionProtectionEnabled'] === true,
  };
  if (input['BillingMode'] === 'PAY_PER_REQUEST') {
    description['BillingModeSummary'] = {
      BillingMode: 'PAY_PER_REQUEST',
      LastUpdateToPayPerRequestDateTime: nowSeconds,
    };
    description['TableThroughputModeSummary'] = {
      TableThroughputMode: 'PAY_PER_REQUEST',
      LastUpdateToPayPerRequestDateTime: nowSeconds,
    };
  }
  if (typeof input['TableClass'] === 'string') description['TableClassSummary'] = { TableClass: input['TableClass'] };
  Object.assign(description, encryptionOf(parts, input['SSESpecification']), onDemandOf(input['OnDemandThroughput']));
  const local = input['LocalSecondaryIndexes'] as JsonObject[] | null | undefined;
  if (local) {
    description['LocalSecondaryIndexes'] = local.map((index) => ({
      ...pick(index, ['IndexName', 'KeySchema', 'Projection']),
      IndexArn: `${arn}/index/${index['IndexName']}`,
    }));
  }
  const global = input['GlobalSecondaryIndexes'] as JsonObject[] | null | undefined;
  if (global) description['GlobalSecondaryIndexes'] = global.map((index) => globalIndexDescription(arn, index));
  return description;
}

/**
 * What DescribeTable says of a customer's key: nothing while the service's own key is used, as by default. It is told, not
 * done: the store's file is as safe as the directory that it lies in.
 */
export function encryptionOf(parts: StoreParts, specification: unknown): JsonObject {
  const { Enabled, KMSMasterKeyId } = (specification ?? {}) as JsonObject;
  if (Enabled !== true) return {};
  const key = (KMSMasterKeyId ?? 'alias/aws/dynamodb') as string;
  const arn = key.startsWith('arn:') ? key : `arn:aws:kms:${parts.region}:${parts.accountId}:key/${key}`;
  return { SSEDescription: { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: arn } };
}

export function onDemandOf(throughput: unknown): JsonObject {
  if (throughput === undefined || throughput === null) return {};
  const { MaxReadRequestUnits = -1, MaxWriteRequestUnits = -1 } = throughput as JsonObject;
  return { OnDemandThroughput: { MaxReadRequestUnits, MaxWriteRequestUnits } };
}

export function globalIndexDescription(tableArn: string, index: JsonObject): JsonObject {
  return {
    ...pick(index, ['IndexName', 'KeySchema', 'Projection']),
    IndexStatus: 'ACTIVE',
    ProvisionedThroughput: throughputOf(index),
    IndexArn: `${tableArn}/index/${index['IndexName']}`,
    ...onDemandOf(index['OnDemandThroughput']),
  };
}

function throughputOf(input: JsonObject): JsonObject {
  const given = input['ProvisionedThroughput'] as JsonObject | null | undefined;
  return {
    NumberOfDecreasesToday: 0,
    ReadCapacityUnits: given?.['ReadCapacityUnits'] ?? 0,
    WriteCapacityUnits: given?.['WriteCapacityUnits'] ?? 0,
  };
}

function pick(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}

function uuid(parts: StoreParts): string {
  const bytes = Buffer.from(parts.clock.randomBytes(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function describeTable(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(withTableName(input), namedTableRules);
  const table = parts.catalog.named(tableNameOf(input['TableName'] as string));
  return ServiceReply.fromOutput({ Table: table.describe() });
}

export function listTables(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, listTablesRules);
  const after = (input['ExclusiveStartTableName'] ?? '') as string;
  const limit = (input['Limit'] ?? LIST_TABLES_MAX) as number;
  const names = parts.catalog.names().filter((name) => name > after);
  const page = names.slice(0, limit);
  return ServiceReply.fromOutput(
    page.length < names.length ? { TableNames: page, LastEvaluatedTableName: page.at(-1) } : { TableNames: page },
  );
}

export async function deleteTable(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  const { catalog, writer } = parts;
  checkRequest(withTableName(input), namedTableRules);
  const table = catalog.named(tableNameOf(input['TableName'] as string));
  checkNotInUse(table);
  if (table.description['DeletionProtectionEnabled'] === true) {
    throw validationError(
      'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
    );
  }
  const description = table.describe();
  description['TableStatus'] = 'DELETING';
  delete description['GlobalSecondaryIndexes'];
  delete description['LocalSecondaryIndexes'];
  const delayMs = parts.statusDelays.deleteTableMs;
  if (delayMs > 0) {
    table.redescribe(withStatus(table.description, 'DELETING'));
    catalog.save(table);
    await writer.committed();
    afterDelay(parts, delayMs, () => dropTable(parts, table));
  } else {
    dropTable(parts, table);
    await writer.committed();
  }
  return ServiceReply.fromOutput({ TableDescription: description });
}

/** The table's stream stays readable; its rows go in the background. */
export function dropTable(parts: StoreParts, table: Table): void {
  stopStream(parts, table, 0);
  parts.catalog.remove(table);
  parts.writer.afterCommit(() => parts.feed.announceGap(table.name, 'table-deleted'));
}

/** @throws {ServiceError} ResourceInUseException while a change of the table is under way. */
export function checkNotInUse(table: Table): void {
  const status = table.description['TableStatus'] as string;
  if (status === 'ACTIVE') return;
  const what = status === 'CREATING' ? 'created' : status === 'DELETING' ? 'deleted' : 'updated';
  throw new ServiceError(
    'ResourceInUseException',
    `Attempt to change a resource which is still in use: Table is being ${what}: ${table.name}`,
  );
}

/** These operations take an ARN too; its rule is the name's. */
export function withTableName(input: JsonObject): JsonObject {
  const given: unknown = input['TableName'];
  return typeof given === 'string' && given.startsWith('arn:') ? { ...input, TableName: tableNameOf(given) } : input;
}
