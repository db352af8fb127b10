/** UpdateTable: indexes, throughput, streams. */
import { expect } from 'vitest';
import {
  TableName,
  api,
  guide,
  including,
  invalid,
  key,
  pageOf,
  query,
  put,
  scan,
  thing,
  values,
  type Behaviour,
  type Call,
} from './behaviour.ts';
import { attributes, indexed, keySchema, simple, streamed } from './layouts.ts';

const UPDATE = api('UpdateTable');

const describe = (name = TableName): Call => ['DescribeTable', { TableName: name }];
const change = (rest: object): Call => ['UpdateTable', { TableName, ...rest }];
const global = (rest: object = {}) => ({
  IndexName: 'by-g',
  KeySchema: keySchema('g'),
  Projection: { ProjectionType: 'ALL' },
  ...rest,
});
const indexCreation = {
  AttributeDefinitions: attributes({ p: 'S', s: 'N', g: 'S' }),
  GlobalSecondaryIndexUpdates: [{ Create: global() }],
};
const missing = (text: string | RegExp) => ({ name: 'ResourceNotFoundException', message: text });

export const tableChanges: readonly Behaviour[] = [
  {
    name: 'a new index finds the items that were there before it',
    page: guide('GSI.OnlineOps'),
    items: [thing('a', 1, { g: 'x' }), thing('b', 2), thing('c', 3, { g: 'y' })],
    before: [change(indexCreation)],
    call: query({
      IndexName: 'by-g',
      KeyConditionExpression: 'g = :g',
      ExpressionAttributeValues: values({ ':g': 'x' }),
    }),
    output: pageOf([thing('a', 1, { g: 'x' })]),
  },
  {
    name: 'a new index leaves out items whose attribute has another type',
    page: guide('GSI.OnlineOps.ViolationDetection'),
    items: [thing('a', 1, { g: 7 }), thing('b', 2, { g: 'x' })],
    before: [change(indexCreation)],
    call: scan({ IndexName: 'by-g' }),
    output: pageOf([thing('b', 2, { g: 'x' })]),
  },
  {
    name: 'a new index takes part in later writes',
    page: guide('GSI.OnlineOps'),
    before: [change(indexCreation), put(thing('z', 1, { g: 'x' }))],
    call: scan({ IndexName: 'by-g' }),
    output: pageOf([thing('z', 1, { g: 'x' })]),
  },
  {
    name: 'a second index of the same name is refused',
    page: UPDATE,
    tables: [indexed],
    call: change({
      AttributeDefinitions: attributes({ g: 'S' }),
      GlobalSecondaryIndexUpdates: [{ Create: global({ IndexName: 'keys' }) }],
    }),
    error: invalid(/.*Attempting to create an index which already exists.*/),
  },
  {
    name: 'an index that does not exist cannot be deleted',
    page: UPDATE,
    call: change({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'nowhere' } }] }),
    error: missing(/Requested resource not found.*/),
  },
  {
    name: 'an update of a table that changes nothing is refused',
    page: UPDATE,
    call: change({}),
    error: invalid(
      'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or ' +
        'SSESpecification or ReplicaUpdates is required',
    ),
  },
  {
    name: 'throughput is changed',
    page: UPDATE,
    tables: [
      {
        ...simple,
        BillingMode: 'PROVISIONED',
        ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
      },
    ],
    before: [change({ ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 } })],
    call: describe(),
    output: {
      Table: including({ ProvisionedThroughput: including({ ReadCapacityUnits: 5, WriteCapacityUnits: 6 }) }),
    },
  },
  {
    name: 'a change to the throughput that is there already is refused',
    page: UPDATE,
    tables: [
      {
        ...simple,
        BillingMode: 'PROVISIONED',
        ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
      },
    ],
    call: change({ ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 } }),
    error: invalid(
      'The provisioned throughput for the table will not change. The requested value equals the current value. ' +
        'Current ReadCapacityUnits provisioned for the table: 3. Requested ReadCapacityUnits: 3. ' +
        'Current WriteCapacityUnits provisioned for the table: 4. Requested WriteCapacityUnits: 4. ' +
        'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.',
    ),
  },
  {
    name: 'a table goes from on demand to provisioned',
    page: UPDATE,
    before: [
      change({
        BillingMode: 'PROVISIONED',
        ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
      }),
    ],
    call: describe(),
    output: {
      Table: including({ ProvisionedThroughput: including({ ReadCapacityUnits: 5, WriteCapacityUnits: 6 }) }),
    },
  },
  {
    name: 'a stream is switched on later',
    page: UPDATE,
    before: [change({ StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } })],
    call: describe(),
    output: {
      Table: including({
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
        LatestStreamArn: expect.any(String) as unknown,
      }),
    },
  },
  {
    name: 'a second stream of a table is refused',
    page: UPDATE,
    tables: [streamed('KEYS_ONLY')],
    call: change({ StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } }),
    error: invalid('Table already has an enabled stream: TableName: Things'),
  },
  {
    name: 'items stay where they are when their table is changed',
    page: UPDATE,
    items: [thing('a', 1)],
    before: [change(indexCreation)],
    call: ['GetItem', { TableName, Key: key('a') }],
    output: { Item: thing('a', 1) },
  },
];
