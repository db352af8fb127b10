/**
 * Makes a failing list of operations shorter: leaves out parts of it, large ones first, as long as the rest still fails
 * (delta debugging). The gaps of what is left out are kept, so that what remains happens at the same times.
 */
import type { Operation } from './workload.ts';

export async function shrink(
  operations: readonly Operation[],
  fails: (operations: readonly Operation[]) => Promise<boolean>,
): Promise<readonly Operation[]> {
  let failing = operations;
  for (let size = Math.ceil(failing.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the end: what comes after the failure goes first, and nothing else depends on it.
    for (let end = failing.length; end > 0; end -= size) {
      const shorter = without(failing, Math.max(0, end - size), end);
      if (shorter.length > 0 && (await fails(shorter))) failing = shorter;
    }
  }
  return failing;
}

function without(operations: readonly Operation[], start: number, end: number): readonly Operation[] {
  const leftOutMs = operations.slice(start, end).reduce((sum, { afterMs }) => sum + afterMs, 0);
  const [next, ...rest] = operations.slice(end);
  if (next === undefined) return operations.slice(0, start);
  return [...operations.slice(0, start), { ...next, afterMs: next.afterMs + leftOutMs }, ...rest];
}
