/**
 * Drop-in for `@aws-sdk/lib-dynamodb`: everything that it exports, with `DynamoDBDocumentClient` and `DynamoDBDocument`
 * reaching the caches of the client below without the SDK's stack. On a client of the SDK they are what the library's are.
 *
 * @see https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-aws-sdk-lib-dynamodb/
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as sdk from '@aws-sdk/lib-dynamodb';
import { acceleratedDocumentClient, isAcceleratedDocumentClient } from './accelerated-document-client.ts';

export * from '@aws-sdk/lib-dynamodb';

export class DynamoDBDocumentClient extends acceleratedDocumentClient(sdk.DynamoDBDocumentClient) {
  protected constructor(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig) {
    super(client, translateConfig);
  }

  static from(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig): DynamoDBDocumentClient {
    return new DynamoDBDocumentClient(client, translateConfig);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== DynamoDBDocumentClient) return Function.prototype[Symbol.hasInstance].call(this, value);
    return isAcceleratedDocumentClient(value);
  }
}

/** The aggregated document client: a method for every operation. They all call `send`. */
export class DynamoDBDocument extends acceleratedDocumentClient(sdk.DynamoDBDocument) {
  protected constructor(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig) {
    super(client, translateConfig);
  }

  static from(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig): DynamoDBDocument {
    return new DynamoDBDocument(client, translateConfig);
  }
}
