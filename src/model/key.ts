import type { ByteString } from '../base/bytes.ts';

export type KeyType = 'S' | 'N' | 'B';

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

/** A table has one partition attribute and at most one sort attribute; a GSI up to four of each. */
export interface KeySchema {
  readonly partition: readonly KeyAttribute[];
  readonly sort: readonly KeyAttribute[];
}

/** Where an item stands in a table or index: both parts in order-preserving bytes; `sort` is '' without a sort key. */
export interface KeyPosition {
  readonly partition: ByteString;
  readonly sort: ByteString;
}
