import { describe, expect, it } from 'vitest';
import { parseUpdate } from '../../src/expression/parser.ts';
import { Placeholders } from '../../src/expression/placeholders.ts';
import { checkKeyPaths, checkUpdatedIndexKeys, checkUpdateLeavesKey } from '../../src/expression/update-keys.ts';
import { applyUpdate, updatedAttributes } from '../../src/expression/update.ts';
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts';
import { tableSchemaOf } from '../../src/model/table-schema.ts';

const values: Record<string, AttributeValue> = {
  ':n': { N: '1' },
  ':s': { S: 'x' },
  ':l': { L: [{ S: 'a' }] },
  ':ss': { SS: ['a', 'b'] },
  ':ns': { NS: ['1', '2'] },
  ':big': { N: '9e125' },
  ':m': { M: { q: { S: 'q' } } },
};

const old: Item = {
  n: { N: '5' },
  s: { S: 'text' },
  lst: { L: [{ N: '1' }, { N: '2' }, { N: '3' }] },
  m: { M: { x: { S: 'q' }, kids: { L: [{ M: { y: { N: '7' } } }] } } },
  ss: { SS: ['a', 'c'] },
};

function update(text: string) {
  return parseUpdate(text, new Placeholders(undefined, values));
}

const list = (...elements: AttributeValue[]): Item => ({ lst: { L: elements } });
const [one, two, three]: AttributeValue[] = [{ N: '1' }, { N: '2' }, { N: '3' }];

