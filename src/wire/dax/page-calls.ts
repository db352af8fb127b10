/**
 * Query and Scan.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
 */
import type { Item } from '../../model/attribute-value.ts';
import type { JsonObject } from '../../model/service-call.ts';
import { addCommon, readCallOptions, type CallOptions } from './call-options.ts';
import type { CborReader } from './cbor-reader.ts';
import { writeCapacity } from './consumed.ts';
import { dialectOf, type DaxCall, type DaxClient } from './dax-call.ts';
import { ExpressionText } from './expression-text.ts';
import type { ItemCodec } from './item-codec.ts';
import { decodeNamedKey, writeNamedKey } from './item-keys.ts';
import { OrdinalProjection } from './projection-by-ordinal.ts';

const result = { capacity: 1, items: 7, count: 8, lastKey: 9, scannedCount: 10 } as const;

export function readQuery(reader: CborReader, client: DaxClient): DaxCall {
  const table = reader.name();
  const keyCondition = reader.takeNull() ? undefined : reader.bytes();
  return pageCall('Query', table, keyCondition, readCallOptions(reader), client);
}

export function readScan(reader: CborReader, client: DaxClient): DaxCall {
  const table = reader.name();
  return pageCall('Scan', table, undefined, readCallOptions(reader), client);
}

function pageCall(
  operation: 'Query' | 'Scan',
  table: string,
  keyCondition: Buffer | undefined,
  options: CallOptions,
  client: DaxClient,
): DaxCall {
  const projection = options.projection && new OrdinalProjection(options.projection);
  const isIndex = options.indexName !== undefined;
  const isShared = (options.capacity ?? 'NONE') === 'NONE';
  return {
    operation,
    tables: [table],
    form: isShared ? `${isIndex ? 'index' : 'table'} ${options.select ?? ''} ${projection?.form ?? ''}` : undefined,
    inputOf: (codec) => inputOf(table, keyCondition, options, projection, client, codec),
    writeReply(writer, output, codec) {
      const items = options.select === 'COUNT' ? undefined : (output['Items'] as readonly Item[] | undefined);
      const capacity = output['ConsumedCapacity'] as JsonObject | undefined;
      const lastKey = output['LastEvaluatedKey'] as Item | undefined;
      writer.mapHead(2 + [items, capacity, lastKey].filter((member) => member !== undefined).length);
      if (items !== undefined) {
        writer.integer(result.items);
        writer.arrayHead(items.length);
        for (const item of items) {
          if (projection !== undefined) {
            projection.write(writer, item);
            continue;
          }
          writer.arrayHead(2);
          codec.writeKey(writer, table, item);
          codec.writePayload(writer, table, item);
        }
      }
      writer.integer(result.count);
      writer.integer((output['Count'] ?? 0) as number);
      writer.integer(result.scannedCount);
      writer.integer((output['ScannedCount'] ?? 0) as number);
      if (lastKey !== undefined) {
        writer.integer(result.lastKey);
        if (isIndex) writeNamedKey(writer, lastKey);
        else codec.writeKey(writer, table, lastKey);
      }
      if (capacity === undefined) return;
      writer.integer(result.capacity);
      writeCapacity(writer, capacity);
    },
  };
}

function inputOf(
  table: string,
  keyCondition: Buffer | undefined,
  options: CallOptions,
  projection: OrdinalProjection | undefined,
  client: DaxClient,
  codec: ItemCodec,
): JsonObject {
  const { indexName, startKey, filter, select, limit, forward, segment, totalSegments } = options;
  const input: JsonObject = { TableName: table };
  const text = new ExpressionText();
  if (indexName !== undefined) input['IndexName'] = indexName;
  if (keyCondition !== undefined) input['KeyConditionExpression'] = text.condition(keyCondition);
  if (filter !== undefined) input['FilterExpression'] = text.condition(filter);
  if (projection !== undefined) {
    input['ProjectionExpression'] = projection.expression(text, codec.schemaOf(table));
  }
  text.addTo(input);
  if (startKey !== undefined) {
    input['ExclusiveStartKey'] = indexName === undefined ? codec.keyOf(table, startKey) : decodeNamedKey(startKey);
  }
  if (select !== undefined && !isUnsaid(select, options, client)) input['Select'] = select;
  if (limit !== undefined) input['Limit'] = limit;
  if (forward === false) input['ScanIndexForward'] = false;
  if (options.consistentRead === true) input['ConsistentRead'] = true;
  if (segment !== undefined) input['Segment'] = segment;
  if (totalSegments !== undefined) input['TotalSegments'] = totalSegments;
  addCommon(input, options);
  return input;
}

/** The Go client says ALL_ATTRIBUTES where its caller said nothing, which an index that does not project all refuses. */
function isUnsaid(select: NonNullable<CallOptions['select']>, options: CallOptions, client: DaxClient): boolean {
  return select === 'ALL_ATTRIBUTES' && options.indexName !== undefined && dialectOf(client) === 'Go';
}
