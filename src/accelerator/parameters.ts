/**
 * Reads parameters for the planners. A planner answers only for calls that it understands completely; whatever else is in a
 * request, right or wrong, is the store's to judge, and the call passes through.
 */
import type { JsonObject } from '../model/service-call.ts';

/**
 * Runs a planner. Where it throws, a parameter is wrong, or we are; in either case the store gives the answer that counts
 * (I13).
 */
export function planOrPass<P>(plan: () => P | undefined): P | undefined {
  try {
    return plan();
  } catch {
    return undefined;
  }
}

/** True when the request has no parameter beside the named ones. */
export function hasOnly(input: JsonObject, names: ReadonlySet<string>): boolean {
  for (const name in input) if (!names.has(name)) return false;
  return true;
}

export function isAbsentOrString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

export type Capacity = 'NONE' | 'TOTAL' | 'INDEXES';

/** `ReturnConsumedCapacity`; undefined when it is none of its values. */
export function capacityOf(value: unknown): Capacity | undefined {
  if (value === undefined) return 'NONE';
  return value === 'NONE' || value === 'TOTAL' || value === 'INDEXES' ? value : undefined;
}

/**
 * What a hit consumed of the table: nothing. Amazon's own cache layers report 0 on hits too.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html
 */
export function noCapacity(tableName: string, capacity: 'TOTAL' | 'INDEXES'): JsonObject {
  const total = { TableName: tableName, CapacityUnits: 0 };
  return capacity === 'TOTAL' ? total : { ...total, Table: { CapacityUnits: 0 } };
}
