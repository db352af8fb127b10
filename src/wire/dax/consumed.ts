/** What a call consumed, and the sizes of item collections, in DAX's forms; all figures are floats, as the clients insist. */
import { typeOf, type AttributeValue } from '../../model/attribute-value.ts';
import type { JsonObject } from '../../model/service-call.ts';
import { writeAttributeValue } from './attribute-values.ts';
import type { CborWriter } from './cbor-writer.ts';

/** Of a single call or of one table of a batch. */
export function writeCapacity(writer: CborWriter, capacity: JsonObject): void {
  writer.bytesOf(() => {
    writer.text(capacity['TableName'] as string);
    writer.float((capacity['CapacityUnits'] ?? 0) as number);
    if (capacity['Table'] === undefined) writer.null();
    else writer.float((capacity['Table'] as { readonly CapacityUnits: number }).CapacityUnits);
    writeUnitsByName(writer, capacity['GlobalSecondaryIndexes'] as IndexUnits | undefined);
    writeUnitsByName(writer, capacity['LocalSecondaryIndexes'] as IndexUnits | undefined);
  });
}

export function writeCapacities(writer: CborWriter, capacities: readonly JsonObject[] = []): void {
  writer.arrayHead(capacities.length);
  for (const capacity of capacities) writeCapacity(writer, capacity);
}

type IndexUnits = Readonly<Record<string, Units>>;

interface Units {
  readonly CapacityUnits?: number;
  readonly ReadCapacityUnits?: number;
  readonly WriteCapacityUnits?: number;
}

function writeUnitsByName(writer: CborWriter, indexes: IndexUnits | undefined): void {
  if (indexes === undefined) {
    writer.null();
    return;
  }
  const names = Object.keys(indexes);
  writer.mapHead(names.length);
  for (const name of names) {
    writer.text(name);
    writer.float(indexes[name]?.CapacityUnits ?? 0);
  }
}

const UNITS = [
  [1, 'CapacityUnits'],
  [2, 'ReadCapacityUnits'],
  [3, 'WriteCapacityUnits'],
] as const;
const PLACES = [
  [6, 'GlobalSecondaryIndexes'],
  [7, 'LocalSecondaryIndexes'],
] as const;

/** Of the tables of a transaction, with reads and writes apart. */
export function writeTransactionCapacities(writer: CborWriter, capacities: readonly JsonObject[] = []): void {
  writer.arrayHead(capacities.length);
  for (const capacity of capacities) {
    const units = UNITS.filter(([, name]) => capacity[name] !== undefined);
    const places = PLACES.filter(([, name]) => capacity[name] !== undefined);
    const table = capacity['Table'] as Units | undefined;
    writer.mapHead(1 + units.length + (table === undefined ? 0 : 1) + places.length);
    for (const [number, name] of units) {
      writer.integer(number);
      writer.float(capacity[name] as number);
    }
    writer.integer(4);
    writer.text(capacity['TableName'] as string);
    if (table !== undefined) {
      writer.integer(5);
      writeUnits(writer, table);
    }
    for (const [number, name] of places) {
      writer.integer(number);
      const indexes = Object.entries(capacity[name] as IndexUnits);
      writer.mapHead(indexes.length);
      for (const [index, ofIndex] of indexes) {
        writer.text(index);
        writeUnits(writer, ofIndex);
      }
    }
  }
}

function writeUnits(writer: CborWriter, of: Units): void {
  const units = UNITS.filter(([, name]) => of[name] !== undefined);
  writer.mapHead(units.length);
  for (const [number, name] of units) {
    writer.integer(number);
    writer.float(of[name] as number);
  }
}

/** Of one item collection. */
export function writeCollectionMetrics(writer: CborWriter, metrics: JsonObject): void {
  const [lower, upper] = (metrics['SizeEstimateRangeGB'] ?? [0, 0]) as readonly [number, number];
  const [partition] = Object.values(metrics['ItemCollectionKey'] as Record<string, AttributeValue>);
  writer.bytesOf(() => {
    if (partition === undefined || typeOf(partition) === 'NULL') writer.null();
    else writeAttributeValue(writer, partition);
    writer.float(lower);
    writer.float(upper);
  });
}

export function writeCollectionMetricsByTable(
  writer: CborWriter,
  byTable: Readonly<Record<string, readonly JsonObject[]>> = {},
): void {
  const tables = Object.keys(byTable);
  writer.mapHead(tables.length);
  for (const table of tables) {
    const collections = byTable[table] ?? [];
    writer.text(table);
    writer.arrayHead(collections.length);
    for (const metrics of collections) writeCollectionMetrics(writer, metrics);
  }
}
