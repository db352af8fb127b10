/** Lets what the change feed says take effect (I6, I8, I9), on the same path as own writes. */
import type { Log } from '../base/log.ts';
import type { ChangeFeed, FeedRecord } from '../feed/change-feed.ts';
import { invalidate } from './invalidate.ts';
import { mutationOf, sameImage, type Image, type Mutation } from './mutation.ts';
import type { Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';

export interface FeedCounters {
  records: number;
  gaps: number;
}

export function followFeed(parts: Parts, feed: ChangeFeed, counters: FeedCounters, log: Log): void {
  feed.subscribe({
    onRecord(record) {
      counters.records++;
      take(parts, record, (table, mutation) =>
        table.unconfirmed.confirm(mutation.keyText, (own) => isRecordOf(own, mutation)),
      );
    },
    // One that takes the item from and to where an own write took it is another step all the same, and has its own effect.
    onWrite: (record) => take(parts, record, () => false),
    onCaughtUp(tableName, asOfMs) {
      parts.tables.peek(tableName)?.noteCaughtUp(asOfMs);
    },
    onGap(tableName, reason) {
      counters.gaps++;
      parts.drops.gap++;
      log.info({ table: tableName, reason }, 'a gap in the change feed: everything cached of the table is dropped');
      switch (reason) {
        case 'trimmed':
        case 'overflow':
        case 'restart':
          parts.tables.peek(tableName)?.reset(parts.clock.monotonicMs());
          break;
        case 'feed-lost':
          parts.tables.peek(tableName)?.loseFeed(parts.clock.monotonicMs());
          break;
        default:
          parts.tables.forget(tableName);
      }
    },
  });
}

function take(parts: Parts, record: FeedRecord, isKnown: (table: OpenTable, mutation: Mutation) => boolean): void {
  const table = parts.tables.get(record.tableName, parts.clock.monotonicMs());
  if (table === undefined) return;
  const { oldImage, newImage } = imagesOf(record);
  const mutation = mutationOf(table.schema, record.key, oldImage, newImage);
  // A key that does not fit the schema is of another table of the same name.
  if (mutation === undefined) parts.tables.forget(record.tableName);
  else if (!isKnown(table, mutation)) invalidate(parts, table, mutation, 'feed');
}

/**
 * The same step from the same image to the same image: what an own write did when it was acknowledged. Pages were judged by
 * both images then, and what was filled since is younger than the write.
 */
function isRecordOf(own: Mutation, recorded: Mutation): boolean {
  return sameImage(own.oldImage, recorded.oldImage) && sameImage(own.newImage, recorded.newImage);
}

/** An image that the stream's view leaves out is unknown, not absent; the kind of record tells the two apart. */
function imagesOf(record: FeedRecord): { readonly oldImage: Image; readonly newImage: Image } {
  const { kind, viewType } = record;
  const showsOld = viewType === 'OLD_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES';
  const showsNew = viewType === 'NEW_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES';
  return {
    oldImage: kind === 'INSERT' ? undefined : ((showsOld ? record.oldImage : undefined) ?? 'unknown'),
    newImage: kind === 'REMOVE' ? undefined : ((showsNew ? record.newImage : undefined) ?? 'unknown'),
  };
}
