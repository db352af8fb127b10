/**
 * Goal: documents are converted exactly as the SDK converts them, and read from this process, with our document client and
 * with the library's on top of our client. Method: each of three clients answers the same commands on one real store; the
 * SDK's own pair says what is right.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocument,
  DynamoDBDocumentClient,
  GetCommand,
  NumberValue,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
  paginateQuery,
} from '../../src/client/lib-dynamodb.ts';
import { createTable, startDynalite, type DynaliteStore } from './dynalite-store.ts';

const TableName = 'Documents';
let store: DynaliteStore;
let keys = 0;
const opened: sdk.DynamoDBClient[] = [];

beforeAll(async () => {
  store = await startDynalite();
  await createTable(store, TableName);
});
afterAll(() => store.close());
afterEach(() => {
  for (const client of opened.splice(0)) client.destroy();
});

const newKey = () => ({ id: `document-${keys++}`, at: '1' });
const get = (Key: object) => new GetCommand({ TableName, Key: Key as Record<string, string> });

function openClient(): DynamoDBClient {
  const client = new DynamoDBClient({ ...store.configuration, cache: { feed: 'none' } });
  opened.push(client);
  return client;
}

function openPlain(translateConfig?: lib.TranslateConfig): lib.DynamoDBDocumentClient {
  const client = new sdk.DynamoDBClient(store.configuration);
  opened.push(client);
  return lib.DynamoDBDocumentClient.from(client, translateConfig);
}

/** Says where a client's answer came from: it has the type of the SDK's answers, which do not know. */
function outcomeOf(answer: { $metadata: object }): unknown {
  return (answer.$metadata as { slipstream?: { cache: string } }).slipstream?.cache;
}

const document = {
  text: 'x',
  number: 1.5,
  large: 12345678901234567890n,
  none: null,
  yes: true,
  list: [1, 'two', [3]],
  map: { deep: { deeper: ['x'] } },
  texts: new Set(['a', 'b']),
  numbers: new Set([1, 2]),
  bytes: new Uint8Array([1, 2, 255]),
  manyBytes: new Set([new Uint8Array([1]), new Uint8Array([2])]),
};

const translations: [string, lib.TranslateConfig | undefined][] = [
  ['no options', undefined],
  ['wrapped numbers', { unmarshallOptions: { wrapNumbers: true } }],
  ['numbers by a function', { unmarshallOptions: { wrapNumbers: (text) => `number ${text}` } }],
  [
    'lenient input',
    { marshallOptions: { removeUndefinedValues: true, convertEmptyValues: true, convertClassInstanceToMap: true } },
  ],
];

