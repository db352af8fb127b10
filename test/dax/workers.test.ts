/** DAX clients at a proxy of several processes, which they take for one node. */
import { afterEach, expect, test } from 'vitest';
import { AttributeLists } from '../../src/wire/dax/attribute-lists.ts';
import type { CborWriter } from '../../src/wire/dax/cbor-writer.ts';
import { callApi, CliProcess } from '../cli/cli-process.ts';
import { atEnd, closeAll, openDax, tables } from './dax-rig.ts';
import { getItemRequest, hello, method, RawClient, written } from './raw-client.ts';

afterEach(closeAll);

const WORKERS = 2;

async function start() {
  const store = new CliProcess(['store', '--in-memory', '--http-port', '0']);
  atEnd(() => store[Symbol.asyncDispose]());
  const backing = (await store.ready()).http as string;
  for (const table of tables) await callApi(backing, 'CreateTable', table);
  const doors = ['--http-port', '0', '--admin-port', 'off', '--dax-port', '0'];
  // In memory: what one process knows of the lists, another one cannot have read in a file.
  const proxy = new CliProcess(['serve', '--backing', backing, '--workers', String(WORKERS), '--in-memory', ...doors]);
  atEnd(() => proxy[Symbol.asyncDispose]());
  const { dax, http } = await proxy.ready();
  return { proxy, dax: dax as string, http: http as string };
}

test(
  'clients whose connections land on all of them write and read what each other wrote',
  { timeout: 120_000 },
  async () => {
    const { dax, http } = await start();
    const clients = Array.from({ length: 2 * WORKERS }, () => openDax({ endpoint: dax }));
    await Promise.all(
      clients.map(async (client, c) => {
        for (let i = 0; i < 10; i++) {
          const Key = { pk: { S: `${c}/${i}` } };
          // Each with attributes of its own names, for which it defines a list, and writes at once with its number.
          const items = Array.from({ length: 4 }, (_, n) => ({ ...Key, [`a${c}-${i}-${n}`]: { N: String(n) } }));
          await Promise.all(items.map((Item) => client.putItem({ TableName: 'hash', Item })));
          const last = items[i % items.length] as (typeof items)[number];
          await client.putItem({ TableName: 'hash', Item: last });
          const seen = await Promise.all(clients.map((other) => other.getItem({ TableName: 'hash', Key })));
          expect(seen.map(({ Item }) => Item)).toEqual(clients.map(() => last));
          expect((await callApi(http, 'GetItem', { TableName: 'hash', Key })).output['Item']).toEqual(last);
        }
      }),
    );
  },
);

const NAMES = ['x', 'y'];
const { id: ID } = new AttributeLists().forNames(NAMES);

const request = (name: keyof typeof method, write: (writer: CborWriter) => void) =>
  written((writer) => {
    writer.integer(1);
    writer.integer(method[name]);
    write(writer);
  });

const answer = (write: (writer: CborWriter) => void) =>
  written((writer) => {
    writer.arrayHead(0);
    write(writer);
  });

function writeNames(writer: CborWriter): void {
  writer.arrayHead(NAMES.length);
  for (const name of NAMES) writer.text(name);
}

/** Connections to all of them, which are dealt out by turns. */
async function connectToAll(dax: string): Promise<readonly RawClient[]> {
  const connections = await Promise.all(Array.from({ length: WORKERS }, () => RawClient.connect(dax)));
  for (const connection of connections) {
    atEnd(() => connection.close());
    connection.send(hello);
  }
  return connections;
}

async function expectNamesFrom(connections: readonly RawClient[]): Promise<void> {
  const names = answer(writeNames);
  for (const connection of connections) {
    connection.send(request('defineAttributeList', (writer) => writer.integer(ID)));
    expect(await connection.receive(names.length)).toEqual(names);
  }
}

test('each knows the names of a list that another one has sent', { timeout: 120_000 }, async () => {
  const { dax, http } = await start();
  await callApi(http, 'PutItem', { TableName: 'hash', Item: { pk: { S: 'a' }, x: { S: '1' }, y: { S: '2' } } });
  const connections = await connectToAll(dax);
  connections[0]?.send(getItemRequest('hash', 'a'));
  await connections[0]?.receiveTo(written((writer) => writer.text('2')));
  await expectNamesFrom(connections);
});

test(
  'one that takes the place of another knows the lists that clients have defined',
  { timeout: 120_000 },
  async () => {
    const { proxy, dax } = await start();
    const [first] = await connectToAll(dax);
    first?.send(request('defineAttributeListId', writeNames));
    const number = answer((writer) => writer.integer(ID));
    expect(await first?.receive(number.length)).toEqual(number);
    for (const pid of proxy.workerPids) {
      const begun = proxy.workerPids.length;
      process.kill(pid, 'SIGKILL');
      await proxy.told(() => proxy.workerPids.length > begun);
    }
    await expectNamesFrom(await connectToAll(dax));
  },
);
