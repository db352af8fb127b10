/**
 * A footprint is the key interval that a cached query page really read, in order-preserving bytes. A mutation outside of
 * it cannot change the page (I7).
 */
import type { ByteString } from '../base/bytes.ts';

export interface KeyRange {
  readonly low: ByteString;
  readonly lowInclusive: boolean;
  /** Undefined: no upper end. */
  readonly high: ByteString | undefined;
  readonly highInclusive: boolean;
}

export interface Footprint extends KeyRange {
  /** Undefined for a scan, which may read every partition. */
  readonly partition: ByteString | undefined;
}

export interface Position {
  readonly partition: ByteString;
  readonly sort: ByteString;
}

export const WHOLE_RANGE: KeyRange = Object.freeze({
  low: '',
  lowInclusive: true,
  high: undefined,
  highInclusive: true,
});

export function rangeHolds(range: KeyRange, sort: ByteString): boolean {
  if (range.lowInclusive ? sort < range.low : sort <= range.low) return false;
  if (range.high === undefined) return true;
  return range.highInclusive ? sort <= range.high : sort < range.high;
}

export function footprintHolds(footprint: Footprint, position: Position): boolean {
  if (footprint.partition === undefined) return true;
  return footprint.partition === position.partition && rangeHolds(footprint, position.sort);
}

/**
 * What is left of a range once a page started behind `start` or ended at `end`, in the direction of the read. With `ties`
 * (an index: entries of equal index keys have no documented order) both ends stay inside.
 */
export function cutRange(
  range: KeyRange,
  cut: { readonly after?: ByteString | undefined; readonly upTo?: ByteString | undefined },
  read: { readonly forward: boolean; readonly ties: boolean },
): KeyRange {
  let { low, lowInclusive, high, highInclusive } = range;
  const first = read.forward ? cut.after : cut.upTo;
  const last = read.forward ? cut.upTo : cut.after;
  if (first !== undefined && first >= low) {
    low = first;
    lowInclusive = read.ties || !read.forward;
  }
  if (last !== undefined && (high === undefined || last <= high)) {
    high = last;
    highInclusive = read.ties || read.forward;
  }
  return { low, lowInclusive, high, highInclusive };
}