describe.each([
  ['our document client', DynamoDBDocumentClient],
  ['the library’s document client on our client', lib.DynamoDBDocumentClient],
])('%s', (_name, documents) => {
  it.each(translations)('reads what the SDK reads, from the store and from the cache: %s', async (_what, translate) => {
    const key = newKey();
    await openPlain(translate).send(new PutCommand({ TableName, Item: { ...key, ...document } }));
    const { $metadata: _, ...expected } = await openPlain(translate).send(get(key));
    const client = documents.from(openClient(), translate);
    for (const outcome of ['miss', 'hit']) {
      const { $metadata, ...answer } = await client.send(get(key));
      expect(answer).toEqual(expected);
      expect(outcomeOf({ $metadata })).toBe(outcome);
    }
  });

  it.each(translations)('writes what the SDK writes: %s', async (_what, translate) => {
    const [theirs, ours] = [newKey(), newKey()];
    const client = documents.from(openClient(), translate);
    await openPlain(translate).send(new PutCommand({ TableName, Item: { ...theirs, ...document } }));
    await client.send(new PutCommand({ TableName, Item: { ...ours, ...document } }));
    const stored = async (key: object) => (await openPlain().send(get(key))).Item;
    expect(await stored(ours)).toEqual({ ...(await stored(theirs)), ...ours });
    expect((await client.send(get(ours))).Item).toEqual((await openPlain(translate).send(get(ours))).Item);
  });

  it('reads its writes, by item, page, scan and batch, and hits in between', async () => {
    const key = newKey();
    const client = documents.from(openClient());
    const keyed = { KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': key.id } };
    const read = async () => [
      await client.send(get(key)),
      await client.send(new QueryCommand({ TableName, ...keyed })),
      await client.send(
        new ScanCommand({ TableName, FilterExpression: 'id = :id', ExpressionAttributeValues: { ':id': key.id } }),
      ),
      await client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [key] } } })),
    ];
    const expectRead = async (items: object[]) => {
      await read();
      const [item, page, scan, batch] = (await read()) as [
        lib.GetCommandOutput,
        lib.QueryCommandOutput,
        lib.ScanCommandOutput,
        lib.BatchGetCommandOutput,
      ];
      expect(item.Item).toEqual(items[0]);
      expect([page.Items, scan.Items, batch.Responses?.[TableName]]).toEqual([items, items, items]);
      expect([item, page, scan, batch].map(outcomeOf)).toEqual(['hit', 'hit', 'hit', 'hit']);
    };
    await expectRead([]);
    await client.send(new PutCommand({ TableName, Item: { ...key, count: 1 } }));
    await expectRead([{ ...key, count: 1 }]);
    const counted = await client.send(
      new UpdateCommand({
        TableName,
        Key: key,
        UpdateExpression: 'ADD #c :n',
        ExpressionAttributeNames: { '#c': 'count' },
        ExpressionAttributeValues: { ':n': 2 },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    expect(counted.Attributes).toEqual({ count: 3 });
    await expectRead([{ ...key, count: 3 }]);
    await client.send(new DeleteCommand({ TableName, Key: key }));
    await expectRead([]);
  });

  it('gives each caller a document of its own', async () => {
    const key = newKey();
    const client = documents.from(openClient());
    await client.send(new PutCommand({ TableName, Item: { ...key, list: [1] } }));
    for (let i = 0; i < 3; i++) {
      const { Item } = await client.send(get(key));
      expect(Item).toEqual({ ...key, list: [1] });
      (Item!['list'] as number[]).push(2);
    }
  });

  it('throws what the SDK throws, for a value that has no form and for a refusal', async () => {
    const client = documents.from(openClient());
    const key = newKey();
    const unsupported = new PutCommand({ TableName, Item: { ...key, when: new Date(0) } });
    const theirs = (await openPlain()
      .send(unsupported)
      .catch((error: unknown) => error)) as Error;
    await expect(client.send(unsupported)).rejects.toThrow(theirs.message);
    await client.send(new PutCommand({ TableName, Item: key }));
    const refused = client.send(
      new PutCommand({ TableName, Item: key, ConditionExpression: 'attribute_not_exists(id)' }),
    );
    await expect(refused).rejects.toBeInstanceOf(sdk.ConditionalCheckFailedException);
  });

  it('sends one command object as often as its caller likes', async () => {
    const key = newKey();
    const client = documents.from(openClient());
    const put = new PutCommand({ TableName, Item: { ...key, v: 1 } });
    for (let i = 0; i < 3; i++) await client.send(put);
    const command = get(key);
    for (let i = 0; i < 3; i++) expect((await client.send(command)).Item).toEqual({ ...key, v: 1 });
  });

  it('aborts as the SDK does', async () => {
    const abort = new AbortController();
    abort.abort();
    const client = documents.from(openClient());
    const sending = client.send(get(newKey()), { abortSignal: abort.signal });
    await expect(sending).rejects.toMatchObject({ name: 'AbortError', message: 'Request aborted' });
  });

  it('shares its entries with the client below and with the other document clients', async () => {
    const key = newKey();
    const below = openClient();
    const client = documents.from(below);
    await client.send(get(key));
    const low = { TableName, Key: { id: { S: key.id }, at: { S: key.at } } };
    expect(outcomeOf(await below.send(new sdk.GetItemCommand(low)))).toBe('hit');
    await client.send(new PutCommand({ TableName, Item: { ...key, v: 1 } }));
    expect((await below.send(new sdk.GetItemCommand(low))).Item?.['v']).toEqual({ N: '1' });
    expect((await DynamoDBDocumentClient.from(below).send(get(key))).Item).toEqual({ ...key, v: 1 });
    expect((await lib.DynamoDBDocumentClient.from(below).send(get(key))).Item).toEqual({ ...key, v: 1 });
  });
});

