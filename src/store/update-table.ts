/**
 * UpdateTable: billing and throughput, stream, protection, class, and global indexes with a real backfill.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
 */
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { startBackfill } from './backfill.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { startStream, stopStream } from './table-stream.ts';
import { checkGlobalIndex, checkStream, checkThroughputBounds, updateTableRules } from './table-rules.ts';
import type { Table } from './table.ts';
import {
  afterDelay,
  checkNotInUse,
  encryptionOf,
  globalIndexDescription,
  onDemandOf,
  withTableName,
} from './tables.ts';

const INVALID = 'One or more parameter values were invalid: ';

const CHANGES = [
  'ProvisionedThroughput',
  'BillingMode',
  'StreamSpecification',
  'GlobalSecondaryIndexUpdates',
  'SSESpecification',
  'DeletionProtectionEnabled',
  'TableClass',
  'OnDemandThroughput',
] as const;

export async function updateTable(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(withTableName(input), updateTableRules);
  checkUpdate(input);
  const table = parts.catalog.named(tableNameOf(input['TableName'] as string));
  checkNotInUse(table);
  const updates = (input['GlobalSecondaryIndexUpdates'] ?? []) as JsonObject[];
  checkAgainstTable(input, table, updates);

  applyIndexUpdates(parts, table, input, updates);
  applySettings(parts, table, input);
  const delayMs = parts.statusDelays.updateTableMs;
  let created: readonly string[] = [];
  if (delayMs === 0) created = settleUpdate(parts, table);
  else table.redescribe({ ...table.description, TableStatus: 'UPDATING' });
  parts.catalog.save(table);
  // Rows that were staged before the index was there are committed by now, and the backfill will meet them.
  await parts.writer.committed();
  for (const name of created) await startBackfill(parts, table, name);
  afterDelay(parts, delayMs, () => {
    if (parts.catalog.find(table.name) !== table) return;
    const names = settleUpdate(parts, table);
    parts.catalog.save(table);
    // As below: what a failed commit leaves unfinished is resumed by the next open.
    for (const name of names) startBackfill(parts, table, name).catch(() => undefined);
  });
  return ServiceReply.fromOutput({ TableDescription: table.describe() });
}

/**
 * Ends the update of a table that showed UPDATING for a while, or could have: what was to be deleted goes, what was to be
 * changed is. Returns the indexes that have to be filled. The caller saves the table.
 */
export function settleUpdate(parts: StoreParts, table: Table): string[] {
  const numbers = table.indexNumbers();
  const created: string[] = [];
  const indexes: JsonObject[] = [];
  for (const index of (table.description['GlobalSecondaryIndexes'] ?? []) as JsonObject[]) {
    const name = index['IndexName'] as string;
    if (index['IndexStatus'] === 'DELETING') {
      parts.catalog.drop(numbers[name] as number);
      delete numbers[name];
    } else if (index['Backfilling'] === false) {
      created.push(name);
      indexes.push({ ...index, Backfilling: true });
    } else {
      indexes.push(index['IndexStatus'] === 'UPDATING' ? { ...index, IndexStatus: 'ACTIVE' } : index);
    }
  }
  const { GlobalSecondaryIndexes: _, ...rest } = table.description;
  const description: JsonObject = { ...rest, TableStatus: 'ACTIVE' };
  if (indexes.length > 0) description['GlobalSecondaryIndexes'] = indexes;
  description['AttributeDefinitions'] = usedDefinitions(description, {});
  table.redescribe(description, numbers);
  return created;
}

function checkUpdate(input: JsonObject): void {
  const updates = input['GlobalSecondaryIndexUpdates'] as JsonObject[] | null | undefined;
  const isGiven = (name: string): boolean => input[name] !== undefined && input[name] !== null;
  if (
    !CHANGES.some((name) => isGiven(name) && (name !== 'GlobalSecondaryIndexUpdates' || (updates?.length ?? 0) > 0))
  ) {
    throw validationError(
      'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or ' +
        'SSESpecification or ReplicaUpdates is required',
    );
  }
  if (input['BillingMode'] === 'PROVISIONED' && !isGiven('ProvisionedThroughput')) {
    throw validationError(`${INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED`);
  }
  if (isGiven('ProvisionedThroughput')) checkThroughputBounds(input['ProvisionedThroughput'] as JsonObject);
  const names = new Set<string>();
  for (const update of updates ?? []) {
    const action = (update['Update'] ?? update['Create'] ?? update['Delete']) as JsonObject | undefined | null;
    if (!action) {
      throw validationError(
        `${INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, ` +
          'GlobalSecondaryIndexUpdate.Delete must not be null',
      );
    }
    const name = action['IndexName'] as string;
    if (names.has(name)) {
      throw validationError(
        `${INVALID}Only one global secondary index update per index is allowed simultaneously. Index: ${name}`,
      );
    }
    names.add(name);
  }
  checkStream(input);
}

