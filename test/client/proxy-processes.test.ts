/**
 * Goal: what only processes show of a client that follows a proxy: it keeps none alive, loses nothing when the proxy is
 * killed, and serves nothing that it missed while it was stopped. Method: children of this process, and signals.
 */
import { setTimeout as delay } from 'node:timers/promises';
import * as sdk from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { CliProcess } from '../cli/cli-process.ts';
import { runChild } from './child.ts';
import { LineProcess } from './proxy-child.ts';
import { credentials, Key, ProxyRig, put, read, TableName, untilLink, untilRead } from './proxy-rig.ts';

const configurationOf = (rig: ProxyRig, cache: object = {}) => ({
  endpoint: rig.storeUrl,
  region: 'us-east-1',
  credentials,
  cache: { proxy: rig.url, ...cache },
});

const readThrice = `
  const input = { TableName: ${JSON.stringify(TableName)}, Key: ${JSON.stringify(Key)} };
  for (let i = 0; i < 3; i++) {
    const { $metadata } = await client.send(new slipstream.GetItemCommand(input));
    console.log($metadata.slipstream.cache, client.cache.proxy().state);
  }
`;

describe('a process with a client that follows a proxy', () => {
  it.each([
    ['after destroy', 'client.destroy();'],
    ['once it has been disposed of', 'await client[Symbol.asyncDispose]();'],
    ['when it is not used any more', ''],
  ])('ends by itself %s, and not before its calls are answered', async (_, end) => {
    await using rig = await ProxyRig.open();
    const script = `const client = new slipstream.DynamoDBClient(configuration); ${readThrice} ${end}`;
    const stdout = 'miss live\nhit live\nhit live\n';
    expect(await runChild(script, configurationOf(rig))).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('holds nothing any more once that has been disposed of', async () => {
    await using rig = await ProxyRig.open();
    const script = `
      const { createHook } = await import('node:async_hooks');
      const alive = new Map();
      createHook({
        init: (id, type) => /^(Timeout|TCPWRAP)$/.test(type) && alive.set(id, type),
        destroy: (id) => alive.delete(id),
      }).enable();
      const isAlive = (type) => [...alive.values()].includes(type);
      const client = new slipstream.DynamoDBClient(configuration);
      ${readThrice}
      console.log(isAlive('Timeout'), isAlive('TCPWRAP'));
      await client[Symbol.asyncDispose]();
      // undici has one unreferenced timer for all its pools, which ends a second after the last of them.
      while (isAlive('TCPWRAP') || isAlive('Timeout')) await new Promise(setImmediate);
      console.log(process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)));
    `;
    const { stdout } = await runChild(script, configurationOf(rig));
    expect(stdout).toBe('miss live\nhit live\nhit live\ntrue true\n[]\n');
  });

  it('ends by itself although the proxy is away', async () => {
    await using rig = await ProxyRig.open();
    await rig.stopNode();
    const script = `const client = new slipstream.DynamoDBClient(configuration); ${readThrice}`;
    const { code, stdout } = await runChild(script, configurationOf(rig));
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^(\w+ lost\n){3}$/)]);
  });

  it('that was stopped for a while serves nothing that it missed meanwhile', { timeout: 40_000 }, async () => {
    const maxStalenessMs = 1_500;
    await using rig = await ProxyRig.open();
    await rig.past.send(put('before'));
    await using child = new LineProcess(
      `
      const client = new slipstream.DynamoDBClient(configuration);
      const input = { TableName: ${JSON.stringify(TableName)}, Key: ${JSON.stringify(Key)} };
      process.stdin.on('end', () => process.exit());
      process.stdin.resume();
      for (;;) {
        const { Item, $metadata } = await client.send(new slipstream.GetItemCommand(input));
        console.log(Item.v.S, $metadata.slipstream.cache, client.cache.proxy().state);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }`,
      configurationOf(rig, { maxStalenessMs }),
    );
    await child.until('before hit live');
    child.kill('SIGSTOP');
    await rig.past.send(put('after'));
    const linesBefore = await child.quiet();
    await delay(maxStalenessMs + 1_000);
    child.kill('SIGCONT');
    await child.until('after hit live');
    // The first of them may have been under way when the process was stopped.
    expect(child.lines.slice(linesBefore + 1).filter((line) => line.startsWith('before'))).toEqual([]);
  });
});

describe('a proxy that is killed', () => {
  it('takes no answer with it, and is followed again when it is back', { timeout: 60_000 }, async () => {
    await using store = new CliProcess(['store', '--in-memory', '--http-port', '0']);
    const endpoint = (await store.ready()).http as string;
    const serve = (port: string) =>
      new CliProcess(['serve', '--backing', endpoint, '--http-port', port, '--admin-port', 'off']);
    await using first = serve('0');
    const url = (await first.ready()).http as string;
    const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, cache: { proxy: url } });
    await client.send(
      new sdk.CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    );
    await client.send(put('1'));
    await untilRead(client, { cache: 'hit' });
    let goesOn = true;
    const use = async (id: string) => {
      for (let version = 0; goesOn; version++) {
        await client.send(put(String(version), id));
        expect(await read(client, id)).toMatchObject({ v: String(version) });
      }
    };
    const users = Promise.all(['b', 'c', 'd', 'e'].map(use));
    await untilLink(client, 'live');
    first.kill('SIGKILL');
    await untilLink(client, 'lost');
    await using second = serve(new URL(url).port);
    await second.ready();
    await untilLink(client, 'live');
    await untilRead(client, { v: '1', cache: 'hit' }, 15_000);
    goesOn = false;
    await users;
    client.destroy();
  });
});
