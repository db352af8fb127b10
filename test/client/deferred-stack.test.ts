/**
 * Goal: the client's middleware stack stays a stack in every respect, while a document that is in the cache never sees it.
 * Method: the library's document client on our client, with user's middlewares that count what they see.
 */
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { beforeEach, expect, it } from 'vitest';
import type { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { ListTablesCommand } from '../../src/client/client-dynamodb.ts';
import { newKey, TableName, useThings } from './things.ts';

const things = useThings();

let client: DynamoDBClient;
let seen: string[];

beforeEach(() => {
  client = things.open();
  seen = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      seen.push(context.commandName ?? '');
      return next(args);
    },
    { step: 'build', name: 'usersOwn' },
  );
});

const plainKey = () => {
  const { id, at } = newKey();
  return { id: id.S, at: at.S };
};

it('runs for what goes to the store, and not for a document out of the cache', async () => {
  const documents = lib.DynamoDBDocumentClient.from(client);
  const Key = plainKey();
  await documents.send(new PutCommand({ TableName, Item: { ...Key, n: 1 } }));
  const before = seen.length;
  for (let i = 0; i < 3; i++) {
    expect((await documents.send(new GetCommand({ TableName, Key }))).Item).toMatchObject({ n: 1 });
  }
  expect(seen.length).toBe(before);
  await documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
  await client.send(new ListTablesCommand({}));
  expect(seen.slice(before)).toEqual(['GetItemCommand', 'ListTablesCommand']);
});

it('follows the options of the document client that was made last, as the library does', async () => {
  const Key = plainKey();
  const wrapped = () => lib.DynamoDBDocumentClient.from(client, { unmarshallOptions: { wrapNumbers: true } });
  await lib.DynamoDBDocumentClient.from(client).send(new PutCommand({ TableName, Item: { ...Key, n: 1 } }));
  for (let i = 0; i < 2; i++) {
    const { Item } = await wrapped().send(new GetCommand({ TableName, Key }));
    expect(Item?.['n']).toEqual(lib.NumberValue.from('1'));
  }
  const { Item } = await lib.DynamoDBDocumentClient.from(client).send(new GetCommand({ TableName, Key }));
  expect(Item?.['n']).toBe(1);
});

it('gives what any stack gives for concat', async () => {
  const Key = plainKey();
  const command = new GetCommand({ TableName, Key });
  const joined = client.middlewareStack.concat(command.middlewareStack as never);
  expect(joined.identify()).toEqual(client.middlewareStack.identify());
  expect(joined.remove('usersOwn')).toBe(true);
  expect(joined.clone().identify().length).toBe(client.middlewareStack.identify().length - 1);
  const through = ((next: unknown) => next) as never;
  joined.add(through, { step: 'build', name: 'another', tags: ['mine'] });
  joined.addRelativeTo(through, { relation: 'after', toMiddleware: 'another', name: 'last' });
  joined.use({ applyToStack: (stack) => stack.add(through, { name: 'used' }) });
  const names = () => joined.identify().map((line) => line.split(' ')[0]);
  expect(names()).toEqual(expect.arrayContaining(['another', 'last', 'used']));
  expect(joined.removeByTag('mine')).toBe(true);
  expect(joined.remove('last')).toBe(true);
  expect(joined.identifyOnResolve(true)).toBe(true);
  expect(joined.identifyOnResolve()).toBe(true);
  expect(client.middlewareStack.identify().map((line) => line.split(' ')[0])).toContain('usersOwn');
});

it('looks up what the call says when it is sent, and reports an abort as the SDK does', async () => {
  const documents = lib.DynamoDBDocumentClient.from(client);
  const [one, other] = [plainKey(), plainKey()];
  for (const Key of [one, other]) await documents.send(new PutCommand({ TableName, Item: { ...Key, mine: Key.id } }));
  const input = { TableName, Key: { ...one } };
  const answer = documents.send(new GetCommand(input));
  Object.assign(input.Key, other);
  expect((await answer).Item?.['mine']).toBe(one.id);
  const abortSignal = AbortSignal.abort();
  await expect(documents.send(new GetCommand({ TableName, Key: one }), { abortSignal })).rejects.toMatchObject({
    name: 'AbortError',
  });
});
