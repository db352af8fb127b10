/** UpdateItem: expressions, the legacy AttributeUpdates, and what it returns. */
import { itemOf, type Plain, type SdkItem } from '../support/attribute-values.ts';
import {
  TableName,
  api,
  conditionFailed,
  get,
  guide,
  invalid,
  key,
  thing,
  update,
  values,
  type Behaviour,
  type ExpectedError,
} from './behaviour.ts';
import { indexed } from './layouts.ts';

const UPDATE = api('UpdateItem');
const EXPRESSIONS = guide('Expressions.UpdateExpressions');
const PREFIX = 'Invalid UpdateExpression: ';
const NO_PATH = 'The document path provided in the update expression is invalid for update';
const BAD_OPERAND = 'An operand in the update expression has an incorrect data type';

type Attributes = { readonly [name: string]: Plain };

/** What an expression makes of the item `a`. */
function becomes(
  name: string,
  before: Attributes | undefined,
  text: string,
  of: Attributes,
  then: Attributes,
): Behaviour {
  const rest = Object.keys(of).length === 0 ? {} : { ExpressionAttributeValues: values(of) };
  return {
    name,
    page: EXPRESSIONS,
    ...(before === undefined ? {} : { items: [thing('a', 1, before)] }),
    call: update(text, { ReturnValues: 'ALL_NEW', ...rest }),
    output: { Attributes: thing('a', 1, then) },
    after: [[get('a'), { Item: thing('a', 1, then) }]],
  };
}

/** An expression that is refused, and leaves the item as it was. */
function refused(name: string, before: Attributes, text: string, of: Attributes, error: ExpectedError): Behaviour {
  const rest = Object.keys(of).length === 0 ? {} : { ExpressionAttributeValues: values(of) };
  return {
    name,
    page: EXPRESSIONS,
    items: [thing('a', 1, before)],
    call: update(text, rest),
    error,
    after: [[get('a'), { Item: thing('a', 1, before) }]],
  };
}

function returns(
  which: string,
  before: Attributes | undefined,
  output: { Attributes?: SdkItem },
  what: string,
): Behaviour {
  return {
    name: `an update ${what}`,
    page: UPDATE,
    ...(before === undefined ? {} : { items: [thing('a', 1, before)] }),
    call: update('SET m.x = :x, n = :n REMOVE l[0]', {
      ExpressionAttributeValues: values({ ':x': 2, ':n': 'new' }),
      ReturnValues: which,
    }),
    output,
  };
}

const before = { m: { x: 1, y: 1 }, l: ['zero', 'one'], t: 'top' };

