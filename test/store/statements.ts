/** Runs PartiQL statements on test stores, with AWS JSON turned into short texts where that reads better. */
import type { JsonObject } from '../../src/model/service-call.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { call, openTestStore, refusal, tableInput } from './stores.ts';

/** The `Items` of a statement that has to succeed. */
export async function run(
  store: EmbeddedStore,
  statement: string,
  parameters?: readonly JsonObject[],
): Promise<JsonObject[]> {
  const output = await execute(store, statement, parameters === undefined ? {} : { Parameters: parameters });
  return output['Items'] as JsonObject[];
}

export function execute(store: EmbeddedStore, statement: string, more: JsonObject = {}): Promise<JsonObject> {
  return call(store, 'ExecuteStatement', { Statement: statement, ...more });
}

/** The name and the message of the exception that a statement is refused with. */
export function refused(store: EmbeddedStore, statement: string, more: JsonObject = {}): Promise<string> {
  return refusal(store, 'ExecuteStatement', { Statement: statement, ...more });
}

/** One attribute of every item, as a text. */
export function column(items: readonly JsonObject[], name: string): unknown[] {
  return items.map((item) => {
    const value = item[name] as JsonObject | undefined;
    return value === undefined ? undefined : Object.values(value)[0];
  });
}

/** A table `things` with a string partition key `p` and a number sort key `s`, and an index of each kind. */
export async function createThings(store: BackingStore): Promise<void> {
  await call(
    store,
    'CreateTable',
    tableInput('things', {
      AttributeDefinitions: [
        { AttributeName: 'owner', AttributeType: 'S' },
        { AttributeName: 'rank', AttributeType: 'N' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-owner',
          KeySchema: [
            { AttributeName: 'owner', KeyType: 'HASH' },
            { AttributeName: 'rank', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['colour'] },
        },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: 'by-rank',
          KeySchema: [
            { AttributeName: 'p', KeyType: 'HASH' },
            { AttributeName: 'rank', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
}

export async function storeWithThings(): Promise<EmbeddedStore> {
  const store = await openTestStore();
  await createThings(store);
  return store;
}

/** Puts items `p`/`s` with further attributes. */
export async function putThings(store: BackingStore, items: readonly JsonObject[]): Promise<void> {
  for (const item of items) await call(store, 'PutItem', { TableName: 'things', Item: item });
}

export async function stored(store: EmbeddedStore, p: string, s: number): Promise<JsonObject | undefined> {
  const key = { p: { S: p }, s: { N: String(s) } };
  const output = await call(store, 'GetItem', { TableName: 'things', Key: key, ConsistentRead: true });
  return output['Item'] as JsonObject | undefined;
}
