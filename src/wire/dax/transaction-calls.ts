/**
 * TransactGetItems and TransactWriteItems: a transaction comes as columns, one for each member of its actions.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
import type { Item } from '../../model/attribute-value.ts';
import type { JsonObject } from '../../model/service-call.ts';
import { addCommon, readCallOptions } from './call-options.ts';
import type { CborReader } from './cbor-reader.ts';
import { writeCollectionMetricsByTable, writeTransactionCapacities } from './consumed.ts';
import type { DaxCall } from './dax-call.ts';
import { ExpressionText } from './expression-text.ts';
import type { ItemCodec } from './item-codec.ts';
import { addConditionAndUpdate } from './item-calls.ts';
import { MalformedFrame } from './malformed.ts';
import { OrdinalProjection } from './projection-by-ordinal.ts';

export function readTransactGetItems(reader: CborReader): DaxCall {
  const tables = column(reader, () => reader.name());
  const keys = column(reader, () => reader.bytes());
  const projections = sparseColumn(reader, () => new OrdinalProjection(reader.bytes()));
  checkColumns(tables.length, [keys, projections]);
  const options = readCallOptions(reader);
  return {
    operation: 'TransactGetItems',
    tables: [...new Set(tables)],
    form: undefined,
    inputOf(codec) {
      const items = tables.map((table, i) => ({ Get: getOf(table, keys[i] as Buffer, projections?.[i], codec) }));
      const input: JsonObject = { TransactItems: items };
      addCommon(input, options);
      return input;
    },
    writeReply(writer, output, codec) {
      const responses = (output['Responses'] ?? []) as readonly { readonly Item?: Item }[];
      writer.arrayHead(2);
      writer.arrayHead(tables.length);
      for (const [i, table] of tables.entries()) {
        const item = responses[i]?.Item;
        const projection = projections?.[i];
        if (item === undefined) writer.null();
        else if (projection === undefined) codec.writePayload(writer, table, item);
        else projection.write(writer, item);
      }
      writeTransactionCapacities(writer, output['ConsumedCapacity'] as JsonObject[] | undefined);
    },
  };
}

function getOf(table: string, key: Buffer, projection: OrdinalProjection | undefined, codec: ItemCodec): JsonObject {
  const get: JsonObject = { TableName: table, Key: codec.keyOf(table, key) };
  if (projection === undefined) return get;
  const text = new ExpressionText();
  get['ProjectionExpression'] = projection.expression(text, codec.schemaOf(table));
  text.addTo(get);
  return get;
}

const action = { put: 2, delete: 7, update: 9, check: 12 } as const;

/** ReturnValuesOnConditionCheckFailure: ALL_OLD. */
const SHOW_OLD = 2;

/** Members of one action of a transaction. */
interface ActionColumns {
  readonly kind: number;
  readonly table: string;
  readonly key: Buffer;
  readonly payload: Buffer | undefined;
  readonly showsOld: boolean;
  readonly condition: Buffer | undefined;
  readonly update: Buffer | undefined;
}

export function readTransactWriteItems(reader: CborReader): DaxCall {
  const actions = readActions(reader);
  const options = readCallOptions(reader);
  const actionTables = actions.map(({ table }) => table);
  return {
    operation: 'TransactWriteItems',
    tables: [...new Set(actionTables)],
    actionTables,
    form: undefined,
    inputOf(codec) {
      const input: JsonObject = { TransactItems: actions.map((each) => actionOf(each, codec)) };
      if (options.token !== undefined) input['ClientRequestToken'] = options.token;
      addCommon(input, options);
      return input;
    },
    writeReply(writer, output) {
      writer.arrayHead(3);
      writer.arrayHead(0);
      writeTransactionCapacities(writer, output['ConsumedCapacity'] as JsonObject[] | undefined);
      writeCollectionMetricsByTable(
        writer,
        output['ItemCollectionMetrics'] as Record<string, JsonObject[]> | undefined,
      );
    },
  };
}

function readActions(reader: CborReader): ActionColumns[] {
  const kinds = column(reader, () => reader.smallInteger());
  const tables = column(reader, () => reader.name());
  const keys = column(reader, () => reader.bytes());
  const payloads = sparseColumn(reader, () => reader.bytes());
  // ReturnValues, which no action of a transaction has.
  reader.skip(2);
  const returns = sparseColumn(reader, () => reader.smallInteger());
  const conditions = sparseColumn(reader, () => reader.bytes());
  const updates = sparseColumn(reader, () => reader.bytes());
  checkColumns(kinds.length, [tables, keys, payloads, returns, conditions, updates]);
  return kinds.map((kind, i) => ({
    kind,
    table: tables[i] as string,
    key: keys[i] as Buffer,
    payload: payloads?.[i],
    showsOld: returns?.[i] === SHOW_OLD,
    condition: conditions?.[i],
    update: updates?.[i],
  }));
}

function actionOf(each: ActionColumns, codec: ItemCodec): JsonObject {
  const { kind, table, key, payload } = each;
  const body: JsonObject = { TableName: table };
  if (each.showsOld) body['ReturnValuesOnConditionCheckFailure'] = 'ALL_OLD';
  addConditionAndUpdate(body, each);
  switch (kind) {
    case action.put:
      if (payload === undefined) throw new MalformedFrame('a put without an item');
      return { Put: { ...body, Item: codec.itemOf(table, key, payload) } };
    case action.delete:
      return { Delete: { ...body, Key: codec.keyOf(table, key) } };
    case action.update:
      return { Update: { ...body, Key: codec.keyOf(table, key) } };
    case action.check:
      return { ConditionCheck: { ...body, Key: codec.keyOf(table, key) } };
    default:
      throw new MalformedFrame(`an action ${kind} of a transaction`);
  }
}

function column<Value>(reader: CborReader, read: () => Value): readonly Value[] {
  const values: Value[] = [];
  reader.eachElement(() => values.push(read()));
  return values;
}

/** A column of members that not every action has; null where none has it. */
function sparseColumn<Value>(reader: CborReader, read: () => Value): readonly (Value | undefined)[] | undefined {
  return reader.takeNull() ? undefined : column(reader, () => (reader.takeNull() ? undefined : read()));
}

function checkColumns(length: number, columns: readonly (readonly unknown[] | undefined)[]): void {
  for (const each of columns) {
    if (each === undefined || each.length === length) continue;
    throw new MalformedFrame(`a column of ${each.length} values in a transaction of ${length}`);
  }
}