function billingModeOf(table: Table): string {
  return (table.description['BillingModeSummary'] as JsonObject | undefined)?.['BillingMode'] ?? 'PROVISIONED';
}

function checkAgainstTable(input: JsonObject, table: Table, updates: readonly JsonObject[]): void {
  const mode = (input['BillingMode'] ?? billingModeOf(table)) as string;
  const throughput = input['ProvisionedThroughput'] as JsonObject | null | undefined;
  if (throughput && mode === 'PAY_PER_REQUEST') {
    throw validationError(
      `${INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
    );
  }
  if (throughput && (input['BillingMode'] ?? undefined) === undefined) checkThroughputChanges(table, throughput);
  checkStreamChange(input, table);
  const changes = updates.filter((update) => update['Create'] || update['Delete']);
  if (changes.length > 1) {
    throw new ServiceError(
      'LimitExceededException',
      'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
    );
  }
  if (updates.some((update) => update['Create']) && table.indexes.some((index) => index.backfilling)) {
    throw new ServiceError(
      'LimitExceededException',
      'Subscriber limit exceeded: Only 1 online index can be created simultaneously per table',
    );
  }
  for (const update of updates) checkIndexUpdate(input, table, update, mode);
}

function checkThroughputChanges(table: Table, throughput: JsonObject): void {
  const current = table.description['ProvisionedThroughput'] as JsonObject;
  const [read, write] = ['ReadCapacityUnits', 'WriteCapacityUnits'] as const;
  if (current[read] !== throughput[read] || current[write] !== throughput[write]) return;
  throw validationError(
    'The provisioned throughput for the table will not change. The requested value equals the current value. ' +
      `Current ReadCapacityUnits provisioned for the table: ${current[read]}. ` +
      `Requested ReadCapacityUnits: ${throughput[read]}. ` +
      `Current WriteCapacityUnits provisioned for the table: ${current[write]}. ` +
      `Requested WriteCapacityUnits: ${throughput[write]}. ` +
      'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.',
  );
}

function checkStreamChange(input: JsonObject, table: Table): void {
  const stream = input['StreamSpecification'] as JsonObject | null | undefined;
  if (!stream) return;
  if (stream['StreamEnabled'] === true && table.stream !== undefined) {
    throw validationError(`Table already has an enabled stream: TableName: ${table.name}`);
  }
  if (stream['StreamEnabled'] !== true && table.stream === undefined) {
    throw validationError(`Table is already in the state of having its stream disabled: TableName: ${table.name}`);
  }
}

function checkIndexUpdate(input: JsonObject, table: Table, update: JsonObject, mode: string): void {
  const existing = table.indexes.filter((index) => index.schema.kind === 'GSI').map((index) => index.schema.name);
  const create = update['Create'] as JsonObject | null | undefined;
  if (create) {
    const definitions = (input['AttributeDefinitions'] ?? table.description['AttributeDefinitions']) as JsonObject[];
    const defined = definitions.map((definition) => definition['AttributeName'] as string);
    if (table.indexNamed(create['IndexName'] as string) !== undefined) {
      throw validationError(
        `${INVALID}Attempting to create an index which already exists. Index: ${create['IndexName']}`,
      );
    }
    checkGlobalIndex(create, defined, mode === 'PAY_PER_REQUEST', new Set());
    return;
  }
  const name = ((update['Delete'] ?? update['Update']) as JsonObject)['IndexName'] as string;
  if (existing.includes(name)) return;
  throw new ServiceError('ResourceNotFoundException', `Requested resource not found: Index: ${name} not found`);
}

/** Notes what is to become of which index; `settleUpdate` does it. */
function applyIndexUpdates(parts: StoreParts, table: Table, input: JsonObject, updates: readonly JsonObject[]): void {
  if (updates.length === 0) return;
  let indexes = [...((table.description['GlobalSecondaryIndexes'] ?? []) as JsonObject[])];
  const numbers = table.indexNumbers();
  for (const update of updates) {
    const create = update['Create'] as JsonObject | null | undefined;
    if (create) {
      const description = globalIndexDescription(table.description['TableArn'] as string, create);
      indexes.push({ ...description, IndexStatus: 'CREATING', Backfilling: false });
      numbers[create['IndexName'] as string] = parts.catalog.nextNumber();
      continue;
    }
    const changed = (update['Delete'] ?? update['Update']) as JsonObject;
    indexes = indexes.map((index) => {
      if (index['IndexName'] !== changed['IndexName']) return index;
      if (update['Delete']) {
        const { Backfilling: _, ...rest } = index;
        return { ...rest, IndexStatus: 'DELETING' };
      }
      return {
        ...index,
        IndexStatus: 'UPDATING',
        ProvisionedThroughput: { ...index['ProvisionedThroughput'], ...changed['ProvisionedThroughput'] },
        ...onDemandOf(changed['OnDemandThroughput']),
      };
    });
  }
  const description: JsonObject = { ...table.description, GlobalSecondaryIndexes: indexes };
  description['AttributeDefinitions'] = usedDefinitions(description, input);
  table.redescribe(description, numbers);
}

/** The definitions of the attributes that are still keys of something, old ones and those that came with the request. */
function usedDefinitions(description: JsonObject, input: JsonObject): JsonObject[] {
  const indexes = [description['GlobalSecondaryIndexes'], description['LocalSecondaryIndexes']] as (
    | JsonObject[]
    | undefined
  )[];
  const schemas = [description, ...indexes.flatMap((group) => group ?? [])].map(
    ({ KeySchema }) => KeySchema as JsonObject[],
  );
  const used = new Set(schemas.flat().map((element) => element['AttributeName'] as string));
  const definitions = new Map<string, JsonObject>();
  for (const definition of [...description['AttributeDefinitions'], ...(input['AttributeDefinitions'] ?? [])]) {
    if (used.has(definition['AttributeName'])) definitions.set(definition['AttributeName'], definition);
  }
  return [...definitions.values()];
}

function applySettings(parts: StoreParts, table: Table, input: JsonObject): void {
  const nowSeconds = parts.clock.wallMs() / 1000;
  const description: JsonObject = { ...table.description };
  const throughput = input['ProvisionedThroughput'] as JsonObject | null | undefined;
  if (throughput) {
    description['ProvisionedThroughput'] = changedThroughput(
      description['ProvisionedThroughput'],
      throughput,
      nowSeconds,
    );
  }
  const mode = input['BillingMode'] as string | null | undefined;
  if (mode && mode !== billingModeOf(table)) {
    description['BillingModeSummary'] = { ...description['BillingModeSummary'], BillingMode: mode };
    description['TableThroughputModeSummary'] = {
      ...description['TableThroughputModeSummary'],
      TableThroughputMode: mode,
    };
    if (mode === 'PAY_PER_REQUEST') {
      description['BillingModeSummary'].LastUpdateToPayPerRequestDateTime = nowSeconds;
      description['TableThroughputModeSummary'].LastUpdateToPayPerRequestDateTime = nowSeconds;
      description['ProvisionedThroughput'] = { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 };
    }
  }
  if (typeof input['DeletionProtectionEnabled'] === 'boolean') {
    description['DeletionProtectionEnabled'] = input['DeletionProtectionEnabled'];
  }
  if (typeof input['TableClass'] === 'string') {
    description['TableClassSummary'] = { TableClass: input['TableClass'], LastUpdateDateTime: nowSeconds };
  }
  if (input['SSESpecification']) delete description['SSEDescription'];
  Object.assign(description, encryptionOf(parts, input['SSESpecification']), onDemandOf(input['OnDemandThroughput']));
  table.redescribe(description);
  const stream = input['StreamSpecification'] as JsonObject | null | undefined;
  if (stream?.['StreamEnabled'] === true) startStream(parts, table, stream, parts.statusDelays.updateTableMs);
  else if (stream) stopStream(parts, table, parts.statusDelays.updateTableMs);
}

function changedThroughput(before: JsonObject, throughput: JsonObject, nowSeconds: number): JsonObject {
  const { ReadCapacityUnits, WriteCapacityUnits } = throughput;
  const changed: JsonObject = { ...before, ReadCapacityUnits, WriteCapacityUnits };
  const { ReadCapacityUnits: read, WriteCapacityUnits: write } = before;
  if (ReadCapacityUnits > read || WriteCapacityUnits > write) changed['LastIncreaseDateTime'] = nowSeconds;
  if (ReadCapacityUnits < read || WriteCapacityUnits < write) {
    changed['LastDecreaseDateTime'] = nowSeconds;
    changed['NumberOfDecreasesToday'] = (before['NumberOfDecreasesToday'] as number) + 1;
  }
  return changed;
}
