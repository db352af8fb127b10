/** What every item operation's members must look like; in the order in which DynamoDB complains. */
import type { Rule, Rules } from './request-rules.ts';

const NAME_PATTERN = '[a-zA-Z0-9_.-]+';

export const nameRule: Rule = {
  type: 'String',
  notNull: true,
  pattern: NAME_PATTERN,
  lengthMin: 3,
  lengthMax: 255,
};
export const optionalNameRule: Rule = { type: 'String', pattern: NAME_PATTERN, lengthMin: 3, lengthMax: 255 };
export const tableNameRule: Rule = { type: 'String', required: true, tableName: true, pattern: NAME_PATTERN };

/** A table's name on the data plane, where its ARN may stand instead. */
const tableRule: Rule = { ...nameRule, pattern: '[a-zA-Z0-9_.:/-]+', lengthMax: 1024 } as Rule;

const text: Rule = { type: 'String' };
const boolean: Rule = { type: 'Boolean' };
const attributeValue: Rule = { type: 'AttributeValue' };
const capacity: Rule = { type: 'String', oneOf: ['INDEXES', 'TOTAL', 'NONE'] };
const collectionMetrics: Rule = { type: 'String', oneOf: ['SIZE', 'NONE'] };
const returnValues: Rule = {
  type: 'String',
  oneOf: ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'],
};
const onConditionFailure: Rule = { type: 'String', oneOf: ['ALL_OLD', 'NONE'] };
const attributeMap: Rule = { type: 'Map', valueClass: 'AttributeValue', of: attributeValue };
const requiredAttributeMap: Rule = { ...attributeMap, notNull: true };
const names: Rule = { type: 'Map', valueClass: 'java.lang.String', of: text };
const attributesToGet: Rule = { type: 'List', of: text, lengthMin: 1, lengthMax: 255 };
const conditionalOperator: Rule = { type: 'String', oneOf: ['OR', 'AND'] };
const select: Rule = {
  type: 'String',
  oneOf: ['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'],
};
const comparison: Rule = {
  type: 'String',
  oneOf: [
    ...['IN', 'NULL', 'BETWEEN', 'LT', 'NOT_CONTAINS', 'EQ', 'GT', 'NOT_NULL', 'NE', 'LE', 'BEGINS_WITH', 'GE'],
    'CONTAINS',
  ],
};
const expected: Rule = {
  type: 'Map',
  valueClass: 'ExpectedAttributeValue',
  of: {
    type: 'Structure',
    name: 'ExpectedAttributeValue',
    members: {
      AttributeValueList: { type: 'List', of: attributeValue },
      ComparisonOperator: comparison,
      Exists: boolean,
      Value: attributeValue,
    },
  },
};
const conditions: Rule = {
  type: 'Map',
  valueClass: 'Condition',
  of: {
    type: 'Structure',
    name: 'Condition',
    members: {
      AttributeValueList: { type: 'List', of: attributeValue },
      ComparisonOperator: { ...comparison, notNull: true },
    },
  },
};
const attributeUpdates: Rule = {
  type: 'Map',
  valueClass: 'AttributeValueUpdate',
  of: { type: 'Structure', name: 'AttributeValueUpdate', members: { Action: text, Value: attributeValue } },
};

const conditionMembers: Rules = {
  ConditionalOperator: conditionalOperator,
  Expected: expected,
  ConditionExpression: text,
  ExpressionAttributeValues: attributeMap,
  ExpressionAttributeNames: names,
  ReturnValuesOnConditionCheckFailure: onConditionFailure,
};

export const getItemRules: Rules = {
  ReturnConsumedCapacity: capacity,
  AttributesToGet: attributesToGet,
  TableName: tableRule,
  Key: requiredAttributeMap,
  ConsistentRead: boolean,
  ProjectionExpression: text,
  ExpressionAttributeNames: names,
};

export const putItemRules: Rules = {
  ReturnConsumedCapacity: capacity,
  TableName: tableRule,
  Item: requiredAttributeMap,
  ReturnValues: returnValues,
  ReturnItemCollectionMetrics: collectionMetrics,
  ...conditionMembers,
};

export const deleteItemRules: Rules = {
  ReturnConsumedCapacity: capacity,
  TableName: tableRule,
  ReturnValues: returnValues,
  ReturnItemCollectionMetrics: collectionMetrics,
  Key: requiredAttributeMap,
  ...conditionMembers,
};

export const updateItemRules: Rules = {
  ReturnConsumedCapacity: capacity,
  TableName: tableRule,
  ReturnItemCollectionMetrics: collectionMetrics,
  ReturnValues: returnValues,
  Key: requiredAttributeMap,
  AttributeUpdates: attributeUpdates,
  UpdateExpression: text,
  ...conditionMembers,
};

