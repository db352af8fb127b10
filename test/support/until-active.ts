/** Resolves when a table and all its indexes can be used: some stores make them behind the back of whoever asked for them. */
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';

export async function untilActive(store: DynamoDBClient | BackingStore, tableName: string | undefined): Promise<void> {
  for (;;) {
    const { TableStatus, GlobalSecondaryIndexes = [] } = (await describe(store, tableName)) ?? {};
    const all = [TableStatus, ...GlobalSecondaryIndexes.map(({ IndexStatus }) => IndexStatus)];
    if (all.every((status) => status === 'ACTIVE')) return;
  }
}

async function describe(
  store: DynamoDBClient | BackingStore,
  TableName: string | undefined,
): Promise<TableDescription | undefined> {
  if (!('close' in store)) return (await store.send(new DescribeTableCommand({ TableName }))).Table;
  const { output } = await store.send(ServiceRequest.fromInput('DescribeTable', { TableName: TableName ?? '' }));
  return output['Table'] as TableDescription | undefined;
}
