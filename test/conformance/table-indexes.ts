/** Queries and scans of indexes: what they list, in which order, with which attributes. */
import { itemOf, type Plain, type SdkItem } from '../support/attribute-values.ts';
import {
  api,
  guide,
  invalid,
  key,
  pageOf,
  put,
  query,
  remove,
  scan,
  thing,
  update,
  values,
  type Behaviour,
} from './behaviour.ts';
import { indexed } from './layouts.ts';

const GLOBAL = guide('GSI');
const LOCAL = guide('LSI');

type Attributes = { readonly [name: string]: Plain };

const one = thing('a', 1, { l: 'x', g: 'red', h: 3, a: 'A', b: 'B', c: 'C' });
const two = thing('a', 2, { l: 'w', g: 'red', h: 1, c: 'C' });
const three = thing('b', 3, { l: 'v', g: 'red', h: 2, a: 'A' });
const plain = thing('a', 4, { c: 'C' });
const blue = thing('a', 5, { g: 'blue' });
const items = [one, two, three, plain, blue];
const only = (item: SdkItem, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
const red = (IndexName: string, rest: object = {}, more: Attributes = {}) =>
  query({
    IndexName,
    KeyConditionExpression: 'g = :g',
    ExpressionAttributeValues: values({ ':g': 'red', ...more }),
    ...rest,
  });
const ofA = (IndexName: string, rest: object = {}, more: Attributes = {}) =>
  query({
    IndexName,
    KeyConditionExpression: 'p = :a',
    ExpressionAttributeValues: values({ ':a': 'a', ...more }),
    ...rest,
  });

const lists = (name: string, page: string, call: Behaviour['call'], output: object, anyOrder = false): Behaviour => ({
  name,
  page,
  tables: [indexed],
  items,
  call,
  output,
  anyOrder,
});
const refuses = (name: string, page: string, call: Behaviour['call'], message: string): Behaviour => ({
  name,
  page,
  tables: [indexed],
  items,
  call,
  error: invalid(message),
});

export const indexes: readonly Behaviour[] = [
  lists('a global index lists its items by its own sort key', GLOBAL, red('all'), pageOf([two, three, one])),
  lists('a global index is read backwards', GLOBAL, red('all', { ScanIndexForward: false }), pageOf([one, three, two])),
  lists(
    'a global index takes a condition on its sort key',
    GLOBAL,
    red('all', { KeyConditionExpression: 'g = :g AND h >= :h' }, { ':h': 2 }),
    pageOf([three, one]),
  ),
  lists(
    'an index leaves out items without its key',
    GLOBAL,
    scan({ IndexName: 'all' }),
    pageOf([two, three, one]),
    true,
  ),
  lists(
    'an index of keys shows the keys',
    GLOBAL,
    red('keys'),
    pageOf([one, two, three].map((item) => only(item, 'p', 's', 'g'))),
    true,
  ),
  lists(
    'an index shows the attributes that it includes',
    GLOBAL,
    red('some'),
    pageOf([one, two, three].map((item) => only(item, 'p', 's', 'g', 'a', 'b'))),
  ),
  lists(
    'a projection of an index shows what it names',
    GLOBAL,
    red('some', { ProjectionExpression: 'a, s' }),
    pageOf([one, two, three].map((item) => only(item, 'a', 's'))),
  ),
  lists('a filter of an index judges its items', GLOBAL, red('all', { FilterExpression: 'c = :c' }, { ':c': 'C' }), {
    Items: [two, one],
    Count: 2,
    ScannedCount: 3,
  }),
  lists('COUNT counts in an index', GLOBAL, red('all', { Select: 'COUNT' }), { Count: 3, ScannedCount: 3 }),
  lists(
    'a page of a global index ends with a key of table and index',
    GLOBAL,
    red('all', { Limit: 1 }),
    pageOf([two], { LastEvaluatedKey: only(two, 'p', 's', 'g', 'h') }),
  ),
  lists(
    'a page of a global index goes on after such a key',
    GLOBAL,
    red('all', { ExclusiveStartKey: only(two, 'p', 's', 'g', 'h') }),
    pageOf([three, one]),
  ),
  lists('a local index lists its items by its own sort key', LOCAL, ofA('local'), pageOf([two, one])),
  lists(
    'a local index is strongly consistent when asked',
    LOCAL,
    ofA('local', { ConsistentRead: true }),
    pageOf([two, one]),
  ),
  lists(
    'a local index fetches what it does not hold',
    LOCAL,
    ofA('local-keys', { Select: 'ALL_ATTRIBUTES' }),
    pageOf([two, one]),
  ),
  lists(
    'a local index of keys shows the keys',
    LOCAL,
    ofA('local-keys'),
    pageOf([two, one].map((item) => only(item, 'p', 's', 'h'))),
  ),
  lists(
    'a local index fetches what the projection asks for',
    LOCAL,
    ofA('local-keys', { ProjectionExpression: 's, c' }),
    pageOf([two, one].map((item) => only(item, 's', 'c'))),
  ),
  lists(
    'a page of a local index ends with a key of table and index',
    LOCAL,
    ofA('local', { Limit: 1 }),
    pageOf([two], { LastEvaluatedKey: only(two, 'p', 's', 'l') }),
  ),
  refuses(
    'a strong read of a global index is refused',
    api('Query'),
    red('all', { ConsistentRead: true }),
    'Consistent reads are not supported on global secondary indexes',
  ),
  refuses(
    'ALL_ATTRIBUTES of an index that has not all is refused',
    GLOBAL,
    red('keys', { Select: 'ALL_ATTRIBUTES' }),
    'One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index keys because its projection type is not ALL',
  ),
  refuses(
    'a projection beyond a global index is refused',
    GLOBAL,
    red('keys', { ProjectionExpression: 'p, c' }),
    'One or more parameter values were invalid: Global secondary index keys does not project [c]',
  ),
  refuses(
    'a start key without the index’s key is refused',
    GLOBAL,
    red('all', { ExclusiveStartKey: key('a', 2) }),
    'The provided starting key is invalid',
  ),
  refuses(
    'a filter by an index’s key is refused',
    GLOBAL,
    red('all', { FilterExpression: 'h = :h' }, { ':h': 1 }),
    'Filter Expression can only contain non-primary key attributes: Primary key attribute: h',
  ),
  refuses(
    'a key condition by the table’s key is refused in a global index',
    GLOBAL,
    ofA('all'),
    'Query condition missed key schema element: g',
  ),
  {
    name: 'an update moves an item in the index',
    page: GLOBAL,
    tables: [indexed],
    items,
    before: [red('all'), update('SET h = :h', { ExpressionAttributeValues: values({ ':h': 0 }) })],
    call: red('all'),
    output: pageOf([{ ...one, ...itemOf({ h: 0 }) }, two, three]),
  },
  {
    name: 'an item leaves the index with its attribute',
    page: GLOBAL,
    tables: [indexed],
    items,
    before: [red('all'), update('REMOVE h')],
    call: red('all'),
    output: pageOf([two, three]),
  },
  {
    name: 'an item leaves the index when it is deleted',
    page: GLOBAL,
    tables: [indexed],
    items,
    before: [red('all'), remove('a', 2)],
    call: red('all'),
    output: pageOf([three, one]),
  },
  {
    name: 'an item enters the index with its attributes',
    page: GLOBAL,
    tables: [indexed],
    items,
    before: [red('all'), put(thing('a', 4, { g: 'red', h: 9 }))],
    call: red('all'),
    output: pageOf([two, three, one, thing('a', 4, { g: 'red', h: 9 })]),
  },
];
