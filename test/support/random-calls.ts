/** Random tables, and random calls of them. */
import fc from 'fast-check';
import type { JsonObject } from '../../src/model/service-call.ts';
import { expressions, withExpressions } from './random-expressions.ts';
import { binaryValue, numberValue, textValue, value, type Value } from './random-values.ts';

export interface RandomCall {
  readonly operation: string;
  readonly input: JsonObject;
}

export interface RandomTable {
  readonly definition: JsonObject;
  readonly types: Readonly<Record<string, KeyType>>;
  readonly hasSort: boolean;
  readonly indexes: readonly string[];
}

type KeyType = 'S' | 'N' | 'B';
type Item = Readonly<Record<string, Value>>;

export const TABLE = 'Random';
const keyType = fc.constantFrom<KeyType[]>('S', 'N', 'B');
const ofType: Readonly<Record<KeyType, fc.Arbitrary<Value>>> = {
  S: textValue,
  N: numberValue,
  B: binaryValue,
};

/** Few, so that they come up again and again. */
const partitions: Readonly<Record<KeyType, fc.Arbitrary<Value>>> = {
  S: fc.constantFrom({ S: 'a' }, { S: 'b' }),
  N: fc.constantFrom({ N: '1' }, { N: '10' }, { N: '1e1' }),
  B: fc.constantFrom({ B: 'AQ==' }, { B: 'AQI=' }),
};

const keySchema = (...names: readonly (string | false)[]) =>
  names
    .filter((name) => name !== false)
    .map((name, place) => ({ AttributeName: name, KeyType: place === 0 ? 'HASH' : 'RANGE' }));

export const randomTable: fc.Arbitrary<RandomTable> = fc
  .record({
    types: fc.record({ p: keyType, s: keyType, l: keyType, g: keyType, h: keyType }),
    hasSort: fc.boolean(),
    local: fc.boolean(),
    global: fc.constantFrom<(false | 'g' | 'gh')[]>(false, 'g', 'gh'),
    projection: fc.constantFrom<JsonObject[]>(
      { ProjectionType: 'ALL' },
      { ProjectionType: 'KEYS_ONLY' },
      { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a', 'b'] },
    ),
  })
  .map(({ types, hasSort, local, global, projection }) => {
    const hasLocal = local && hasSort;
    const names = ['p', hasSort && 's', hasLocal && 'l', global && 'g', global === 'gh' && 'h'].filter(
      (name) => name !== false,
    );
    return {
      types,
      hasSort,
      indexes: [...(hasLocal ? ['local'] : []), ...(global ? ['global'] : [])],
      definition: {
        TableName: TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: names.map((name) => ({ AttributeName: name, AttributeType: types[name as 'p'] })),
        KeySchema: keySchema('p', hasSort && 's'),
        ...(hasLocal && {
          LocalSecondaryIndexes: [{ IndexName: 'local', KeySchema: keySchema('p', 'l'), Projection: projection }],
        }),
        ...(global && {
          GlobalSecondaryIndexes: [
            { IndexName: 'global', KeySchema: keySchema('g', global === 'gh' && 'h'), Projection: projection },
          ],
        }),
      },
    };
  });

/** Mostly of the right type. */
const mostly = (right: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 19, arbitrary: right }, { weight: 1, arbitrary: fc.oneof(textValue, numberValue) });

function keyOf({ types, hasSort }: RandomTable): fc.Arbitrary<Item> {
  const p = mostly(partitions[types['p'] as KeyType]);
  const s = mostly(ofType[types['s'] as KeyType]);
  return hasSort ? fc.record({ p, s }) : fc.record({ p });
}

function itemOf(table: RandomTable): fc.Arbitrary<Item> {
  const optional = (name: string) => fc.option(mostly(ofType[table.types[name] as KeyType]), { nil: undefined });
  const rest = fc.record({
    a: fc.option(value, { nil: undefined }),
    b: fc.option(value, { nil: undefined }),
    c: fc.option(value, { nil: undefined }),
    d: fc.option(value, { nil: undefined }),
    l: optional('l'),
    g: optional('g'),
    h: optional('h'),
  });
  return fc.tuple(keyOf(table), rest).map(([key, others]) => {
    const given = Object.entries(others).filter((entry): entry is [string, Value] => entry[1] !== undefined);
    return { ...key, ...Object.fromEntries(given) };
  });
}

const sometimes = <Part>(part: fc.Arbitrary<Part>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: part });
const input = (rest: JsonObject): JsonObject => ({
  TableName: TABLE,
  ...Object.fromEntries(Object.entries(rest).filter(([, member]) => member !== undefined)),
});
const call = (operation: string, rest: JsonObject): RandomCall => ({ operation, input: input(rest) });

