import type { Accelerator } from '../accelerator/accelerator.ts';

/** Empties the caches, or what they hold of one table; returns how many entries went. */
export function flushCaches(accelerator: Accelerator, table: string | undefined): number {
  if (table !== undefined) return accelerator.invalidate(table);
  const { item, query } = accelerator.stats();
  accelerator.flush();
  return item.entries + query.entries;
}
