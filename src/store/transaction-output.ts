/** What a write transaction answers: consumed capacity and item collections, of the first time or of a repeat. */
import { itemSizeBytes } from '../model/item-size.ts';
import type { JsonObject } from '../model/service-call.ts';
import { capacityModeOf, ConsumedUnits, readUnits, TRANSACTION_FACTOR, writeUnits } from './capacity.ts';
import type { ItemChange } from './item-change.ts';
import { collectionMetricsOf } from './item-write.ts';
import type { StoreParts } from './store-parts.ts';
import { sizeOfRow } from './stored-item.ts';
import type { Table } from './table.ts';
import type { Action } from './transact-write.ts';

export class UnitsByTable {
  readonly #kind: 'read' | 'write';
  readonly #units = new Map<Table, ConsumedUnits>();

  constructor(kind: 'read' | 'write') {
    this.#kind = kind;
  }

  of(table: Table): ConsumedUnits {
    let units = this.#units.get(table);
    if (units === undefined) this.#units.set(table, (units = new ConsumedUnits(this.#kind)));
    return units;
  }

  toOutput(input: JsonObject): JsonObject[] {
    return [...this.#units].map(([table, units]) => units.toOutput(table, capacityModeOf(input), true));
  }
}

export function transactionOutput(
  input: JsonObject,
  actions: readonly Action[],
  changes: readonly ItemChange[],
): JsonObject {
  const output: JsonObject = {};
  if (capacityModeOf(input) !== 'NONE') {
    const units = new UnitsByTable('write');
    for (const change of changes) units.of(change.table).addChange(change, TRANSACTION_FACTOR);
    for (const { table, next, input: check } of actions) {
      if (next === undefined) units.of(table).addTable(TRANSACTION_FACTOR * writeUnits(itemSizeBytes(check['Key'])));
    }
    output['ConsumedCapacity'] = units.toOutput(input);
  }
  if (input['ReturnItemCollectionMetrics'] === 'SIZE') {
    const metrics = Object.create(null) as Record<string, JsonObject[]>;
    for (const change of changes) {
      const ofChange = collectionMetricsOf(change);
      if (ofChange !== undefined) (metrics[change.table.name] ??= []).push(ofChange);
    }
    output['ItemCollectionMetrics'] = metrics;
  }
  return output;
}

/** A repeat writes nothing and pays for reading its items. */
export function repeatOutput(parts: StoreParts, input: JsonObject, actions: readonly Action[]): JsonObject {
  if (capacityModeOf(input) === 'NONE') return {};
  const units = new UnitsByTable('read');
  for (const { table, key } of actions) {
    const row = parts.environment.get(key);
    units.of(table).addTable(TRANSACTION_FACTOR * readUnits(row === undefined ? 0 : sizeOfRow(row), true));
  }
  return { ConsumedCapacity: units.toOutput(input) };
}
