/** The writes of a workload: few values, so that items come back to what they were, collide in indexes and leave them. */
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { ORDERS, OWNERS, STATUSES, TAGS, type TableKey } from './model-tables.ts';
import type { Random } from './random.ts';

export interface PlannedWrite {
  readonly operation: string;
  readonly input: JsonObject;
}

export function writeOf(random: Random, key: () => TableKey): PlannedWrite {
  const kind = random.weighted({ put: 5, update: 5, remove: 2, batch: 1.5, transaction: 1.5 });
  if (kind === 'batch') return batchOf(random, distinct(random.between(1, 4), key));
  if (kind === 'transaction') return transactionOf(random, distinct(random.between(1, 3), key));
  const { operation, input } = singleOf(random, kind, key());
  const returns = random.weighted({ open: 6, NONE: 1, ALL_OLD: 2, ALL_NEW: 2 });
  if (returns !== 'open' && (returns !== 'ALL_NEW' || kind === 'update')) input['ReturnValues'] = returns;
  return { operation, input };
}

/** The items that a write is about. */
export function keysOf({ TableName, Key, Item: item, RequestItems, TransactItems }: JsonObject): TableKey[] {
  if (TransactItems !== undefined) {
    return (TransactItems as Record<string, JsonObject>[]).flatMap((write) => Object.values(write).flatMap(keysOf));
  }
  if (RequestItems !== undefined) {
    return Object.entries(RequestItems as Record<string, JsonObject[]>).flatMap(([tableName, requests]) =>
      requests.flatMap(({ PutRequest: put, DeleteRequest: remove }) =>
        keysOf({ TableName: tableName, ...put, ...remove }),
      ),
    );
  }
  const { pk, sk } = (Key ?? item) as Item;
  const key = { pk, ...(TableName === ORDERS.name && { sk }) } as Item;
  return [{ tableName: TableName as string, key }];
}

function singleOf(random: Random, kind: 'put' | 'update' | 'remove', of: TableKey): PlannedWrite {
  const input: JsonObject = { TableName: of.tableName };
  const condition = random.chance(0.15) ? random.pick(['attribute_not_exists(pk)', 'attribute_exists(pk)']) : undefined;
  if (condition !== undefined) input['ConditionExpression'] = condition;
  if (kind === 'put') return { operation: 'PutItem', input: { ...input, Item: imageOf(random, of) } };
  input['Key'] = of.key;
  if (kind === 'remove') return { operation: 'DeleteItem', input };
  return { operation: 'UpdateItem', input: { ...input, ...updateOf(random) } };
}

function updateOf(random: Random): JsonObject {
  const some = attributesOf(random);
  const name = random.pick(['v', 'v', 'status', 'at', 'owner', 'tag', 'pad']);
  const value = some[name];
  if (random.chance(0.15)) {
    return { UpdateExpression: 'ADD hits :one', ExpressionAttributeValues: { ':one': { N: '1' } } };
  }
  const named = { ExpressionAttributeNames: { '#n': name } };
  if (value === undefined) return { UpdateExpression: 'REMOVE #n', ...named };
  return { UpdateExpression: 'SET #n = :v', ...named, ExpressionAttributeValues: { ':v': value } };
}

function batchOf(random: Random, keys: readonly TableKey[]): PlannedWrite {
  const requests: Record<string, JsonObject[]> = {};
  for (const of of keys) {
    const request = random.chance(0.7)
      ? { PutRequest: { Item: imageOf(random, of) } }
      : { DeleteRequest: { Key: of.key } };
    (requests[of.tableName] ??= []).push(request);
  }
  return { operation: 'BatchWriteItem', input: { RequestItems: requests } };
}

function transactionOf(random: Random, keys: readonly TableKey[]): PlannedWrite {
  const kinds = { put: 'Put', update: 'Update', remove: 'Delete' } as const;
  const items = keys.map((of) => {
    const kind = random.pick(['put', 'update', 'remove'] as const);
    return { [kinds[kind]]: singleOf(random, kind, of).input };
  });
  // Few tokens, so that some transactions are told that they were done before.
  const token = random.chance(0.4) ? { ClientRequestToken: `token-${random.below(40)}` } : {};
  return { operation: 'TransactWriteItems', input: { TransactItems: items, ...token } };
}

function imageOf(random: Random, { tableName, key }: TableKey): Item {
  const image: Item = { ...key };
  const attributes = attributesOf(random);
  for (const name of tableName === ORDERS.name ? ORDER_NAMES : USER_NAMES) {
    const value = attributes[name];
    if (value !== undefined) image[name] = value;
  }
  return image;
}

const ORDER_NAMES = ['v', 'status', 'at', 'owner', 'tag', 'pad'];
const USER_NAMES = ['v', 'tag', 'pad'];

function attributesOf(random: Random): Partial<Record<string, AttributeValue>> {
  return {
    v: { N: String(random.chance(0.3) ? random.below(2) : random.below(1_000_000)) },
    status: random.chance(0.85) ? { S: random.pick(STATUSES) } : undefined,
    at: random.chance(0.9) ? { N: String(random.between(-2, 5)) } : undefined,
    owner: random.chance(0.7) ? { S: random.pick(OWNERS) } : undefined,
    tag: random.chance(0.8) ? { S: random.pick(TAGS) } : undefined,
    pad: random.chance(0.3) ? { S: 'x'.repeat(random.below(120)) } : undefined,
  };
}

function distinct(count: number, key: () => TableKey): TableKey[] {
  return [...new Set(Array.from({ length: count }, key))];
}
