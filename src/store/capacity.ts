/**
 * Consumed capacity, as if the table were a metered one.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
import type { JsonObject } from '../model/service-call.ts';
import type { ItemChange } from './item-change.ts';
import type { Table } from './table.ts';

export type CapacityMode = 'NONE' | 'TOTAL' | 'INDEXES';

const READ_UNIT_BYTES = 4096;
const WRITE_UNIT_BYTES = 1024;

/** Transactions pay twice: once to prepare, once to commit. */
export const TRANSACTION_FACTOR = 2;

export function capacityModeOf(input: JsonObject): CapacityMode {
  return (input['ReturnConsumedCapacity'] as CapacityMode | null | undefined) ?? 'NONE';
}

/** For one item, or for all that a page read, which DynamoDB adds up before rounding. */
export function readUnits(sizeBytes: number, isStrong: boolean): number {
  return Math.max(1, Math.ceil(sizeBytes / READ_UNIT_BYTES)) * (isStrong ? 1 : 0.5);
}

export function writeUnits(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / WRITE_UNIT_BYTES));
}

/** Units of one table and its indexes, added up over a request. */
export class ConsumedUnits {
  readonly #kind: 'read' | 'write';
  #table = 0;
  readonly #indexes = new Map<string, { readonly kind: 'LSI' | 'GSI'; units: number }>();

  constructor(kind: 'read' | 'write') {
    this.#kind = kind;
  }

  addTable(units: number): void {
    this.#table += units;
  }

  addIndex(name: string, kind: 'LSI' | 'GSI', units: number): void {
    const found = this.#indexes.get(name);
    if (found === undefined) this.#indexes.set(name, { kind, units });
    else found.units += units;
  }

  addChange(change: ItemChange, factor = 1): void {
    this.addTable(factor * writeUnits(Math.max(change.nextSizeBytes, change.old?.sizeBytes ?? 0)));
    for (const { index, old, next } of change.indexes) {
      const moved = old !== undefined && next !== undefined && old.key !== next.key;
      let units = 0;
      if (moved) units = writeUnits(old.sizeBytes) + writeUnits(next.sizeBytes);
      else if (old !== undefined || next !== undefined) {
        units = writeUnits(Math.max(old?.sizeBytes ?? 0, next?.sizeBytes ?? 0));
      }
      if (units > 0) this.addIndex(index.schema.name, index.schema.kind, factor * units);
    }
  }

  /** @param split also tell reads from writes, as transactions do. */
  toOutput(table: Table, mode: CapacityMode, split = false): JsonObject {
    let total = this.#table;
    for (const { units } of this.#indexes.values()) total += units;
    const member = this.#kind === 'read' ? 'ReadCapacityUnits' : 'WriteCapacityUnits';
    const units = (count: number): JsonObject =>
      split ? { CapacityUnits: count, [member]: count } : { CapacityUnits: count };
    const output: JsonObject = { TableName: table.name, ...units(total) };
    if (mode !== 'INDEXES') return output;
    output['Table'] = units(this.#table);
    for (const [name, { kind, units: count }] of this.#indexes) {
      const group = kind === 'LSI' ? 'LocalSecondaryIndexes' : 'GlobalSecondaryIndexes';
      (output[group] ??= {})[name] = units(count);
    }
    return output;
  }
}
