/**
 * Goal: a program that compiles with the SDK's clients compiles with ours, and knows of the caches where it wants to. Method:
 * what is written here is checked by the compiler; each case also runs, on the embedded store in this process.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import type * as lib from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { SlipstreamMetadata } from '../../src/client/client-dynamodb.ts';
import { DynamoDB, DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { DynamoDBDocument, DynamoDBDocumentClient, GetCommand } from '../../src/client/lib-dynamodb.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';

const TableName = 'Things';
const Key = { id: { S: 'a' } };
const read = new sdk.GetItemCommand({ TableName, Key });

let store: EmbeddedStore;
let client: DynamoDBClient;
let aggregated: DynamoDB;

beforeAll(async () => {
  store = await openStore({ inMemory: true });
  client = new DynamoDBClient({ cache: { store } });
  aggregated = new DynamoDB({ cache: { store } });
  await aggregated.createTable({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  await aggregated.putItem({ TableName, Item: { ...Key, n: { N: '1' } } });
});
afterAll(async () => {
  await Promise.all([client[Symbol.asyncDispose](), aggregated[Symbol.asyncDispose]()]);
  await store.close();
});

describe('our clients', () => {
  it('go where the SDK’s are wanted', () => {
    const low: sdk.DynamoDBClient = client;
    const all: sdk.DynamoDB = aggregated;
    const documents: lib.DynamoDBDocumentClient = DynamoDBDocumentClient.from(low);
    const documentsAll: lib.DynamoDBDocument = DynamoDBDocument.from(all);
    const both: DynamoDBClient = aggregated;
    expect([low, all, documents, documentsAll, both]).not.toContain(undefined);
    // @ts-expect-error -- as with the SDK: made by `from`
    expect(() => new DynamoDBDocument(client)).not.toThrow();
  });

  it('answer with the SDK’s types and where the answer came from', async () => {
    const sent = await client.send(read);
    expectTypeOf(sent).toExtend<sdk.GetItemCommandOutput>();
    expectTypeOf(sent.Item).toEqualTypeOf<Record<string, sdk.AttributeValue> | undefined>();
    expectTypeOf(sent.$metadata.slipstream).toEqualTypeOf<SlipstreamMetadata | undefined>();
    const got = await aggregated.getItem({ TableName, Key });
    expectTypeOf(got).toEqualTypeOf<typeof sent>();
    const document = await DynamoDBDocument.from(client).get({ TableName, Key: { id: 'a' } });
    expectTypeOf(document).toExtend<lib.GetCommandOutput>();
    for (const answer of [sent, got, document]) expect(answer.$metadata.slipstream?.cache).toMatch(/^(hit|miss)$/);
  });

  it('take the way past the caches in every method’s options', async () => {
    const slipstream = 'bypass' as const;
    const documents = DynamoDBDocument.from(client);
    const answers = [
      await client.send(read, { slipstream }),
      await aggregated.send(read, { slipstream, requestTimeout: 1_000 }),
      await aggregated.getItem({ TableName, Key }, { slipstream }),
      await aggregated.query(
        { TableName, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': Key.id } },
        { slipstream },
      ),
      await documents.send(new GetCommand({ TableName, Key: { id: 'a' } }), { slipstream }),
      await documents.get({ TableName, Key: { id: 'a' } }, { slipstream }),
      await documents.scan({ TableName }, { slipstream }),
    ];
    for (const { $metadata } of answers) expect($metadata.slipstream?.cache).toBe('bypass');
    // @ts-expect-error -- no such way
    await client.send(read, { slipstream: 'around' });
    // @ts-expect-error -- no such way
    await aggregated.getItem({ TableName, Key }, { slipstream: 'around' });
  });

  it('call back in the SDK’s two forms, with an error of any type', async () => {
    const called = await Promise.all([
      new Promise((resolve) => client.send(read, (error, output) => resolve([error?.name, output?.Item]))),
      new Promise((resolve) => client.send(read, {}, (error: Error, output) => resolve([error?.name, output?.Item]))),
      new Promise((resolve) =>
        // The SDK's own compiler errors hold, too: here it wants the types to be written.
        aggregated.getItem({ TableName, Key }, (error?: Error, output?: sdk.GetItemCommandOutput) =>
          resolve([error?.name, output?.Item]),
        ),
      ),
      new Promise((resolve) =>
        aggregated.getItem({ TableName, Key }, {}, (error: Error, output) => resolve([error?.name, output?.Item])),
      ),
    ]);
    for (const call of called) expect(call).toEqual([undefined, { ...Key, n: { N: '1' } }]);
    expectTypeOf(client.send(read, () => undefined)).toEqualTypeOf<void>();
  });

  it('have the SDK’s other methods: without parameters, paginators and waiters', async () => {
    expect((await aggregated.listTables()).TableNames).toEqual([TableName]);
    for await (const page of aggregated.paginateScan({ TableName })) {
      expectTypeOf(page).toEqualTypeOf<sdk.ScanCommandOutput>();
      expect(page.Items).toHaveLength(1);
    }
    const { state } = await aggregated.waitUntilTableExists({ TableName }, { maxWaitTime: 20, minDelay: 1 });
    expect(state).toBe('SUCCESS');
  });

  it('are subclassed as the SDK’s are', async () => {
    class Audited extends DynamoDBClient {
      destroyed = 0;
      override destroy(): void {
        this.destroyed++;
        super.destroy();
      }
    }
    class Named extends DynamoDB {
      readonly sent: string[] = [];
      override send(...call: never[]): never {
        const [command] = call as unknown as [object];
        this.sent.push(command.constructor.name);
        return super.send(...(call as unknown as [typeof read])) as never;
      }
      count(): Promise<number | undefined> {
        return this.scan({ TableName, Select: 'COUNT' }).then(({ Count }) => Count);
      }
    }
    const audited = new Audited({ cache: { store } });
    expect((await audited.send(read)).Item).toEqual({ ...Key, n: { N: '1' } });
    await audited[Symbol.asyncDispose]();
    audited.destroy();
    expect(audited.destroyed).toBe(1);
    await using named = new Named({ cache: { store } });
    expect([await named.count(), named.sent]).toEqual([1, ['ScanCommand']]);
  });
});