const putCall = (table: RandomTable) =>
  fc
    .tuple(itemOf(table), sometimes(expressions.condition), fc.constantFrom('NONE', 'ALL_OLD'))
    .map(([Item, condition, ReturnValues]) =>
      call('PutItem', { Item, ReturnValues, ...withExpressions({ ConditionExpression: condition }) }),
    );
const deleteCall = (table: RandomTable) =>
  fc
    .tuple(keyOf(table), sometimes(expressions.condition), fc.constantFrom('NONE', 'ALL_OLD'))
    .map(([Key, condition, ReturnValues]) =>
      call('DeleteItem', { Key, ReturnValues, ...withExpressions({ ConditionExpression: condition }) }),
    );
const updateCall = (table: RandomTable) =>
  fc
    .tuple(
      keyOf(table),
      expressions.updateOf(
        fc
          .constantFrom('l', 'g', 'h')
          .chain((name) => fc.tuple(fc.constant(name), ofType[table.types[name] as KeyType])),
      ),
      sometimes(expressions.condition),
      fc.constantFrom('NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'),
    )
    .map(([Key, update, condition, ReturnValues]) =>
      call('UpdateItem', {
        Key,
        ReturnValues,
        ...withExpressions({ UpdateExpression: update, ConditionExpression: condition }),
      }),
    );
const getCall = (table: RandomTable) =>
  fc
    .tuple(keyOf(table), fc.boolean(), sometimes(expressions.projection))
    .map(([Key, ConsistentRead, projection]) =>
      call('GetItem', { Key, ConsistentRead, ...withExpressions({ ProjectionExpression: projection }) }),
    );

const distinct = (item: Item) => JSON.stringify([item['p'], item['s']]);

const batchWriteCall = (table: RandomTable) =>
  fc
    .uniqueArray(fc.tuple(itemOf(table), fc.boolean()), {
      minLength: 1,
      maxLength: 5,
      selector: ([item]) => distinct(item),
    })
    .map((writes) => ({
      operation: 'BatchWriteItem',
      input: {
        RequestItems: {
          [TABLE]: writes.map(([item, isPut]) =>
            isPut ? { PutRequest: { Item: item } } : { DeleteRequest: { Key: keyPart(table, item) } },
          ),
        },
      },
    }));
const batchGetCall = (table: RandomTable) =>
  fc
    .tuple(
      fc.uniqueArray(keyOf(table), { minLength: 1, maxLength: 6, selector: distinct }),
      sometimes(expressions.projection),
    )
    .map(([Keys, projection]) => ({
      operation: 'BatchGetItem',
      input: { RequestItems: { [TABLE]: { Keys, ...withExpressions({ ProjectionExpression: projection }) } } },
    }));

function keyPart({ hasSort }: RandomTable, item: Item): Item {
  return hasSort ? { p: item['p'] as Value, s: item['s'] as Value } : { p: item['p'] as Value };
}

type Hold = (value: Value) => string;

function rangeOf(name: string, type: KeyType): fc.Arbitrary<(hold: Hold) => string> {
  const bound = mostly(ofType[type]);
  return fc.oneof(
    fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), bound).map(
      ([operator, each]) =>
        (hold: Hold) =>
          `${name} ${operator} ${hold(each)}`,
    ),
    fc.tuple(bound, bound).map(
      ([low, high]) =>
        (hold: Hold) =>
          `${name} BETWEEN ${hold(low)} AND ${hold(high)}`,
    ),
    bound.map((each) => (hold: Hold) => `begins_with(${name}, ${hold(each)})`),
  );
}

/** Of the table or an index; `in` says which keys the conditions are on. */
function queryOf(table: RandomTable, index: string | undefined): fc.Arbitrary<RandomCall> {
  const partition = index === 'global' ? 'g' : 'p';
  const hashOnly = index === undefined ? !table.hasSort : index === 'global' && !hasAttribute(table, 'h');
  const sort = index === undefined ? 's' : index === 'local' ? 'l' : 'h';
  return fc
    .record({
      partition: mostly((index === 'global' ? ofType : partitions)[table.types[partition] as KeyType]),
      range: hashOnly ? fc.constant(undefined) : sometimes(rangeOf(sort, table.types[sort] as KeyType)),
      forward: fc.boolean(),
      limit: sometimes(fc.integer({ min: 1, max: 4 })),
      filter: sometimes(filterFor(table, index)),
      start: index === undefined ? sometimes(keyOf(table)) : fc.constant(undefined),
      count: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
    })
    .map((asked) => {
      const range = asked.range;
      return call('Query', {
        IndexName: index,
        ScanIndexForward: asked.forward,
        Limit: asked.limit,
        ExclusiveStartKey: asked.start && { ...asked.start, p: asked.partition },
        Select: asked.count ? 'COUNT' : undefined,
        ...withExpressions({
          KeyConditionExpression: (hold) =>
            `${partition} = ${hold(asked.partition)}${range === undefined ? '' : ` AND ${range(hold)}`}`,
          FilterExpression: asked.filter,
        }),
      });
    });
}

