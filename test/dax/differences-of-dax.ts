/**
 * Where a call through the DAX client ends otherwise than one through the SDK. Most of it is the client's own doing: it parses
 * expressions, checks keys and rewrites legacy parameters before anything is sent, and has words of its own for what it
 * refuses. The rest are limits of the protocol, which Amazon's DAX has as well.
 */
import type { Differences } from '../conformance/differences.ts';

export const dax: Differences = {
  listed: {
    'a reserved word in a projection is refused': 'takes it: the tree does not tell a name from a placeholder',
    'a name that is not defined is refused': "says TypeError: Cannot read properties of undefined (reading '#x')",
    'names without an expression are refused':
      'says ValidationException: Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}',
    'an empty projection is refused': 'takes it: the client leaves it out',
    'AttributesToGet beside an expression is refused': 'takes it',
    'AttributesToGet with one name twice is refused':
      'says ValidationException: Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path o…',
    'a table’s name that is too short is told with the other faults': 'tells of the name alone',
    'a value of an enumeration that is none is refused': 'says Error: not supported type for Int: undefined undefined',
    'a read without a key is refused':
      "says ValidationException: Value null at 'keyItem' failed to satisfy constraint: Member must not be null",
    'an eventually consistent read costs half, also of nothing':
      'a read just after a write is a strong one, as the accelerator makes it',
    'a key without its sort key is refused':
      'says ValidationException: The number of conditions on the keys is invalid (got 1, expected 2)',
    'a batch with an item that lacks a key writes nothing at all':
      'says ValidationException: The number of conditions on the keys is invalid (got 1, expected 2)',
    'a key with one attribute too many is refused': 'takes it: the client sends the key alone',
    'a key of another type is refused': 'says ValidationException: One of the required keys was not given a value',
    'a batch read with a key of another type is refused':
      'says ValidationException: One of the required keys was not given a value',
    'a key of another name is refused':
      'says ValidationException: The number of conditions on the keys is invalid (got 1, expected 2)',
    'an item without its sort key is refused':
      'says ValidationException: The number of conditions on the keys is invalid (got 1, expected 2)',
    'an item whose key has another type is refused':
      'says ValidationException: One of the required keys was not given a value',
    'numbers that are equal are one key': 'shows the key as it was asked for: the client puts it into the item',
    'an empty set is refused':
      'says ValidationException: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes',
    'NULL is true': 'takes it: there is one null in CBOR',
    'a number that is none is refused': 'says IllegalArgumentException: NaN is not a supported number',
    'an empty number is refused': 'says BigNumber Error: new BigNumber() not a number: ',
    'a section twice in an update is refused': 'takes it: the tree has no sections',
    'a value that is not defined is refused':
      'says ValidationException: Invalid UpdateExpression: An expression attribute value used in expression is not defined: attribute value: :y',
    'an update that is no sentence is refused':
      'says ValidationException: Invalid UpdateExpression: Syntax error; token: ":x", near: line 1 char 6',
    'an empty update is refused': 'takes it: the client leaves it out',
    'a reserved word in an update is refused': 'takes it: the tree does not tell a name from a placeholder',
    'an update whose condition fails shows the item when asked': 'shows no item: the protocol has no place for it',
    'AttributeUpdates put, add and delete':
      'refuses it: the client writes ADD of a list into an update expression, which knows none',
    'AttributeUpdates may not delete a number':
      'says ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet:…',
    'AttributeUpdates may not add a text':
      'says ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: AL…',
    'AttributeUpdates may not put nothing':
      'says ValidationException: Only DELETE action is allowed when no attribute value is specified',
    'AttributeUpdates beside an expression are refused': 'takes it',
    'a condition that is no sentence is refused':
      'says ValidationException: Invalid ConditionExpression: Syntax error; token: ":a", near: line 1 char 7',
    'redundant parentheses are refused': 'refuses it in the words of the client',
    'an unknown function is refused':
      'says ValidationException: Invalid ConditionExpression: Invalid function name: function: exists',
    'a function of updates is refused':
      'says ValidationException: Invalid ConditionExpression: The function is not allowed in a condition expression',
    'a size by itself is refused':
      'says ValidationException: Invalid ConditionExpression: The function is not allowed to be used this way in an expression',
    'an empty condition is refused': 'takes it: the client leaves it out',
    'a refused condition shows the item when asked': 'shows no item: the protocol has no place for it',
    'ConditionalOperator without conditions is refused': 'takes it',
    'ConditionalOperator with one condition is refused': 'takes it',
    'Expected beside an expression is refused': 'takes it',
    'values without an expression are refused':
      'says ValidationException: Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}',
    'a batch of no tables is refused':
      'says ValidationException: 1 validation error detected: Value null at "requestItems" failed to satisfy constraint: Member must not be null',
    'a batch of more than 25 writes is refused': 'refuses it in the words of the client',
    'a batch of no writes is refused': 'says {}: 1 validation error detected: Value',
    'a write that is neither a put nor a delete is refused':
      'says ValidationException: Both delete and put request cannot be empty',
    'a filter that is no sentence is refused':
      'says ValidationException: Invalid FilterExpression: Syntax error; token: "<EOF>", near: line 1 char 3',
    'a start key without its sort key is refused':
      'says ValidationException: The number of conditions on the keys is invalid (got 1, expected 2)',
    'a limit of nothing is refused':
      "says ValidationException: Value 0 at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    'both forms of key conditions are refused':
      'says ValidationException: Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}',
    'KeyConditions with NE are refused':
      'says ValidationException: Unsupported operator on KeyCondition: [object Object]',
    'a transaction with one item twice is refused':
      'says ValidationException: Provided list of item keys contains duplicates',
    'a transaction of more than a hundred actions is refused': 'refuses it in the words of the client',
    'a transaction of a hundred actions is made': 'refuses it: the client takes its keys for duplicates',
    'a transaction of no actions is refused':
      "says ValidationException: 1 validation error detected: Value '' at 'transactItems' failed to satisfy constraint: Member must have length greater than…",
    'an action that is two is refused':
      'says ValidationException: TransactItems can only contain one of ConditionCheck, Put, Update or Delete',
    'a transaction with an expression that is no sentence is refused':
      'says ValidationException: Invalid UpdateExpression: Syntax error; token: "n", near: line 1 char 6',
    'a transaction that reads more than a hundred items is refused': 'refuses more than 25 in the words of the client',
    'a transaction that reads with a wrong key is refused':
      "says ValidationException: 2 validation errors detected: key attribute 's' is missing from params.TransactItems[0].Get.Key; key length does not match …",
    'an expression of more than 4 KB is refused': 'takes it: the tree has no text',
  },
};
