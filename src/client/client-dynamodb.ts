/**
 * Drop-in for `@aws-sdk/client-dynamodb`: everything that it exports, with `DynamoDBClient` and `DynamoDB` being its own
 * classes with a cache inside. Commands, paginators, waiters, errors and types are the SDK's.
 *
 * A user's middleware runs on what goes to the store, with the parameters that are really sent; a call whose parameters it
 * changes is not cached. It does not run on a hit.
 *
 * @see https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/client/dynamodb/
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { acceleratedClient, isAcceleratedClient } from './accelerated-client.ts';

export * from '@aws-sdk/client-dynamodb';
export type { DynamoDBClientConfig } from './accelerated-client.ts';
export type { ClientCacheOptions, InProcessStore } from './cache-options.ts';
export type { ClientCache, WarmOptions } from './client-cache.ts';
export type { SendOptions } from './commands.ts';
export type { Accelerated, SlipstreamMetadata } from './metadata.ts';
export type { WarmResult } from './warm.ts';

export class DynamoDBClient extends acceleratedClient(sdk.DynamoDBClient) {
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A user's subclass of this class keeps the ordinary meaning of `instanceof`.
    if (this !== DynamoDBClient) return Function.prototype[Symbol.hasInstance].call(this, value);
    return isAcceleratedClient(value);
  }
}

/** The aggregated client: a method for every operation. They all call `send`. */
export class DynamoDB extends acceleratedClient(sdk.DynamoDB) {}
