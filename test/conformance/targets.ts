/** The stores that the conformance table is run against, each behind the AWS SDK's clients. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import * as accelerated from '../../src/client/client-dynamodb.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import type { ForeignStore } from '../support/foreign-stores.ts';

export interface Target {
  readonly client: DynamoDBClient;
  /** The same store without what stands before it, so that a first read finds no cache filled. */
  readonly direct: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  /** Of the answers of a target with a cache. */
  readonly hits?: Hits | undefined;
  close(): Promise<void>;
}

/** Counts how the answers came about, so that a run in which nothing was ever a hit is seen. */
export class Hits {
  readonly counts: Record<string, number> = {};

  count(metadata: object): void {
    const { cache = 'none' } = (metadata as accelerated.Accelerated<object>['$metadata']).slipstream ?? {};
    this.counts[cache] = (this.counts[cache] ?? 0) + 1;
  }
}

function configurationFor(endpoint: string): DynamoDBClientConfig {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'someone', secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
}

export function overHttp(url: string, close: () => Promise<void>): Target {
  const client = new DynamoDBClient(configurationFor(url));
  const streams = new DynamoDBStreamsClient(configurationFor(url));
  client.middlewareStack.add(
    // Puts the door's header where our own client says the same.
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { readonly headers: Readonly<Record<string, string>> };
      const cache = headers['x-slipstream-cache'];
      if (cache !== undefined) Object.assign(result.output?.$metadata ?? {}, { slipstream: { cache } });
      return result;
    },
    { step: 'deserialize', priority: 'high' },
  );
  return {
    client,
    direct: client,
    streams,
    async close() {
      client.destroy();
      streams.destroy();
      await close();
    },
  };
}

export const foreignTarget = (store: ForeignStore): Target => overHttp(store.url, () => store.close());

/** The embedded store behind the HTTP door. */
export async function openEmbedded(): Promise<Target & { readonly store: EmbeddedStore }> {
  const store = await openStore({ inMemory: true });
  const proxy = createProxy({ backing: store, httpPort: 0, adminPort: 'off' });
  const { http } = await proxy.listen();
  const target = overHttp(http as string, async () => {
    await proxy.close();
    await store.close();
  });
  return { ...target, store };
}

/** The accelerator in front of the embedded store, over HTTP. */
export async function openAccelerated(): Promise<Target> {
  const behind = await openEmbedded();
  const { store } = behind;
  const accelerator = createAccelerator({ backing: store, feed: store.feed });
  const proxy = createProxy({ backing: store, accelerator, httpPort: 0, adminPort: 'off' });
  const { http } = await proxy.listen();
  const target = overHttp(http as string, async () => {
    await proxy.close();
    await accelerator.close();
    await behind.close();
  });
  return { ...target, direct: behind.client, hits: new Hits() };
}

/** The drop-in client with the embedded store in its process; the Streams client is the SDK's own, over HTTP. */
export async function openInProcess(): Promise<Target> {
  const behind = await openEmbedded();
  const client = new accelerated.DynamoDBClient({ maxAttempts: 1, cache: { store: behind.store } });
  return {
    client,
    direct: behind.client,
    streams: behind.streams,
    hits: new Hits(),
    async close() {
      await client[Symbol.asyncDispose]();
      await behind.close();
    },
  };
}
