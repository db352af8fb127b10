import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateCondition } from '../../src/expression/condition.ts';
import { keyConditionOf, type KeyRange } from '../../src/expression/key-condition.ts';
import { parseCondition } from '../../src/expression/parser.ts';
import { Placeholders } from '../../src/expression/placeholders.ts';
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts';
import { positionOf, type KeySchema } from '../../src/model/key.ts';

const simple: KeySchema = { partition: [{ name: 'pk', type: 'S' }], sort: [] };
const strings: KeySchema = { partition: [{ name: 'pk', type: 'S' }], sort: [{ name: 'sk', type: 'S' }] };
const numbers: KeySchema = { partition: [{ name: 'pk', type: 'S' }], sort: [{ name: 'sk', type: 'N' }] };
const several: KeySchema = {
  partition: [
    { name: 'h', type: 'S' },
    { name: 'i', type: 'N' },
  ],
  sort: [
    { name: 'a', type: 'S' },
    { name: 'b', type: 'N' },
    { name: 'c', type: 'S' },
  ],
};

function keyCondition(text: string, values: Record<string, AttributeValue>, key: KeySchema) {
  return keyConditionOf(parseCondition(text, new Placeholders(undefined, values), 'KeyConditionExpression'), key);
}

function holds({ low, lowInclusive, high, highInclusive }: KeyRange, sort: string): boolean {
  if (sort < low || (sort === low && !lowInclusive)) return false;
  return high === undefined || sort < high || (sort === high && highInclusive);
}

/** Few characters, those that the encoding treats specially among them, so that values often meet. */
const text = fc.string({
  minLength: 1,
  maxLength: 3,
  unit: fc.constantFrom('\x00', '\x01', 'a', 'b', '\x7f', 'é', '😀'),
});
const number = fc.integer({ min: -12, max: 12 }).map((n) => String(n / 4));

