/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
import type { ByteString } from '../base/bytes.ts';
import { Placeholders } from '../expression/placeholders.ts';
import { projectItem } from '../expression/projection.ts';
import type { DocumentPath } from '../expression/syntax.ts';
import type { Item } from '../model/attribute-value.ts';
import { parseItem } from '../model/parse-item.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { capacityModeOf, ConsumedUnits, readUnits, type CapacityMode } from './capacity.ts';
import { rowKeyOfKey } from './item-write.ts';
import { BATCH_GET_BYTES_MAX, BATCH_GET_KEYS_MAX } from './limits.ts';
import { batchGetRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkPaths, parseProjectionOf } from './projection.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { decodeItem, jsonOfRow, sizeOfRow } from './stored-item.ts';
import type { Table } from './table.ts';

interface TableRead {
  /** As the request names it, and so the reply. */
  readonly name: string;
  readonly request: JsonObject;
  readonly keys: readonly Item[];
  readonly projection: readonly DocumentPath[] | undefined;
}

interface LocatedRead extends TableRead {
  readonly table: Table;
  readonly rowKeys: readonly ByteString[];
}

export function batchGetItem(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, batchGetRules);
  const requests = input['RequestItems'] as Record<string, JsonObject>;
  const reads = Object.entries(requests).map(([name, request]) => parseRead(name, request));
  const count = reads.reduce((sum, { keys }) => sum + keys.length, 0);
  if (count > BATCH_GET_KEYS_MAX) throw validationError('Too many items requested for the BatchGetItem call');
  return replyOf(
    parts,
    reads.map((read) => locate(parts, read)),
    capacityModeOf(input),
  );
}

function parseRead(name: string, request: JsonObject): TableRead {
  checkExpressionParameters(request, ['ProjectionExpression'], ['AttributesToGet']);
  const placeholders = new Placeholders(request['ExpressionAttributeNames'], undefined);
  const projection = parseProjectionOf(request, placeholders);
  placeholders.assertAllUsed();
  return { name, request, projection, keys: (request['Keys'] as unknown[]).map(parseItem) };
}

function locate(parts: StoreParts, read: TableRead): LocatedRead {
  const table = parts.catalog.active(tableNameOf(read.name));
  const rowKeys = read.keys.map((key) => rowKeyOfKey(table, key));
  if (new Set(rowKeys).size < rowKeys.length) {
    throw validationError('Provided list of item keys contains duplicates');
  }
  checkPaths(table, read.projection);
  return { ...read, table, rowKeys };
}

/** All of it is read in one stretch, so it is of one moment where no lag was asked for: more than DynamoDB promises. */
function replyOf(parts: StoreParts, reads: readonly LocatedRead[], mode: CapacityMode): ServiceReply {
  const responses: string[] = [];
  const unprocessed: Record<string, JsonObject> = Object.create(null);
  const consumed: JsonObject[] = [];
  let bytes = 0;
  for (const read of reads) {
    const { table, request, keys } = read;
    const isStrong = request['ConsistentRead'] === true;
    const units = new ConsumedUnits('read');
    const items: string[] = [];
    const left: Item[] = [];
    read.rowKeys.forEach((rowKey, position) => {
      const row = parts.replicas.rowsFor(isStrong).peek(rowKey);
      if (row !== undefined && bytes + sizeOfRow(row) > BATCH_GET_BYTES_MAX) {
        left.push(keys[position] as Item);
        return;
      }
      units.addTable(readUnits(row === undefined ? 0 : sizeOfRow(row), isStrong));
      if (row === undefined) return;
      bytes += sizeOfRow(row);
      items.push(shown(read, row));
    });
    responses.push(`${JSON.stringify(read.name)}:[${items.join(',')}]`);
    if (left.length > 0) unprocessed[read.name] = { ...request, Keys: left };
    if (mode !== 'NONE') consumed.push(units.toOutput(table, mode));
  }
  const rest = mode === 'NONE' ? '' : `,"ConsumedCapacity":${JSON.stringify(consumed)}`;
  return ServiceReply.fromBody(
    200,
    Buffer.from(`{"Responses":{${responses.join(',')}},"UnprocessedKeys":${JSON.stringify(unprocessed)}${rest}}`),
  );
}

function shown({ projection }: TableRead, row: Buffer): string {
  if (projection === undefined) return jsonOfRow(row).toString('utf8');
  return JSON.stringify(projectItem(projection, decodeItem(row)));
}
