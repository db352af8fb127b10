/** Query and Scan: keys, order, pages, filters, what is selected, and the legacy parameters. */
import { itemOf, valueOf, type Plain, type SdkItem } from '../support/attribute-values.ts';
import {
  TableName,
  api,
  constraint,
  detected,
  guide,
  invalid,
  key,
  notFound,
  pageOf,
  put,
  query,
  remove,
  scan,
  thing,
  values,
  type Behaviour,
  type ExpectedError,
} from './behaviour.ts';
import { binaries, texts } from './layouts.ts';

const QUERY = api('Query');
const SCAN = api('Scan');
const KEYS = guide('Query.KeyConditionExpressions');
const LEGACY = guide('LegacyConditionalParameters');
const PREFIX = 'Invalid KeyConditionExpression: ';
const FILTER = 'Invalid FilterExpression: ';

type Attributes = { readonly [name: string]: Plain };

const row = (s: number, rest: Attributes = {}) => thing('a', s, { even: s % 2 === 0, n: s * 10, ...rest });
const rows = [-2, -1, 0, 1, 2, 10, 11].map((s) => row(s));
const others = [thing('b', 1), thing('aa', 1)];
const every = [...rows, ...others];
const at = (...places: readonly number[]) => rows.filter((item) => places.includes(Number(item['s']?.N)));
/** `p = a`, and what is asked for besides. */
const ofA = (rest: object = {}, more: Attributes = {}) => ({
  KeyConditionExpression: 'p = :a',
  ExpressionAttributeValues: values({ ':a': 'a', ...more }),
  ...rest,
});
const range = (condition: string, of: Attributes) => ofA({ KeyConditionExpression: `p = :a AND ${condition}` }, of);

const finds = (name: string, asked: object, output: object, page = QUERY): Behaviour => ({
  name,
  page,
  items: every,
  call: query(asked),
  output,
});
const refused = (name: string, asked: object, error: ExpectedError, page = QUERY): Behaviour => ({
  name,
  page,
  items: rows,
  call: query(asked),
  error,
});
const word = (s: string) => itemOf({ p: 'a', s });
const bytes = (...members: number[]) => Uint8Array.from(members);
const ends = (item: SdkItem | undefined) => ({ LastEvaluatedKey: { p: item?.['p'], s: item?.['s'] } });