export const updates: readonly Behaviour[] = [
  becomes('an update makes an item that is not there', undefined, 'SET x = :x', { ':x': 1 }, { x: 1 }),
  {
    name: 'an update without an expression makes an item of its key',
    page: UPDATE,
    call: ['UpdateItem', { TableName, Key: key('a') }],
    output: {},
    after: [[get('a'), { Item: thing('a', 1) }]],
  },
  becomes('SET replaces an attribute by one of another type', { x: 'text' }, 'SET x = :x', { ':x': [1] }, { x: [1] }),
  becomes('SET reads all operands before it writes', { a: 1, b: 2 }, 'SET a = b, b = a', {}, { a: 2, b: 1 }),
  becomes('SET adds numbers', { n: 1.5 }, 'SET n = n + :n', { ':n': 2 }, { n: 3.5 }),
  becomes('SET subtracts numbers', { n: 1.5 }, 'SET n = :n - n', { ':n': 1 }, { n: -0.5 }),
  becomes(
    'SET adds beyond the digits of a float',
    { n: 9007199254740993n },
    'SET n = n + :n',
    { ':n': 1 },
    { n: 9007199254740994n },
  ),
  becomes(
    'if_not_exists takes its second operand where there is nothing',
    {},
    'SET n = if_not_exists(n, :n) + :n',
    { ':n': 1 },
    { n: 2 },
  ),
  becomes('if_not_exists keeps what there is', { n: 5 }, 'SET n = if_not_exists(n, :n)', { ':n': 1 }, { n: 5 }),
  becomes(
    'list_append joins at either end',
    { l: ['b'] },
    'SET l = list_append(:a, l), k = list_append(l, :a)',
    { ':a': ['a'] },
    { l: ['a', 'b'], k: ['b', 'a'] },
  ),
  becomes(
    'SET reaches into maps and lists',
    before,
    'SET m.z = :z, l[1] = :z',
    { ':z': 'z' },
    { ...before, m: { x: 1, y: 1, z: 'z' }, l: ['zero', 'z'] },
  ),
  becomes(
    'SET beyond the end of a list appends',
    { l: ['zero'] },
    'SET l[7] = :x, l[5] = :y',
    { ':x': 'x', ':y': 'y' },
    { l: ['zero', 'y', 'x'] },
  ),
  becomes(
    'REMOVE takes attributes away, also those that are not there',
    before,
    'REMOVE t, nobody, m.x',
    {},
    { m: { y: 1 }, l: ['zero', 'one'] },
  ),
  becomes(
    'REMOVE counts list members by their places before',
    { l: ['a', 'b', 'c', 'd'] },
    'REMOVE l[0], l[2]',
    {},
    { l: ['b', 'd'] },
  ),
  becomes('REMOVE beyond the end of a list does nothing', { l: ['a'] }, 'REMOVE l[5]', {}, { l: ['a'] }),
  becomes(
    'SET and REMOVE of one list count by the places before',
    { l: ['a', 'b', 'c'] },
    'SET l[1] = :x REMOVE l[0]',
    { ':x': 'x' },
    { l: ['x', 'c'] },
  ),
  becomes('ADD counts up, from nothing', { n: 1 }, 'ADD n :n, fresh :n', { ':n': 2 }, { n: 3, fresh: 2 }),
  becomes(
    'ADD joins sets',
    { s1: new Set(['a']) },
    'ADD s1 :s, s2 :s',
    { ':s': new Set(['a', 'b']) },
    { s1: new Set(['a', 'b']), s2: new Set(['a', 'b']) },
  ),
  becomes(
    'DELETE takes members out of a set',
    { s1: new Set([1, 2, 3]) },
    'DELETE s1 :s',
    { ':s': new Set([2, 9]) },
    { s1: new Set([1, 3]) },
  ),
  becomes(
    'DELETE of the last member takes the set away',
    { s1: new Set([1]) },
    'DELETE s1 :s',
    { ':s': new Set([1]) },
    {},
  ),
  becomes('DELETE from nothing does nothing', {}, 'DELETE s1 :s', { ':s': new Set([1]) }, {}),
  becomes(
    'all four sections work together',
    { a: 1, n: 1, s1: new Set(['x', 'y']) },
    'set b = a remove a add n :n delete s1 :s',
    { ':n': 1, ':s': new Set(['x']) },
    { b: 1, n: 2, s1: new Set(['y']) },
  ),

  refused('SET in a map that is not there is refused', {}, 'SET m.x = :x', { ':x': 1 }, invalid(NO_PATH)),
  refused(
    'SET in a list’s member of what is no list is refused',
    { l: 'text' },
    'SET l[0] = :x',
    { ':x': 1 },
    invalid(NO_PATH),
  ),
  refused(
    'SET from an attribute that is not there is refused',
    {},
    'SET x = y',
    {},
    invalid('The provided expression refers to an attribute that does not exist in the item'),
  ),
  refused('SET adds no number to a text', { x: 'text' }, 'SET x = x + :x', { ':x': 1 }, invalid(BAD_OPERAND)),
  refused(
    'list_append of what is no list is refused',
    { l: 'text' },
    'SET l = list_append(l, :l)',
    { ':l': [1] },
    invalid(BAD_OPERAND),
  ),
  refused('ADD of a number to a text is refused', { x: 'text' }, 'ADD x :x', { ':x': 1 }, invalid(BAD_OPERAND)),
  refused(
    'DELETE of another kind of set is refused',
    { x: new Set(['a']) },
    'DELETE x :x',
    { ':x': new Set([1]) },
    invalid(BAD_OPERAND),
  ),
  refused(
    'a sum of more than 38 digits is refused',
    { n: 10n ** 37n },
    'SET n = n + :n',
    { ':n': 0.01 },
    invalid(/.*38 significant digits.*/),
  ),
  refused(
    'an update of a key is refused',
    {},
    'SET s = :s',
    { ':s': 2 },
    invalid('One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key'),
  ),
  refused(
    'a path twice in an update is refused',
    {},
    'SET x = :x REMOVE x',
    { ':x': 2 },
    invalid(
      `${PREFIX}Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], path two: [x]`,
    ),
  ),
  refused(
    'a section twice in an update is refused',
    {},
    'SET x = :x SET y = :x',
    { ':x': 2 },
    invalid(`${PREFIX}The "SET" section can only be used once in an update expression;`),
  ),
  refused(
    'a value that is not defined is refused',
    {},
    'SET x = :y, z = :x',
    { ':x': 2 },
    invalid(`${PREFIX}An expression attribute value used in expression is not defined; attribute value: :y`),
  ),
  refused(
    'a value that is used nowhere is refused',
    {},
    'SET x = :x',
    { ':x': 1, ':y': 2 },
    invalid('Value provided in ExpressionAttributeValues unused in expressions: keys: {:y}'),
  ),
  refused(
    'an update that is no sentence is refused',
    {},
    'SET x :x',
    { ':x': 1 },
    invalid(`${PREFIX}Syntax error; token: ":x", near: "x :x"`),
  ),
  refused('an empty update is refused', {}, '', {}, invalid(`${PREFIX}The expression can not be empty;`)),
  refused(
    'ADD of a text is refused',
    {},
    'ADD x :x',
    { ':x': 'x' },
    invalid(
      `${PREFIX}Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND`,
    ),
  ),
  refused(
    'a reserved word in an update is refused',
    {},
    'SET name = :x',
    { ':x': 1 },
    invalid(`${PREFIX}Attribute name is a reserved keyword; reserved keyword: name`),
  ),

  returns('NONE', before, {}, 'returns nothing unless asked'),
  returns('ALL_OLD', before, { Attributes: thing('a', 1, before) }, 'returns the whole old item'),
  returns(
    'ALL_NEW',
    before,
    { Attributes: thing('a', 1, { m: { x: 2, y: 1 }, l: ['one'], t: 'top', n: 'new' }) },
    'returns the whole new item',
  ),
  returns(
    'UPDATED_OLD',
    before,
    { Attributes: itemOf({ m: { x: 1 }, l: ['zero'] }) },
    'returns what it changed as it was, down the paths',
  ),
  {
    name: 'an update returns what it changed as it is now, down the paths',
    page: UPDATE,
    items: [thing('a', 1, before)],
    call: update('SET m.x = :x, n = :n REMOVE t', {
      ExpressionAttributeValues: values({ ':x': 2, ':n': 'new' }),
      ReturnValues: 'UPDATED_NEW',
    }),
    output: { Attributes: itemOf({ m: { x: 2 }, n: 'new' }) },
  },
  {
    name: 'an update of a new item returns nothing old',
    page: UPDATE,
    call: update('SET x = :x', { ExpressionAttributeValues: values({ ':x': 1 }), ReturnValues: 'ALL_OLD' }),
    output: {},
  },
  {
    name: 'an update that only removes returns nothing new',
    page: UPDATE,
    items: [thing('a', 1, { x: 1 })],
    call: update('REMOVE x', { ReturnValues: 'UPDATED_NEW' }),
    output: {},
  },
  {
    name: 'an update that only removes makes no item',
    page: UPDATE,
    call: update('REMOVE x, y DELETE z :z', {
      ExpressionAttributeValues: values({ ':z': new Set(['z']) }),
      ReturnValues: 'ALL_NEW',
    }),
    output: {},
    after: [[get('a'), {}]],
  },
  {
    name: 'an update returns nothing old of what it made',
    page: UPDATE,
    items: [thing('a', 1)],
    call: update('SET x = :x', { ExpressionAttributeValues: values({ ':x': 1 }), ReturnValues: 'UPDATED_OLD' }),
    output: {},
  },
  {
    name: 'an update under a condition is made where it holds',
    page: UPDATE,
    items: [thing('a', 1, { x: 1 })],
    call: update('SET x = x + :one', {
      ConditionExpression: 'x = :one',
      ExpressionAttributeValues: values({ ':one': 1 }),
      ReturnValues: 'UPDATED_NEW',
    }),
    output: { Attributes: itemOf({ x: 2 }) },
  },
  {
    name: 'an update whose condition fails shows the item when asked',
    page: UPDATE,
    items: [thing('a', 1, { x: 1 })],
    call: update('SET x = :two', {
      ConditionExpression: 'x = :two',
      ExpressionAttributeValues: values({ ':two': 2 }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
    error: conditionFailed(thing('a', 1, { x: 1 })),
    after: [[get('a'), { Item: thing('a', 1, { x: 1 }) }]],
  },
  {
    name: 'an update whose condition fails on nothing makes no item',
    page: UPDATE,
    call: update('SET x = :two', {
      ConditionExpression: 'attribute_exists(p)',
      ExpressionAttributeValues: values({ ':two': 2 }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
    error: conditionFailed(),
    after: [[get('a'), {}]],
  },
  {
    name: 'an update to an index key of another type is refused',
    page: guide('GSI'),
    tables: [indexed],
    items: [thing('a', 1, { g: 'x' })],
    call: update('SET g = :g', { ExpressionAttributeValues: values({ ':g': 1 }) }),
    error: invalid(
      /(One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: (all|keys|some)|The update expression attempted to update the secondary index key to unsupported type)/,
    ),
    after: [[get('a'), { Item: thing('a', 1, { g: 'x' }) }]],
  },
];
