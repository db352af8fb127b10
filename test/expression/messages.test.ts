/** DynamoDB's exact messages, one table a parameter. */
import { describe, expect, it } from 'vitest';
import { parseCondition, parseProjection, parseUpdate } from '../../src/expression/parser.ts';
import { Placeholders } from '../../src/expression/placeholders.ts';

const names = { '#n': 'name with spaces', '#k': 'k' };
const values = {
  ':n': { N: '1' },
  ':n2': { N: '2' },
  ':s': { S: 'x' },
  ':b': { BOOL: true },
  ':l': { L: [{ S: 'a' }] },
  ':ss': { SS: ['a'] },
  ':null': { NULL: true },
};
const placeholders = () => new Placeholders(names, values);
const refusal = (message: string) => expect.objectContaining({ name: 'ValidationException', message });
const PARENTHESES = 'The expression has redundant parentheses;';
const incorrect = (operator: string, type: string) =>
  `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`;
const count = (name: string, operands: number) =>
  `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands}`;
const misuse = (name: string) => `The function is not allowed to be used this way in an expression; function: ${name}`;
const distinct = (operator: string, path: string) =>
  'The first operand must be distinct from the remaining operands for this operator or function; ' +
  `operator: ${operator}, first operand: ${path}`;
const paths = (relation: string, one: string, two: string) =>
  `Two document paths ${relation} with each other; must remove or rewrite one of these paths; path one: ${one}, path two: ${two}`;
const undefinedName = (name: string) =>
  `An expression attribute name used in the document path is not defined; attribute name: ${name}`;
const undefinedValue = (name: string) =>
  `An expression attribute value used in expression is not defined; attribute value: ${name}`;