describe('applyUpdate', () => {
  it.each<[string, Item]>([
    ['SET n = n + :n', { n: { N: '6' } }],
    ['SET n = :n - n', { n: { N: '-4' } }],
    ['SET s = n, n = :s', { s: { N: '5' }, n: { S: 'x' } }],
    ['SET q = if_not_exists(q, :n) + :n', { q: { N: '2' } }],
    ['SET n = if_not_exists(n, q)', {}],
    ['SET lst = list_append(lst, :l)', list(one!, two!, three!, { S: 'a' })],
    ['SET lst = list_append(:l, lst)', list({ S: 'a' }, one!, two!, three!)],
    ['SET lst = list_append(if_not_exists(q, :l), lst)', list({ S: 'a' }, one!, two!, three!)],
    ['SET lst[1] = :s', list(one!, { S: 'x' }, three!)],
    ['SET lst[9] = :s, lst[5] = :n', list(one!, two!, three!, { N: '1' }, { S: 'x' })],
    ['SET lst[2147483647] = :s', list(one!, two!, three!, { S: 'x' })],
    ['SET lst[5] = :s REMOVE lst[0], lst[2]', list(two!, { S: 'x' })],
    ['SET lst[1] = lst[0] REMOVE lst[0]', list(one!, three!)],
    ['REMOVE lst[7], nothing, s', { s: undefined as never }],
    [
      'SET m.z = m.x, m.kids[0].y = m.kids[0].y + :n',
      {
        m: { M: { x: { S: 'q' }, z: { S: 'q' }, kids: { L: [{ M: { y: { N: '8' } } }] } } },
      },
    ],
    ['REMOVE m.x, m.kids[0]', { m: { M: { kids: { L: [] } } } }],
    [
      'ADD n :n, ss :ss, q :n, r :ss',
      {
        n: { N: '6' },
        ss: { SS: ['a', 'c', 'b'] },
        q: { N: '1' },
        r: { SS: ['a', 'b'] },
      },
    ],
    ['ADD m.kids[0].y :n', { m: { M: { x: { S: 'q' }, kids: { L: [{ M: { y: { N: '8' } } }] } } } }],
    ['DELETE ss :ss', { ss: { SS: ['c'] } }],
    ['DELETE nothing :ss', {}],
  ])('%s', (text, changes) => {
    const before = structuredClone(old);
    const after = Object.fromEntries(Object.entries({ ...old, ...changes }).filter(([, value]) => value !== undefined));
    expect({ ...applyUpdate(update(text), before) }).toEqual(after);
    expect(before).toEqual(old);
  });

  it('removes a set of which nothing is left', () => {
    expect({ ...applyUpdate(update('DELETE ss :ss'), { ss: { SS: ['b', 'a'] } }) }).toEqual({});
  });

  it('sets attributes with the names of prototype members', () => {
    const set = parseUpdate('SET #p = :n', new Placeholders({ '#p': '__proto__' }, { ':n': { N: '1' } }));
    expect(Object.entries(applyUpdate(set, {}))).toEqual([['__proto__', { N: '1' }]]);
  });

  const MISSING = 'The provided expression refers to an attribute that does not exist in the item';
  const TYPE = 'An operand in the update expression has an incorrect data type';
  const PATH = 'The document path provided in the update expression is invalid for update';

  it.each([
    ['SET q = nothing', MISSING],
    ['SET q = nothing + :n', MISSING],
    ['SET q = if_not_exists(nothing, nothing2)', MISSING],
    ['SET q = list_append(nothing, :l)', MISSING],
    ['SET q = m.nothing', MISSING],
    ['SET q = lst[3]', MISSING],
    ['SET q = s + :n', TYPE],
    ['SET q = list_append(s, :l)', TYPE],
    ['ADD s :n', TYPE],
    ['ADD ss :n', TYPE],
    ['ADD ss :ns', TYPE],
    ['DELETE n :ss', TYPE],
    ['SET nothing.x = :n', PATH],
    ['SET s.x = :n', PATH],
    ['SET m[0] = :n', PATH],
    ['SET lst.x = :n', PATH],
    ['SET lst[3].x = :n', PATH],
    ['REMOVE nothing.x', PATH],
    ['ADD nothing.x :n', PATH],
    ['SET q = :big + :big', 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
  ])('refuses %s: %s', (text, message) => {
    expect(() => applyUpdate(update(text), old)).toThrow(
      expect.objectContaining({ name: 'ValidationException', message }),
    );
  });

  it('refuses to nest deeper than 32 levels', () => {
    let item: AttributeValue = { M: {} };
    for (let level = 1; level < 31; level++) item = { M: { a: item } };
    const path = (levels: number) => Array(levels).fill('a').join('.');
    const set = (text: string) =>
      applyUpdate(parseUpdate(text, new Placeholders(undefined, { ':m': values[':m'] })), { a: item });
    expect(() => set(`SET ${path(31)} = :m`)).not.toThrow();
    expect(() => set(`SET ${path(32)} = :m`)).toThrow('Nesting Levels have exceeded supported limits');
  });
});

describe('updatedAttributes', () => {
  it.each<[string, Item, Item]>([
    ['SET n = :n, q = :s', { n: { N: '5' } }, { n: { N: '1' }, q: { S: 'x' } }],
    ['SET m.x = :n, m.z = :s', { m: { M: { x: { S: 'q' } } } }, { m: { M: { x: { N: '1' }, z: { S: 'x' } } } }],
    ['SET lst[1] = :s', list(two!), list({ S: 'x' })],
    ['REMOVE s, m.kids[0].y', { s: { S: 'text' }, m: { M: { kids: { L: [{ M: { y: { N: '7' } } }] } } } }, {}],
  ])('of %s', (text, before, after) => {
    const parsed = update(text);
    expect({ ...updatedAttributes(parsed, old) }).toEqual(before);
    expect({ ...updatedAttributes(parsed, applyUpdate(parsed, old)) }).toEqual(after);
  });
});

describe('updates of keys', () => {
  const schema = tableSchemaOf({
    TableName: 't',
    TableId: 'id',
    TableStatus: 'ACTIVE',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'ik', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'gsi',
        IndexStatus: 'ACTIVE',
        KeySchema: [{ AttributeName: 'ik', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
  const scalars = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ";

  it.each([
    [
      'SET pk = :s',
      'One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key',
    ],
    [
      'REMOVE pk',
      'One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key',
    ],
    ['SET ik.x = :s', `${scalars}IndexKey: ik`],
  ])('%s is refused before the item is read', (text, message) => {
    expect(() => checkUpdateLeavesKey(update(text), schema)).toThrow(message);
  });

  it('keep the type of an index key', () => {
    const check = (text: string, item: Item) => () => checkUpdatedIndexKeys(update(text), schema, item);
    expect(check('SET ik = :n', { ik: { N: '1' } })).toThrow(
      'The update expression attempted to update the secondary index key to unsupported type',
    );
    expect(check('SET ik = :s', { ik: { S: '' } })).toThrow('IndexName: gsi, IndexKey: ik');
    expect(check('SET ik = :s', { ik: { S: 'x' } })).not.toThrow();
    expect(check('REMOVE ik', {})).not.toThrow();
    expect(check('SET q = :s', { ik: { N: '1' } })).not.toThrow();
  });

  it('paths do not go into keys', () => {
    expect(() => checkKeyPaths([['a'], ['pk', 'x']], schema.key, 'Key')).toThrow(`${scalars}Key: pk`);
    expect(() => checkKeyPaths([['a', 'x'], ['pk']], schema.key, 'Key')).not.toThrow();
  });
});
