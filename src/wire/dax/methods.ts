/** The methods of the protocol: their numbers, and how many arguments follow, which is all that tells where a request ends. */
import { readBatchGetItem, readBatchWriteItem } from './batch-calls.ts';
import type { CborReader } from './cbor-reader.ts';
import type { DaxCall, DaxClient } from './dax-call.ts';
import { readDeleteItem, readGetItem, readPutItem, readUpdateItem } from './item-calls.ts';
import { readQuery, readScan } from './page-calls.ts';
import { readTransactGetItems, readTransactWriteItems } from './transaction-calls.ts';

export const SERVICE_ID = 1;

/** What a client asks of the protocol itself. */
export type ControlMethod =
  | 'authorizeConnection'
  | 'endpoints'
  | 'defineKeySchema'
  | 'defineAttributeListId'
  | 'defineAttributeList';

export type Method =
  | { readonly control: ControlMethod; readonly argumentCount: number }
  | {
      readonly control?: undefined;
      readonly argumentCount: number;
      /** True of reads: the same bytes ask the same. */
      readonly repeats?: boolean;
      readonly read: (reader: CborReader, client: DaxClient) => DaxCall;
    };

export const methods: ReadonlyMap<number, Method> = new Map<number, Method>([
  [1489122155, { control: 'authorizeConnection', argumentCount: 5 }],
  [455855874, { control: 'endpoints', argumentCount: 0 }],
  [-742646399, { control: 'defineKeySchema', argumentCount: 1 }],
  [-1230579644, { control: 'defineAttributeListId', argumentCount: 1 }],
  [670678385, { control: 'defineAttributeList', argumentCount: 1 }],
  [263244906, { read: readGetItem, argumentCount: 3, repeats: true }],
  [-2106490455, { read: readPutItem, argumentCount: 4 }],
  [1013539361, { read: readDeleteItem, argumentCount: 3 }],
  [1425579023, { read: readUpdateItem, argumentCount: 3 }],
  [-931250863, { read: readQuery, argumentCount: 3, repeats: true }],
  [-1875390620, { read: readScan, argumentCount: 2, repeats: true }],
  [-697851100, { read: readBatchGetItem, argumentCount: 2 }],
  [116217951, { read: readBatchWriteItem, argumentCount: 2 }],
  [1866287579, { read: readTransactGetItems, argumentCount: 4 }],
  [-1160037738, { read: readTransactWriteItems, argumentCount: 9 }],
]);