describe('a condition is refused', () => {
  it.each([
    ['', 'The expression can not be empty;'],
    ['  \n', 'The expression can not be empty;'],
    ['k', 'Syntax error; token: "<EOF>", near: "k"'],
    ['k =', 'Syntax error; token: "<EOF>", near: "="'],
    ['= :n', 'Syntax error; token: "=", near: "= :n"'],
    ['k = :n :s', 'Syntax error; token: ":s", near: ":n :s"'],
    ['k = :n AND __x = :n', 'Syntax error; token: "_", near: "AND __"'],
    // USER is reserved, but syntax comes first.
    ['user-id = :n', 'Syntax error; token: "-", near: "user-id"'],
    ['k = 5', 'Syntax error; token: "5", near: "= 5"'],
    ['k[x] = :n', 'Syntax error; token: "x", near: "[x]"'],
    ['k[-1] = :n', 'Syntax error; token: "-", near: "[-1"'],
    ['#n[0.k = :n', 'Syntax error; token: ".", near: "0.k"'],
    ['k IN :n', 'Syntax error; token: ":n", near: "IN :n"'],
    ['k IN ()', 'Syntax error; token: ")", near: "()"'],
    ['k BETWEEN :n OR :n2', 'Syntax error; token: "OR", near: ":n OR :n2"'],
    ['(k = :n) = :n', 'Syntax error; token: "=", near: ") = :n"'],
    ['k = (k = :n)', 'Syntax error; token: "<EOF>", near: ")"'],
    ['contains(k, x = :n)', 'Syntax error; token: "=", near: "x = :n"'],
    ['((k = :n))', PARENTHESES],
    ['NOT ((k = :n))', PARENTHESES],
    ['((k)) = :n', PARENTHESES],
    ['('.repeat(4000), PARENTHESES],
    ['frob(k)', 'Invalid function name; function: frob'],
    ['SIZE(k) = :n', 'Invalid function name; function: SIZE'],
    ['if_not_exists(k, :n) = :n', 'The function is not allowed in a condition expression; function: if_not_exists'],
    ['size(k)', misuse('size')],
    ['k = :n AND (size(k))', misuse('size')],
    ['attribute_exists(k) = :n', misuse('attribute_exists')],
    ['contains(k, begins_with(k, :s))', misuse('begins_with')],
    ['status = :n', 'Attribute name is a reserved keyword; reserved keyword: status'],
    ['#k.Comment = :n', 'Attribute name is a reserved keyword; reserved keyword: Comment'],
    ['#zz = :n', undefinedName('#zz')],
    ['k = :zz', undefinedValue(':zz')],
    ['k = :zz AND begins_with(k, :n)', undefinedValue(':zz')],
    ['begins_with(k, :n) AND k = :zz', incorrect('begins_with', 'N')],
    ['begins_with(k, :b)', incorrect('begins_with', 'BOOL')],
    ['begins_with(k, size(x))', incorrect('begins_with', 'N')],
    ['size(:n) = :n', incorrect('size', 'N')],
    ['k < :b', incorrect('<', 'BOOL')],
    [':b >= k', incorrect('>=', 'BOOL')],
    ['k > :ss', incorrect('>', 'SS')],
    ['k BETWEEN :b AND :b', incorrect('BETWEEN', 'BOOL')],
    ['attribute_type(k, :n)', incorrect('attribute_type', 'N')],
    ['attribute_type(k, x)', incorrect('attribute_type', '{NS,SS,L,BS,N,M,B,BOOL,NULL,S}')],
    [
      'attribute_type(k, :s)',
      'Invalid attribute type name found; type: x, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}',
    ],
    ['attribute_exists(:n)', 'Operator or function requires a document path; operator or function: attribute_exists'],
    ['attribute_exists(k, x)', count('attribute_exists', 2)],
    ['begins_with(k)', count('begins_with', 1)],
    ['k = #k', distinct('=', '[k]')],
    ['contains(#n, #n)', distinct('contains', '[name with spaces]')],
    ['k[1].x <> k[1].x', distinct('<>', '[k, [1], x]')],
    ['k IN (:n, k)', distinct('IN', '[k]')],
    [
      'k BETWEEN :n2 AND :n',
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ' +
        'lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}',
    ],
    [
      'k BETWEEN :n AND :s',
      'The BETWEEN operator requires same data type for lower and upper bounds; ' +
        'lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:x}',
    ],
    [`k IN (${':n, '.repeat(100)}:n)`, 'The IN operator is provided with too many operands; number of operands: 101'],
    [`k = :n${' OR k = :n'.repeat(150)}`, 'The expression contains too many operators; operator count: 301'],
    [`${'k.'.repeat(32)}k = :n`, 'The document path has too many nesting levels; nesting levels: 33'],
    ['k[2147483648] = :n', 'List index is not within the allowable range; index: [2147483648]'],
    [`${'k'.repeat(4092)} = :n`, 'Expression size has exceeded the maximum allowed size; expression size: 4097'],
  ])('%s', (text, message) => {
    for (const parameter of ['ConditionExpression', 'FilterExpression', 'KeyConditionExpression'] as const) {
      const where = parameter.replace('Expression', '').replace('KeyC', 'key c').toLowerCase();
      const expected = `Invalid ${parameter}: ${message.replace('a condition expression', `a ${where} expression`)}`;
      expect(() => parseCondition(text, placeholders(), parameter)).toThrow(refusal(expected));
    }
  });

  it.each([
    '(k = :n)',
    '(k) = (:n)',
    '(k = :n) AND (x = :s)',
    '(k = :n AND (x = :s))',
    'NOT (NOT k = :n)',
    ':n = :n2',
    'size(k[0].x) BETWEEN :n AND :n2',
    'contains(k, size(x))',
    'k\tin\n(:n)',
    'k between :n and :n2 or not #n<>:s',
    `${'k'.repeat(4091)} = :n`,
    `k = :n${' OR k = :n'.repeat(149)}`,
    `k IN (${':n, '.repeat(99)}:n)`,
  ])('but not %s', (text) => {
    expect(() => parseCondition(text, placeholders(), 'ConditionExpression')).not.toThrow();
  });
});

