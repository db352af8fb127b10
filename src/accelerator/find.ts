/**
 * The shortest way to a hit, for callers in this process: a look into the cache by parameters that are read where they lie.
 * What is found here is what `readItem` and `readPage` would find, under the same conditions (I8); whatever is not plain to
 * see is theirs.
 */
import type { Hit } from '../cache/entry-cache.ts';
import { plainKeyText, type KeyForm } from '../model/key.ts';
import type { KeptAnswer } from './keep.ts';
import type { Parts } from './parts.ts';

export interface ItemLook {
  readonly operation: 'GetItem';
  readonly tableName: string;
  /** Of the call, which has no other parameters. */
  readonly key: unknown;
  readonly form: KeyForm;
}

export interface PageLook {
  readonly operation: 'Query' | 'Scan';
  /** As `ServiceRequest.spelling` of the same call. */
  readonly spelling: string;
}

export type Look = ItemLook | PageLook;

/** A hit: an answer that is shared, of which each caller gets something of its own at once. Its age counts from the question. */
export type Found = Hit<KeptAnswer>;

export function findItem(parts: Parts, { tableName, key, form }: ItemLook): Found | undefined {
  const nowMs = parts.clock.monotonicMs();
  const table = parts.tables.get(tableName, nowMs);
  if (table === undefined || !table.isServing(nowMs)) return undefined;
  const text = plainKeyText(table.schema.key, key, form);
  return text === undefined ? undefined : parts.items.hit(table.prefix + text, nowMs);
}

export function findPage(parts: Parts, { operation, spelling }: PageLook): Found | undefined {
  const hit = parts.known.find(parts, operation, spelling, parts.clock.monotonicMs());
  return hit && { value: hit.reply.packed ?? hit.reply, ageMs: hit.ageMs };
}
