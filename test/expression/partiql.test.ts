import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseStatement } from '../../src/expression/partiql-parser.ts';
import { writtenKeyOf } from '../../src/expression/statement-key.ts';
import type { AttributeValue } from '../../src/model/attribute-value.ts';
import type { KeySchema } from '../../src/model/key.ts';
import { ServiceError } from '../../src/model/service-error.ts';

const refusal = (message: string) => expect.objectContaining({ name: 'ValidationException', message });
const malformed = (detail: string) => refusal(`Statement wasn't well formed, can't be processed: ${detail}`);
const OVERFLOW = 'Number overflow. Attempting to store a number with magnitude larger than supported range';

describe('a statement that is not well formed', () => {
  it.each([
    [`SLECT * FROM tab`, 'Expected data manipulation'],
    [`SELECT * FROM tab WHERE pk = 1 foo`, 'Unexpected token after expression'],
    [`SELECT * FROM tab WHERE pk = 1 e5`, 'Unexpected token after expression'],
    [`SELECT * FROM tab WHERE pk = 1)`, 'Unexpected token after expression'],
    [`SELECT * FROM tab ORDER BY pk WHERE pk = 1`, 'Unexpected token after expression'],
    [`INSERT INTO tab VALUE {'pk': 1} foo`, 'Unexpected token after expression'],
    [`INSERT INTO tab t VALUE {'pk': 'x'}`, 'Unexpected token after expression'],
    [`UPDATE tab SET a = 9 WHERE pk = 1 foo`, 'Unexpected token after expression'],
    [`DELETE FROM tab WHERE pk = 1 ORDER BY pk`, 'Unexpected token after expression'],
    [`FROM tab SET c = 1 WHERE pk = 'x'`, 'Unexpected token after expression'],
    [`SELECT * FROM tab WHERE pk = 1e2147483648`, ''],
    [`SELECT * FROM tab WHERE pk = 1.5e-2147483647`, ''],
    [`SELECT * FROM tab WHERE pk = 1 # note`, ''],
    [`SELECT * FROM tab WHERE pk = 1 /* note`, ''],
    [`SELECT * FROM tab WHERE pk = 'open`, ''],
    [`SELECT * FROM tab WHERE`, 'Unexpected term'],
    [`SELECT * FROM tab WHERE;`, 'Unexpected term'],
    [`UPDATE tab SET a = 1 WHERE`, 'Unexpected term'],
    [`DELETE FROM tab WHERE`, 'Unexpected term'],
    [`SELECT * FROM tab WHERE NOT`, 'Unexpected term'],
    [`SELECT * FROM tab WHERE (`, 'Unexpected term'],
    [`SELECT * FROM`, 'Unexpected term'],
    [`SELECT * FROM tab WHERE pk = 'p' AND`, 'Missing right-hand side expression of infix operator'],
    [`SELECT * FROM tab WHERE pk = 'p' OR`, 'Missing right-hand side expression of infix operator'],
    [`SELECT * FROM tab WHERE ORDER BY pk`, 'Unexpected keyword'],
    [`SELECT * FROM tab WHERE IS NULL`, 'Unexpected operator'],
    [`SELECT * FROM tab WHERE pk = LIKE`, 'Unexpected operator'],
    [`SELECT * FROM tab WHERE x IS FOO`, 'Expected type name'],
    [`DELETE FROM`, 'Expected identifier for simple path'],
    [`DELETE FROM;`, 'Expected identifier for simple path'],
    [`DELETE FROM WHERE pk = 'a'`, 'Expected identifier for simple path'],
  ])('%s', (statement, detail) => {
    expect(() => parseStatement(statement)).toThrow(malformed(detail));
  });
});

