import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalCondition, canonicalProjection, canonicalValue } from '../../src/expression/canonical.ts';
import { evaluateCondition } from '../../src/expression/condition.ts';
import { parseCondition, parseProjection } from '../../src/expression/parser.ts';
import { Placeholders } from '../../src/expression/placeholders.ts';
import { projectItem } from '../../src/expression/projection.ts';
import { pathsOf, type Condition } from '../../src/expression/syntax.ts';
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts';

const item: Item = {
  n: { N: '5' },
  s: { S: 'héllo' },
  b: { B: 'AQID' },
  ss: { SS: ['a', 'b'] },
  ns: { NS: ['1', '2.5'] },
  bs: { BS: ['AQ==', 'Ag=='] },
  t: { BOOL: true },
  nil: { NULL: true },
  lst: { L: [{ S: 'x' }, { N: '1' }, { M: { q: { N: '9' } } }] },
  m: { M: { q: { S: 'deep' }, k: { L: [] } } },
};

const values: Record<string, AttributeValue> = {
  ':5': { N: '5.0' },
  ':4': { N: '4' },
  ':6': { N: '6' },
  ':0': { N: '0' },
  ':s': { S: 'héllo' },
  ':he': { S: 'hé' },
  ':five': { S: '5' },
  ':b': { B: 'AQID' },
  ':b1': { B: 'AQ==' },
  ':b23': { B: 'AgM=' },
  ':ss': { SS: ['b', 'a'] },
  ':a': { S: 'a' },
  ':x': { S: 'x' },
  ':one': { N: '1.0' },
  ':t': { BOOL: true },
  ':nil': { NULL: true },
  ':M': { S: 'M' },
  ':lst': { L: [{ S: 'x' }, { N: '1.0' }, { M: { q: { N: '9' } } }] },
  ':m': { M: { q: { N: '9' } } },
};

function parse(text: string): Condition {
  return parseCondition(text, new Placeholders(undefined, values), 'ConditionExpression');
}

describe('evaluateCondition', () => {
  it.each([
    'n = :5',
    ':5 = n',
    'n <> :4',
    'n <> :five',
    'n < :6 AND n <= :5 AND n > :4 AND n >= :5',
    'n BETWEEN :4 AND :6',
    'n BETWEEN :5 AND :5',
    'n IN (:4, :5)',
    's = :s',
    's > :five',
    'b = :b AND b > :b1',
    'ss = :ss',
    't = :t AND nil = :nil',
    'lst = :lst',
    'lst[2] = :m',
    'lst[1] = :one',
    'm.q <> :x',
    'absent <> :x',
    'absent <> other2',
    'lst[7] <> :x',
    'NOT absent = :x',
    'attribute_exists(m.k) AND attribute_not_exists(m.z) AND attribute_not_exists(lst[3])',
    'attribute_exists(nil)',
    'attribute_not_exists(constructor1)',
    'attribute_type(m, :M)',
    'begins_with(s, :he) AND begins_with(b, :b1)',
    'contains(s, :he)',
    'contains(ss, :a) AND contains(ns, :one) AND contains(bs, :b1) AND contains(b, :b23)',
    'contains(lst, :x) AND contains(lst, :one) AND contains(lst, :m)',
    'size(s) = :6 AND size(lst) > size(ss) AND size(m.k) = :0',
    'n = :4 OR n = :5 AND n > :4',
    'NOT (n = :4 OR n = :6)',
  ])('is true: %s', (text) => {
    expect(evaluateCondition(parse(text), item)).toBe(true);
    expect(evaluateCondition(parse(`NOT (${text})`), item)).toBe(false);
  });

  it.each([
    'n = :4',
    'n = :five',
    'n < :five',
    'n >= :five',
    'absent = :x',
    'absent = other2',
    'absent < :x',
    'absent >= :x',
    'absent BETWEEN :4 AND :6',
    's BETWEEN :4 AND :6',
    'absent IN (:x)',
    'n IN (:five, absent)',
    't < n',
    'attribute_exists(m.q.z)',
    'attribute_exists(m[0])',
    'attribute_exists(lst.q)',
    'attribute_type(s, :M)',
    'attribute_type(absent, :M)',
    'begins_with(n, :five)',
    'begins_with(absent, :x)',
    'begins_with(s, :b1)',
    'contains(s, :5)',
    'contains(ns, :five)',
    'contains(ss, :he)',
    'contains(n, :5)',
    'contains(absent, :x)',
    'size(n) > :0',
    'size(absent) >= :0',
    '(n = :4 OR n = :5) AND n > :6',
  ])('is false: %s', (text) => {
    expect(evaluateCondition(parse(text), item)).toBe(false);
    expect(evaluateCondition(parse(`NOT (${text})`), item)).toBe(true);
  });

  it('sees no attributes where there is no item', () => {
    expect(evaluateCondition(parse('attribute_not_exists(n) AND n <> :5'), undefined)).toBe(true);
    expect(evaluateCondition(parse('attribute_exists(n) OR n = :5 OR size(n) = :5'), undefined)).toBe(false);
  });

  it('orders strings by their UTF-8 bytes, where UTF-16 has another order', () => {
    const condition = parseCondition('a < :v', new Placeholders(undefined, { ':v': { S: '😀' } }), 'FilterExpression');
    expect(evaluateCondition(condition, { a: { S: '\uff5e' } })).toBe(true);
  });

  it('does not take inherited members for attributes', () => {
    const condition = parseCondition(
      'attribute_exists(#p)',
      new Placeholders({ '#p': 'toString' }, undefined),
      'FilterExpression',
    );
    expect(evaluateCondition(condition, { a: { S: 'x' } })).toBe(false);
  });

  it('combines as boolean algebra does, whatever the nesting', () => {
    const { tree } = fc.letrec<{ tree: { text: string; value: boolean } }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom({ text: 'n = :5', value: true }, { text: 'n = :4', value: false }),
        fc.tuple(fc.constantFrom('AND', 'OR'), tie('tree'), tie('tree')).map(([operator, a, b]) => ({
          text: `${group(a.text)} ${operator} ${group(b.text)}`,
          value: operator === 'AND' ? a.value && b.value : a.value || b.value,
        })),
        tie('tree').map((a) => ({ text: `NOT ${group(a.text)}`, value: !a.value })),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        expect(evaluateCondition(parse(text), item)).toBe(value);
      }),
    );
  });
});

