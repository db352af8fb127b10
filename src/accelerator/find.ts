/**
 * The shortest way to a hit, for callers in this process: a look into the cache by parameters that are read where they lie.
 * What is found here is what `readItem` and `readPage` would find, under the same conditions (I8); whatever is not plain to
 * see is theirs.
 */
import { plainKeyText, type KeyForm } from '../model/key.ts';
import type { KnownHit } from './known-reads.ts';
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

export function findItem(parts: Parts, { tableName, key, form }: ItemLook): KnownHit | undefined {
  const nowMs = parts.clock.monotonicMs();
  const table = parts.tables.get(tableName, nowMs);
  if (table === undefined || !table.isServing(nowMs)) return undefined;
  const text = plainKeyText(table.schema.key, key, form);
  const entry = text === undefined ? undefined : parts.items.hit(table.prefix + text, nowMs);
  return entry && { reply: entry.value, cache: 'hit', ageMs: nowMs - entry.askedAtMs, table };
}

export function findPage(parts: Parts, { operation, spelling }: PageLook): KnownHit | undefined {
  return parts.known.findText(parts, operation, spelling);
}
