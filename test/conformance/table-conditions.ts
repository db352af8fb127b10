/** Conditions: every operator and function, and the legacy Expected. */
import { valueOf, type Plain } from '../support/attribute-values.ts';
import {
  api,
  conditionFailed,
  guide,
  invalid,
  put,
  remove,
  thing,
  values,
  type Behaviour,
  type ExpectedError,
} from './behaviour.ts';

const OPERATORS = guide('Expressions.OperatorsAndFunctions');
const LEGACY = guide('LegacyConditionalParameters.Expected');
const PREFIX = 'Invalid ConditionExpression: ';

type Attributes = { readonly [name: string]: Plain };

const judged = thing('a', 1, {
  t: 'text',
  n: 5,
  b: Uint8Array.from([1, 2, 3]),
  yes: true,
  nothing: null,
  l: ['x', 7, ['deep']],
  m: { k: { d: 'deep' } },
  ss: new Set(['x', 'y']),
  ns: new Set([1, 2]),
});

function conditional(text: string, of: Attributes): object {
  const rest = Object.keys(of).length === 0 ? {} : { ExpressionAttributeValues: values(of) };
  return { ConditionExpression: text, ...rest };
}

const holds = (name: string, text: string, of: Attributes = {}): Behaviour => ({
  name,
  page: OPERATORS,
  items: [judged],
  call: remove('a', 1, { ...conditional(text, of), ReturnValues: 'ALL_OLD' }),
  output: { Attributes: judged },
});

const fails = (name: string, text: string, of: Attributes = {}): Behaviour => ({
  name,
  page: OPERATORS,
  items: [judged],
  call: remove('a', 1, conditional(text, of)),
  error: conditionFailed(),
});

const refused = (name: string, text: string, of: Attributes, message: string): Behaviour => ({
  name,
  page: OPERATORS,
  items: [judged],
  call: remove('a', 1, conditional(text, of)),
  error: invalid(PREFIX + message),
});

const expected = (name: string, parameters: object, error?: ExpectedError): Behaviour => ({
  name,
  page: LEGACY,
  items: [judged],
  call: put(thing('a', 1, { fresh: 1 }), parameters),
  ...(error === undefined ? { output: {} } : { error }),
});

