/** What CreateTable and UpdateTable ask of a table's definition, with DynamoDB's messages and in its order. */
import type { JsonObject } from '../model/service-call.ts';
import { validationError, type ServiceError } from '../model/service-error.ts';
import { optionalNameRule, tableNameRule } from './operation-rules.ts';
import type { Rule, Rules } from './request-rules.ts';

const INVALID = 'One or more parameter values were invalid: ';
const THROUGHPUT_MAX = 1_000_000_000_000;
const LOCAL_INDEXES_MAX = 5;
const GLOBAL_INDEXES_MAX = 20;
const KEY_ATTRIBUTES_MAX = 4;

const text: Rule = { type: 'String', notNull: true };
const boolean: Rule = { type: 'Boolean' };
const attributeDefinitions: Rule = {
  type: 'List',
  of: {
    type: 'Structure',
    name: 'AttributeDefinition',
    members: { AttributeName: text, AttributeType: { type: 'String', notNull: true, oneOf: ['B', 'N', 'S'] } },
  },
};
const keySchema = (lengthMax: number): Rule => ({
  type: 'List',
  notNull: true,
  lengthMin: 1,
  lengthMax,
  of: {
    type: 'Structure',
    name: 'KeySchemaElement',
    members: { AttributeName: text, KeyType: { type: 'String', notNull: true, oneOf: ['HASH', 'RANGE'] } },
  },
});
const units: Rule = { type: 'Long', notNull: true, min: 1 };
const throughput: Rule = {
  type: 'Structure',
  name: 'ProvisionedThroughput',
  members: { WriteCapacityUnits: units, ReadCapacityUnits: units },
};
const projection: Rule = {
  type: 'Structure',
  name: 'Projection',
  notNull: true,
  members: {
    ProjectionType: { type: 'String', oneOf: ['ALL', 'INCLUDE', 'KEYS_ONLY'] },
    NonKeyAttributes: { type: 'List', lengthMin: 1, of: { type: 'String' } },
  },
};
const indexName = { ...optionalNameRule, notNull: true } as Rule;
const requestUnits: Rule = { type: 'Long' };
const onDemandThroughput: Rule = {
  type: 'Structure',
  name: 'OnDemandThroughput',
  members: { MaxReadRequestUnits: requestUnits, MaxWriteRequestUnits: requestUnits },
};
const globalIndex: Rules = {
  IndexName: indexName,
  KeySchema: keySchema(2 * KEY_ATTRIBUTES_MAX),
  Projection: projection,
  ProvisionedThroughput: throughput,
  OnDemandThroughput: onDemandThroughput,
};
const billingMode: Rule = { type: 'String', oneOf: ['PROVISIONED', 'PAY_PER_REQUEST'] };
const tableClass: Rule = { type: 'String', oneOf: ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'] };
const streamSpecification: Rule = {
  type: 'Structure',
  name: 'StreamSpecification',
  members: {
    StreamEnabled: { type: 'Boolean', notNull: true },
    StreamViewType: { type: 'String', oneOf: ['NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES', 'KEYS_ONLY'] },
  },
};

const sseSpecification: Rule = {
  type: 'Structure',
  name: 'SSESpecification',
  members: {
    Enabled: boolean,
    SSEType: { type: 'String', oneOf: ['AES256', 'KMS'] },
    KMSMasterKeyId: { type: 'String' },
  },
};
const tagKey = { type: 'String', lengthMin: 1, lengthMax: 128 } as const;
const tags: Rule = {
  type: 'List',
  of: {
    type: 'Structure',
    name: 'Tag',
    members: { Key: { ...tagKey, notNull: true }, Value: { type: 'String', notNull: true, lengthMax: 256 } },
  },
};

export const createTableRules: Rules = {
  AttributeDefinitions: { ...attributeDefinitions, notNull: true },
  TableName: tableNameRule,
  BillingMode: billingMode,
  ProvisionedThroughput: throughput,
  KeySchema: keySchema(2),
  LocalSecondaryIndexes: {
    type: 'List',
    of: {
      type: 'Structure',
      name: 'LocalSecondaryIndex',
      members: { IndexName: indexName, KeySchema: keySchema(2), Projection: projection },
    },
  },
  GlobalSecondaryIndexes: {
    type: 'List',
    of: { type: 'Structure', name: 'GlobalSecondaryIndex', members: globalIndex },
  },
  StreamSpecification: streamSpecification,
  SSESpecification: sseSpecification,
  Tags: tags,
  TableClass: tableClass,
  DeletionProtectionEnabled: boolean,
  OnDemandThroughput: onDemandThroughput,
};

export const updateTableRules: Rules = {
  TableName: tableNameRule,
  AttributeDefinitions: attributeDefinitions,
  ProvisionedThroughput: throughput,
  BillingMode: billingMode,
  GlobalSecondaryIndexUpdates: {
    type: 'List',
    of: {
      type: 'Structure',
      name: 'GlobalSecondaryIndexUpdate',
      members: {
        Update: {
          type: 'Structure',
          name: 'UpdateGlobalSecondaryIndexAction',
          members: { IndexName: indexName, ProvisionedThroughput: throughput, OnDemandThroughput: onDemandThroughput },
        },
        Create: { type: 'Structure', name: 'CreateGlobalSecondaryIndexAction', members: globalIndex },
        Delete: {
          type: 'Structure',
          name: 'DeleteGlobalSecondaryIndexAction',
          members: { IndexName: indexName },
        },
      },
    },
  },
  StreamSpecification: streamSpecification,
  SSESpecification: sseSpecification,
  TableClass: tableClass,
  DeletionProtectionEnabled: boolean,
  OnDemandThroughput: onDemandThroughput,
};

export const namedTableRules: Rules = { TableName: tableNameRule };
export const timeToLiveRules: Rules = {
  TableName: tableNameRule,
  TimeToLiveSpecification: {
    type: 'Structure',
    name: 'TimeToLiveSpecification',
    notNull: true,
    members: {
      Enabled: { type: 'Boolean', notNull: true },
      AttributeName: { type: 'String', notNull: true, lengthMin: 1, lengthMax: 255 },
    },
  },
};
export const tagRules: Rules = { ResourceArn: { type: 'String' }, Tags: { ...tags, notNull: true } };
export const untagRules: Rules = {
  ResourceArn: { type: 'String' },
  TagKeys: { type: 'List', notNull: true, of: tagKey },
};
export const listTagsRules: Rules = { ResourceArn: { type: 'String' }, NextToken: { type: 'String' } };
export const listTablesRules: Rules = {
  Limit: { type: 'Integer', min: 1, max: 100 },
  ExclusiveStartTableName: optionalNameRule,
};

function invalid(message: string): ServiceError {
  return validationError(INVALID + message);
}

/** @throws {ServiceError} ValidationException. */
export function checkThroughput(input: JsonObject): void {
  const given = (input['ProvisionedThroughput'] ?? undefined) as JsonObject | undefined;
  if (input['BillingMode'] === 'PAY_PER_REQUEST') {
    if (given === undefined) return;
    throw invalid(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    );
  }
  if (given === undefined) {
    throw invalid('ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED');
  }
  checkThroughputBounds(given);
}

export function checkThroughputBounds(given: JsonObject): void {
  for (const name of ['ReadCapacityUnits', 'WriteCapacityUnits']) {
    if (given[name] > THROUGHPUT_MAX) throw validationError(`Given value ${given[name]} for ${name} is out of bounds`);
  }
}

/** @throws {ServiceError} ValidationException. */
export function checkTableDefinition(input: JsonObject): void {
  checkThroughput(input);
  const defined = definedNames(input);
  const schema = input['KeySchema'] as JsonObject[];
  if (schema.length > defined.length) {
    throw validationError('Invalid KeySchema: Some index key attribute have no definition');
  }
  checkKeyNames(schema, defined);
  checkKeyOrder(schema, 1);
  const local = (input['LocalSecondaryIndexes'] ?? undefined) as JsonObject[] | undefined;
  const global = (input['GlobalSecondaryIndexes'] ?? undefined) as JsonObject[] | undefined;
  if (local === undefined && global === undefined && schema.length !== defined.length) {
    throw invalid(
      'Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    );
  }
  const names = new Set<string>();
  if (local !== undefined) checkLocalIndexes(local, schema, defined, names);
  if (global !== undefined) checkGlobalIndexes(input, global, defined, names);
  checkNoneUnused(input, [schema, ...[...(local ?? []), ...(global ?? [])].map((index) => index['KeySchema'])]);
  checkStream(input);
}

/** Attributes that no key uses cannot be defined: tables have no other schema. */
export function checkNoneUnused(input: JsonObject, schemas: readonly JsonObject[][]): void {
  const used = new Set(schemas.flat().map((element) => element['AttributeName'] as string));
  if (definedNames(input).every((name) => used.has(name))) return;
  throw invalid(
    'Some AttributeDefinitions are not used. ' +
      `AttributeDefinitions: [${definedNames(input).join(', ')}], keys used: [${[...used].join(', ')}]`,
  );
}

function definedNames(input: JsonObject): string[] {
  return (input['AttributeDefinitions'] as JsonObject[]).map((definition) => definition['AttributeName'] as string);
}

function checkKeyNames(schema: readonly JsonObject[], defined: readonly string[]): void {
  const names = schema.map((element) => element['AttributeName'] as string);
  if (names.every((name) => defined.includes(name))) return;
  throw invalid(
    'Some index key attributes are not defined in AttributeDefinitions. ' +
      `Keys: [${names.join(', ')}], AttributeDefinitions: [${defined.join(', ')}]`,
  );
}

/** HASH elements first, then RANGE elements, and no attribute twice. */
function checkKeyOrder(schema: readonly JsonObject[], attributesMax: number): void {
  const names = schema.map((element) => element['AttributeName'] as string);
  if (new Set(names).size !== names.length) {
    throw validationError('Both the Hash Key and the Range Key element in the KeySchema have the same name');
  }
  const types = schema.map((element) => element['KeyType'] as string);
  if (types[0] !== 'HASH') {
    throw validationError('Invalid KeySchema: The first KeySchemaElement is not a HASH key type');
  }
  const hashes = types.filter((type) => type === 'HASH').length;
  if (hashes > attributesMax || (attributesMax === 1 && types[1] === 'HASH')) {
    throw validationError('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type');
  }
  if (types.lastIndexOf('HASH') >= hashes || types.length - hashes > attributesMax) {
    throw validationError('Invalid KeySchema: HASH elements must come before RANGE elements, at most four of each');
  }
}

function checkLocalIndexes(
  indexes: readonly JsonObject[],
  tableSchema: readonly JsonObject[],
  defined: readonly string[],
  names: Set<string>,
): void {
  if (indexes.length === 0) throw invalid('List of LocalSecondaryIndexes is empty');
  if (tableSchema.length !== 2) {
    throw invalid('Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex');
  }
  const tableHash = tableSchema[0]?.['AttributeName'] as string;
  for (const index of indexes) {
    const schema = index['KeySchema'] as JsonObject[];
    const name = index['IndexName'] as string;
    checkKeyNames(schema, defined);
    checkKeyOrder(schema, 1);
    if (schema.length !== 2) throw invalid(`Index KeySchema does not have a range key for index: ${name}`);
    const hash = schema[0]?.['AttributeName'] as string;
    if (hash !== tableHash) {
      throw invalid(
        `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${name}. ` +
          `index hash key: ${hash}, table hash key: ${tableHash}`,
      );
    }
    checkIndexProjection(index, names);
  }
  if (indexes.length > LOCAL_INDEXES_MAX) {
    throw invalid(`Number of LocalSecondaryIndexes exceeds per-table limit of ${LOCAL_INDEXES_MAX}`);
  }
}

function checkGlobalIndexes(
  input: JsonObject,
  indexes: readonly JsonObject[],
  defined: readonly string[],
  names: Set<string>,
): void {
  if (indexes.length === 0) throw invalid('List of GlobalSecondaryIndexes is empty');
  for (const index of indexes) checkGlobalIndex(index, defined, input['BillingMode'] === 'PAY_PER_REQUEST', names);
  if (indexes.length > GLOBAL_INDEXES_MAX) {
    throw invalid(`GlobalSecondaryIndex count exceeds the per-table limit of ${GLOBAL_INDEXES_MAX}`);
  }
}

/** @param names of the indexes before it; its own is added. */
export function checkGlobalIndex(
  index: JsonObject,
  defined: readonly string[],
  isOnDemand: boolean,
  names: Set<string>,
): void {
  const schema = index['KeySchema'] as JsonObject[];
  checkKeyNames(schema, defined);
  checkKeyOrder(schema, KEY_ATTRIBUTES_MAX);
  if (isOnDemand && (index['ProvisionedThroughput'] ?? undefined) !== undefined) {
    throw invalid(
      `ProvisionedThroughput should not be specified for index: ${index['IndexName']} when BillingMode is PAY_PER_REQUEST`,
    );
  }
  if (!isOnDemand && (index['ProvisionedThroughput'] ?? undefined) === undefined) {
    throw invalid(`ProvisionedThroughput must be specified for index: ${index['IndexName']}`);
  }
  checkIndexProjection(index, names);
}

function checkIndexProjection(index: JsonObject, names: Set<string>): void {
  const projected = index['Projection'] as JsonObject;
  const type = (projected['ProjectionType'] ?? undefined) as string | undefined;
  if (type === undefined) throw invalid('Unknown ProjectionType: null');
  const others: unknown = projected['NonKeyAttributes'] ?? undefined;
  if (others !== undefined && type !== 'INCLUDE') {
    throw invalid(`ProjectionType is ${type}, but NonKeyAttributes is specified`);
  }
  if (others === undefined && type === 'INCLUDE') {
    throw invalid(`ProjectionType is ${type}, but NonKeyAttributes is not specified`);
  }
  const name = index['IndexName'] as string;
  if (names.has(name)) throw invalid(`Duplicate index name: ${name}`);
  names.add(name);
}

/** @throws {ServiceError} ValidationException. */
export function checkStream(input: JsonObject): void {
  const stream = (input['StreamSpecification'] ?? undefined) as JsonObject | undefined;
  if (stream === undefined) return;
  const hasViewType = (stream['StreamViewType'] ?? undefined) !== undefined;
  if (stream['StreamEnabled'] === true && !hasViewType) {
    throw invalid('StreamViewType is required when StreamEnabled is true');
  }
  if (stream['StreamEnabled'] !== true && hasViewType) {
    throw invalid('StreamViewType cannot be specified when StreamEnabled is false');
  }
}
