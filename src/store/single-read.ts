/** A SELECT that reads one item of a table by its whole key and asks nothing else, as batches and transactions need it. */
import type { SelectStatement } from '../expression/partiql-syntax.ts';
import type { Item } from '../model/attribute-value.ts';
import { keyOf, type KeySchema } from '../model/key.ts';
import { planSelect } from './statement-plan.ts';

/**
 * The key; undefined when the statement is no such read.
 *
 * @throws {ServiceError} ValidationException for what no SELECT may ask.
 */
export function singleReadOf(statement: SelectStatement, key: KeySchema): Item | undefined {
  const plan = planSelect(statement, key);
  const read = plan.kind === 'query' && plan.reads.length === 1 ? plan.reads[0] : undefined;
  if (read === undefined || read.filter.length > 0) return undefined;
  const isWhole = [...key.partition, ...key.sort].every(({ name }) => read.key[name] !== undefined);
  return isWhole ? keyOf(key, read.key) : undefined;
}
