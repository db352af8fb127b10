/**
 * A table as the store works with it: its description (DescribeTable's answer without the counts), its spaces in the key
 * space, its indexes, and what it counts.
 */
import { byteStringOfText, type ByteString } from '../base/bytes.ts';
import { assert } from '../base/errors.ts';
import type { JsonObject } from '../model/service-call.ts';
import { tableSchemaOf, type IndexSchema, type TableSchema } from '../model/table-schema.ts';
import type { Stream } from './stream.ts';
import type { TimeToLive } from './expiry.ts';
import { catalogKey, indexSpace, itemSpace } from './key-space.ts';
import type { SummaryRow, Writer } from './writer.ts';

/** Items and bytes of a table or an index; written with every group of writes that changes them, so they survive a crash. */
export class Counts implements SummaryRow {
  readonly key: ByteString;
  items = 0;
  bytes = 0;

  constructor(space: number, row: Buffer | undefined) {
    this.key = catalogKey(`counts/${space}`);
    if (row === undefined) return;
    this.items = row.readDoubleBE(0);
    this.bytes = row.readDoubleBE(8);
  }

  add(items: number, bytes: number, writer: Writer): void {
    if (items === 0 && bytes === 0) return;
    this.items += items;
    this.bytes += bytes;
    writer.touch(this);
  }

  encode(): Buffer {
    const row = Buffer.allocUnsafe(16);
    row.writeDoubleBE(this.items, 0);
    row.writeDoubleBE(this.bytes, 8);
    return row;
  }
}

export interface TableIndex {
  readonly schema: IndexSchema;
  readonly number: number;
  readonly space: ByteString;
  readonly counts: Counts;
  /** While its entries for older items are still being made, an entry may be missing. */
  readonly backfilling: boolean;
}

/** What the catalogue keeps of a table. */
export interface TableRow {
  readonly number: number;
  readonly description: JsonObject;
  readonly indexNumbers: Readonly<Record<string, number>>;
  readonly timeToLive?: TimeToLive | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export type CountsReader = (space: number) => Counts;

export class Table {
  readonly number: number;
  readonly space: ByteString;
  readonly counts: Counts;
  /** The stream that is being written now. */
  stream: Stream | undefined;
  timeToLive: TimeToLive | undefined;
  /** By key, at most fifty. */
  tags: readonly Tag[];
  readonly #countsOf: CountsReader;
  #description: JsonObject;
  #schema: TableSchema;
  #indexes: readonly TableIndex[] = [];

  constructor(row: TableRow, countsOf: CountsReader) {
    this.number = row.number;
    this.space = itemSpace(row.number);
    this.counts = countsOf(row.number);
    this.timeToLive = row.timeToLive;
    this.tags = row.tags ?? [];
    this.#countsOf = countsOf;
    this.#description = row.description;
    this.#schema = tableSchemaOf(row.description);
    this.redescribe(row.description, row.indexNumbers);
  }

  get name(): string {
    return this.#schema.name;
  }

  get schema(): TableSchema {
    return this.#schema;
  }

  /** Without the counts. */
  get description(): JsonObject {
    return this.#description;
  }

  get indexes(): readonly TableIndex[] {
    return this.#indexes;
  }

  /** @param numbers the space of every index that the description names. */
  redescribe(description: JsonObject, numbers: Readonly<Record<string, number>> = this.indexNumbers()): void {
    this.#description = description;
    this.#schema = tableSchemaOf(description);
    const before = new Map(this.#indexes.map((index) => [index.number, index]));
    const backfilling = new Set<string>();
    for (const index of (description['GlobalSecondaryIndexes'] ?? []) as JsonObject[]) {
      if (index['Backfilling'] !== undefined) backfilling.add(index['IndexName'] as string);
    }
    // By name, which is the order in which DynamoDB checks an item's index keys.
    const schemas = [...this.#schema.indexes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#indexes = schemas.map((schema) => {
      const number = numbers[schema.name];
      assert(number !== undefined, 'every index has a space');
      return {
        schema,
        number,
        space: indexSpace(number),
        counts: before.get(number)?.counts ?? this.#countsOf(number),
        backfilling: backfilling.has(schema.name),
      };
    });
  }

  indexNamed(name: string): TableIndex | undefined {
    return this.#indexes.find((index) => index.schema.name === name);
  }

  indexNumbers(): Record<string, number> {
    return Object.fromEntries(this.#indexes.map((index) => [index.schema.name, index.number]));
  }

  row(): TableRow {
    return {
      number: this.number,
      description: this.#description,
      indexNumbers: this.indexNumbers(),
      timeToLive: this.timeToLive,
      tags: this.tags,
    };
  }

  /** DescribeTable's answer. */
  describe(): JsonObject {
    const withCounts = (index: JsonObject): JsonObject => {
      const counts = this.indexNamed(index['IndexName'] as string)?.counts;
      return { ...index, IndexSizeBytes: counts?.bytes ?? 0, ItemCount: counts?.items ?? 0 };
    };
    const description: JsonObject = {
      ...this.#description,
      TableSizeBytes: this.counts.bytes,
      ItemCount: this.counts.items,
    };
    for (const kind of ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes']) {
      const indexes = description[kind] as JsonObject[] | undefined;
      if (indexes !== undefined) description[kind] = indexes.map(withCounts);
    }
    return description;
  }
}

export function tableRowKey(name: string): ByteString {
  return catalogKey(`table/${byteStringOfText(name)}`);
}
