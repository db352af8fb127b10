/** What a cache counts: plain fields, read by metrics when somebody asks, never an event on a hit. */
export class CacheCounters {
  hits = 0;
  /** Look-ups that found nothing they may serve; hits + misses = look-ups. */
  misses = 0;
  /** Entries stored after a miss or a write. */
  fills = 0;
  /** Answers that were given but not stored, because a mutation came in between (I1) or may yet be invisible (I2). */
  fillsRefused = 0;
  /** The removal causes; an entry replaced by a newer one counts in none of them. */
  removedBySize = 0;
  removedByExpiry = 0;
  removedByInvalidation = 0;
}
