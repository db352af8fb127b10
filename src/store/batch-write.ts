/**
 * BatchWriteItem: all puts and deletes of a batch are staged together here, though DynamoDB promises nothing but each by
 * itself.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
import type { ByteString } from '../base/bytes.ts';
import type { Item } from '../model/attribute-value.ts';
import { validateKey } from '../model/key.ts';
import { parseItem } from '../model/parse-item.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { capacityModeOf, ConsumedUnits } from './capacity.ts';
import { planChange, stageChange, type ItemChange } from './item-change.ts';
import { collectionMetricsOf, rowKeyOf, rowKeyOfItem } from './item-write.ts';
import { BATCH_WRITES_MAX } from './limits.ts';
import { batchWriteRules } from './operation-rules.ts';
import { checkIndexKeys, checkItemSize } from './put-item.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { storedItem } from './stored-item.ts';
import type { Table } from './table.ts';

type ParsedWrite = { readonly request: JsonObject } & ({ readonly put: Item } | { readonly deleted: Item });

interface Write {
  readonly requestName: string;
  readonly request: JsonObject;
  readonly table: Table;
  readonly key: ByteString;
  readonly next: Item | undefined;
}

export async function batchWriteItem(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, batchWriteRules);
  const requests = Object.entries(input['RequestItems'] as Record<string, JsonObject[]>);
  const parsed = requests.map(([name, writes]) => ({ name, writes: writes.map(parseWrite) }));
  if (parsed.reduce((sum, { writes }) => sum + writes.length, 0) > BATCH_WRITES_MAX) {
    throw validationError('Too many items requested for the BatchWriteItem call');
  }
  const writes = parsed.flatMap(({ name, writes: some }) => some.map((write) => locate(parts, name, write)));
  if (new Set(writes.map(({ key }) => key)).size < writes.length) {
    throw validationError('Provided list of item keys contains duplicates');
  }
  const free = writes.filter(({ key }) => !parts.locks.isHeld(key));
  const changes = free.map(({ table, key, next }) =>
    planChange(parts, table, key, storedItem(parts.writer.latest(key)), next),
  );
  for (const change of changes) stageChange(parts, change);
  const output = outputOf(input, free, changes);
  // What a transaction is in the way of is for the caller to send again, as what a throttled table did not take.
  output['UnprocessedItems'] = unprocessed(writes.filter((write) => !free.includes(write)));
  await parts.writer.committed();
  return ServiceReply.fromOutput(output);
}

function parseWrite(request: JsonObject): ParsedWrite {
  const put = request['PutRequest'] as JsonObject | null | undefined;
  const deletion = request['DeleteRequest'] as JsonObject | null | undefined;
  if (Boolean(put) === Boolean(deletion)) {
    throw validationError(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    );
  }
  if (!put) return { request, deleted: parseItem((deletion as JsonObject)['Key']) };
  const item = parseItem(put['Item']);
  checkItemSize(item);
  return { request, put: item };
}

function locate(parts: StoreParts, requestName: string, write: ParsedWrite): Write {
  const table = parts.catalog.active(tableNameOf(requestName));
  if ('deleted' in write) {
    validateKey(table.schema.key, write.deleted);
    return { requestName, request: write.request, table, key: rowKeyOf(table, write.deleted), next: undefined };
  }
  try {
    const key = rowKeyOfItem(table, write.put);
    checkIndexKeys(table, write.put);
    return { requestName, request: write.request, table, key, next: write.put };
  } catch (error) {
    // A batch says of puts and deletes in the same words that the key is not the table's.
    if (!(error instanceof ServiceError) || !/Missing the key|Type mismatch for key/.test(error.message)) throw error;
    throw validationError('The provided key element does not match the schema');
  }
}

function unprocessed(writes: readonly Write[]): Record<string, JsonObject[]> {
  const byTable = Object.create(null) as Record<string, JsonObject[]>;
  for (const { requestName, request } of writes) (byTable[requestName] ??= []).push(request);
  return byTable;
}

function outputOf(input: JsonObject, writes: readonly Write[], changes: readonly ItemChange[]): JsonObject {
  const output: JsonObject = {};
  const mode = capacityModeOf(input);
  if (mode !== 'NONE') {
    const units = new Map<Table, ConsumedUnits>();
    for (const change of changes) {
      let ofTable = units.get(change.table);
      if (ofTable === undefined) units.set(change.table, (ofTable = new ConsumedUnits('write')));
      ofTable.addChange(change);
    }
    output['ConsumedCapacity'] = [...units].map(([table, ofTable]) => ofTable.toOutput(table, mode));
  }
  if (input['ReturnItemCollectionMetrics'] === 'SIZE') {
    output['ItemCollectionMetrics'] = metricsByTable(writes, changes);
  }
  return output;
}

function metricsByTable(writes: readonly Write[], changes: readonly ItemChange[]): JsonObject {
  const metrics = Object.create(null) as Record<string, JsonObject[]>;
  changes.forEach((change, position) => {
    const ofChange = collectionMetricsOf(change);
    const name = writes[position]?.requestName as string;
    if (ofChange !== undefined) (metrics[name] ??= []).push(ofChange);
  });
  return metrics;
}
