/** What the members of the PartiQL operations must look like. */
import { parseAttributeValue } from '../model/parse-item.ts';
import type { AttributeValue } from '../model/attribute-value.ts';
import type { JsonObject } from '../model/service-call.ts';
import type { Rule, Rules } from './request-rules.ts';

const capacity: Rule = { type: 'String', oneOf: ['INDEXES', 'TOTAL', 'NONE'] };
const boolean: Rule = { type: 'Boolean' };

const statementMembers: Rules = {
  Statement: { type: 'String', notNull: true, lengthMin: 1, lengthMax: 8192 },
  Parameters: { type: 'List', of: { type: 'AttributeValue' }, lengthMin: 1 },
  ReturnValuesOnConditionCheckFailure: { type: 'String', oneOf: ['ALL_OLD', 'NONE'] },
};

export const executeStatementRules: Rules = {
  ...statementMembers,
  ConsistentRead: boolean,
  NextToken: { type: 'String', lengthMin: 1, lengthMax: 32_768 },
  ReturnConsumedCapacity: capacity,
  Limit: { type: 'Integer', min: 1 },
};

export const batchExecuteRules: Rules = {
  ReturnConsumedCapacity: capacity,
  Statements: {
    type: 'List',
    notNull: true,
    lengthMin: 1,
    lengthMax: 25,
    of: { type: 'Structure', name: 'BatchStatementRequest', members: { ...statementMembers, ConsistentRead: boolean } },
  },
};

export const executeTransactionRules: Rules = {
  ReturnConsumedCapacity: capacity,
  ClientRequestToken: { type: 'String', lengthMin: 1, lengthMax: 36 },
  TransactStatements: {
    type: 'List',
    notNull: true,
    lengthMin: 1,
    lengthMax: 100,
    of: { type: 'Structure', name: 'ParameterizedStatement', members: statementMembers },
  },
};

/** @throws {ServiceError} ValidationException or SerializationException. */
export function parseParameters(input: JsonObject): AttributeValue[] {
  return ((input['Parameters'] ?? []) as unknown[]).map(parseAttributeValue);
}
