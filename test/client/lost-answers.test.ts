/**
 * Goal: a write whose answer got lost never leaves the state before it in the cache (I5), with the SDK's retries in
 * between. Method: a server in front of the embedded store that applies a write and then cuts the connection.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as sdk from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';

const TableName = 'Things';
const Key = { id: { S: 'a' } };
const read = new sdk.GetItemCommand({ TableName, Key });

let store: EmbeddedStore;
let server: Server;
let client: DynamoDBClient;
/** Answers to writes that will be lost. */
let losses = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [api, operation] = String(request.headers['x-amz-target']).split('.') as [string, string];
  const body = Buffer.concat(await request.toArray());
  const reply = await store.send(ServiceRequest.fromBody(operation, body, api));
  if (operation === 'PutItem' && losses > 0) {
    losses--;
    request.socket.destroy();
    return;
  }
  response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' }).end(reply.body);
}

function open(maxAttempts: number): DynamoDBClient {
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'someone', secretAccessKey: 'secret' },
    maxAttempts,
    cache: { feed: 'none' },
  });
  return client;
}

beforeEach(async () => {
  store = await openStore({ inMemory: true });
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const admin = open(1);
  await admin.send(
    new sdk.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  admin.destroy();
});
afterEach(async () => {
  losses = 0;
  await client[Symbol.asyncDispose]();
  await new Promise((resolve) => server.close(resolve));
  await store.close();
});

describe('a write whose answer is lost', () => {
  it('is seen although the SDK’s second attempt was refused because of the first', async () => {
    open(2);
    expect((await client.send(read)).Item).toBeUndefined();
    expect((await client.send(read)).$metadata.slipstream?.cache).toBe('hit');
    losses = 1;
    const create = new sdk.PutItemCommand({ TableName, Item: Key, ConditionExpression: 'attribute_not_exists(id)' });
    const error = await client.send(create).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(sdk.ConditionalCheckFailedException);
    expect(error).toMatchObject({ $metadata: { attempts: 2 } });
    expect((await client.send(read)).Item).toEqual(Key);
  });

  it('is seen although no attempt brought an answer, and the error is the SDK’s', async () => {
    open(1);
    await client.send(read);
    losses = 1;
    const error = await client
      .send(new sdk.PutItemCommand({ TableName, Item: Key }))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ECONNRESET', $metadata: { attempts: 1 } });
    expect((await client.send(read)).Item).toEqual(Key);
  });

  it('that is refused at the first attempt leaves the cache alone', async () => {
    open(2);
    await client.send(new sdk.PutItemCommand({ TableName, Item: Key }));
    await client.send(read);
    const create = new sdk.PutItemCommand({ TableName, Item: Key, ConditionExpression: 'attribute_not_exists(id)' });
    await expect(client.send(create)).rejects.toBeInstanceOf(sdk.ConditionalCheckFailedException);
    expect((await client.send(read)).$metadata.slipstream?.cache).toBe('hit');
  });
});
