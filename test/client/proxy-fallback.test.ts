/**
 * Goal: where the proxy is away, refuses, or is none, a client says why and goes to its own endpoint, and its callers see no
 * error that the endpoint alone would not have given. Method: an address at which something else stands, or nothing.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import * as sdk from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { SlipstreamError } from '../../src/base/errors.ts';
import { credentials, ProxyRig, put, read, TableName, untilLink, untilRead } from './proxy-rig.ts';

interface Stranger extends AsyncDisposable {
  readonly url: string;
}

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<Stranger> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a Slipstream that speaks another version of the protocol says. */
const otherVersion = () =>
  listen(
    createServer().on('upgrade', (_request, socket) => {
      const body = JSON.stringify({
        __type: 'SLIPSTREAM_VERSION_MISMATCH',
        message: 'this node speaks slipstream.feed.9',
      });
      socket.end(`HTTP/1.1 426 Refused\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
    }),
  );

const webServer = () => listen(createServer((_request, response) => response.writeHead(404).end('no such page')));

const rubbish = () =>
  listen(createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n', () => socket.destroy())));

describe('a client whose proxy is not one that it can follow', () => {
  it.each([
    [
      'another version of Slipstream',
      otherVersion,
      'SLIPSTREAM_VERSION_MISMATCH',
      /slipstream\.feed\.1.*slipstream\.feed\.9/,
    ],
    ['a web server', webServer, 'SLIPSTREAM_VERSION_MISMATCH', /cache\.proxy.*HTTP 404/],
    ['no HTTP server', rubbish, 'SLIPSTREAM_CONNECTION_LOST', /the link to .* failed/],
  ] as const)('says so of %s, and does without it', async (_, start, code, message) => {
    await using rig = await ProxyRig.open();
    await using stranger = await start();
    const client = rig.client({ proxy: stranger.url });
    await client.send(put('1'));
    expect((await read(client)).v).toBe('1');
    const { failure } = client.cache.proxy()!;
    expect(failure).toBeInstanceOf(SlipstreamError);
    expect([failure?.code, failure?.message]).toEqual([code, expect.stringMatching(message)]);
  });
});

describe('a client whose proxy is away at the start', () => {
  it('does without it, and follows it when it comes', async () => {
    await using rig = await ProxyRig.open();
    await rig.stopNode();
    const client = rig.client();
    await client.send(put('1'));
    expect((await read(client)).v).toBe('1');
    expect(client.cache.proxy()).toMatchObject({ state: 'lost', failure: { code: 'SLIPSTREAM_CONNECTION_LOST' } });
    await rig.startNode();
    await untilLink(client, 'live');
    expect(client.cache.proxy()?.failure).toBeUndefined();
    await untilRead(client, { v: '1', cache: 'hit' });
  });

  it('fails as its endpoint does when that is the proxy, and comes back with it', async () => {
    await using rig = await ProxyRig.open();
    await rig.stopNode();
    const client = rig.client({ feed: 'proxy', proxy: undefined }, { endpoint: rig.url, maxAttempts: 1 });
    const alone = new sdk.DynamoDBClient({ endpoint: rig.url, region: 'us-east-1', credentials, maxAttempts: 1 });
    const own: unknown = await alone.send(new sdk.ListTablesCommand()).catch((error: unknown) => error);
    const error: unknown = await read(client).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(SlipstreamError);
    expect(error).toMatchObject({ name: (own as Error).name, code: (own as { code: string }).code });
    alone.destroy();
    await rig.startNode();
    await client.send(put('1'));
    await untilRead(client, { v: '1', cache: 'hit' });
    await rig.past.send(put('2'));
    await untilRead(client, { v: '2', cache: 'hit' });
  });
});

describe('a client that goes past its proxy', () => {
  it('gets the errors of its own endpoint', async () => {
    await using rig = await ProxyRig.open();
    await rig.stopNode();
    const client = rig.client();
    await client.send(put('1'));
    const create = new sdk.PutItemCommand({
      TableName,
      Item: { id: { S: 'a' } },
      ConditionExpression: 'attribute_not_exists(id)',
    });
    await expect(client.send(create)).rejects.toBeInstanceOf(sdk.ConditionalCheckFailedException);
    const missing = new sdk.GetItemCommand({ TableName: 'Missing', Key: { id: { S: 'a' } } });
    await expect(client.send(missing)).rejects.toBeInstanceOf(sdk.ResourceNotFoundException);
    const abortSignal = AbortSignal.abort();
    await expect(client.send(put('2'), { abortSignal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('still goes past it when the proxy sheds its call', async () => {
    await using rig = await ProxyRig.open({ proxy: { requestBytesMax: 2_000 } });
    const client = rig.client();
    await read(client);
    await untilLink(client, 'live');
    const large = '.'.repeat(10_000);
    await client.send(put(large));
    expect((await read(client)).v).toBe(large);
  });
});
