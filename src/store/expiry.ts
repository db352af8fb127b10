/**
 * When items expire. A table with time-to-live has a row for every item that will expire, in the order of time and written in
 * the commit of the item; so the sweep reads what is due and nothing else. The attribute counts only as a number of
 * seconds since 1970; an item with anything else there never expires.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 */
import type { ByteString } from '../base/bytes.ts';
import type { Item } from '../model/attribute-value.ts';
import type { ItemChange } from './item-change.ts';
import { expiryKey, placeOf } from './key-space.ts';
import type { Table } from './table.ts';
import type { Writer } from './writer.ts';

export interface TimeToLive {
  readonly attributeName: string;
  /** Its rows' space; a new one each time that it is enabled, so rows of an earlier attribute are never met. */
  readonly number: number;
  /** ENABLING while rows for older items are being made; items expire only when it is ENABLED. */
  readonly status: 'ENABLING' | 'ENABLED' | 'DISABLING';
}

const PRESENT = Buffer.from([0]);

/** The first second at which the item is expired; undefined for one that never is. */
function expirySecondsOf({ attributeName }: TimeToLive, item: Item): number | undefined {
  const value = Object.hasOwn(item, attributeName) ? item[attributeName] : undefined;
  if (value === undefined || !('N' in value)) return undefined;
  const seconds = Math.ceil(Number(value.N));
  return seconds > 0 && Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** The row of an item; undefined for one that never expires. */
export function expiryKeyOf(timeToLive: TimeToLive, key: ByteString, item: Item | undefined): ByteString | undefined {
  const seconds = item === undefined ? undefined : expirySecondsOf(timeToLive, item);
  return seconds === undefined ? undefined : expiryKey(timeToLive.number, seconds, placeOf(key));
}

/** Called for every change of an item of a table with time-to-live. */
export function stageExpiryChange(writer: Writer, timeToLive: TimeToLive, change: ItemChange): void {
  const before = expiryKeyOf(timeToLive, change.key, change.old?.item);
  const after = expiryKeyOf(timeToLive, change.key, change.next);
  if (before === after) return;
  if (before !== undefined) writer.remove(before);
  if (after !== undefined) writer.put(after, PRESENT);
}

/** For an item that was there before time-to-live was enabled. */
export function stageExpiry(writer: Writer, table: Table, key: ByteString, item: Item): void {
  const row = table.timeToLive === undefined ? undefined : expiryKeyOf(table.timeToLive, key, item);
  if (row !== undefined) writer.put(row, PRESENT);
}