function hasAttribute({ definition }: RandomTable, name: string): boolean {
  return (definition['AttributeDefinitions'] as readonly JsonObject[]).some((each) => each['AttributeName'] === name);
}

/** A filter by a key is refused, and which of several keys the message names is open; other filters may be anything. */
function filterFor(table: RandomTable, index: string | undefined) {
  const keys = index === undefined ? [] : index === 'local' ? ['l'] : ['g', 'h'];
  return expressions.condition.filter((part) => {
    const text = part(() => ':v');
    return !keys.some((name) => hasAttribute(table, name) && new RegExp(`\\b${name}\\b`).test(text));
  });
}

const scanCall = (table: RandomTable) =>
  fc
    .tuple(fc.constantFrom(undefined, ...table.indexes), sometimes(expressions.condition), fc.boolean())
    .map(([IndexName, filter, counts]) =>
      call('Scan', {
        IndexName,
        Select: counts ? 'COUNT' : undefined,
        ...withExpressions({ FilterExpression: filter }),
      }),
    );

/** Keys of the right types; equal ones are spelled alike. */
function plainKeyOf({ types, hasSort }: RandomTable): fc.Arbitrary<Item> {
  const plain: Readonly<Record<KeyType, fc.Arbitrary<Value>>> = {
    S: fc.constantFrom({ S: 'a' }, { S: 'b' }, { S: 'ab' }),
    N: fc.constantFrom({ N: '1' }, { N: '-1' }, { N: '20' }),
    B: fc.constantFrom({ B: 'AQ==' }, { B: 'AP8=' }),
  };
  const p = plain[types['p'] as KeyType];
  return hasSort ? fc.record({ p, s: plain[types['s'] as KeyType] }) : fc.record({ p });
}

const actionOf = (table: RandomTable) =>
  fc
    .record({
      kind: fc.constantFrom('Put', 'Update', 'Delete', 'ConditionCheck'),
      key: plainKeyOf(table),
      condition: expressions.plainCondition,
      isConditional: fc.integer({ min: 0, max: 3 }).map((number) => number === 0),
      update: expressions.plainUpdate,
      rest: fc.record({ a: value, b: value }),
    })
    .map(({ kind, key, condition, isConditional, update, rest }) => ({
      [kind]: input({
        ...(kind === 'Put' ? { Item: { ...key, ...rest } } : { Key: key }),
        ...withExpressions({
          UpdateExpression: kind === 'Update' ? update : undefined,
          ConditionExpression: isConditional || kind === 'ConditionCheck' ? condition : undefined,
        }),
      }),
    }));

/** Transactions, of reads and of writes. */
export const transactionCall = (table: RandomTable): fc.Arbitrary<RandomCall> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .uniqueArray(actionOf(table), { minLength: 1, maxLength: 4, selector: (action) => distinct(targetOf(action)) })
        .map((TransactItems) => ({ operation: 'TransactWriteItems', input: { TransactItems } })),
    },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(plainKeyOf(table), { minLength: 1, maxLength: 4, selector: distinct }).map((keys) => ({
        operation: 'TransactGetItems',
        input: { TransactItems: keys.map((Key) => ({ Get: { TableName: TABLE, Key } })) },
      })),
    },
    { weight: 1, arbitrary: fc.constant(call('Scan', {})) },
  );

function targetOf(action: JsonObject): Item {
  const [request] = Object.values(action) as JsonObject[];
  return (request?.['Item'] ?? request?.['Key']) as Item;
}

/** Calls of the classic data plane. */
export function randomCall(table: RandomTable): fc.Arbitrary<RandomCall> {
  return fc.oneof(
    { weight: 6, arbitrary: putCall(table) },
    { weight: 5, arbitrary: updateCall(table) },
    { weight: 2, arbitrary: deleteCall(table) },
    { weight: 3, arbitrary: getCall(table) },
    { weight: 2, arbitrary: batchWriteCall(table) },
    { weight: 2, arbitrary: batchGetCall(table) },
    { weight: 4, arbitrary: fc.constantFrom(undefined, ...table.indexes).chain((index) => queryOf(table, index)) },
    { weight: 2, arbitrary: scanCall(table) },
  );
}