describe('our document clients', () => {
  it('keep a hit out of the SDK’s stack', async () => {
    const below = openClient();
    const client = DynamoDBDocumentClient.from(below);
    let runs = 0;
    below.middlewareStack.add(
      (next) => (args) => {
        runs++;
        return next(args);
      },
      { step: 'initialize', priority: 'high' },
    );
    const key = newKey();
    await client.send(get(key));
    expect(runs).toBeGreaterThan(0);
    runs = 0;
    expect(outcomeOf(await client.send(get(key)))).toBe('hit');
    expect(runs).toBe(0);
  });

  it('take per-call options and callbacks', async () => {
    const key = newKey();
    const client = DynamoDBDocumentClient.from(openClient());
    await client.send(get(key));
    expect(outcomeOf(await client.send(get(key), { slipstream: 'bypass' }))).toBe('bypass');
    for (const options of [undefined, {}]) {
      const answer = await new Promise<lib.GetCommandOutput | undefined>((resolve, reject) => {
        const callback = (error: unknown, output?: lib.GetCommandOutput) =>
          error === null ? resolve(output) : reject(new Error('refused', { cause: error }));
        if (options === undefined) client.send(get(key), callback);
        else client.send(get(key), options, callback);
      });
      expect(answer && outcomeOf(answer)).toBe('hit');
    }
  });

  it('have the methods and paginators of the library', async () => {
    const client = DynamoDBDocument.from(openClient());
    const { id } = newKey();
    for (const at of ['1', '2', '3']) await client.put({ TableName, Item: { id, at } });
    expect((await client.get({ TableName, Key: { id, at: '2' } })).Item).toEqual({ id, at: '2' });
    expect(outcomeOf(await client.get({ TableName, Key: { id, at: '2' } }))).toBe('hit');
    const seen = [];
    const query = { TableName, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': id }, Limit: 2 };
    for await (const page of paginateQuery({ client }, query)) {
      seen.push(page.Items?.map((item) => item['at'] as string));
    }
    expect(seen).toEqual([['1', '2'], ['3']]);
  });

  it('send the low-level client’s commands, too', async () => {
    const key = newKey();
    const client = DynamoDBDocumentClient.from(openClient());
    const low = new sdk.GetItemCommand({ TableName, Key: { id: { S: key.id }, at: { S: key.at } } });
    await client.send(new PutCommand({ TableName, Item: { ...key, n: NumberValue.from('1') } }));
    for (let i = 0; i < 2; i++) expect((await client.send(low)).Item?.['n']).toEqual({ N: '1' });
    expect(outcomeOf(await client.send(low))).toBe('hit');
  });

  it('on a client of the SDK are what the library’s are', async () => {
    const client = new sdk.DynamoDBClient(store.configuration);
    opened.push(client);
    const key = newKey();
    await DynamoDBDocumentClient.from(client).send(new PutCommand({ TableName, Item: { ...key, v: 1 } }));
    const answer = await DynamoDBDocumentClient.from(client).send(get(key));
    expect(answer.Item).toEqual({ ...key, v: 1 });
    expect(outcomeOf(answer)).toBeUndefined();
  });
});

describe('our low-level client', () => {
  it('sends the document client’s commands as the SDK’s does, and hits', async () => {
    const key = newKey();
    const client = openClient();
    const sendAny = (command: object) => client.send(command as never) as Promise<lib.GetCommandOutput>;
    await sendAny(new PutCommand({ TableName, Item: { ...key, v: 1 } }));
    for (let i = 0; i < 2; i++) expect((await sendAny(get(key))).Item).toEqual({ ...key, v: 1 });
    const query = { TableName, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': key.id } };
    await sendAny(new QueryCommand(query));
    expect(outcomeOf(await sendAny(new QueryCommand(query)))).toBe('hit');
  });
});
