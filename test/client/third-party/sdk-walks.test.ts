/** Goal: the SDK's own paginators and waiters walk over our clients as over its own, and hit. */
import * as sdk from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { DynamoDBDocument } from '../../../src/client/lib-dynamodb.ts';
import { createSingleTable, sameOnOurs, type Program } from './same-on-ours.ts';

const TableName = 'Walked';

async function walk<Page extends { $metadata: object }>(pages: AsyncIterable<Page>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const { $metadata: _metadata, ...page } of pages) seen.push(page);
  return seen;
}

const items = ['1', '2', '3', '4', '5'].map((sk) => ({ pk: 'p', sk, gsi1pk: 'g', gsi1sk: sk, n: Number(sk) }));

const lowLevel: Program = async (client) => {
  await createSingleTable(client, TableName);
  const Items = items.map(({ pk, sk, n }) => ({ pk: { S: pk }, sk: { S: sk }, n: { N: String(n) } }));
  await client.batchWriteItem({ RequestItems: { [TableName]: Items.map((Item) => ({ PutRequest: { Item } })) } });
  const seen: unknown[] = [];
  const read = async () => {
    const values = { ':p': { S: 'p' } };
    const query = { TableName, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: values };
    seen.push(...(await walk(sdk.paginateQuery({ client, pageSize: 2 }, query))));
    seen.push(...(await walk(sdk.paginateQuery({ client, pageSize: 2 }, { ...query, ScanIndexForward: false }))));
    seen.push(...(await walk(sdk.paginateScan({ client, pageSize: 3 }, { TableName }))));
    seen.push(await walk(sdk.paginateListTables({ client, pageSize: 1 }, {})));
    const got = await client.getItem({ TableName, Key: { pk: { S: 'p' }, sk: { S: '1' } } });
    seen.push(got.Item);
  };
  await read();
  await read();
  await client.transactWriteItems({
    TransactItems: [
      { Delete: { TableName, Key: { pk: { S: 'p' }, sk: { S: '2' } } } },
      { Put: { TableName, Item: { pk: { S: 'p' }, sk: { S: '9' } } } },
    ],
  });
  await read();
  await read();
  const other = { TableName: 'Brief' };
  await createSingleTable(client, other.TableName);
  await client.deleteTable(other);
  const gone = await sdk.waitUntilTableNotExists({ client, maxWaitTime: 20, minDelay: 1 }, other);
  seen.push(gone.state);
  return { seen, read };
};

const documents = (documentClass: typeof lib.DynamoDBDocument): Program => {
  return async (low) => {
    await createSingleTable(low, TableName);
    const client = documentClass.from(low);
    await client.batchWrite({ RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item } })) } });
    const seen: unknown[] = [];
    const read = async () => {
      const query = { TableName, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'p' } };
      seen.push(...(await walk(lib.paginateQuery({ client, pageSize: 2 }, query))));
      seen.push(...(await walk(lib.paginateScan({ client, pageSize: 3 }, { TableName }))));
      const { Item } = await client.get({ TableName, Key: { pk: 'p', sk: '1' } });
      seen.push(Item);
      const { Responses } = await client.batchGet({ RequestItems: { [TableName]: { Keys: [{ pk: 'p', sk: '3' }] } } });
      seen.push(Responses);
    };
    await read();
    await read();
    const update = { UpdateExpression: 'ADD n :n', ExpressionAttributeValues: { ':n': 10 } };
    const Key = { pk: 'p', sk: '1' };
    const updated = await client.update({ TableName, Key, ...update, ReturnValues: 'ALL_NEW' });
    seen.push(updated.Attributes);
    await client.transactWrite({ TransactItems: [{ Update: { TableName, Key: { pk: 'p', sk: '3' }, ...update } }] });
    await read();
    await read();
    return { seen, read };
  };
};

sameOnOurs('the SDK’s paginators and waiters', lowLevel, { item: 4, query: 14 });
sameOnOurs('the document library’s paginators', documents(lib.DynamoDBDocument), { item: 8, query: 12 });
sameOnOurs('our document client’s paginators', documents(DynamoDBDocument), { item: 8, query: 12 });
