/**
 * The table that every measurement reads: partitions of items of about 500 bytes, and the requests for them. A key or a
 * page is handed out once as long as `take` can, so that a miss is the first time anybody asks for it.
 */
export const TABLE = 'Bench';

export const ITEMS_A_PARTITION = 100;
export const PAGE_ITEMS = 20;
const BATCH_ITEMS = 25;
const TEXT = 'A film about a cache that was asked for an item that it had forgotten. '.repeat(6);

export type OperationName = 'GetItem' | 'Query';

export interface Request {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The table with a stream, where the store has streams. */
export const createTable = (hasStreams: boolean): Request => ({
  operation: 'CreateTable',
  input: {
    TableName: TABLE,
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    ...(hasStreams ? { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } } : {}),
  },
});

/** All items of so many partitions from the first one on, as BatchWriteItem requests. */
export function batchWrites(partitions: number, first = 0, version = 0): Request[] {
  const puts = keys(partitions, first).map((key) => ({ PutRequest: { Item: itemOf(key, version) } }));
  return chunks(puts, BATCH_ITEMS).map((batch) => ({
    operation: 'BatchWriteItem',
    input: { RequestItems: { [TABLE]: batch } },
  }));
}

/** Items of one key and different versions differ, and are equally large. */
export function itemOf(key: Key, version = 0) {
  return { ...key, title: { S: `Film ${key.pk.S}/${key.sk.N}` }, text: { S: `${TEXT}${version % 10}` } };
}

/** Puts the item at a place of the table. */
export function putItem(place: number, version = 0): Request {
  return { operation: 'PutItem', input: { TableName: TABLE, Item: itemOf(keyAt(place), version) } };
}

/** Gets the items at those places by one call. */
export function batchGet(places: readonly number[]): Request {
  return { operation: 'BatchGetItem', input: { RequestItems: { [TABLE]: { Keys: places.map(keyAt) } } } };
}

/** Puts four items in one transaction; those of different places have none in common. */
export function transactWrite(place: number): Request {
  const puts = [0, 1, 2, 3].map((step) => ({ Put: { TableName: TABLE, Item: itemOf(keyAt(4 * place + step)) } }));
  return { operation: 'TransactWriteItems', input: { TransactItems: puts } };
}

/** The different reads of one operation, in an order that jumps about; each is taken once. */
export class ReadPool {
  readonly operation: OperationName;
  readonly #reads: Request[];
  #next = 0;

  /** Over the first so many partitions. */
  constructor(operation: OperationName, partitions: number) {
    this.operation = operation;
    this.#reads = scattered(
      operation === 'GetItem' ? keys(partitions).map(getItem) : pages(partitions).map((key) => query(key)),
    );
  }

  take(count: number): Request[] {
    const reads = this.#reads.slice(this.#next, this.#next + count);
    this.#next += count;
    if (reads.length < count) throw new Error(`${this.operation}: the table has too few different reads`);
    return reads;
  }
}

export type Key = {
  readonly pk: { readonly S: string };
  readonly sk: { readonly N: string };
};

function keys(partitions: number, first = 0): Key[] {
  const start = first * ITEMS_A_PARTITION;
  return Array.from({ length: partitions * ITEMS_A_PARTITION }, (_, index) => keyAt(start + index));
}

export function keyAt(index: number): Key {
  return {
    pk: { S: `partition-${Math.floor(index / ITEMS_A_PARTITION)}` },
    sk: { N: String(index % ITEMS_A_PARTITION) },
  };
}

/** The first keys of all pages that are full. */
function pages(partitions: number): Key[] {
  return keys(partitions).filter(({ sk }) => Number(sk.N) <= ITEMS_A_PARTITION - PAGE_ITEMS);
}

export function getItem(key: Key): Request {
  return { operation: 'GetItem', input: { TableName: TABLE, Key: key } };
}

/** A page of a partition, from a key on. */
export function query({ pk, sk }: Key, limit = PAGE_ITEMS): Request {
  return {
    operation: 'Query',
    input: {
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk AND sk >= :sk',
      ExpressionAttributeValues: { ':pk': pk, ':sk': sk },
      Limit: limit,
    },
  };
}

/** The same order in every run: steps of a prime that the length has no part in visit each place once. */
function scattered<T>(values: readonly T[]): T[] {
  const step = 7919;
  return values.map((_, index) => values[(index * step) % values.length]!);
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
