/**
 * The stored form of an item: four bytes of its size as DynamoDB counts it, then its AWS JSON, so that GetItem's body and
 * a page's list are concatenations of bytes, and paging and capacity need no parser. Index entries that hold a
 * projection have the same form.
 */
import type { AttributeValue, Item } from '../model/attribute-value.ts';
import { itemSizeBytes } from '../model/item-size.ts';

const HEADER_BYTES = 4;

export function encodeItem(item: Item, sizeBytes: number = itemSizeBytes(item)): Buffer {
  const json = JSON.stringify(item);
  const row = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(json));
  row.writeUInt32BE(sizeBytes, 0);
  row.write(json, HEADER_BYTES);
  return row;
}

/** DynamoDB's size of the item in this row. */
export function sizeOfRow(row: Buffer): number {
  return row.readUInt32BE(0);
}

/** The item's JSON, sharing the row's memory. */
export function jsonOfRow(row: Buffer): Buffer {
  return row.subarray(HEADER_BYTES);
}

export function decodeItem(row: Buffer): Item {
  return ownItem(JSON.parse(row.toString('utf8', HEADER_BYTES)) as Record<string, AttributeValue>);
}

/** Gives the maps of parsed JSON null prototypes, so that an attribute called `constructor` is absent where it is absent. */
export function ownItem(parsed: Record<string, AttributeValue>): Item {
  const item = Object.create(null) as Item;
  for (const name of Object.keys(parsed)) item[name] = ownValue(parsed[name] as AttributeValue);
  return item;
}

function ownValue(value: AttributeValue): AttributeValue {
  if ('M' in value) return { M: ownItem(value.M) };
  return 'L' in value ? { L: value.L.map(ownValue) } : value;
}

/** A row that was read for a write: parsed only if somebody wants to know. */
export class StoredItem {
  readonly row: Buffer;
  #item: Item | undefined;

  constructor(row: Buffer) {
    this.row = row;
  }

  get item(): Item {
    return (this.#item ??= decodeItem(this.row));
  }

  get sizeBytes(): number {
    return sizeOfRow(this.row);
  }
}

export function storedItem(row: Buffer | undefined): StoredItem | undefined {
  return row === undefined ? undefined : new StoredItem(row);
}
