/** What holds of a cache whose store is a node, another accelerator: what it may keep, and what it has to tell the next node. */
import { traitsOf } from '../model/operations.ts';
import type { ServiceRequest } from '../model/service-call.ts';
import { planOrPass } from './parameters.ts';
import { tablesOfCall } from './tables-of-call.ts';

/**
 * A read that the node has only passed on was answered by a replica, which may show less than the node has told of: the node does
 * not know the table, or does not trust its own feed. And a page that it was reading already when it was asked may be an index's
 * answer of a time when that still lacked what the cache, which asks later, takes it to have.
 */
export function isForKeeping(operation: string, cache: string | undefined): boolean {
  if (cache === 'coalesced') return traitsOf(operation).path !== 'read-page';
  return cache !== 'pass' || changesTables(operation);
}

/** The tables that a call may have changed. `wasRefused`: the store has said that it did not do it, in this attempt or before. */
export function tablesWritten(request: ServiceRequest, wasRefused: boolean): readonly string[] {
  if (wasRefused || !changesTables(request.operation)) return [];
  return planOrPass(() => tablesOfCall(request)) ?? [];
}

function changesTables(operation: string): boolean {
  const { path, mutates } = traitsOf(operation);
  return mutates || path === 'change-table';
}