export const queryRules: Rules = {
  Select: select,
  IndexName: optionalNameRule,
  ReturnConsumedCapacity: capacity,
  QueryFilter: conditions,
  TableName: tableRule,
  ConditionalOperator: conditionalOperator,
  AttributesToGet: attributesToGet,
  Limit: { type: 'Integer', min: 1 },
  KeyConditions: conditions,
  ExclusiveStartKey: attributeMap,
  ConsistentRead: boolean,
  ScanIndexForward: boolean,
  KeyConditionExpression: text,
  FilterExpression: text,
  ProjectionExpression: text,
  ExpressionAttributeValues: attributeMap,
  ExpressionAttributeNames: names,
};

export const scanRules: Rules = {
  Select: select,
  IndexName: optionalNameRule,
  TotalSegments: { type: 'Integer', min: 1, max: 1_000_000 },
  ReturnConsumedCapacity: capacity,
  TableName: tableRule,
  ConditionalOperator: conditionalOperator,
  ScanFilter: conditions,
  Segment: { type: 'Integer', min: 0, max: 999_999 },
  Limit: { type: 'Integer', min: 1 },
  AttributesToGet: attributesToGet,
  ExclusiveStartKey: attributeMap,
  ConsistentRead: boolean,
  FilterExpression: text,
  ProjectionExpression: text,
  ExpressionAttributeValues: attributeMap,
  ExpressionAttributeNames: names,
};

const batchKeys = { lengthMax: 255, lengthMin: 3, pattern: NAME_PATTERN };

export const batchGetRules: Rules = {
  ReturnConsumedCapacity: capacity,
  RequestItems: {
    type: 'Map',
    valueClass: 'KeysAndAttributes',
    notNull: true,
    lengthMin: 1,
    keys: batchKeys,
    of: {
      type: 'Structure',
      name: 'KeysAndAttributes',
      members: {
        Keys: { type: 'List', notNull: true, lengthMin: 1, lengthMax: 100, of: attributeMap },
        AttributesToGet: attributesToGet,
        ConsistentRead: boolean,
        ProjectionExpression: text,
        ExpressionAttributeNames: names,
      },
    },
  },
};

export const batchWriteRules: Rules = {
  ReturnConsumedCapacity: capacity,
  ReturnItemCollectionMetrics: collectionMetrics,
  RequestItems: {
    type: 'Map',
    valueClass: 'java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>',
    notNull: true,
    lengthMin: 1,
    keys: batchKeys,
    values: { lengthMax: 25, lengthMin: 1 },
    of: {
      type: 'List',
      of: {
        type: 'Structure',
        name: 'WriteRequest',
        members: {
          DeleteRequest: { type: 'Structure', name: 'DeleteRequest', members: { Key: requiredAttributeMap } },
          PutRequest: { type: 'Structure', name: 'PutRequest', members: { Item: requiredAttributeMap } },
        },
      },
    },
  },
};

const transactCondition: Rules = {
  ConditionExpression: text,
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: attributeMap,
  ReturnValuesOnConditionCheckFailure: onConditionFailure,
};
const keyed: Rules = { Key: requiredAttributeMap, TableName: tableRule };

export const transactWriteRules: Rules = {
  ReturnConsumedCapacity: capacity,
  ReturnItemCollectionMetrics: collectionMetrics,
  ClientRequestToken: { type: 'String', lengthMin: 1, lengthMax: 36 },
  TransactItems: {
    type: 'List',
    notNull: true,
    lengthMin: 1,
    lengthMax: 100,
    of: {
      type: 'Structure',
      name: 'TransactWriteItem',
      members: {
        ConditionCheck: {
          type: 'Structure',
          name: 'ConditionCheck',
          members: { ...keyed, ...transactCondition, ConditionExpression: { type: 'String', notNull: true } },
        },
        Put: {
          type: 'Structure',
          name: 'Put',
          members: { Item: requiredAttributeMap, TableName: tableRule, ...transactCondition },
        },
        Delete: { type: 'Structure', name: 'Delete', members: { ...keyed, ...transactCondition } },
        Update: {
          type: 'Structure',
          name: 'Update',
          members: { ...keyed, UpdateExpression: { type: 'String', notNull: true }, ...transactCondition },
        },
      },
    },
  },
};

export const transactGetRules: Rules = {
  ReturnConsumedCapacity: capacity,
  TransactItems: {
    type: 'List',
    notNull: true,
    lengthMin: 1,
    lengthMax: 100,
    of: {
      type: 'Structure',
      name: 'TransactGetItem',
      members: {
        Get: {
          type: 'Structure',
          name: 'Get',
          notNull: true,
          members: { ...keyed, ProjectionExpression: text, ExpressionAttributeNames: names },
        },
      },
    },
  },
};
