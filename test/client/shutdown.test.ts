/**
 * Goal: a client that was destroyed leaves nothing that keeps a process alive, and one that lacks a package says which.
 * Method: child processes that have to end by themselves.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProxy, type Proxy } from '../../src/proxy/proxy.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { runChild } from './child.ts';

let store: EmbeddedStore;
let door: Proxy;
let configuration: object;

beforeAll(async () => {
  store = await openStore({ inMemory: true });
  door = createProxy({ backing: store, httpPort: 0, adminPort: 'off' });
  const { http } = await door.listen();
  configuration = {
    endpoint: http,
    region: 'us-east-1',
    credentials: { accessKeyId: 'someone', secretAccessKey: 'secret' },
  };
});
afterAll(async () => {
  await door.close();
  await store.close();
});

/** Makes a table with a stream, reads an item twice, and prints where each answer came from. */
const use = (TableName: string) => `
  const TableName = ${JSON.stringify(TableName)};
  await client.send(new slipstream.CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  }));
  while ((await client.send(new slipstream.DescribeTableCommand({ TableName }))).Table.TableStatus !== 'ACTIVE');
  const outcomes = [];
  while (outcomes.at(-1) !== 'hit') {
    const answer = await client.send(new slipstream.GetItemCommand({ TableName, Key: { id: { S: 'a' } } }));
    outcomes.push(answer.$metadata.slipstream.cache);
  }
  console.log(outcomes.at(-1), client.cache.tables()[0].feed);
`;

describe('a process with a client', () => {
  it('ends by itself after destroy, without a feed', async () => {
    const script = `
      const client = new slipstream.DynamoDBClient({ ...configuration, cache: { feed: 'none' } });
      ${use('WithoutFeed')}
      client.destroy();
    `;
    expect(await runChild(script, configuration)).toEqual({ code: 0, stdout: 'hit none\n', stderr: '' });
  });

  it('ends by itself after destroy while it follows a stream', async () => {
    const script = `
      const client = new slipstream.DynamoDBClient(configuration);
      ${use('WithStream')}
      client.destroy();
    `;
    expect(await runChild(script, configuration)).toEqual({ code: 0, stdout: 'hit live\n', stderr: '' });
  });

  it('holds no timer and no socket any more once it has been disposed of', async () => {
    const script = `
      const { createHook } = await import('node:async_hooks');
      const alive = new Map();
      createHook({
        init: (id, type) => /^(Timeout|TCPWRAP)$/.test(type) && alive.set(id, type),
        destroy: (id) => alive.delete(id),
      }).enable();
      const isAlive = (type) => [...alive.values()].includes(type);
      const client = new slipstream.DynamoDB(configuration);
      ${use('Disposed')}
      console.log(isAlive('Timeout'), isAlive('TCPWRAP'));
      await client[Symbol.asyncDispose]();
      while (isAlive('TCPWRAP')) await new Promise(setImmediate);
      console.log(isAlive('Timeout'));
    `;
    expect(await runChild(script, configuration)).toEqual({
      code: 0,
      stdout: 'hit live\ntrue true\nfalse\n',
      stderr: '',
    });
  });

  it('goes on without a cache after destroy, as the SDK’s client does', async () => {
    const script = `
      const client = new slipstream.DynamoDBClient(configuration);
      ${use('AfterDestroy')}
      client.destroy();
      const answer = await client.send(new slipstream.GetItemCommand({ TableName, Key: { id: { S: 'a' } } }));
      console.log(answer.$metadata.httpStatusCode, answer.$metadata.slipstream);
      client.destroy();
    `;
    expect((await runChild(script, configuration)).stdout).toBe('hit live\n200 undefined\n');
  });
});

describe('a process without @aws-sdk/client-dynamodb-streams', () => {
  it('is told which package to install, or what to choose instead', async () => {
    const script = `
      const { register } = await import('node:module');
      const hide = "export const resolve = (name, context, next) => {" +
        "if (name === '@aws-sdk/client-dynamodb-streams') throw new Error('Cannot find package');" +
        "return next(name, context); }";
      register('data:text/javascript,' + encodeURIComponent(hide));
      const client = new slipstream.DynamoDBClient(configuration);
      const read = new slipstream.GetItemCommand({ TableName: 'T', Key: { id: { S: 'a' } } });
      let error;
      while (error?.code === undefined) error = await client.send(read).catch((thrown) => thrown);
      console.log(error.code, error.message);
      client.destroy();
    `;
    const { code, stdout } = await runChild(script, configuration);
    expect(stdout).toMatch(
      /^SLIPSTREAM_BAD_OPTION cache\.feed 'streams' needs the package @aws-sdk\/client-dynamodb-streams/,
    );
    expect(stdout).toContain("cache.feed 'none'");
    expect(code).toBe(0);
  });
});
