/**
 * GetItem, PutItem, DeleteItem and UpdateItem.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
 */
import type { Item } from '../../model/attribute-value.ts';
import type { JsonObject } from '../../model/service-call.ts';
import { addCommon, readCallOptions, type CallOptions } from './call-options.ts';
import type { CborReader } from './cbor-reader.ts';
import type { CborWriter } from './cbor-writer.ts';
import { writeCapacity, writeCollectionMetrics } from './consumed.ts';
import type { DaxCall } from './dax-call.ts';
import { ExpressionText } from './expression-text.ts';
import type { ItemCodec } from './item-codec.ts';
import { OrdinalProjection } from './projection-by-ordinal.ts';

const result = { item: 0, capacity: 1, attributes: 2, collectionMetrics: 3 } as const;

export function readGetItem(reader: CborReader): DaxCall {
  const table = reader.name();
  const key = reader.bytes();
  const options = readCallOptions(reader);
  const projection = options.projection && new OrdinalProjection(options.projection);
  const isPlain = projection === undefined && (options.capacity ?? 'NONE') === 'NONE';
  return {
    operation: 'GetItem',
    tables: [table],
    form: isPlain ? 'item' : undefined,
    inputOf(codec) {
      const input: JsonObject = { TableName: table, Key: codec.keyOf(table, key) };
      if (options.consistentRead === true) input['ConsistentRead'] = true;
      addCommon(input, options);
      if (projection === undefined) return input;
      const text = new ExpressionText();
      input['ProjectionExpression'] = projection.expression(text, codec.schemaOf(table));
      text.addTo(input);
      return input;
    },
    writeReply(writer, output, codec) {
      const item = output['Item'] as Item | undefined;
      const capacity = output['ConsumedCapacity'] as JsonObject | undefined;
      // An item that is not there has no member: a null one makes clients invent an item, or fail.
      writer.mapHead((item === undefined ? 0 : 1) + (capacity === undefined ? 0 : 1));
      if (item !== undefined) {
        writer.integer(result.item);
        if (projection === undefined) codec.writePayload(writer, table, item);
        else projection.write(writer, item);
      }
      if (capacity === undefined) return;
      writer.integer(result.capacity);
      writeCapacity(writer, capacity);
    },
  };
}

export function readPutItem(reader: CborReader): DaxCall {
  const table = reader.name();
  const key = reader.bytes();
  const payload = reader.bytes();
  const options = readCallOptions(reader);
  return writeCall('PutItem', table, options, (codec) => ({ Item: codec.itemOf(table, key, payload) }));
}

export function readDeleteItem(reader: CborReader): DaxCall {
  const table = reader.name();
  const key = reader.bytes();
  const options = readCallOptions(reader);
  return writeCall('DeleteItem', table, options, (codec) => ({ Key: codec.keyOf(table, key) }));
}

export function readUpdateItem(reader: CborReader): DaxCall {
  const table = reader.name();
  const key = reader.bytes();
  const options = readCallOptions(reader);
  return writeCall('UpdateItem', table, options, (codec) => ({ Key: codec.keyOf(table, key) }));
}

function writeCall(
  operation: 'PutItem' | 'DeleteItem' | 'UpdateItem',
  table: string,
  options: CallOptions,
  subject: (codec: ItemCodec) => JsonObject,
): DaxCall {
  return {
    operation,
    tables: [table],
    form: undefined,
    inputOf(codec) {
      const input: JsonObject = { TableName: table, ...subject(codec) };
      if (options.returnValues !== undefined) input['ReturnValues'] = options.returnValues;
      addCommon(input, options);
      addConditionAndUpdate(input, options);
      return input;
    },
    writeReply(writer, output, codec) {
      writeWriteReply(writer, output, codec, table, options.returnValues);
    },
  };
}

/** The expressions of a write, which share one set of placeholders. */
export function addConditionAndUpdate(
  input: JsonObject,
  { condition, update }: { readonly condition?: Buffer | undefined; readonly update?: Buffer | undefined },
): void {
  const text = new ExpressionText();
  if (update !== undefined) input['UpdateExpression'] = text.update(update);
  if (condition !== undefined) input['ConditionExpression'] = text.condition(condition);
  text.addTo(input);
}

function writeWriteReply(
  writer: CborWriter,
  output: JsonObject,
  codec: ItemCodec,
  table: string,
  returnValues: CallOptions['returnValues'],
): void {
  const attributes = output['Attributes'] as Item | undefined;
  const capacity = output['ConsumedCapacity'] as JsonObject | undefined;
  const metrics = output['ItemCollectionMetrics'] as JsonObject | undefined;
  writer.mapHead([attributes, capacity, metrics].filter((member) => member !== undefined).length);
  if (capacity !== undefined) {
    writer.integer(result.capacity);
    writeCapacity(writer, capacity);
  }
  if (attributes !== undefined) {
    writer.integer(result.attributes);
    const isPart = returnValues === 'UPDATED_OLD' || returnValues === 'UPDATED_NEW';
    if (isPart) codec.writeUpdated(writer, attributes);
    else codec.writePayload(writer, table, attributes);
  }
  if (metrics === undefined) return;
  writer.integer(result.collectionMetrics);
  writeCollectionMetrics(writer, metrics);
}