describe('a statement that means nothing', () => {
  it.each([
    [`SELECT * FROM tab t WHERE pk = 'x'`, 'Aliasing is not supported'],
    [`SELECT * FROM tab AS t WHERE pk = 'x'`, 'Aliasing is not supported'],
    [`UPDATE tab t SET a = 3 WHERE pk = 'x'`, 'Aliasing is not supported'],
    [`DELETE FROM tab t WHERE pk = 'x'`, 'Aliasing is not supported'],
    [`SELECT *, a FROM tab`, "Other attributes should not be present in the projection when '*' is used."],
    [`SELECT a, m.a FROM tab`, 'Duplicate identifiers in select clause: a'],
    [`SELECT a FROM tab, other`, 'Only select from a single table or index is supported.'],
    [`SELECT a[*].b FROM tab`, 'Wildcard path component like a[*].b are not supported'],
    [`SELECT a FROM tab WHERE a IN []`, /^IN operator must have a left hand argument of type Variable Reference/],
    [`SELECT a FROM tab WHERE a = MISSING`, 'MISSING must be compared using IS operator'],
    [`SELECT a FROM "x"`, /^Table name should be within the length \[3, 255\]/],
    [`SELECT l[-1] FROM tab`, 'List index is not within the allowable range; index: [-1] at 1:11:1'],
    [`SELECT l[2147483648] FROM tab`, 'List index is not within the allowable range; index: [2147483648] at 1:10:10'],
    [`DELETE FROM "tab"."idx" WHERE pk = 1`, 'This operation is not supported on an index'],
    [
      `DELETE FROM tab WHERE pk = 1 RETURNING MODIFIED OLD *`,
      'Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements.',
    ],
    [`INSERT INTO tab VALUE {'pk': 1} RETURNING ALL OLD *`, 'RETURNING is not supported in INSERT'],
    [`INSERT INTO tab VALUE {'pk': 1, 'm': {'x': 1e126}}`, `${OVERFLOW} under root.x`],
    [`INSERT INTO tab VALUE {'pk': 1, 'l': [1, 1e126]}`, `${OVERFLOW} under root[1]`],
    [`SELECT * FROM tab WHERE pk = 1e126`, `${OVERFLOW} under root`],
    [`INSERT INTO tab VALUE {'pk': 1, 'pk': 2}`, 'Duplicate keys in tuple. Key: pk under root'],
    [`INSERT INTO tab VALUE {'s': <<>>}`, 'Empty bags are not supported'],
    [
      `INSERT INTO tab VALUE {'s': <<1, 'a'>>}`,
      'Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags',
    ],
    [
      `INSERT INTO tab VALUE {'s': [<<'b', 'b'>>]}`,
      'One or more parameter values were invalid: Input collection [b, b] contains duplicates.',
    ],
    [
      `UPDATE tab SET n = <<2, 2.0>> WHERE pk = 1`,
      'One or more parameter values were invalid: Input collection [2, 2.0] contains duplicates! under root',
    ],
    [
      `UPDATE tab\nSET Members = set_add(Members, 'x')`,
      'The second argument to SET_ADD must be a value with type SET at 2:23:7',
    ],
    [
      `UPDATE tab SET a = set_delete(b, <<'x'>>)`,
      'The first argument to SET_DELETE must equal the assignment value at 1:20:10',
    ],
    [
      `UPDATE tab SET n = 'a' + 1 WHERE pk = 1`,
      'Incorrect operand type for operator or function; operator or function: +, operand type: S',
    ],
    [
      `SELECT a FROM tab WHERE attribute_type(l, 1)`,
      'Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N',
    ],
    [
      `UPDATE tab SET a.b = 1, a = 2 WHERE pk = 1`,
      'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]',
    ],
    [
      `UPDATE tab SET d = ${"{'a':".repeat(32)}1${'}'.repeat(32)} WHERE pk = 1`,
      `Nesting Levels have exceeded supported limits under root${'.a'.repeat(32)}`,
    ],
  ])('%s', (statement, message) => {
    const matching = typeof message === 'string' ? message : (expect.stringMatching(message) as string);
    expect(() => parseStatement(statement)).toThrow(refusal(matching));
  });

  test('what is not well formed is said before what means nothing', () => {
    expect(() => parseStatement(`SELECT l[-1] FROM tab WHERE`)).toThrow(malformed('Unexpected term'));
  });
});

