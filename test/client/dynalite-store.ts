/** A DynamoDB that we did not write, on a free port of this machine: dynalite, with a count of what it was asked. */
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import * as sdk from '@aws-sdk/client-dynamodb';
import { untilActive } from '../support/until-active.ts';

export interface DynaliteStore {
  readonly url: string;
  /** What the SDK needs to reach it. */
  readonly configuration: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** Requests of one operation so far. */
  asked(operation: string): number;
  close(): Promise<void>;
}

const createServer = createRequire(import.meta.url)('dynalite') as (options: object) => Server;

export async function startDynalite(): Promise<DynaliteStore> {
  const server = createServer({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  const counts = new Map<string, number>();
  server.on('request', (request) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    configuration: {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'someone', secretAccessKey: 'secret' },
    },
    asked: (operation) => counts.get(operation) ?? 0,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        // Dynalite closes its own database then, and says null when all is well.
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** A table with a partition key `id` and a sort key `at`, both texts, made by the SDK's own client. */
export async function createTable(store: DynaliteStore, name: string): Promise<void> {
  const client = new sdk.DynamoDBClient(store.configuration);
  try {
    await client.send(
      new sdk.CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'id', AttributeType: 'S' },
          { AttributeName: 'at', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'id', KeyType: 'HASH' },
          { AttributeName: 'at', KeyType: 'RANGE' },
        ],
      }),
    );
    await untilActive(client, name);
  } finally {
    client.destroy();
  }
}
