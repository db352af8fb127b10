/** A real proxy over the embedded store, on free ports and in memory, and the real clients, unmodified. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import type { Accelerator, AcceleratorTuning } from '../../src/accelerator/accelerator.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import type { Proxy, ProxyOptions } from '../../src/proxy/proxy.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';

export const credentials = { accessKeyId: 'AKIDSLIPSTREAM', secretAccessKey: 'a secret of the tests' };
export const region = 'us-east-1';

/** `hash` has the partition key `pk` (S); `range` has `h` (S) and `r` (N), a local index and two global ones. */
export const tables: readonly JsonObject[] = [
  {
    TableName: 'hash',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  },
  {
    TableName: 'range',
    AttributeDefinitions: [
      { AttributeName: 'h', AttributeType: 'S' },
      { AttributeName: 'r', AttributeType: 'N' },
      { AttributeName: 'l', AttributeType: 'B' },
      { AttributeName: 'g', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'h', KeyType: 'HASH' },
      { AttributeName: 'r', KeyType: 'RANGE' },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: 'local',
        KeySchema: [
          { AttributeName: 'h', KeyType: 'HASH' },
          { AttributeName: 'l', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'global',
        KeySchema: [
          { AttributeName: 'g', KeyType: 'HASH' },
          { AttributeName: 'r', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
      {
        IndexName: 'keys',
        KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  },
  {
    TableName: 'numbers',
    AttributeDefinitions: [{ AttributeName: 'n', AttributeType: 'N' }],
    KeySchema: [{ AttributeName: 'n', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  },
  {
    TableName: 'binary',
    AttributeDefinitions: [
      { AttributeName: 'b', AttributeType: 'B' },
      { AttributeName: 's', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'b', KeyType: 'HASH' },
      { AttributeName: 's', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  },
];

export interface Rig {
  readonly proxy: Proxy;
  readonly store: EmbeddedStore;
  readonly accelerator: Accelerator;
  readonly dax: string;
  readonly daxs: string | undefined;
  readonly http: string;
}

type Closer = () => unknown;
const closers: Closer[] = [];

export function atEnd(close: Closer): void {
  closers.push(close);
}

/** For `afterEach` or `afterAll`: the last that was opened closes first. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close();
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipstream-dax-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function openRig(options: Partial<ProxyOptions> = {}, tuning: AcceleratorTuning = {}): Promise<Rig> {
  const store = await openStore({ inMemory: true });
  for (const table of tables) await store.send(ServiceRequest.fromInput('CreateTable', table));
  atEnd(async () => {
    await store.feed.close();
    await store.close();
  });
  return { store, ...(await openProxy(store, options, tuning)) };
}

/** A proxy over a store that is there; closed at the end, or before. */
export async function openProxy(
  store: EmbeddedStore,
  options: Partial<ProxyOptions> = {},
  tuning: AcceleratorTuning = {},
): Promise<Omit<Rig, 'store'>> {
  const accelerator = createAccelerator({ backing: store, feed: store.feed, ...tuning });
  const proxy = createProxy({
    backing: store,
    accelerator,
    httpPort: 0,
    daxPort: 0,
    daxTlsPort: 0,
    adminPort: 'off',
    ...options,
  });
  atEnd(() => proxy.close());
  const { http, dax, daxs } = await proxy.listen();
  return { proxy, accelerator, http: http as string, dax: dax as string, daxs };
}

export type DaxClient = DynamoDB;
export type DaxDocumentClient = DynamoDBDocument;

interface CallbackClient {
  promise(): Promise<JsonObject>;
}
type V1Method = (input: JsonObject) => CallbackClient;
/** `amazon-dax-client`, which looks as the SDK did before version 3. */
export type V1Client = Readonly<
  Record<'getItem' | 'putItem' | 'query' | 'updateItem' | 'transactWriteItems', V1Method>
> & {
  shutdown(): void;
};

const require = createRequire(import.meta.url);

interface ClientOptions {
  readonly endpoint: string;
  readonly credentials?: typeof credentials;
  readonly [option: string]: unknown;
}

/** Version 3 of the client. */
export function openDax(options: ClientOptions): DaxClient {
  const { Dax } = require('@amazon-dax-sdk/client-dax') as { Dax: new (options: object) => DaxClient };
  const client = new Dax({ region, credentials, ...options });
  atEnd(() => shutDown(client));
  return client;
}

/** The same with documents. */
export function openDaxDocument(options: ClientOptions): DaxDocumentClient {
  const { DaxDocument } = require('@amazon-dax-sdk/lib-dax') as {
    DaxDocument: new (options: object) => DaxDocumentClient;
  };
  const client = new DaxDocument({ region, credentials, ...options });
  atEnd(() => shutDown(client));
  return client;
}

/** `destroy()` of the SDK leaves the client's connections open; this method of its own ends them. */
export function shutDown(client: object): void {
  (client as { readonly shutdown: () => void }).shutdown();
}

/** Version 1 of the client. */
export function openV1(options: { readonly endpoint: string }): V1Client {
  const Client = require('amazon-dax-client') as new (options: object) => V1Client;
  const client = new Client({ endpoints: [options.endpoint], region, credentials });
  atEnd(() => client.shutdown());
  return client;
}