describe('an update is refused', () => {
  it.each([
    ['INVALID SYNTAX HERE', 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'],
    ['SET', 'Syntax error; token: "<EOF>", near: "SET"'],
    ['SET k :n', 'Syntax error; token: ":n", near: "k :n"'],
    ['SET k = :n +', 'Syntax error; token: "<EOF>", near: "+"'],
    ['SET k = k * :n', 'Syntax error; token: "*", near: "k * :n"'],
    ['SET k = k + :n + :n', 'Syntax error; token: "+", near: ":n + :n"'],
    ['SET k = (k + :n) - :n', 'Syntax error; token: "-", near: ") - :n"'],
    ['SET k = :n,', 'Syntax error; token: "<EOF>", near: ","'],
    ['SET k = :n, REMOVE x', 'Syntax error; token: "x", near: "REMOVE x"'],
    ['ADD numx', 'Syntax error; token: "<EOF>", near: "numx"'],
    ['ADD numx 1', 'Syntax error; token: "1", near: "numx 1"'],
    ['DELETE setx a', 'Syntax error; token: "a", near: "setx a"'],
    ['SET status = :n', 'Attribute name is a reserved keyword; reserved keyword: status'],
    ['SET k = frob(x)', 'Invalid function name; function: frob'],
    ['SET k = size(x)', 'The function is not allowed in an update expression; function: size'],
    ['SET k = contains(x, :s)', 'The function is not allowed in an update expression; function: contains'],
    ['SET k = list_append(list_append(k, :l), :l)', misuse('list_append')],
    ['SET k = :n SET x = :n', 'The "SET" section can only be used once in an update expression;'],
    ['REMOVE k SET x = :n remove y', 'The "REMOVE" section can only be used once in an update expression;'],
    ['SET #zz = :n', undefinedName('#zz')],
    ['SET k = :zz', undefinedValue(':zz')],
    ['SET k = :n, k = :n2', paths('overlap', '[k]', '[k]')],
    ['SET k = :n REMOVE #k', paths('overlap', '[k]', '[k]')],
    ['SET k = :n, k.x = :n2', paths('overlap', '[k]', '[k, x]')],
    ['SET k[0] = :n, k[0].x = :n2', paths('overlap', '[k, [0]]', '[k, [0], x]')],
    ['SET k.x = :n, k[0] = :n2', paths('conflict', '[k, x]', '[k, [0]]')],
    [
      'ADD k :l',
      'Incorrect operand type for operator or function; operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND',
    ],
    [
      'DELETE k :n',
      'Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND',
    ],
    ['SET k = x + :s', incorrect('+', 'S')],
    ['SET k = :b - x', incorrect('-', 'BOOL')],
    ['SET k = list_append(k, :s)', incorrect('list_append', 'S')],
    ['SET k = list_append(k)', count('list_append', 1)],
    [
      'SET k = if_not_exists(:n, k)',
      'Operator or function requires a document path; operator or function: if_not_exists',
    ],
    [`SET k = ${'('.repeat(4000)}`, PARENTHESES],
  ])('%s', (text, message) => {
    expect(() => parseUpdate(text, placeholders())).toThrow(refusal(`Invalid UpdateExpression: ${message}`));
  });
});

describe('a projection is refused', () => {
  it.each([
    ['', 'The expression can not be empty;'],
    ['k,', 'Syntax error; token: "<EOF>", near: ","'],
    ['k x', 'Syntax error; token: "x", near: "k x"'],
    ['#n[].k', 'Syntax error; token: "]", near: "[]."'],
    ['list[0].k', 'Attribute name is a reserved keyword; reserved keyword: list'],
    ['#zz', undefinedName('#zz')],
    ['k, #k', paths('overlap', '[k]', '[k]')],
    ['k.x, k', paths('overlap', '[k, x]', '[k]')],
    ['k[1], k.x', paths('conflict', '[k, [1]]', '[k, x]')],
  ])('%s', (text, message) => {
    expect(() => parseProjection(text, placeholders())).toThrow(refusal(`Invalid ProjectionExpression: ${message}`));
  });
});

describe('placeholders are refused', () => {
  it.each([
    [{}, undefined, 'ExpressionAttributeNames must not be empty'],
    [undefined, {}, 'ExpressionAttributeValues must not be empty'],
    [{ s: 'a' }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "s"'],
    [{ '#a-b': 'a' }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"'],
    [{ '#a': '' }, undefined, 'ExpressionAttributeNames contains invalid value: Empty attribute name for key #a'],
    [undefined, { v: { S: 'a' } }, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"'],
    [
      undefined,
      { ':v': { N: 'x' } },
      'ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v',
    ],
  ])('names %j, values %j', (badNames, badValues, message) => {
    expect(() => new Placeholders(badNames, badValues)).toThrow(refusal(message));
  });

  it('when no expression uses them', () => {
    const unused = new Placeholders({ '#a': 'a', '#b': 'b' }, { ':v': { N: '1' }, ':w': { N: '2' } });
    parseCondition('#a = :v', unused, 'ConditionExpression');
    expect(() => unused.assertAllUsed()).toThrow(
      refusal('Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}'),
    );
    parseProjection('#b', unused);
    expect(() => unused.assertAllUsed()).toThrow(
      refusal('Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}'),
    );
    parseUpdate('SET x = :w', unused);
    expect(() => unused.assertAllUsed()).not.toThrow();
  });

  it('of the wrong JSON shape', () => {
    expect(() => new Placeholders([], undefined)).toThrow(
      'Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>',
    );
    expect(() => new Placeholders({ '#a': 1 }, undefined)).toThrow(
      expect.objectContaining({ name: 'SerializationException' }),
    );
    expect(() => new Placeholders(undefined, { ':v': { S: 1 } })).toThrow(
      expect.objectContaining({ name: 'SerializationException' }),
    );
  });
});
