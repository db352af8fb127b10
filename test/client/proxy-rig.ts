/**
 * A store, a Slipstream node in front of it that can go and come back, a way past the node, and clients with near caches.
 * All in this process, over real sockets.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { vi } from 'vitest';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { ClientCacheOptions, DynamoDBClientConfig } from '../../src/client/client-dynamodb.ts';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import type { Proxy, ProxyOptions } from '../../src/proxy/proxy.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';

export const TableName = 'Things';
export const Key = { id: { S: 'a' } };

export const credentials = { accessKeyId: 'someone', secretAccessKey: 'secret' };

export interface RigOptions {
  /** False: nobody tells the node of what is written past it. */
  readonly hasFeed?: boolean | undefined;
  readonly proxy?: Partial<ProxyOptions> | undefined;
  /** Something between the node and the store. */
  readonly between?: ((store: BackingStore) => BackingStore) | undefined;
}

export class ProxyRig implements AsyncDisposable {
  readonly #store: EmbeddedStore;
  readonly #direct: Proxy;
  readonly #options: RigOptions;
  readonly #clients: sdk.DynamoDBClient[] = [];
  readonly #others: Proxy[] = [];
  #node: { readonly proxy: Proxy; readonly accelerator: Accelerator } | undefined;
  /** Address of the node: the same for all its lives. */
  url = '';
  /** Address of the store itself. */
  storeUrl = '';

  private constructor(store: EmbeddedStore, options: RigOptions) {
    this.#store = store;
    this.#options = options;
    this.#direct = createProxy({ backing: store, httpPort: 0, adminPort: 'off' });
  }

  static async open(options: RigOptions = {}): Promise<ProxyRig> {
    const rig = new ProxyRig(await openStore({ inMemory: true }), options);
    rig.storeUrl = (await rig.#direct.listen()).http as string;
    await rig.startNode();
    await rig.past.send(
      new sdk.CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    return rig;
  }

  /** The id of the node's present life. */
  get nodeId(): string | undefined {
    return this.#node?.proxy.instance;
  }

  /** Calls that the node has not answered. */
  get inFlight(): number {
    return this.#node?.proxy.inFlight ?? 0;
  }

  /** The SDK's own client, past the node. */
  get past(): sdk.DynamoDBClient {
    const client = new sdk.DynamoDBClient({ endpoint: this.storeUrl, region: 'us-east-1', credentials });
    this.#clients.push(client);
    return client;
  }

  async startNode(): Promise<void> {
    const { hasFeed = true, proxy: options, between } = this.#options;
    const backing = between?.(this.#store) ?? this.#store;
    const accelerator = createAccelerator({ backing, feed: hasFeed ? this.#store.feed : undefined });
    const httpPort = this.url === '' ? 0 : Number(new URL(this.url).port);
    const proxy = createProxy({ backing, accelerator, httpPort, adminPort: 'off', ...options });
    this.url = (await proxy.listen()).http as string;
    this.#node = { proxy, accelerator };
  }

  /** Another node over the same store, at an address of its own; it ends with the rig. */
  async startOther({ hasFeed }: { readonly hasFeed: boolean }): Promise<string> {
    const accelerator = createAccelerator({ backing: this.#store, feed: hasFeed ? this.#store.feed : undefined });
    const proxy = createProxy({ backing: this.#store, accelerator, httpPort: 0, adminPort: 'off' });
    this.#others.push(proxy);
    return (await proxy.listen()).http as string;
  }

  async stopNode(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await node?.proxy.close();
    await node?.accelerator.close();
  }

  /** A client of ours that follows the node, and whose own endpoint is the store. */
  client(cache: ClientCacheOptions = {}, configuration: DynamoDBClientConfig = {}): DynamoDBClient {
    const client = new DynamoDBClient({
      endpoint: this.storeUrl,
      region: 'us-east-1',
      credentials,
      ...configuration,
      cache: { proxy: this.url, ...cache },
    });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.stopNode();
    for (const other of this.#others) await other.close();
    await this.#direct.close();
    await this.#store.close();
  }
}

export const put = (v: string, id = 'a') => new sdk.PutItemCommand({ TableName, Item: { id: { S: id }, v: { S: v } } });

export interface Seen {
  readonly v: string | undefined;
  readonly cache: string | undefined;
}

export async function read(client: DynamoDBClient, id = 'a'): Promise<Seen> {
  const { Item, $metadata } = await client.send(new sdk.GetItemCommand({ TableName, Key: { id: { S: id } } }));
  return { v: Item?.['v']?.S, cache: $metadata.slipstream?.cache };
}

/** Reads until the answer is this one. */
export function untilRead(client: DynamoDBClient, expected: Partial<Seen>, timeoutMs = 10_000): Promise<void> {
  return vi.waitFor(
    async () => {
      const seen = await read(client);
      for (const [name, value] of Object.entries(expected)) {
        if (seen[name as keyof Seen] !== value) throw new Error(`${JSON.stringify(seen)}`);
      }
    },
    { timeout: timeoutMs, interval: 10 },
  );
}

export function untilLink(client: DynamoDBClient, state: string, timeoutMs = 10_000): Promise<void> {
  return vi.waitFor(
    () => {
      const status = client.cache.proxy();
      if (status?.state !== state) throw new Error(`${status?.state} (${status?.failure?.message})`);
    },
    { timeout: timeoutMs, interval: 10 },
  );
}
