/** moto 5. */
import { api } from './behaviour.ts';
import type { Differences } from './differences.ts';

export const moto: Differences = {
  surplus: { members: ['ConsumedCapacity', 'ItemCollectionMetrics'], page: api('ConsumedCapacity') },
  listed: {
    'indexes are described with their keys and projections': 'tells no ARN of an index',
    'a table that does not exist is told by its name when deleted':
      'says ResourceNotFoundException: Requested resource not found',
    'a table that does not exist is told by its name when changed':
      'says ResourceNotFoundException: Requested resource not found',
    'a deleted table is described to whoever deletes it': 'says it is ACTIVE',
    'tables are listed in the order of their names': 'answers {"TableNames":["b-table","a-table","c-table"]}',
    'a list of tables ends at its limit and tells where':
      'answers {"TableNames":["b-table","a-table"],"LastEvaluatedTableName":"a-table"}',
    'a list of tables goes on after the name it is given': 'answers {"TableNames":["c-table"]}',
    'a list of tables goes on after a name that no table has': 'answers {"TableNames":[]}',
    'a list of no tables is refused': 'takes it',
    'a list of more than a hundred tables is refused': 'takes it',
    'a sort key without a partition key is refused': 'takes it',
    'two partition keys are refused': 'takes it',
    'one attribute as both keys is refused':
      'says ValidationException: One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes …',
    'throughput of a table on demand is refused':
      'says ValidationException: ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST',
    'a name of two letters is refused': 'takes it',
    'a name with a space is refused': 'takes it',
    'a local index of a table without a sort key is refused': 'takes it',
    'a local index with another partition key is refused': 'takes it',
    'two indexes of one name are refused': 'takes it',
    'an index that includes nothing is refused': 'takes it',
    'an index of all that includes more is refused': 'takes it',
    'more than five local indexes are refused': 'takes it',
    'a new index leaves out items whose attribute has another type': 'fails with status 500',
    'a second index of the same name is refused': 'fails with status 500',
    'an index that does not exist cannot be deleted': 'fails with status 500',
    'an update of a table that changes nothing is refused': 'takes it',
    'a change to the throughput that is there already is refused': 'takes it',
    'a second stream of a table is refused': 'says ResourceInUseException: Cannot enable stream',
    'a put returns nothing new': 'says ValidationException: Return values set to invalid value',
    'a delete returns nothing updated': 'says ValidationException: Return values set to invalid value',
    'a key without its sort key is refused': 'says ValidationException: Validation Exception',
    'a key of another type is refused': 'takes it',
    'an item whose index key has another type is refused': 'takes it',
    'an empty text as a partition key is refused':
      'says ValidationException: One or more parameter values were invalid: An AttributeValue may not contain an empty string. Key: p',
    'an empty text as a sort key is refused':
      'says ValidationException: One or more parameter values were invalid: An AttributeValue may not contain an empty string. Key: s',
    'empty bytes as a key are refused': 'takes it',
    'a set with a member twice is refused': 'takes it',
    'a set with equal numbers is refused': 'takes it',
    'NULL is true': 'says ValidationException: Null attribute value types must have the value of true',
    'an empty number is refused': 'says ValidationException: The parameter cannot be converted to a numeric value: ',
    'a number of 39 digits is refused': 'takes it',
    'a number as great as 9.99e125 is stored': 'answers {"Item":{"p":{"S":"a"},"s":{"N":"1"},"n":{"N":"9.99e125"}}}',
    'a number as great as 1e126 is refused': 'takes it',
    'numbers come back without superfluous zeroes':
      'answers {"Item":{"p":{"S":"a"},"s":{"N":"1"},"n":{"N":"-0001.500e1"}}}',
    'zero has no sign': 'answers {"Item":{"p":{"S":"a"},"s":{"N":"1"},"n":{"N":"-0.00"}}}',
    'projected list members close up in their order': 'answers {"Item":{"l":{"L":[{"S":"zero"}]}}}',
    'a reserved word in a projection is refused':
      'says ValidationException: ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: status',
    'overlapping paths of a projection are refused': 'takes it',
    'a name that is not defined is refused': 'takes it',
    'AttributesToGet shows the attributes it names': 'shows all attributes',
    'AttributesToGet with one name twice is refused': 'takes it',
    'a table’s name that is too short is told with the other faults':
      "says ValidationException: 1 validation error detected: Value 'SOME' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy e…",
    'a value of an enumeration that is none is refused': 'says ValidationException: Return values set to invalid value',
    'a read without a key is refused': 'fails with status 500',
    'a read tells the capacity that it consumed': 'says 1, whatever the size',
    'a write tells the capacity that it consumed, index by index':
      'answers {"ConsumedCapacity":{"TableName":"Things","CapacityUnits":1,"Table":{"CapacityUnits":1}}}',
    'a write tells the size of its item collection': 'answers {}',
    'an update without an expression makes an item of its key': 'fails with status 500',
    'SET beyond the end of a list appends':
      'answers {"Attributes":{"p":{"S":"a"},"s":{"N":"1"},"l":{"L":[{"S":"zero"},{"S":"x"},{"S":"y"}]}}}',
    'SET adds no number to a text':
      'says ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S',
    'list_append of what is no list is refused':
      'says ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: list_append, operand typ…',
    'a sum of more than 38 digits is refused': 'takes it',
    'ADD of a text is refused':
      'says ValidationException: An operand in the update expression has an incorrect data type',
    'an update returns what it changed as it was, down the paths': 'returns other parts of the item',
    'an update that only removes returns nothing new': 'answers {"Attributes":{}}',
    'an update that only removes makes no item': 'answers {"Attributes":{"p":{"S":"a"},"s":{"N":"1"}}}',
    'AttributeUpdates that only delete make no item': 'answers {"Attributes":{"p":{"S":"a"},"s":{"N":"1"}}}',
    'an update to an index key of another type is refused':
      'says ValidationException: One or more parameter values were invalid: Type mismatch for key g expected: S actual: N',
    'AttributeUpdates may not delete a number': 'fails with status 500',
    'AttributeUpdates may not add a text': 'fails with status 500',
    'AttributeUpdates may not put nothing': 'fails with status 500',
    'AttributeUpdates of a key are refused': 'takes it',
    'values of different types are not less': 'fails with status 500',
    'begins_with takes texts and bytes': 'refuses it: ConditionalCheckFailedException: The conditional request failed',
    'a number has no size': 'fails with status 500',
    'a condition that is no sentence is refused': 'fails with status 500',
    'an unknown function is refused':
      'says ValidationException: Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: exists',
    'a function of updates is refused': 'fails with status 500',
    'a size by itself is refused': 'fails with status 500',
    'a comparison of an attribute with itself is refused': 'takes it',
    'attribute_type of no type is refused': 'says ConditionalCheckFailedException: The conditional request failed',
    'begins_with a number is refused': 'says ConditionalCheckFailedException: The conditional request failed',
    'a BETWEEN upside down is refused': 'says ConditionalCheckFailedException: The conditional request failed',
    'an empty condition is refused': 'takes it',
    'Expected with OR holds where one does':
      'refuses it: ConditionalCheckFailedException: The conditional request failed',
    'ConditionalOperator without conditions is refused': 'takes it',
    'ConditionalOperator with one condition is refused': 'takes it',
    'Expected with too many operands is refused': 'fails with status 500',
    'Expected beside an expression is refused': 'takes it',
    'values without an expression are refused': 'takes it',
    'a batch of more than a hundred keys is refused':
      "says ValidationException: 1 validation error detected: Value at 'requestItems.Things.member.keys' failed to satisfy constraint: Member must have le…",
    'a batch of no tables is refused': 'takes it',
    'a batch of no keys is refused': 'takes it',
    'a batch read with a key of another type is refused': 'takes it',
    'a batch read stops at sixteen megabytes and tells what is left': 'answers all at once',
    'a batch that writes one item twice is refused': 'takes it',
    'a batch of more than 25 writes is refused': 'takes it',
    'a batch of no writes is refused': 'takes it',
    'a write that is neither a put nor a delete is refused': 'fails with status 500',
    'a batch with an item that lacks a key writes nothing at all':
      'says ValidationException: One or more parameter values were invalid: Missing the key s in the item',
    'a page that ends with the last item tells a key all the same': 'tells no key',
    'QueryFilter and AttributesToGet work as the expressions do': 'answers with items twice, and with all attributes',
    'a page ends at one megabyte, before the filter':
      'answers {"Items":[],"Count":0,"ScannedCount":3,"LastEvaluatedKey":{"p":{"S":"a"},"s":{"N":"3"}}}',
    'a query without a key condition is refused':
      'says ValidationException: Either KeyConditions or QueryFilter should be present',
    'OR in a key condition is refused': 'fails with status 500',
    '<> in a key condition is refused': 'fails with status 500',
    'a key condition with a value of another type is refused': 'takes it',
    'begins_with a number in a key condition is refused': 'fails with status 500',
    'two conditions on one key are refused': 'takes it',
    'a filter by a key is refused': 'takes it',
    'a filter that is no sentence is refused': 'fails with status 500',
    'a start key without its sort key is refused': 'fails with status 500',
    'a start key of another partition is refused': 'takes it',
    'a start key outside the range is refused': 'takes it',
    'a limit of nothing is refused': 'fails with status 500',
    'an index that is not there is refused':
      'says ResourceNotFoundException: Invalid index: nowhere for table: Things. Available indexes are: ',
    'ALL_PROJECTED_ATTRIBUTES without an index is refused': 'takes it',
    'SPECIFIC_ATTRIBUTES without a projection is refused': 'takes it',
    'COUNT with a projection is refused': 'takes it',
    'both forms of key conditions are refused': 'takes it',
    'KeyConditions with NE are refused': 'says ValidationException: Query key condition not supported',
    'ScanFilter judges as the expression does': 'answers {"Items":[],"Count":0,"ScannedCount":9}',
    'a scan counts': 'shows the items as well',
    'a local index fetches what it does not hold': 'shows the keys alone',
    'a local index fetches what the projection asks for':
      'answers {"Items":[{"s":{"N":"2"}},{"s":{"N":"1"}}],"Count":2,"ScannedCount":2}',
    'ALL_ATTRIBUTES of an index that has not all is refused': 'takes it',
    'a projection beyond a global index is refused': 'takes it',
    'a start key without the index’s key is refused': 'fails with status 500',
    'a filter by an index’s key is refused': 'takes it',
    'a transaction of more than a hundred actions is refused':
      "says ValidationException: 1 validation error detected at 'transactItems' failed to satisfy constraint: Member must have length less than or equal t…",
    'a transaction of a hundred actions is made': 'shows the items as well as their count',
    'a transaction of no actions is refused': 'takes it',
    'a transaction with an update that the item does not take is cancelled':
      'says ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S',
    'a transaction consumes twice the capacity': 'answers {"ConsumedCapacity":[]}',
    'a transaction reads its items in their order': 'shows all attributes',
    'a transaction that reads one item twice is refused': 'takes it',
    'a transaction that reads more than a hundred items is refused':
      "says ValidationException: 1 validation error detected: Value '[com.amazonaws.dynamodb.v20120810.TransactGetItem@10000001, com.amazonaws.dynamodb.v2…",
    'a transaction that reads with a wrong key is refused': 'says ValidationException: Validation Exception',
    'a write that changes nothing leaves no record': 'records it',
    'an iterator of a stream that is not there is refused':
      'says ResourceNotFoundException: Requested resource not found',
    'an item of 400 KB is stored': 'refuses it: ValidationException: Item size has exceeded the maximum allowed size',
    'an update that makes an item too large is refused':
      'refuses it: ValidationException: Item size has exceeded the maximum allowed size',
    'values do not nest 33 levels and more': 'takes it',
    'an expression of more than 4 KB is refused': 'takes it',
    'an expression of 300 operators is evaluated':
      'answers {"Items":[{"p":{"S":"a"},"s":{"N":"1"},"k":{"N":"1"}}],"Count":1,"ScannedCount":1}',
    'an expression of more than 300 operators is refused': 'takes it',
    'IN takes a hundred operands':
      'answers {"Items":[{"p":{"S":"a"},"s":{"N":"1"},"k":{"N":"1"}}],"Count":1,"ScannedCount":1}',
    'IN does not take more than a hundred operands': 'takes it',
    'a path of more than 32 elements is refused': 'takes it',
  },
};
