/** The calls that are compared: a bare map of the same entries, our client in its forms, and the SDK. Each is made afresh. */
import * as amazon from '@aws-sdk/client-dynamodb';
import * as library from '@aws-sdk/lib-dynamodb';
import { LRUCache } from 'lru-cache';
import * as ours from 'slipstream/client-dynamodb';
import * as oursLibrary from 'slipstream/lib-dynamodb';
import type { Ask } from './client-measure.ts';
import { ITEMS_A_PARTITION, PAGE_ITEMS, TABLE, type Key } from './dataset.ts';

export const CALL_NAMES = [
  'lru-cache get',
  'GetItem, hit',
  'document Get, hit',
  'document Get of the unswapped library, hit',
  'Query of 20, hit',
  'document Query of 20, hit',
  'GetItem of the SDK',
] as const;
export type CallName = (typeof CALL_NAMES)[number];

/** As long as what DynamoDB counts of an item. */
const ITEM_BYTES = 500;

/** @param items as many as the table has. */
export function makeCalls(client: ours.DynamoDBClient, endpoint: string, items: number): Record<CallName, Ask> {
  const map = new LRUCache<string, string>({ maxSize: 2 ** 30, sizeCalculation: (value) => value.length });
  for (let place = 0; place < items; place++) map.set(textKeyOf(place), String(place).padStart(ITEM_BYTES));
  const document = oursLibrary.DynamoDBDocumentClient.from(client);
  const unswapped = library.DynamoDBDocumentClient.from(client);
  const bare = new amazon.DynamoDBClient({ endpoint });
  return {
    'lru-cache get': (place) => map.get(textKeyOf(place)),
    'GetItem, hit': (place) => client.send(new ours.GetItemCommand({ TableName: TABLE, Key: freshKeyAt(place) })),
    'document Get, hit': (place) => document.send(getCommand(place)),
    'document Get of the unswapped library, hit': (place) => unswapped.send(getCommand(place)),
    'Query of 20, hit': (place) => client.send(new ours.QueryCommand(queryOf(place))),
    'document Query of 20, hit': (place) => document.send(queryCommand(place)),
    'GetItem of the SDK': (place) => bare.send(new amazon.GetItemCommand({ TableName: TABLE, Key: freshKeyAt(place) })),
  };
}

/**
 * As `keyAt`, at a place of its own in the program. V8 remembers of each place that makes objects how long they live. Those of
 * the set-up live long, and their place soon makes all of them among what is old already; a caller's keys are gone at once.
 */
function freshKeyAt(place: number): Key {
  return {
    pk: { S: `partition-${Math.floor(place / ITEMS_A_PARTITION)}` },
    sk: { N: String(place % ITEMS_A_PARTITION) },
  };
}

function textKeyOf(place: number): string {
  const { pk, sk } = freshKeyAt(place);
  return `${pk.S}|${sk.N}`;
}

function getCommand(place: number): library.GetCommand {
  const { pk, sk } = freshKeyAt(place);
  return new library.GetCommand({ TableName: TABLE, Key: { pk: pk.S, sk: Number(sk.N) } });
}

const CONDITION = 'pk = :pk AND sk >= :sk';

/** Where so many pages begin that have no item in common. */
export function pagePlaces(items: number, pages: number): number[] {
  const all = Array.from({ length: items / PAGE_ITEMS }, (_, page) => page * PAGE_ITEMS);
  return all.filter((place) => (place % ITEMS_A_PARTITION) + PAGE_ITEMS <= ITEMS_A_PARTITION).slice(0, pages);
}

/** The page that begins with the item at the place. */
export function queryOf(place: number): ours.QueryCommandInput {
  const { pk, sk } = freshKeyAt(place);
  const values = { ':pk': pk, ':sk': sk };
  return {
    TableName: TABLE,
    KeyConditionExpression: CONDITION,
    ExpressionAttributeValues: values,
    Limit: PAGE_ITEMS,
  };
}

function queryCommand(place: number): library.QueryCommand {
  const { pk, sk } = freshKeyAt(place);
  const values = { ':pk': pk.S, ':sk': Number(sk.N) };
  return new library.QueryCommand({
    TableName: TABLE,
    KeyConditionExpression: CONDITION,
    ExpressionAttributeValues: values,
    Limit: PAGE_ITEMS,
  });
}