export const queries: readonly Behaviour[] = [
  finds('a query finds the items of one partition in the order of their numbers', ofA(), pageOf(rows)),
  finds(
    'a query backwards finds them in the reverse order',
    ofA({ ScanIndexForward: false }),
    pageOf(rows.toReversed()),
  ),
  finds(
    'a query of an empty partition finds nothing',
    { ...ofA(), ExpressionAttributeValues: values({ ':a': 'nobody' }) },
    pageOf([]),
  ),
  finds('a query is strongly consistent when asked', ofA({ ConsistentRead: true }), pageOf(rows)),
  finds('= on the sort key', range('s = :s', { ':s': 10 }), pageOf(at(10)), KEYS),
  finds('< on the sort key', range('s < :s', { ':s': 0 }), pageOf(at(-2, -1)), KEYS),
  finds('<= on the sort key', range('s <= :s', { ':s': 0 }), pageOf(at(-2, -1, 0)), KEYS),
  finds('> on the sort key', range('s > :s', { ':s': 2 }), pageOf(at(10, 11)), KEYS),
  finds('>= on the sort key', range('s >= :s', { ':s': 2 }), pageOf(at(2, 10, 11)), KEYS),
  finds(
    'BETWEEN on the sort key includes both ends',
    range('s BETWEEN :s AND :t', { ':s': -1, ':t': 2 }),
    pageOf(at(-1, 0, 1, 2)),
    KEYS,
  ),
  finds(
    'the key condition may begin with the sort key',
    ofA({ KeyConditionExpression: '#s > :s and p = :a', ExpressionAttributeNames: { '#s': 's' } }, { ':s': 9 }),
    pageOf(at(10, 11)),
    KEYS,
  ),
  {
    name: 'texts are ordered by their bytes in UTF-8, and begins_with finds them',
    page: KEYS,
    tables: [texts],
    items: ['b', 'B', 'bé', 'b\u{1f600}', 'b￿', 'c', 'bz'].map(word),
    call: query({
      KeyConditionExpression: 'p = :a AND begins_with(s, :b)',
      ExpressionAttributeValues: values({ ':a': 'a', ':b': 'b' }),
    }),
    output: pageOf(['b', 'bz', 'bé', 'b￿', 'b\u{1f600}'].map(word)),
  },
  {
    name: 'bytes are ordered as unsigned, shorter ones first',
    page: KEYS,
    tables: [binaries],
    items: [bytes(128), bytes(1, 0), bytes(1), bytes(0, 255)].map((s) => itemOf({ p: bytes(7), s })),
    call: query({ KeyConditionExpression: 'p = :p', ExpressionAttributeValues: values({ ':p': bytes(7) }) }),
    output: pageOf([bytes(0, 255), bytes(1), bytes(1, 0), bytes(128)].map((s) => itemOf({ p: bytes(7), s }))),
  },
  finds('a page ends at its limit and tells where', ofA({ Limit: 3 }), pageOf(rows.slice(0, 3), ends(rows[2]))),
  finds(
    'a page goes on after the key it is given',
    ofA({ Limit: 3, ExclusiveStartKey: key('a', 0) }),
    pageOf(at(1, 2, 10), ends(rows[5])),
  ),
  finds('a page goes on after a key that no item has', ofA({ ExclusiveStartKey: key('a', 3) }), pageOf(at(10, 11))),
  finds(
    'a page backwards goes on before the key it is given',
    ofA({ ScanIndexForward: false, ExclusiveStartKey: key('a', 1), Limit: 2 }),
    pageOf([row(0), row(-1)], ends(row(-1))),
  ),
  finds('a page that ends with the last item tells a key all the same', ofA({ Limit: 7 }), pageOf(rows, ends(rows[6]))),
  finds('a page larger than what there is ends it', ofA({ Limit: 8 }), pageOf(rows)),
  finds(
    'a filter judges what was read, and the limit counts what was read',
    ofA({ FilterExpression: 'even = :yes', Limit: 3 }, { ':yes': true }),
    { Items: at(-2, 0), Count: 2, ScannedCount: 3, ...ends(row(0)) },
    guide('Query.FilterExpression'),
  ),
  finds(
    'a filter may leave nothing of a page',
    ofA({ FilterExpression: 'n > :n', Limit: 2 }, { ':n': 1000 }),
    { Items: [], Count: 0, ScannedCount: 2, ...ends(row(-1)) },
    guide('Query.FilterExpression'),
  ),
  finds(
    'a filter uses every operator',
    ofA(
      { FilterExpression: 'n IN (:x, :y) OR NOT (attribute_exists(even)) OR n BETWEEN :y AND :z' },
      { ':x': 0, ':y': 100, ':z': 105 },
    ),
    { Items: at(0, 10), Count: 2, ScannedCount: 7 },
  ),
  finds(
    'a projection shows what it names of each',
    ofA({ ProjectionExpression: 's, #n', ExpressionAttributeNames: { '#n': 'n' }, Limit: 1 }),
    { Items: [itemOf({ s: -2, n: -20 })], Count: 1, ScannedCount: 1, ...ends(row(-2)) },
  ),
  finds('COUNT counts', ofA({ Select: 'COUNT' }), { Count: 7, ScannedCount: 7 }),
  finds(
    'COUNT counts what the filter leaves',
    ofA({ Select: 'COUNT', FilterExpression: 'even = :yes' }, { ':yes': true }),
    { Count: 4, ScannedCount: 7 },
  ),
  finds(
    'ALL_ATTRIBUTES shows all',
    ofA({ Select: 'ALL_ATTRIBUTES', Limit: 1 }),
    pageOf(rows.slice(0, 1), ends(rows[0])),
  ),
  finds(
    'KeyConditions find as the expression does',
    {
      KeyConditions: {
        p: { ComparisonOperator: 'EQ', AttributeValueList: [valueOf('a')] },
        s: { ComparisonOperator: 'BETWEEN', AttributeValueList: [valueOf(0), valueOf(2)] },
      },
    },
    pageOf(at(0, 1, 2)),
    LEGACY,
  ),
  finds(
    'QueryFilter and AttributesToGet work as the expressions do',
    {
      KeyConditions: { p: { ComparisonOperator: 'EQ', AttributeValueList: [valueOf('a')] } },
      QueryFilter: {
        n: { ComparisonOperator: 'LT', AttributeValueList: [valueOf(0)] },
        even: { ComparisonOperator: 'EQ', AttributeValueList: [valueOf(true)] },
      },
      ConditionalOperator: 'AND',
      AttributesToGet: ['s'],
    },
    { Items: [itemOf({ s: -2 })], Count: 1, ScannedCount: 7 },
    LEGACY,
  ),
  {
    name: 'a page ends at one megabyte, before the filter',
    page: guide('Query.Pagination'),
    items: [1, 2, 3, 4].map((s) => thing('a', s, { filler: 'x'.repeat(300_000) })),
    call: query(ofA({ ProjectionExpression: 's', FilterExpression: 's2 = :a' })),
    output: { Items: [], Count: 0, ScannedCount: 4, ...ends(thing('a', 4)) },
  },
  {
    name: 'a query sees the write before it',
    page: QUERY,
    items: rows,
    before: [query(ofA()), put(thing('a', 5)), remove('a', 11)],
    call: query(ofA()),
    output: pageOf([...at(-2, -1, 0, 1, 2), thing('a', 5), row(10)]),
  },

  refused(
    'a query without a key condition is refused',
    {},
    invalid('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.'),
  ),
  refused(
    'a key condition without the partition key is refused',
    ofA({ KeyConditionExpression: 's = :a' }),
    invalid('Query condition missed key schema element: p'),
  ),
  refused(
    'a key condition with another attribute is refused',
    range('n = :n', { ':n': 1 }),
    invalid('Query condition missed key schema element: s'),
  ),
  refused(
    'a partition key that is not compared by = is refused',
    ofA({ KeyConditionExpression: 'p > :a' }),
    invalid('Query key condition not supported'),
  ),
  refused(
    'OR in a key condition is refused',
    range('s = :n OR s = :m', { ':n': 1, ':m': 2 }),
    invalid('Invalid operator used in KeyConditionExpression: OR'),
  ),
  refused(
    '<> in a key condition is refused',
    range('s <> :n', { ':n': 1 }),
    invalid('Invalid operator used in KeyConditionExpression: <>'),
  ),
  refused(
    'a key condition with a value of another type is refused',
    range('s = :n', { ':n': 'one' }),
    invalid('One or more parameter values were invalid: Condition parameter type does not match schema type'),
  ),
  refused(
    'begins_with a number in a key condition is refused',
    range('begins_with(s, :n)', { ':n': 1 }),
    invalid(
      `${PREFIX}Incorrect operand type for operator or function; operator or function: begins_with, operand type: N`,
    ),
  ),
  refused(
    'two conditions on one key are refused',
    range('s > :n AND s < :m', { ':n': 1, ':m': 2 }),
    invalid(`${PREFIX}KeyConditionExpressions must only contain one condition per key`),
  ),
  refused(
    'a filter by a key is refused',
    ofA({ FilterExpression: 's > :n' }, { ':n': 1 }),
    invalid('Filter Expression can only contain non-primary key attributes: Primary key attribute: s'),
  ),
  refused(
    'a filter that is no sentence is refused',
    ofA({ FilterExpression: 'n >' }),
    invalid(`${FILTER}Syntax error; token: "<EOF>", near: ">"`),
  ),
  refused(
    'an empty partition key in a key condition is refused',
    { KeyConditionExpression: 'p = :a', ExpressionAttributeValues: values({ ':a': '' }) },
    invalid(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p',
    ),
  ),
  refused(
    'a start key without its sort key is refused',
    ofA({ ExclusiveStartKey: itemOf({ p: 'a' }) }),
    invalid('The provided starting key is invalid'),
  ),
  refused(
    'a start key of another partition is refused',
    ofA({ ExclusiveStartKey: key('b', 1) }),
    invalid(/The provided starting key is (invalid|outside query boundaries based on provided conditions)/),
  ),
  refused(
    'a start key outside the range is refused',
    { ...range('s > :n', { ':n': 1 }), ExclusiveStartKey: key('a', 0) },
    invalid('The provided starting key does not match the range key predicate'),
  ),
  refused(
    'a limit of nothing is refused',
    ofA({ Limit: 0 }),
    detected(constraint("'0'", 'limit', 'Member must have value greater than or equal to 1')),
  ),
  refused(
    'an index that is not there is refused',
    ofA({ IndexName: 'nowhere' }),
    invalid('The table does not have the specified index: nowhere'),
  ),
  refused(
    'ALL_PROJECTED_ATTRIBUTES without an index is refused',
    ofA({ Select: 'ALL_PROJECTED_ATTRIBUTES' }),
    invalid('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName'),
  ),
  refused(
    'SPECIFIC_ATTRIBUTES without a projection is refused',
    ofA({ Select: 'SPECIFIC_ATTRIBUTES' }),
    invalid('Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES'),
  ),
  refused(
    'COUNT with a projection is refused',
    ofA({ Select: 'COUNT', ProjectionExpression: 's' }),
    invalid(/Cannot specify the ProjectionExpression when choosing to get (only the Count|COUNT)/),
  ),
  refused(
    'both forms of key conditions are refused',
    ofA({ KeyConditions: { p: { ComparisonOperator: 'EQ', AttributeValueList: [valueOf('a')] } } }),
    invalid(
      'Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {KeyConditions} Expression parameters: {KeyConditionExpression}',
    ),
  ),
  refused(
    'KeyConditions with NE are refused',
    { KeyConditions: { p: { ComparisonOperator: 'NE', AttributeValueList: [valueOf('a')] } } },
    invalid('Attempted conditional constraint is not an indexable operation'),
  ),
  refused('a query of no table tells that there is none', { ...ofA(), TableName: 'Nowhere' }, notFound),

  { name: 'a scan finds all', page: SCAN, items: every, call: scan(), output: pageOf(every), anyOrder: true },
  { name: 'a scan of an empty table finds nothing', page: SCAN, call: scan(), output: pageOf([]) },
  {
    name: 'a scan judges by its filter, keys included',
    page: SCAN,
    items: every,
    call: scan({ FilterExpression: 'p = :a AND s >= :s', ExpressionAttributeValues: values({ ':a': 'a', ':s': 10 }) }),
    output: { Items: at(10, 11), Count: 2, ScannedCount: 9 },
    anyOrder: true,
  },
  {
    name: 'ScanFilter judges as the expression does',
    page: LEGACY,
    items: every,
    call: scan({
      ScanFilter: {
        s: { ComparisonOperator: 'GE', AttributeValueList: [valueOf(10)] },
        even: { ComparisonOperator: 'NULL' },
      },
      ConditionalOperator: 'OR',
    }),
    output: { Items: [...at(10, 11), ...others], Count: 4, ScannedCount: 9 },
    anyOrder: true,
  },
  {
    name: 'a scan counts',
    page: SCAN,
    items: every,
    call: scan({ Select: 'COUNT' }),
    output: { Count: 9, ScannedCount: 9 },
  },
  {
    name: 'a scan in segments finds the same in all',
    page: guide('Scan'),
    items: [thing('a', 1)],
    call: scan({ TotalSegments: 1, Segment: 0 }),
    output: pageOf([thing('a', 1)]),
  },
  {
    name: 'a scan goes on where its page ended',
    page: SCAN,
    items: [thing('a', 1), thing('a', 2), thing('a', 3)],
    before: [scan({ Limit: 2 })],
    call: ['Scan', ([page]) => ({ TableName, ExclusiveStartKey: page?.['LastEvaluatedKey'] })],
    output: pageOf([thing('a', 3)]),
  },
  {
    name: 'a segment without their number is refused',
    page: SCAN,
    call: scan({ Segment: 0 }),
    error: invalid(
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    ),
  },
  {
    name: 'a number of segments without a segment is refused',
    page: SCAN,
    call: scan({ TotalSegments: 2 }),
    error: invalid(
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    ),
  },
  {
    name: 'a segment beyond their number is refused',
    page: SCAN,
    call: scan({ Segment: 2, TotalSegments: 2 }),
    error: invalid(
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2',
    ),
  },
  {
    name: 'a scan of no table tells that there is none',
    page: SCAN,
    call: scan({ TableName: 'Nowhere' }),
    error: notFound,
  },
];
