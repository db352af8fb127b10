/**
 * What has to be known of a table to cache and to store its items, taken from DescribeTable's answer.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
 */
import type { KeySchema } from './key.ts';

export type ProjectionType = 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
export type StreamViewType = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

export interface IndexSchema {
  readonly name: string;
  readonly kind: 'LSI' | 'GSI';
  readonly key: KeySchema;
  readonly projection: ProjectionType;
  /** Attributes beside the keys of table and index; only with INCLUDE. */
  readonly projectedNames: readonly string[];
  /** False while it is being created, backfilled or deleted. */
  readonly active: boolean;
}

export interface TableSchema {
  readonly name: string;
  readonly id: string;
  readonly key: KeySchema;
  readonly indexes: ReadonlyMap<string, IndexSchema>;
  /** Present while a stream is enabled. */
  readonly stream: { readonly arn: string; readonly viewType: StreamViewType } | undefined;
  readonly active: boolean;
}
