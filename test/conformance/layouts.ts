/** The tables of the conformance table. */
import type { CreateTableCommandInput, KeySchemaElement, ScalarAttributeType } from '@aws-sdk/client-dynamodb';
import { TableName } from './behaviour.ts';

export function keySchema(partition: string, sort?: string): KeySchemaElement[] {
  const elements: KeySchemaElement[] = [{ AttributeName: partition, KeyType: 'HASH' }];
  return sort === undefined ? elements : [...elements, { AttributeName: sort, KeyType: 'RANGE' }];
}

/** `{ p: 'S' }` as DynamoDB spells it. */
export function attributes(types: Readonly<Record<string, ScalarAttributeType>>) {
  return Object.entries(types).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
}

/** A partition key alone. */
export const simple: CreateTableCommandInput = {
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: attributes({ p: 'S' }),
  KeySchema: keySchema('p'),
};

/** A text and a number. */
export const ranged: CreateTableCommandInput = {
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: attributes({ p: 'S', s: 'N' }),
  KeySchema: keySchema('p', 's'),
};

/** `ranged` with a text, and one with bytes, as the sort key. */
export const texts: CreateTableCommandInput = { ...ranged, AttributeDefinitions: attributes({ p: 'S', s: 'S' }) };
export const binaries: CreateTableCommandInput = { ...ranged, AttributeDefinitions: attributes({ p: 'B', s: 'B' }) };

/** `ranged` with a local index of all, and global ones of keys only, of two more attributes, and of all. */
export const indexed: CreateTableCommandInput = {
  ...ranged,
  AttributeDefinitions: attributes({ p: 'S', s: 'N', l: 'S', g: 'S', h: 'N' }),
  LocalSecondaryIndexes: [
    { IndexName: 'local', KeySchema: keySchema('p', 'l'), Projection: { ProjectionType: 'ALL' } },
    { IndexName: 'local-keys', KeySchema: keySchema('p', 'h'), Projection: { ProjectionType: 'KEYS_ONLY' } },
  ],
  GlobalSecondaryIndexes: [
    { IndexName: 'all', KeySchema: keySchema('g', 'h'), Projection: { ProjectionType: 'ALL' } },
    { IndexName: 'keys', KeySchema: keySchema('g'), Projection: { ProjectionType: 'KEYS_ONLY' } },
    {
      IndexName: 'some',
      KeySchema: keySchema('g', 's'),
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a', 'b'] },
    },
  ],
};

export function streamed(StreamViewType: 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES') {
  return { ...ranged, StreamSpecification: { StreamEnabled: true, StreamViewType } };
}

/** `ranged` under another name. */
export const others: CreateTableCommandInput = { ...ranged, TableName: 'Others' };
