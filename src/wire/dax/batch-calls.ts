/**
 * BatchGetItem and BatchWriteItem.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
import type { Item } from '../../model/attribute-value.ts';
import type { JsonObject } from '../../model/service-call.ts';
import { addCommon, readCallOptions } from './call-options.ts';
import type { CborReader } from './cbor-reader.ts';
import type { CborWriter } from './cbor-writer.ts';
import { writeCapacities, writeCollectionMetricsByTable } from './consumed.ts';
import type { DaxCall } from './dax-call.ts';
import { ExpressionText } from './expression-text.ts';
import type { ItemCodec } from './item-codec.ts';
import { MalformedFrame } from './malformed.ts';
import { OrdinalProjection } from './projection-by-ordinal.ts';

interface TableGet {
  readonly isConsistent: boolean;
  readonly projection: OrdinalProjection | undefined;
  readonly keys: readonly Buffer[];
}

export function readBatchGetItem(reader: CborReader): DaxCall {
  const gets = new Map<string, TableGet>();
  reader.eachEntry(() => {
    const table = reader.name();
    reader.arrayOf(3);
    const isConsistent = reader.takeNull() ? false : reader.boolean();
    const projection = reader.takeNull() ? undefined : new OrdinalProjection(reader.bytes());
    const keys: Buffer[] = [];
    reader.eachElement(() => keys.push(reader.bytes()));
    gets.set(table, { isConsistent, projection, keys });
  });
  const options = readCallOptions(reader);
  return {
    operation: 'BatchGetItem',
    tables: [...gets.keys()],
    form: undefined,
    inputOf(codec) {
      const input: JsonObject = { RequestItems: Object.create(null) as JsonObject };
      for (const [table, get] of gets) input['RequestItems'][table] = askedOf(table, get, codec);
      addCommon(input, options);
      return input;
    },
    writeReply(writer, output, codec) {
      // Two elements are announced and three follow: what was consumed stands behind the array, and clients read it there.
      writer.arrayHead(2);
      writeFound(writer, output['Responses'] as Found | undefined, gets, codec);
      writeUnprocessedKeys(writer, output['UnprocessedKeys'] as Unprocessed | undefined, codec);
      writeCapacities(writer, output['ConsumedCapacity'] as JsonObject[] | undefined);
    },
  };
}

function askedOf(table: string, { isConsistent, projection, keys }: TableGet, codec: ItemCodec): JsonObject {
  const asked: JsonObject = { Keys: keys.map((key) => codec.keyOf(table, key)) };
  if (isConsistent) asked['ConsistentRead'] = true;
  if (projection === undefined) return asked;
  const text = new ExpressionText();
  asked['ProjectionExpression'] = projection.expression(text, codec.schemaOf(table));
  text.addTo(asked);
  return asked;
}

type Found = Readonly<Record<string, readonly Item[]>>;

function writeFound(
  writer: CborWriter,
  found: Found = {},
  gets: ReadonlyMap<string, TableGet>,
  codec: ItemCodec,
): void {
  const tables = Object.keys(found);
  writer.mapHead(tables.length);
  for (const table of tables) {
    const items = found[table] ?? [];
    const projection = gets.get(table)?.projection;
    writer.text(table);
    writer.arrayHead(projection === undefined ? items.length * 2 : items.length);
    for (const item of items) {
      if (projection !== undefined) {
        projection.write(writer, item);
        continue;
      }
      codec.writeKey(writer, table, item);
      codec.writePayload(writer, table, item);
    }
  }
}

type Unprocessed = Readonly<Record<string, { readonly Keys: readonly Item[] }>>;

function writeUnprocessedKeys(writer: CborWriter, unprocessed: Unprocessed = {}, codec: ItemCodec): void {
  const tables = Object.entries(unprocessed);
  writer.mapHead(tables.length);
  for (const [table, { Keys: keys }] of tables) {
    writer.text(table);
    writer.arrayHead(keys.length);
    for (const key of keys) codec.writeKey(writer, table, key);
  }
}

interface WriteOfKey {
  readonly key: Buffer;
  /** Undefined: the item is deleted. */
  readonly payload: Buffer | undefined;
}

export function readBatchWriteItem(reader: CborReader): DaxCall {
  const writes = new Map<string, readonly WriteOfKey[]>();
  reader.eachEntry(() => {
    const table = reader.name();
    const ofTable: WriteOfKey[] = [];
    const length = reader.arrayLength();
    if (length % 2 !== 0) throw new MalformedFrame('a batch with a key alone');
    for (let left = length; left > 0; left -= 2) {
      ofTable.push({ key: reader.bytes(), payload: reader.takeNull() ? undefined : reader.bytes() });
    }
    writes.set(table, ofTable);
  });
  const options = readCallOptions(reader);
  return {
    operation: 'BatchWriteItem',
    tables: [...writes.keys()],
    form: undefined,
    inputOf(codec) {
      const input: JsonObject = { RequestItems: Object.create(null) as JsonObject };
      for (const [table, ofTable] of writes) {
        input['RequestItems'][table] = ofTable.map(({ key, payload }) =>
          payload === undefined
            ? { DeleteRequest: { Key: codec.keyOf(table, key) } }
            : { PutRequest: { Item: codec.itemOf(table, key, payload) } },
        );
      }
      addCommon(input, options);
      return input;
    },
    writeReply(writer, output, codec) {
      writeUnprocessedWrites(writer, output['UnprocessedItems'] as UnprocessedWrites | undefined, codec);
      writeCapacities(writer, output['ConsumedCapacity'] as JsonObject[] | undefined);
      writeCollectionMetricsByTable(
        writer,
        output['ItemCollectionMetrics'] as Record<string, JsonObject[]> | undefined,
      );
    },
  };
}

type UnprocessedWrites = Readonly<
  Record<string, readonly { readonly PutRequest?: { Item: Item }; readonly DeleteRequest?: { Key: Item } }[]>
>;

function writeUnprocessedWrites(writer: CborWriter, unprocessed: UnprocessedWrites = {}, codec: ItemCodec): void {
  const tables = Object.entries(unprocessed);
  writer.mapHead(tables.length);
  for (const [table, requests] of tables) {
    writer.text(table);
    writer.arrayHead(requests.length * 2);
    for (const { PutRequest: put, DeleteRequest: remove } of requests) {
      codec.writeKey(writer, table, (put?.Item ?? remove?.Key) as Item);
      if (put === undefined) writer.null();
      else codec.writePayload(writer, table, put.Item);
    }
  }
}
