/** PartiQL. */
import { itemOf, type SdkItem } from '../support/attribute-values.ts';
import { TableName, api, get, guide, invalid, key, notFound, thing, type Behaviour, type Call } from './behaviour.ts';
import { indexed } from './layouts.ts';

const SELECT = guide('ql-reference.select');
const INSERT = guide('ql-reference.insert');
const UPDATE = guide('ql-reference.update');
const DELETE = guide('ql-reference.delete');
const TYPES = guide('ql-reference.data-types');

const run = (Statement: string, ...Parameters: readonly unknown[]): Call => [
  'ExecuteStatement',
  Parameters.length === 0 ? { Statement } : { Statement, Parameters },
];
const statements = (...texts: readonly string[]) => texts.map((Statement) => ({ Statement }));
const batch = (...texts: readonly string[]): Call => ['BatchExecuteStatement', { Statements: statements(...texts) }];
const transact = (...texts: readonly string[]): Call => [
  'ExecuteTransaction',
  { TransactStatements: statements(...texts) },
];
const found = (...Items: readonly SdkItem[]) => ({ Items });

const AT_A1 = `WHERE p = 'a' AND s = 1`;
const three = [thing('a', 1, { n: 5 }), thing('a', 2, { n: 6 }), thing('b', 1, { colour: 'red' })];