export const conditions: readonly Behaviour[] = [
  holds('numbers are compared as numbers', 'n > :a AND n < :b AND n >= :c AND n <= :c AND n <> :a', {
    ':a': -10,
    ':b': 10.5,
    ':c': 5,
  }),
  holds('texts are compared by their bytes', 't > :a AND t < :b', { ':a': 'Zebra', ':b': 'tez' }),
  holds('bytes are compared as unsigned', 'b < :b', { ':b': Uint8Array.from([200]) }),
  fails('values of different types are not less', 'n < :t', { ':t': 'text' }),
  holds('values of different types are unequal', 'n <> :t', { ':t': '5' }),
  holds('an attribute that is not there is unequal', 'nobody <> :t', { ':t': '5' }),
  fails('an attribute that is not there is not equal', 'nobody = :t', { ':t': '5' }),
  holds('equal sets are equal in any order', 'ss = :s AND ns = :n', {
    ':s': new Set(['y', 'x']),
    ':n': new Set([2, 1]),
  }),
  holds('lists and maps are compared deeply', 'l = :l AND m = :m', {
    ':l': ['x', 7, ['deep']],
    ':m': { k: { d: 'deep' } },
  }),
  fails('a list in another order is unequal', 'l = :l', { ':l': [7, 'x', ['deep']] }),
  holds('BETWEEN includes both ends', 'n BETWEEN :a AND :b AND n BETWEEN :b AND :c', { ':a': 1, ':b': 5, ':c': 6 }),
  holds('IN finds one of its operands', 'n IN (:a, :b)', { ':a': 1, ':b': 5 }),
  fails('IN finds nothing of another type', 'n IN (:a, :b)', { ':a': '5', ':b': 6 }),
  holds('NOT binds closer than AND, and AND than OR', 'NOT n = :a AND n = :b OR n = :a', { ':a': 1, ':b': 5 }),
  holds('parentheses bind closest', 'NOT (n = :b AND t = :b)', { ':b': 5 }),
  holds(
    'attribute_exists finds paths',
    'attribute_exists(m.k.d) AND attribute_exists(l[2][0]) AND attribute_exists(nothing)',
  ),
  holds(
    'attribute_not_exists finds none',
    'attribute_not_exists(m.k.e) AND attribute_not_exists(l[9]) AND attribute_not_exists(t.k)',
  ),
  holds(
    'attribute_type tells types',
    'attribute_type(t, :s) AND attribute_type(nothing, :null) AND attribute_type(ns, :ns)',
    { ':s': 'S', ':null': 'NULL', ':ns': 'NS' },
  ),
  holds('begins_with takes texts and bytes', 'begins_with(t, :t) AND begins_with(b, :b)', {
    ':t': 'te',
    ':b': Uint8Array.from([1]),
  }),
  holds(
    'contains takes texts, sets and lists',
    'contains(t, :e) AND contains(ss, :x) AND contains(l, :seven) AND contains(ns, :one)',
    { ':e': 'ex', ':x': 'x', ':seven': 7, ':one': 1 },
  ),
  fails('contains does not look deeper into a list', 'contains(l, :d)', { ':d': 'deep' }),
  holds(
    'size counts bytes, members and attributes',
    'size(t) = :four AND size(b) = :three AND size(l) = :three AND size(m) = :one AND size(ss) = :two',
    { ':one': 1, ':two': 2, ':three': 3, ':four': 4 },
  ),
  fails('a number has no size', 'size(n) > :zero', { ':zero': 0 }),
  holds('an attribute is compared with another', 'n > l[9] OR t = t2 OR n < l[1]'),

  refused(
    'a condition that is no sentence is refused',
    'n = :a :a',
    { ':a': 1 },
    'Syntax error; token: ":a", near: ":a :a"',
  ),
  refused('redundant parentheses are refused', '((n = :a))', { ':a': 1 }, 'The expression has redundant parentheses;'),
  refused('an unknown function is refused', 'exists(n)', {}, 'Invalid function name; function: exists'),
  refused(
    'a function of updates is refused',
    'if_not_exists(n, :a) = :a',
    { ':a': 1 },
    'The function is not allowed in a condition expression; function: if_not_exists',
  ),
  refused(
    'a size by itself is refused',
    'size(n)',
    {},
    'The function is not allowed to be used this way in an expression; function: size',
  ),
  refused(
    'a comparison of an attribute with itself is refused',
    'n = n',
    {},
    'The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]',
  ),
  refused(
    'attribute_type of no type is refused',
    'attribute_type(n, :t)',
    { ':t': 'number' },
    'Invalid attribute type name found; type: number, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}',
  ),
  refused(
    'begins_with a number is refused',
    'begins_with(t, :n)',
    { ':n': 1 },
    'Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
  ),
  refused(
    'a BETWEEN upside down is refused',
    'n BETWEEN :b AND :a',
    { ':a': 1, ':b': 2 },
    'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}',
  ),
  refused('an empty condition is refused', '', {}, 'The expression can not be empty;'),

  {
    name: 'a refused condition shows the item when asked',
    page: api('DeleteItem'),
    items: [judged],
    call: remove('a', 1, {
      ...conditional('attribute_exists(nobody)', {}),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
    error: conditionFailed(judged),
  },

  expected('Expected with a value holds where it is equal', { Expected: { n: { Value: valueOf(5) } } }),
  expected('Expected with another value fails', { Expected: { n: { Value: valueOf(6) } } }, conditionFailed()),
  expected('Expected that nothing exists holds', { Expected: { nobody: { Exists: false } } }),
  expected('Expected that nothing exists fails', { Expected: { n: { Exists: false } } }, conditionFailed()),
  expected('Expected compares', {
    Expected: {
      n: { ComparisonOperator: 'GE', AttributeValueList: [valueOf(5)] },
      t: { ComparisonOperator: 'BEGINS_WITH', AttributeValueList: [valueOf('te')] },
      ss: { ComparisonOperator: 'CONTAINS', AttributeValueList: [valueOf('x')] },
      nobody: { ComparisonOperator: 'NULL' },
      yes: { ComparisonOperator: 'NOT_NULL' },
    },
  }),
  expected('Expected with OR holds where one does', {
    ConditionalOperator: 'OR',
    Expected: { n: { Value: valueOf(6) }, t: { Value: valueOf('text') } },
  }),
  expected(
    'Expected with AND fails where one does',
    {
      ConditionalOperator: 'AND',
      Expected: { n: { Value: valueOf(6) }, t: { Value: valueOf('text') } },
    },
    conditionFailed(),
  ),
  expected(
    'ConditionalOperator without conditions is refused',
    { ConditionalOperator: 'AND' },
    invalid('ConditionalOperator cannot be used without Filter or Expected'),
  ),
  expected(
    'ConditionalOperator with one condition is refused',
    { ConditionalOperator: 'AND', Expected: { n: { Value: valueOf(5) } } },
    invalid('ConditionalOperator can only be used when Filter or Expected has two or more elements'),
  ),
  expected(
    'Expected with too many operands is refused',
    { Expected: { n: { ComparisonOperator: 'EQ', AttributeValueList: [valueOf(5), valueOf(6)] } } },
    invalid('One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator'),
  ),
  expected(
    'Expected beside an expression is refused',
    { Expected: { n: { Value: valueOf(5) } }, ConditionExpression: 'attribute_exists(n)' },
    invalid(
      'Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}',
    ),
  ),
  expected(
    'values without an expression are refused',
    { ExpressionAttributeValues: values({ ':a': 1 }) },
    invalid('ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null'),
  ),
];
