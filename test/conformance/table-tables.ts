/** Tables: made, described, listed, changed, removed. */
import { expect } from 'vitest';
import {
  TableName,
  api,
  constraint,
  detected,
  guide,
  including,
  invalid,
  pageOf,
  scan,
  thing,
  type Behaviour,
  type Call,
} from './behaviour.ts';
import { attributes, indexed, keySchema, others, ranged, simple, streamed } from './layouts.ts';

const CREATE = api('CreateTable');
const DESCRIBE = api('DescribeTable');
const UPDATE = api('UpdateTable');
const DELETE = api('DeleteTable');
const LIST = api('ListTables');
const INVALID = 'One or more parameter values were invalid: ';

const create = (rest: object = {}): Call => ['CreateTable', { ...simple, TableName: 'Made', ...rest }];
const describe = (name = TableName): Call => ['DescribeTable', { TableName: name }];
const named = (name: string) => ({ ...simple, TableName: name });
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

export const tables: readonly Behaviour[] = [
  {
    name: 'a table is described with its keys, its billing mode and an ARN',
    page: DESCRIBE,
    call: describe(),
    output: {
      Table: including({
        TableName,
        KeySchema: keySchema('p', 's'),
        AttributeDefinitions: expect.arrayContaining(attributes({ p: 'S', s: 'N' })) as unknown,
        TableStatus: 'ACTIVE',
        ItemCount: 0,
        TableSizeBytes: 0,
        CreationDateTime: expect.any(Date) as unknown,
        TableArn: expect.stringMatching(/^arn:aws:dynamodb:us-east-1:\d{12}:table\/Things$/) as unknown,
        BillingModeSummary: including({ BillingMode: 'PAY_PER_REQUEST' }),
        ProvisionedThroughput: including({ ReadCapacityUnits: 0, WriteCapacityUnits: 0 }),
      }),
    },
  },
  {
    name: 'indexes are described with their keys and projections',
    page: DESCRIBE,
    tables: [indexed],
    call: describe(),
    output: {
      Table: including({
        LocalSecondaryIndexes: expect.arrayContaining([
          including({ IndexName: 'local-keys', Projection: { ProjectionType: 'KEYS_ONLY' } }),
        ]) as unknown,
        GlobalSecondaryIndexes: expect.arrayContaining([
          including({
            IndexName: 'some',
            IndexStatus: 'ACTIVE',
            KeySchema: keySchema('g', 's'),
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: expect.arrayContaining(['a', 'b']) as unknown },
            IndexArn: expect.stringMatching(/:table\/Things\/index\/some$/) as unknown,
          }),
        ]) as unknown,
      }),
    },
  },
  {
    name: 'provisioned throughput is described as it was asked for',
    page: CREATE,
    tables: [
      {
        ...simple,
        BillingMode: 'PROVISIONED',
        ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
      },
    ],
    call: describe(),
    output: {
      Table: including({
        ProvisionedThroughput: including({ ReadCapacityUnits: 3, WriteCapacityUnits: 4, NumberOfDecreasesToday: 0 }),
      }),
    },
  },
  {
    name: 'a stream is described with its label and ARN',
    page: DESCRIBE,
    tables: [streamed('NEW_IMAGE')],
    call: describe(),
    output: {
      Table: including({
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
        LatestStreamLabel: expect.any(String) as unknown,
        LatestStreamArn: expect.stringMatching(/:table\/Things\/stream\//) as unknown,
      }),
    },
  },
  {
    name: 'a table that does not exist is told by its name when described',
    page: DESCRIBE,
    call: describe('Nowhere'),
    error: missing('Requested resource not found: Table: Nowhere not found'),
  },
  {
    name: 'a table that does not exist is told by its name when deleted',
    page: DELETE,
    call: ['DeleteTable', { TableName: 'Nowhere' }],
    error: missing('Requested resource not found: Table: Nowhere not found'),
  },
  {
    name: 'a table that does not exist is told by its name when changed',
    page: UPDATE,
    call: ['UpdateTable', { TableName: 'Nowhere', ...indexCreation }],
    error: missing('Requested resource not found: Table: Nowhere not found'),
  },
  {
    name: 'a table cannot be made twice',
    page: CREATE,
    call: ['CreateTable', ranged],
    error: { name: 'ResourceInUseException', message: 'Table already exists: Things' },
  },
  {
    name: 'a table is deleted with its items',
    page: DELETE,
    items: [thing('a', 1)],
    before: [['DeleteTable', { TableName }]],
    call: ['CreateTable', { ...ranged, TableName: 'Another' }],
    output: including({ TableDescription: including({ TableName: 'Another', ItemCount: 0 }) }),
  },
  {
    name: 'a deleted table is described to whoever deletes it',
    page: DELETE,
    call: ['DeleteTable', { TableName }],
    output: { TableDescription: including({ TableName, TableStatus: 'DELETING' }) },
  },
  {
    name: 'tables are listed in the order of their names',
    page: LIST,
    tables: [named('b-table'), named('a-table'), named('c-table')],
    call: ['ListTables', {}],
    output: { TableNames: ['a-table', 'b-table', 'c-table'] },
  },
  {
    name: 'a list of tables ends at its limit and tells where',
    page: LIST,
    tables: [named('b-table'), named('a-table'), named('c-table')],
    call: ['ListTables', { Limit: 2 }],
    output: { TableNames: ['a-table', 'b-table'], LastEvaluatedTableName: 'b-table' },
  },
  {
    name: 'a list of tables goes on after the name it is given',
    page: LIST,
    tables: [named('b-table'), named('a-table'), named('c-table')],
    call: ['ListTables', { ExclusiveStartTableName: 'a-table' }],
    output: { TableNames: ['b-table', 'c-table'] },
  },
  {
    name: 'a list of tables goes on after a name that no table has',
    page: LIST,
    tables: [named('b-table'), named('a-table')],
    call: ['ListTables', { ExclusiveStartTableName: 'aaa' }],
    output: { TableNames: ['b-table'] },
  },
  {
    name: 'a list of no tables is refused',
    page: LIST,
    call: ['ListTables', { Limit: 0 }],
    error: detected(constraint("'0'", 'limit', 'Member must have value greater than or equal to 1')),
  },
  {
    name: 'a list of more than a hundred tables is refused',
    page: LIST,
    call: ['ListTables', { Limit: 101 }],
    error: detected(constraint("'101'", 'limit', 'Member must have value less than or equal to 100')),
  },
  {
    name: 'a table without a definition of its key is refused',
    page: CREATE,
    call: create({ AttributeDefinitions: attributes({ q: 'S' }) }),
    error: invalid(
      `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [p], AttributeDefinitions: [q]`,
    ),
  },
  {
    name: 'a definition of an attribute that no key uses is refused',
    page: CREATE,
    call: create({ AttributeDefinitions: attributes({ p: 'S', q: 'S' }) }),
    error: invalid(
      `${INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions`,
    ),
  },
  {
    name: 'a sort key without a partition key is refused',
    page: CREATE,
    call: create({ KeySchema: [{ AttributeName: 'p', KeyType: 'RANGE' }] }),
    error: invalid('Invalid KeySchema: The first KeySchemaElement is not a HASH key type'),
  },
  {
    name: 'two partition keys are refused',
    page: CREATE,
    call: create({
      AttributeDefinitions: attributes({ p: 'S', q: 'S' }),
      KeySchema: [
        { AttributeName: 'p', KeyType: 'HASH' },
        { AttributeName: 'q', KeyType: 'HASH' },
      ],
    }),
    error: invalid('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type'),
  },
  {
    name: 'one attribute as both keys is refused',
    page: CREATE,
    call: create({ AttributeDefinitions: attributes({ p: 'S', q: 'S' }), KeySchema: keySchema('p', 'p') }),
    error: invalid('Both the Hash Key and the Range Key element in the KeySchema have the same name'),
  },
  {
    name: 'throughput of a table on demand is refused',
    page: CREATE,
    call: create({ ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } }),
    error: invalid(
      `${INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
    ),
  },
  {
    name: 'a provisioned table without throughput is refused',
    page: CREATE,
    call: create({ BillingMode: 'PROVISIONED' }),
    error: invalid(
      `${INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`,
    ),
  },
  {
    name: 'a name of two letters is refused',
    page: CREATE,
    call: create({ TableName: 'ab' }),
    error: invalid('TableName must be at least 3 characters long and at most 255 characters long'),
  },
  {
    name: 'a name with a space is refused',
    page: CREATE,
    call: create({ TableName: 'two words' }),
    error: detected(
      constraint("'two words'", 'tableName', 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+'),
    ),
  },
  {
    name: 'a local index of a table without a sort key is refused',
    page: CREATE,
    call: create({
      AttributeDefinitions: attributes({ p: 'S', l: 'S' }),
      LocalSecondaryIndexes: [
        { IndexName: 'local', KeySchema: keySchema('p', 'l'), Projection: { ProjectionType: 'ALL' } },
      ],
    }),
    error: invalid(
      `${INVALID}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex`,
    ),
  },
  {
    name: 'a local index with another partition key is refused',
    page: CREATE,
    call: create({
      AttributeDefinitions: attributes({ p: 'S', s: 'N', l: 'S' }),
      KeySchema: keySchema('p', 's'),
      LocalSecondaryIndexes: [
        { IndexName: 'local', KeySchema: keySchema('l', 's'), Projection: { ProjectionType: 'ALL' } },
      ],
    }),
    error: invalid(
      `${INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: local. ` +
        'index hash key: l, table hash key: p',
    ),
  },
  {
    name: 'two indexes of one name are refused',
    page: CREATE,
    call: create({
      AttributeDefinitions: attributes({ p: 'S', g: 'S' }),
      GlobalSecondaryIndexes: [global(), global()],
    }),
    error: invalid(`${INVALID}Duplicate index name: by-g`),
  },
  {
    name: 'an index that includes nothing is refused',
    page: api('Projection'),
    call: create({
      AttributeDefinitions: attributes({ p: 'S', g: 'S' }),
      GlobalSecondaryIndexes: [global({ Projection: { ProjectionType: 'INCLUDE' } })],
    }),
    error: invalid(`${INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified`),
  },
  {
    name: 'an index of all that includes more is refused',
    page: api('Projection'),
    call: create({
      AttributeDefinitions: attributes({ p: 'S', g: 'S' }),
      GlobalSecondaryIndexes: [global({ Projection: { ProjectionType: 'ALL', NonKeyAttributes: ['a'] } })],
    }),
    error: invalid(`${INVALID}ProjectionType is ALL, but NonKeyAttributes is specified`),
  },
  {
    name: 'more than five local indexes are refused',
    page: guide('ServiceQuotas'),
    call: create({
      AttributeDefinitions: attributes({ p: 'S', s: 'N', l: 'S' }),
      KeySchema: keySchema('p', 's'),
      LocalSecondaryIndexes: [1, 2, 3, 4, 5, 6].map((number) => ({
        IndexName: `local-${number}`,
        KeySchema: keySchema('p', 'l'),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
    error: invalid(`${INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5`),
  },
  {
    name: 'tables keep their items apart',
    page: CREATE,
    tables: [ranged, others],
    items: [thing('a', 1)],
    call: scan({ TableName: 'Others' }),
    output: pageOf([]),
  },
];
