/** DynamoDB's limits that the store keeps. */

export const ITEM_BYTES_MAX = 400 * 1024;
/** What a Query or Scan reads before it stops and hands out a LastEvaluatedKey, before the filter. */
export const PAGE_BYTES_MAX = 1024 * 1024;
export const BATCH_GET_KEYS_MAX = 100;
export const BATCH_GET_BYTES_MAX = 16 * 1024 * 1024;
export const BATCH_WRITES_MAX = 25;
export const TRANSACTION_ITEMS_MAX = 100;
export const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;