describe('keyConditionOf', () => {
  it('selects exactly the places of items that the condition is true of, for one sort attribute', () => {
    const conditions = ['sk = :x', 'sk < :x', 'sk <= :x', 'sk > :x', 'sk >= :x', ':x > sk', 'sk BETWEEN :x AND :y'];
    for (const [schema, part] of [
      [strings, text.map((S): AttributeValue => ({ S }))],
      [numbers, number.map((N): AttributeValue => ({ N }))],
    ] as const) {
      const texts = schema === strings ? [...conditions, 'begins_with(sk, :x)'] : conditions;
      fc.assert(
        fc.property(fc.constantFrom(...texts), part, part, part, (condition, x, y, sk) => {
          const values: Record<string, AttributeValue> = { ':p': { S: 'p' }, ':x': x };
          if (condition.includes(':y')) {
            fc.pre(compareValues(x, y) <= 0);
            values[':y'] = y;
          }
          checkAgainstEvaluation(`pk = :p AND ${condition}`, values, schema, { pk: { S: 'p' }, sk });
        }),
        { numRuns: 400 },
      );
    }
  });

  it('selects exactly the places of items that the condition is true of, for several sort attributes', () => {
    const conditions = [
      '',
      ' AND a = :a',
      ' AND a < :a',
      ' AND a <= :a',
      ' AND a > :a',
      ' AND a >= :a',
      ' AND begins_with(a, :a)',
      ' AND a = :a AND b <= :b',
      ' AND a = :a AND b > :b',
      ' AND a = :a AND b BETWEEN :b AND :b',
      ' AND a = :a AND b = :b',
      ' AND a = :a AND b = :b AND c < :c',
      ' AND a = :a AND b = :b AND c >= :c',
      ' AND a = :a AND b = :b AND begins_with(c, :c)',
      ' AND c = :c AND b = :b AND a = :a',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...conditions),
        fc.record({ a: text, b: number, c: text }),
        fc.record({ a: text, b: number, c: text }),
        fc.record({ a: fc.boolean(), b: fc.boolean() }),
        (condition, wanted, other, same) => {
          const all: Record<string, AttributeValue> = {
            ':h': { S: 'h' },
            ':i': { N: '1' },
            ':a': { S: wanted.a },
            ':b': { N: wanted.b },
            ':c': { S: wanted.c },
          };
          const expression = `h = :h AND i = :i${condition}`;
          const values = Object.fromEntries(Object.entries(all).filter(([name]) => expression.includes(name)));
          checkAgainstEvaluation(expression, values, several, {
            h: { S: 'h' },
            i: { N: '1' },
            a: { S: same.a ? wanted.a : other.a },
            b: { N: same.b ? wanted.b : other.b },
            c: { S: other.c },
          });
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('gives one canonical text for one interval, and other texts for others', () => {
    const values = { ':p': { S: 'p' }, ':x': { S: 'x' } };
    const texts = ['sk >= :x', ':x <= sk', '(sk >= :x)'].map((sk) =>
      keyCondition(`pk = :p AND ${sk}`, values, strings),
    );
    expect(new Set(texts.map(({ canonical }) => canonical)).size).toBe(1);
    const others = ['sk > :x', 'sk <= :x', 'sk = :x', 'begins_with(sk, :x)'];
    const all = [...others, 'sk >= :x'].map((sk) => keyCondition(`${sk} AND pk = :p`, values, strings).canonical);
    expect(new Set(all).size).toBe(5);
    expect(keyCondition('pk = :p', { ':p': { S: 'p' } }, simple).range).toMatchObject({ low: '', high: '' });
  });

  const PREFIX = 'Invalid KeyConditionExpression: ';
  const SCHEMA = 'One or more parameter values were invalid: Condition parameter type does not match schema type';
  const EMPTY =
    'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ';
  const gap = (missing: string, present: string) =>
    `RANGE key attributes ${missing} must have equality conditions specified in the query because a condition is present on key attribute ${present}`;

  it.each<[KeySchema, string, string]>([
    [strings, 'sk = :s', 'Query condition missed key schema element: pk'],
    [strings, 'x = :s', 'Query condition missed key schema element: pk'],
    [strings, 'pk = :s AND x = :t', 'Query condition missed key schema element: sk'],
    [several, 'h = :s', 'Query condition missed key schema element: i'],
    [strings, 'pk > :s', 'Query key condition not supported'],
    [strings, 'begins_with(pk, :s)', 'Query key condition not supported'],
    [numbers, 'pk = :s AND sk = :s', SCHEMA],
    [numbers, 'pk = :s AND begins_with(sk, :s)', SCHEMA],
    [strings, 'pk = :b', SCHEMA],
    [
      numbers,
      'pk = :s AND sk > :n AND x = :n',
      'The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)',
    ],
    [
      numbers,
      'pk = :s AND sk > :n AND sk < :n',
      `${PREFIX}KeyConditionExpressions must only contain one condition per key`,
    ],
    [strings, 'pk = :s OR sk = :s', 'Invalid operator used in KeyConditionExpression: OR'],
    [strings, 'NOT pk = :s', 'Invalid operator used in KeyConditionExpression: NOT'],
    [strings, 'pk = :s AND sk IN (:s)', 'Invalid operator used in KeyConditionExpression: IN'],
    [strings, 'pk = :s AND sk <> :s', 'Invalid operator used in KeyConditionExpression: <>'],
    [strings, 'contains(pk, :s)', 'Invalid operator used in KeyConditionExpression: contains'],
    [strings, 'attribute_exists(pk)', 'Invalid operator used in KeyConditionExpression: attribute_exists'],
    [strings, 'size(pk) = :n', `${PREFIX}KeyConditionExpressions cannot contain nested operations`],
    [strings, 'pk.x = :s', `${PREFIX}KeyConditionExpressions cannot have conditions on nested attributes`],
    [strings, 'pk = sk', 'Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition'],
    [strings, ':s = :t', 'Invalid condition in KeyConditionExpression: No key attribute specified'],
    [
      strings,
      'pk = :s AND :t BETWEEN sk AND :t',
      'Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand',
    ],
    [
      strings,
      'pk = :s AND begins_with(:t, sk)',
      'Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand',
    ],
    [several, 'h = :s AND i = :n AND b = :n', gap('a', 'b')],
    [several, 'h = :s AND i = :n AND a = :s AND c = :s', gap('b', 'c')],
    [several, 'h = :s AND i = :n AND a > :s AND b = :n', gap('a', 'b')],
    [strings, 'pk = :empty', `${EMPTY}pk`],
    [strings, 'pk = :s AND sk = :empty', `${EMPTY}sk`],
    [
      strings,
      'pk = :long',
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    ],
    [
      strings,
      'pk = :s AND sk < :long',
      'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
    ],
  ])('with key %#, refuses %s: %s', (key, condition, message) => {
    const values: Record<string, AttributeValue> = {
      ':s': { S: 's' },
      ':t': { S: 't' },
      ':n': { N: '1' },
      ':b': { BOOL: true },
      ':empty': { S: '' },
      ':long': { S: 'x'.repeat(2049) },
    };
    expect(() => keyCondition(condition, values, key)).toThrow(
      expect.objectContaining({ name: 'ValidationException', message }),
    );
  });
});

function compareValues(x: AttributeValue, y: AttributeValue): number {
  if ('N' in x && 'N' in y) return Number(x.N) - Number(y.N);
  return Buffer.compare(Buffer.from((x as { S: string }).S), Buffer.from((y as { S: string }).S));
}

/** The oracle: the same text, evaluated on the item. */
function checkAgainstEvaluation(
  expression: string,
  values: Record<string, AttributeValue>,
  key: KeySchema,
  item: Item,
) {
  const condition = parseCondition(expression, new Placeholders(undefined, values), 'KeyConditionExpression');
  const { partition, range } = keyConditionOf(condition, key);
  const position = positionOf(key, item);
  expect(position?.partition).toBe(partition);
  expect(holds(range, position?.sort as string)).toBe(evaluateCondition(condition, item));
}
