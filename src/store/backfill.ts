/**
 * The backfill of a global index that is added to a table with items: in steps, beside all requests. Writes keep the index
 * from the moment it is there, so the backfill only has to meet every older item once; and the index is read when
 * the last entry is committed.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
 */
import type { ByteString } from '../base/bytes.ts';
import type { JsonObject } from '../model/service-call.ts';
import { backfillStep } from './indexes.ts';
import type { StoreParts } from './store-parts.ts';
import type { Table, TableIndex } from './table.ts';

/** Items that one turn of a backfill takes, so that requests get theirs. */
const BACKFILL_ROWS = 500;
/** Steps made before UpdateTable answers; a table that needs more is reported as CREATING, with Backfilling. */
const BACKFILL_STEPS_BEFORE_REPLY = 8;

/**
 * Fills an index with what the table holds. Resolves when it is full or after the first steps, whichever comes first;
 * a long backfill goes on by itself. Called again for an index that a crash left unfinished: it begins anew.
 */
export async function startBackfill(parts: StoreParts, table: Table, indexName: string): Promise<void> {
  const end = { reached: false };
  let after: ByteString | undefined;
  const number = table.indexNamed(indexName)?.number;
  // Undefined when the index or the table was deleted, or the store is closing: an open one resumes it.
  const currentIndex = (): TableIndex | undefined => {
    if (!parts.writer.isOpen || parts.catalog.find(table.name) !== table) return undefined;
    return table.indexes.find((index) => index.number === number && index.backfilling);
  };
  const step = async (): Promise<void> => {
    const index = currentIndex();
    if (index !== undefined) {
      after = backfillStep(parts, table, index, after, BACKFILL_ROWS);
      await parts.writer.committed();
    }
    if (index !== undefined && after !== undefined) return;
    end.reached = true;
    // Only now: who reads that the index is ACTIVE must find the last entries in it.
    if (currentIndex() === undefined) return;
    finishBackfill(parts, table, indexName);
    await parts.writer.committed();
  };
  for (let steps = 0; steps < BACKFILL_STEPS_BEFORE_REPLY && !end.reached; steps++) await step();
  const rest = async (): Promise<void> => {
    while (!end.reached) await step();
  };
  // A failed commit has told every writer; the index stays CREATING and is resumed by the next open.
  rest().catch(() => undefined);
}

function finishBackfill(parts: StoreParts, table: Table, indexName: string): void {
  const indexes = (table.description['GlobalSecondaryIndexes'] as JsonObject[]).map((index) => {
    if (index['IndexName'] !== indexName) return index;
    const { Backfilling: _, ...full } = index;
    return { ...full, IndexStatus: 'ACTIVE' };
  });
  table.redescribe({ ...table.description, GlobalSecondaryIndexes: indexes });
  parts.catalog.save(table);
  const index = table.indexNamed(indexName);
  if (index !== undefined) parts.replicas.indexIsWhole(index, parts.writer.committed());
}
