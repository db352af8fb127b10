/** dynalite 4. */
import type { Differences } from './differences.ts';

export const dynalite: Differences = {
  unknown: {
    operations: [
      'TransactWriteItems',
      'TransactGetItems',
      'ListStreams',
      'DescribeStream',
      'GetShardIterator',
      'GetRecords',
      'ExecuteStatement',
      'BatchExecuteStatement',
      'ExecuteTransaction',
    ],
    reason: 'dynalite has no transactions, no Streams and no PartiQL',
  },
  listed: {
    'a stream is described with its label and ARN': 'tells of no stream',
    'a table that does not exist is told by its name when changed':
      "says ValidationException: 1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.create.provisionedThroughput' failed to …",
    'a table cannot be made twice': 'says ResourceInUseException: UnknownError',
    'an index that includes nothing is refused': 'takes it',
    'a new index finds the items that were there before it':
      "refuses it: ValidationException: 1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.create.provisionedThroughput' fai…",
    'a new index leaves out items whose attribute has another type':
      "refuses it: ValidationException: 1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.create.provisionedThroughput' fai…",
    'a new index takes part in later writes':
      "refuses it: ValidationException: 1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.create.provisionedThroughput' fai…",
    'a second index of the same name is refused':
      "says ValidationException: 1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.create.provisionedThroughput' failed to …",
    'an index that does not exist cannot be deleted': 'takes it',
    'a stream is switched on later':
      'refuses it: ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecifi…',
    'a second stream of a table is refused':
      'says ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification …',
    'items stay where they are when their table is changed':
      "refuses it: ValidationException: 1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.create.provisionedThroughput' fai…",
    'a delete returns nothing updated': 'takes it',
    'an empty text as an index key is refused': 'takes it',
    'a read with an empty key is refused':
      'says ValidationException: One or more parameter values were invalid: The AttributeValue for a key attribute cannot contain an empty string value. K…',
    'a sort key of 1025 bytes is refused': 'takes it',
    'a write tells the capacity that it consumed, index by index':
      'answers {"ConsumedCapacity":{"TableName":"Things","CapacityUnits":1,"Table":{"CapacityUnits":1}}}',
    'a write tells the size of its item collection': 'answers {}',
    'REMOVE counts list members by their places before':
      'answers {"Attributes":{"p":{"S":"a"},"s":{"N":"1"},"l":{"L":[{"S":"b"},{"S":"c"}]}}}',
    'a sum of more than 38 digits is refused': 'takes it',
    'an update that is no sentence is refused':
      'says ValidationException: Invalid UpdateExpression: Syntax error; Expected ".", "=", or "[" but ":" found.',
    'ADD of a text is refused':
      'says ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING',
    'an update that only removes returns nothing new': 'answers {"Attributes":{}}',
    'an update that only removes makes no item': 'answers {"Attributes":{"p":{"S":"a"},"s":{"N":"1"}}}',
    'AttributeUpdates that only delete make no item': 'answers {"Attributes":{"p":{"S":"a"},"s":{"N":"1"}}}',
    'an update returns nothing old of what it made': 'answers {"Attributes":{}}',
    'an update whose condition fails shows the item when asked': 'answers {}',
    'lists and maps are compared deeply': 'refuses it: ConditionalCheckFailedException: The conditional request failed',
    'a condition that is no sentence is refused':
      'says ValidationException: Invalid ConditionExpression: Syntax error; Expected "AND", "OR", or end of input but ":" found.',
    'a function of updates is refused':
      'says ValidationException: Invalid ConditionExpression: Invalid function name; function: if_not_exists',
    'a refused condition shows the item when asked': 'answers {}',
    'Expected with OR holds where one does':
      'refuses it: ConditionalCheckFailedException: The conditional request failed',
    'ConditionalOperator without conditions is refused': 'takes it',
    'ConditionalOperator with one condition is refused': 'takes it',
    'a batch read stops at sixteen megabytes and tells what is left': 'counts megabytes of another size',
    'QueryFilter and AttributesToGet work as the expressions do':
      'refuses it: ValidationException: One or more parameter values were invalid: ComparisonOperator EQ is not valid for BOOL AttributeValue type',
    'two conditions on one key are refused':
      'says ValidationException: KeyConditionExpressions must only contain one condition per key',
    'a filter that is no sentence is refused':
      'says ValidationException: Invalid FilterExpression: Syntax error; Expected "#", "(", ":", "_", or [a-zA-Z] but end of input found.',
    'an empty partition key in a key condition is refused': 'takes it',
    'ALL_PROJECTED_ATTRIBUTES without an index is refused': 'takes it',
    'SPECIFIC_ATTRIBUTES without a projection is refused': 'takes it',
    'COUNT with a projection is refused': 'takes it',
    'ScanFilter judges as the expression does': 'joins the conditions by AND',
    'a segment without their number is refused': 'takes it',
    'a local index fetches what the projection asks for':
      'answers {"Items":[{"s":{"N":"2"}},{"s":{"N":"1"}}],"Count":2,"ScannedCount":2}',
    'a projection beyond a global index is refused': 'takes it',
    'an item’s text counts by its bytes in UTF-8': 'takes it',
    'values do not nest 33 levels and more': 'takes it',
    'an expression of more than 4 KB is refused': 'takes it',
    'an expression of more than 300 operators is refused': 'takes it',
    'IN does not take more than a hundred operands': 'takes it',
    'a path of more than 32 elements is refused': 'takes it',
  },
};