function group(text: string): string {
  return `(${text})`;
}

describe('canonical texts', () => {
  const canonical = (text: string, names?: Record<string, string>, own = values) =>
    canonicalCondition(parseCondition(text, new Placeholders(names, own), 'FilterExpression'));

  it('do not depend on the spelling of placeholders, numbers, sets, or on grouping and order', () => {
    const a = canonical(
      '(#a = :v AND n IN (:x, :s)) AND contains(s, :a)',
      { '#a': 'ss' },
      {
        ...values,
        ':v': { SS: ['a', 'b'] },
      },
    );
    expect(canonical('contains(s, :a) AND n IN (:s, :x) AND ss = :ss')).toBe(a);
    expect(canonical('n = :5')).toBe(canonical('n = :v', undefined, { ':v': { N: '5' } }));
  });

  it('tell apart what may answer differently', () => {
    const texts = [
      'n = :5',
      'n = :five',
      'n <> :5',
      'n < :5',
      ':5 < n',
      'NOT n = :5',
      'size(n) = :5',
      'n = :5 AND s = :s',
      'n = :5 OR s = :s',
      'n = :5 OR (s = :s AND t = :t)',
      '(n = :5 OR s = :s) AND t = :t',
      'm.q = :5',
      'attribute_exists(m.q)',
      'attribute_not_exists(m.q)',
      'n IN (:5)',
      'n BETWEEN :5 AND :6',
    ];
    expect(new Set(texts.map((text) => canonical(text))).size).toBe(texts.length);
    const dotted = canonical('#a = :5', { '#a': 'm.q' });
    expect(dotted).not.toBe(canonical('m.q = :5'));
    expect(canonical('#a = :5', { '#a': 'lst[0]' })).not.toBe(canonical('lst[0] = :5'));
  });

  it('of values tell lists from sets and respect order only where it counts', () => {
    expect(canonicalValue({ M: { a: { N: '1' }, b: { S: 'x' } } })).toBe(
      canonicalValue({ M: { b: { S: 'x' }, a: { N: '1' } } }),
    );
    expect(canonicalValue({ SS: ['a', 'b'] })).toBe(canonicalValue({ SS: ['b', 'a'] }));
    expect(canonicalValue({ L: [{ S: 'a' }, { S: 'b' }] })).not.toBe(canonicalValue({ L: [{ S: 'b' }, { S: 'a' }] }));
    expect(canonicalValue({ S: '1' })).not.toBe(canonicalValue({ N: '1' }));
  });

  it('of projections do not depend on the order of paths', () => {
    const project = (text: string, names?: Record<string, string>) =>
      canonicalProjection(parseProjection(text, new Placeholders(names, undefined)));
    expect(project('a, m.q')).toBe(project('m.#q, a', { '#q': 'q' }));
    expect(project('a, m.q')).not.toBe(project('a, #x', { '#x': 'm.q' }));
  });
});

describe('projectItem', () => {
  it.each<[string, Item]>([
    ['n, absent', { n: { N: '5' } }],
    ['absent', {}],
    ['m', { m: item['m'] as AttributeValue }],
    ['m.q', { m: { M: { q: { S: 'deep' } } } }],
    ['m.z, n.q, lst.q', {}],
    ['m.k', { m: { M: { k: { L: [] } } } }],
    ['lst[2], lst[0]', { lst: { L: [{ S: 'x' }, { M: { q: { N: '9' } } }] } }],
    ['lst[2].q, lst[9]', { lst: { L: [{ M: { q: { N: '9' } } }] } }],
  ])('by %s', (text, projected) => {
    const paths = parseProjection(text, new Placeholders(undefined, undefined));
    expect({ ...projectItem(paths, item) }).toEqual(projected);
    expect({ ...projectItem(paths, item) }).toEqual(projected);
  });
});

it('pathsOf names every path that a condition reads', () => {
  const text =
    'NOT a1 = b1 OR size(c1.x) BETWEEN d1 AND e1 AND f1 IN (g1, :5) AND attribute_exists(h1[0]) ' +
    'AND attribute_type(i1, :M) AND contains(j1, k1)';
  expect(pathsOf(parse(text))).toEqual([
    ['a1'],
    ['b1'],
    ['c1', 'x'],
    ['d1'],
    ['e1'],
    ['f1'],
    ['g1'],
    ['h1', 0],
    ['i1'],
    ['j1'],
    ['k1'],
  ]);
});
