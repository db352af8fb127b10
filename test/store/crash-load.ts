/**
 * The load of the crash test: what each writer does in its nth write is a function of its number alone, so that the one
 * who checks afterwards knows what was under way when the process was killed.
 */
import type { JsonObject } from '../../src/model/service-call.ts';

export const TABLE = 'things';
export const INDEX = 'by-group';
export const WRITERS = 16;
const SLOTS = 24;

export const tableInput: JsonObject = {
  TableName: TABLE,
  KeySchema: [{ AttributeName: 'p', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'p', AttributeType: 'S' },
    { AttributeName: 'g', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: INDEX,
      KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['n'] },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
};

/** An item, or undefined for its absence. */
export type ItemState = JsonObject | undefined;

type Action =
  | { readonly kind: 'put'; readonly key: string; readonly item: JsonObject }
  | { readonly kind: 'update'; readonly key: string; readonly n: string; readonly group: string }
  | { readonly kind: 'delete'; readonly key: string };

/** One write of one writer; several actions are a transaction. */
export type Write = readonly Action[];

/** Writers write to items of their own. */
export function writeOf(writer: number, n: number): Write {
  const slot = (n * 7 + (n >> 3)) % SLOTS;
  const actionAt = (offset: number): Action => actionOf(writer, (slot + offset) % SLOTS, n, offset);
  return n % 3 === 0 ? [0, 1, 2, 3].map(actionAt) : [actionAt(0)];
}

function actionOf(writer: number, slot: number, n: number, offset: number): Action {
  const key = `w${writer}-${slot}`;
  const kind = (n + offset * 2 + slot) % 5;
  if (kind === 0) return { kind: 'delete', key };
  if (kind <= 2) return { kind: 'update', key, n: String(n), group: `g${n % 7}` };
  const item: JsonObject = { p: { S: key }, n: { N: String(n) }, total: { N: '1' }, pad: { S: 'x'.repeat(n % 700) } };
  // An item without the attribute is not in the index.
  return { kind: 'put', key, item: n % 4 === 0 ? item : { ...item, g: { S: `g${n % 7}` } } };
}

export function keysOf(write: Write): string[] {
  return write.map(({ key }) => key);
}

/** What an action makes of an item. */
export function stateAfter(action: Action, before: ItemState): ItemState {
  if (action.kind === 'delete') return undefined;
  if (action.kind === 'put') return action.item;
  const total = Number((before?.['total'] as { N: string } | undefined)?.N ?? 0) + 1;
  return { ...before, p: { S: action.key }, n: { N: action.n }, g: { S: action.group }, total: { N: String(total) } };
}

export function requestOf(write: Write): readonly [operation: string, input: JsonObject] {
  const [first] = write;
  if (first !== undefined && write.length === 1) {
    const [member, input] = inputOf(first);
    return [`${member}Item`, input];
  }
  const TransactItems = write.map((action) => Object.fromEntries([inputOf(action)]));
  return ['TransactWriteItems', { TransactItems }];
}

function inputOf(action: Action): [member: 'Put' | 'Update' | 'Delete', input: JsonObject] {
  const Key = { p: { S: action.key } };
  if (action.kind === 'put') return ['Put', { TableName: TABLE, Item: action.item }];
  if (action.kind === 'delete') return ['Delete', { TableName: TABLE, Key }];
  const ExpressionAttributeValues = { ':n': { N: action.n }, ':g': { S: action.group }, ':one': { N: '1' } };
  const UpdateExpression = 'SET n = :n, g = :g ADD #total :one';
  const ExpressionAttributeNames = { '#total': 'total' };
  return ['Update', { TableName: TABLE, Key, UpdateExpression, ExpressionAttributeNames, ExpressionAttributeValues }];
}
