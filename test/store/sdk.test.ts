/** The real SDK against the store behind the smallest possible HTTP door. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DynamoDBClient,
  paginateQuery,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, DynamoDBStreamsClient, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { openTestStore } from './stores.ts';

async function startDoor() {
  const store = await openTestStore();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [api, operation] = String(request.headers['x-amz-target']).split('.') as [string, string];
      void store.send(ServiceRequest.fromBody(operation, Buffer.concat(chunks), api)).then((reply) => {
        response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0', 'x-amz-crc32': reply.crc32 });
        response.end(reply.body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const configuration = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  };
  const client = new DynamoDBClient(configuration);
  const streams = new DynamoDBStreamsClient(configuration);
  onTestFinished(() => {
    client.destroy();
    streams.destroy();
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { client, streams };
}

test('the SDK creates a table, waits for it, writes, pages, and meets the exceptions it knows', async () => {
  const { client, streams } = await startDoor();
  const TableName = 'orders';
  await client.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [
        { AttributeName: 'customer', KeyType: 'HASH' },
        { AttributeName: 'number', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'customer', AttributeType: 'S' },
        { AttributeName: 'number', AttributeType: 'N' },
      ],
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
  const key = (number: number) => ({ customer: { S: 'c' }, number: { N: String(number) } });
  for (let number = 1; number <= 5; number++) await client.send(new PutItemCommand({ TableName, Item: key(number) }));
  const numbers: (string | undefined)[] = [];
  const query = {
    TableName,
    KeyConditionExpression: 'customer = :c',
    ExpressionAttributeValues: { ':c': { S: 'c' } },
  };
  for await (const page of paginateQuery({ client, pageSize: 2 }, query)) {
    numbers.push(...(page.Items ?? []).map((found) => found['number']?.N));
  }
  expect(numbers).toEqual(['1', '2', '3', '4', '5']);
  const again = new PutItemCommand({ TableName, Item: key(1), ConditionExpression: 'attribute_not_exists(customer)' });
  await expect(client.send(again)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [
      { Put: { TableName, Item: key(9) } },
      { ConditionCheck: { TableName, Key: key(1), ConditionExpression: 'attribute_exists(paid)' } },
    ],
  });
  const canceled = await client.send(transaction).catch((error: unknown) => error);
  expect(canceled).toBeInstanceOf(TransactionCanceledException);
  expect((canceled as TransactionCanceledException).CancellationReasons?.map(({ Code }) => Code)).toEqual([
    'None',
    'ConditionalCheckFailed',
  ]);
  const documents = DynamoDBDocumentClient.from(client);
  const Key = { customer: 'c', number: 1 };
  await documents.send(
    new UpdateCommand({
      TableName,
      Key,
      UpdateExpression: 'SET paid = :paid, #list = :list',
      ExpressionAttributeNames: { '#list': 'list' },
      ExpressionAttributeValues: { ':paid': true, ':list': [1, { a: new Uint8Array([1, 2]) }] },
    }),
  );
  const found = await documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
  expect(found.Item).toEqual({ ...Key, paid: true, list: [1, { a: new Uint8Array([1, 2]) }] });
  const { Streams } = await streams.send(new ListStreamsCommand({ TableName }));
  const described = await streams.send(new DescribeStreamCommand({ StreamArn: Streams?.[0]?.StreamArn }));
  expect(described.StreamDescription).toMatchObject({ StreamStatus: 'ENABLED', StreamViewType: 'NEW_IMAGE' });
});
