/** The opening and closing of what a client holds beside the SDK, by its `cache` option. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAccelerator } from '../accelerator/accelerator.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';
import { createStreamsFeed } from '../feed/streams-feed.ts';
import { AcceleratedSend } from './accelerated-send.ts';
import type { ClientCacheOptions } from './cache-options.ts';
import { clientCacheDefaults } from './cache-options.ts';
import { ClientCache } from './client-cache.ts';
import type { Forward } from './commands.ts';
import { SdkStore } from './sdk-store.ts';
import { StreamsStore } from './streams-store.ts';

/** What a client holds beside the SDK. */
export interface OpenCache {
  readonly cache: ClientCache;
  readonly path: AcceleratedSend;
  /** Leaves no timer and no socket of ours. */
  close(): Promise<void>;
}

export function openCache(client: DynamoDBClient, options: ClientCacheOptions, forward: Forward): OpenCache {
  const shared = options.accelerator;
  if (shared !== undefined) {
    const path = new AcceleratedSend({ accelerator: shared, forward, itemsOnly: true, failure: () => undefined });
    return { cache: new ClientCache(shared), path, close: async () => path.close() };
  }
  const { feed: chosen, store, accelerator: _shared, clock, ...tuning } = options;
  const streams = store === undefined && (chosen ?? 'streams') === 'streams' ? new StreamsStore(client) : undefined;
  const backing = new SdkStore({ forward, streams });
  const ownFeed = streams === undefined ? undefined : createStreamsFeed({ backing, clock });
  const accelerator = createAccelerator({
    ...clientCacheDefaults,
    ...tuning,
    backing,
    feed: ownFeed ?? (chosen === undefined ? store?.feed : givenFeed(chosen)),
    clock,
  });
  const path = new AcceleratedSend({ accelerator, forward, itemsOnly: false, failure: () => streams?.failure });
  const close = async () => {
    path.close();
    await Promise.all([accelerator.close(), ownFeed?.close()]);
    await backing.close();
  };
  return { cache: new ClientCache(accelerator), path, close };
}

function givenFeed(chosen: 'streams' | 'none' | ChangeFeed): ChangeFeed | undefined {
  return typeof chosen === 'string' ? undefined : chosen;
}
