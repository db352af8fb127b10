import { describe, expect, it } from 'vitest';
import { tableNameOf, tableSchemaOf } from '../../src/model/table-schema.ts';

const description = {
  TableName: 'orders',
  TableId: 'id-1',
  TableStatus: 'ACTIVE',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
    { AttributeName: 'a', AttributeType: 'B' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'local',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'a', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'global',
      IndexStatus: 'CREATING',
      KeySchema: [
        { AttributeName: 'a', KeyType: 'HASH' },
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['x'] },
    },
  ],
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  LatestStreamArn: 'arn:stream',
};

describe('tableSchemaOf', () => {
  it('takes keys, indexes and the stream from a description', () => {
    expect(tableSchemaOf(description)).toEqual({
      name: 'orders',
      id: 'id-1',
      key: { partition: [{ name: 'pk', type: 'S' }], sort: [{ name: 'sk', type: 'N' }] },
      indexes: new Map([
        [
          'local',
          {
            name: 'local',
            kind: 'LSI',
            key: { partition: [{ name: 'pk', type: 'S' }], sort: [{ name: 'a', type: 'B' }] },
            projection: 'KEYS_ONLY',
            projectedNames: [],
            active: true,
          },
        ],
        [
          'global',
          {
            name: 'global',
            kind: 'GSI',
            key: {
              partition: [
                { name: 'a', type: 'B' },
                { name: 'pk', type: 'S' },
              ],
              sort: [{ name: 'sk', type: 'N' }],
            },
            projection: 'INCLUDE',
            projectedNames: ['x'],
            active: false,
          },
        ],
      ]),
      stream: { arn: 'arn:stream', viewType: 'NEW_AND_OLD_IMAGES' },
      active: true,
    });
  });

  it('knows no stream once it is disabled, though its ARN stays', () => {
    expect(tableSchemaOf({ ...description, StreamSpecification: undefined }).stream).toBeUndefined();
    expect(tableSchemaOf({ ...description, StreamSpecification: { StreamEnabled: false } }).stream).toBeUndefined();
  });

  it('is not active while the table is created or deleted', () => {
    expect(tableSchemaOf({ ...description, TableStatus: 'CREATING' }).active).toBe(false);
    expect(tableSchemaOf({ ...description, TableStatus: 'DELETING' }).active).toBe(false);
    expect(tableSchemaOf({ ...description, TableStatus: 'UPDATING' }).active).toBe(true);
  });

  it('tells a table without an id from its successor by its time of creation', () => {
    const idOf = (CreationDateTime: number) =>
      tableSchemaOf({ ...description, TableId: undefined, CreationDateTime }).id;
    expect(idOf(1)).not.toBe(idOf(2));
  });
});

describe('tableNameOf', () => {
  it.each([
    ['orders', 'orders'],
    ['arn:aws:dynamodb:eu-west-1:123456789012:table/orders', 'orders'],
    ['arn:aws:dynamodb:eu-west-1:123456789012:table/orders/index/by-date', 'orders'],
    ['arn:aws-cn:dynamodb:cn-north-1:123456789012:table/orders/stream/2020', 'orders'],
  ])('of %s is %s', (nameOrArn, name) => {
    expect(tableNameOf(nameOrArn)).toBe(name);
  });
});