export const partiql: readonly Behaviour[] = [
  {
    name: 'a SELECT with a partition reads it in the order of the sort key',
    page: SELECT,
    items: three,
    call: run(`SELECT * FROM "Things" WHERE p = 'a'`),
    output: found(thing('a', 1, { n: 5 }), thing('a', 2, { n: 6 })),
  },
  {
    name: 'a SELECT goes down the sort key when it is asked to',
    page: SELECT,
    items: three,
    call: run(`SELECT s FROM Things WHERE p = 'a' ORDER BY s DESC`),
    output: found(itemOf({ s: 2 }), itemOf({ s: 1 })),
  },
  {
    name: 'a SELECT without a partition reads everything',
    page: SELECT,
    items: three,
    call: run(`SELECT p FROM Things WHERE colour IS NOT MISSING`),
    output: found(itemOf({ p: 'b' })),
  },
  {
    name: 'a SELECT takes parameters',
    page: SELECT,
    items: three,
    call: run('SELECT * FROM Things WHERE p = ? AND s = ?', { S: 'b' }, { N: '1' }),
    output: found(thing('b', 1, { colour: 'red' })),
  },
  {
    name: 'a SELECT of several partitions reads them all',
    page: SELECT,
    items: three,
    call: run(`SELECT p, s FROM Things WHERE p IN ['a', 'b'] AND s = 1`),
    output: found(thing('a', 1), thing('b', 1)),
    anyOrder: true,
  },
  {
    name: 'a SELECT of a path names its column by the last part',
    page: SELECT,
    items: [thing('a', 1, { m: { list: ['i', 'j'] } })],
    call: run(`SELECT m.list[1] FROM Things ${AT_A1}`),
    output: found(itemOf({ 'list[1]': 'j' })),
  },
  {
    name: 'a SELECT reads an index by its name',
    page: SELECT,
    tables: [indexed],
    items: [thing('a', 1, { l: 'x' }), thing('a', 2, { l: 'y' })],
    call: run(`SELECT s FROM "Things"."local" WHERE p = 'a' AND l > 'x'`),
    output: found(itemOf({ s: 2 })),
  },
  {
    name: 'a SELECT from a table that does not exist is refused',
    page: api('ExecuteStatement'),
    call: run('SELECT * FROM Nothing'),
    error: notFound,
  },
  {
    name: 'a statement that is none is refused',
    page: api('ExecuteStatement'),
    call: run('SLECT * FROM Things'),
    error: invalid("Statement wasn't well formed, can't be processed: Expected data manipulation"),
  },
  {
    name: 'parameters without question marks are refused',
    page: api('ExecuteStatement'),
    call: run('SELECT * FROM Things', { S: 'a' }),
    error: invalid("Number of parameters in request and statement don't match."),
  },
  {
    name: 'an INSERT stores maps, lists and sets',
    page: TYPES,
    call: run(`INSERT INTO Things VALUE {'p': 'a', 's': 1, 'm': {'k': [1, 'x']}, 'ns': <<1, 4.5>>, 'ss': <<'v'>>}`),
    output: found(),
    after: [
      [
        get('a'),
        {
          Item: {
            ...key('a'),
            m: { M: { k: { L: [{ N: '1' }, { S: 'x' }] } } },
            ns: { NS: ['1', '4.5'] },
            ss: { SS: ['v'] },
          },
        },
      ],
    ],
  },
  {
    name: 'an INSERT replaces nothing',
    page: INSERT,
    items: three,
    call: run(`INSERT INTO Things VALUE {'p': 'a', 's': 1}`),
    error: { name: 'DuplicateItemException', message: 'Duplicate primary key exists in table' },
    after: [[get('a'), { Item: thing('a', 1, { n: 5 }) }]],
  },
  {
    name: 'an UPDATE sets, counts and removes',
    page: UPDATE,
    items: [thing('a', 1, { n: 5, gone: 'x' })],
    call: run(`UPDATE Things SET n = n + 1 SET fresh = 'y' REMOVE gone ${AT_A1}`),
    output: found(),
    after: [[get('a'), { Item: thing('a', 1, { n: 6, fresh: 'y' }) }]],
  },
  {
    name: 'an UPDATE adds to sets and lists',
    page: UPDATE,
    items: [{ ...thing('a', 1, { l: ['x'] }), ss: { SS: ['t'] } }],
    call: run(
      `UPDATE Things SET l = list_append(l, ['y']) SET ss = set_add(ss, <<'u'>>) ${AT_A1} RETURNING MODIFIED NEW *`,
    ),
    output: found({ l: { L: [{ S: 'x' }, { S: 'y' }] }, ss: { SS: ['t', 'u'] } }),
  },
  {
    name: 'an UPDATE of an item that is not there fails its condition',
    page: UPDATE,
    call: run(`UPDATE Things SET n = 1 ${AT_A1}`),
    error: { name: 'ConditionalCheckFailedException', message: 'The conditional request failed' },
  },
  {
    name: 'an UPDATE without the whole key is refused',
    page: UPDATE,
    items: three,
    call: run(`UPDATE Things SET n = 1 WHERE p = 'a'`),
    error: invalid('Where clause does not contain a mandatory equality on all key attributes'),
  },
  {
    name: 'a DELETE returns what it deleted',
    page: DELETE,
    items: three,
    call: run(`DELETE FROM Things ${AT_A1} AND n = 5 RETURNING ALL OLD *`),
    output: found(thing('a', 1, { n: 5 })),
    after: [[get('a'), {}]],
  },
  {
    name: 'a DELETE whose condition does not hold is refused',
    page: DELETE,
    items: three,
    call: run(`DELETE FROM Things ${AT_A1} AND n = 6`),
    error: { name: 'ConditionalCheckFailedException', message: 'The conditional request failed' },
    after: [[get('a'), { Item: thing('a', 1, { n: 5 }) }]],
  },
  {
    name: 'a batch of statements tells the outcome of each',
    page: api('BatchExecuteStatement'),
    items: three,
    call: batch(
      `SELECT * FROM Things ${AT_A1}`,
      `SELECT * FROM Things WHERE p = 'a' AND s = 9`,
      `SELECT * FROM Things WHERE p = 'a'`,
    ),
    output: {
      Responses: [
        { TableName, Item: thing('a', 1, { n: 5 }) },
        { TableName },
        {
          TableName,
          Error: {
            Code: 'ValidationError',
            Message: 'Select statements within BatchExecuteStatement must specify the primary key in the where clause.',
          },
        },
      ],
    },
  },
  {
    name: 'a batch of statements writes what it can',
    page: api('BatchExecuteStatement'),
    items: three,
    call: batch(`INSERT INTO Things VALUE {'p': 'a', 's': 1}`, `INSERT INTO Things VALUE {'p': 'c', 's': 1}`),
    output: {
      Responses: [
        { TableName, Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' } },
        { TableName },
      ],
    },
    after: [[get('c'), { Item: key('c') }]],
  },
  {
    name: 'a transaction of statements writes all or nothing',
    page: guide('ql-reference.multiplestatements.transactions'),
    items: three,
    call: transact(`INSERT INTO Things VALUE {'p': 'c', 's': 1}`, `INSERT INTO Things VALUE {'p': 'a', 's': 1}`),
    error: {
      name: 'TransactionCanceledException',
      message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [None, DuplicateItem]',
      members: {
        CancellationReasons: [
          { Code: 'None' },
          { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' },
        ],
      },
    },
    after: [[get('c'), {}]],
  },
  {
    name: 'EXISTS lets a transaction of statements go on',
    page: guide('ql-functions.exists'),
    items: three,
    call: transact(
      `EXISTS(SELECT * FROM Things ${AT_A1} AND colour IS MISSING)`,
      `UPDATE Things SET n = 7 WHERE p = 'a' AND s = 2`,
    ),
    output: { Responses: [] },
    after: [[get('a', 2), { Item: thing('a', 2, { n: 7 }) }]],
  },
  {
    name: 'a transaction of statements reads all items',
    page: guide('ql-reference.multiplestatements.transactions'),
    items: three,
    call: transact(`SELECT n FROM Things ${AT_A1}`, `SELECT * FROM Things WHERE p = 'z' AND s = 1`),
    output: { Responses: [{ Item: itemOf({ n: 5 }) }, {}] },
  },
];