describe('parameters', () => {
  const mismatch = refusal("Number of parameters in request and statement don't match.");

  test.each([
    [`SELECT * FROM tab WHERE a = ?`, []],
    [`SELECT * FROM tab WHERE a = 1`, [{ S: 'x' }]],
    [`SELECT * FROM tab WHERE a = '?'`, [{ S: 'x' }]],
    [`SELECT * FROM tab WHERE size(?) > ?`, [{ N: '1' }]],
  ] as [string, AttributeValue[]][])('%s with %j', (statement, parameters) => {
    expect(() => parseStatement(statement, parameters)).toThrow(mismatch);
  });

  test('stand for whole attributes, never inside a literal', () => {
    const insert = parseStatement(`INSERT INTO tab VALUE {'pk': ?, 'n': 1}`, [{ S: 'a' }]);
    expect(insert).toEqual({ kind: 'insert', table: 'tab', item: { pk: { S: 'a' }, n: { N: '1' } } });
    expect(() => parseStatement(`UPDATE tab SET x = [?] WHERE pk = 1`, [{ S: 'v' }])).toThrow(
      refusal('Unsupported data type: Parameter under key root[0] at 1:21:1'),
    );
    expect(() => parseStatement(`INSERT INTO tab VALUE {'m': {'k': ?}}`, [{ S: 'v' }])).toThrow(
      refusal('Unsupported data type: Parameter under key root.k at 1:35:1'),
    );
  });
});

test('however deep a statement of 8,192 characters goes, it is read or refused', () => {
  const openings = ['(', '[', '<<', '{', 'NOT ', '- ', 'size(', "{'a':", 'a[0].', 'NOT ('];
  for (const opening of openings) {
    for (const before of [
      'SELECT * FROM tab WHERE ',
      'SELECT * FROM tab WHERE a = ',
      'UPDATE tab SET a = ',
      'INSERT INTO tab VALUE ',
    ]) {
      const statement = before + opening.repeat(Math.floor((8192 - before.length) / opening.length));
      expect(() => parseStatement(statement)).toThrow(ServiceError);
    }
  }
  const compared = `SELECT * FROM tab WHERE ${Array.from({ length: 400 }, () => 'contains(a, 1)').join(' = ')}`;
  expect(() => parseStatement(compared)).toThrow(
    refusal('The expression contains too many operators; operator count: 301'),
  );
});

test('any text is read or refused', () => {
  const word = fc.constantFrom(
    ...'SELECT * FROM tab WHERE a = 1 AND ( ) [ ] { } << >> , . : ; ? NOT IN IS MISSING BETWEEN UPDATE SET REMOVE INSERT INTO'.split(
      ' ',
    ),
    ...`VALUE DELETE RETURNING ALL OLD ORDER BY EXISTS( size( + - 'x' "y" -- /* */ # 1e5`.split(' '),
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 24 }),
      fc.constantFrom('SELECT * FROM tab WHERE', 'UPDATE tab SET a =', ''),
      (words, start) => {
        try {
          parseStatement([start, ...words].join(' '));
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

describe('the key of the item that a statement writes', () => {
  const schema: KeySchema = { partition: [{ name: 'p', type: 'S' }], sort: [{ name: 's', type: 'N' }] };
  const keyOf = (statement: string) => writtenKeyOf(parseStatement(statement), schema);

  test.each([
    [`INSERT INTO tab VALUE {'s': 1.0, 'x': 2, 'p': 'a'}`],
    [`UPDATE tab SET x = 1 WHERE s = 1 AND (p = 'a' AND x > 1)`],
    [`DELETE FROM tab WHERE 'a' = p AND s = 01`],
    [`EXISTS(SELECT * FROM tab WHERE p = 'a' AND s = 1 AND x IS MISSING)`],
  ])('%s', (statement) => {
    expect(keyOf(statement)).toEqual({ p: { S: 'a' }, s: { N: '1' } });
  });

  test.each([
    [`INSERT INTO tab VALUE {'p': 'a'}`],
    [`UPDATE tab SET x = 1 WHERE p = 'a'`],
    [`UPDATE tab SET x = 1 WHERE p = 'a' AND s = 1 AND s = 2`],
    [`DELETE FROM tab WHERE p = 'a' OR s = 1`],
    [`DELETE FROM tab WHERE p = 1 AND s = 1`],
    [`SELECT * FROM tab WHERE p = 'a' AND s = 1`],
  ])('is none of %s', (statement) => {
    expect(keyOf(statement)).toBeUndefined();
  });
});
