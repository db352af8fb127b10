/** The opening and closing of what a client holds beside the SDK, by its `cache` option. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAccelerator } from '../accelerator/accelerator.ts';
import { createStreamsFeed } from '../feed/streams-feed.ts';
import { AcceleratedSend } from './accelerated-send.ts';
import type { ClientCacheOptions } from './cache-options.ts';
import { clientCacheDefaults, feedOf } from './cache-options.ts';
import { ClientCache } from './client-cache.ts';
import type { Forward } from './commands.ts';
import { NodeBehind } from './node-behind.ts';
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
    return { cache: new ClientCache({ accelerator: shared, path }), path, close: async () => path.close() };
  }
  const { feed: _feed, store, proxy: _proxy, accelerator: _shared, clock, ...tuning } = options;
  const chosen = feedOf(options);
  const streams = chosen === 'streams' ? new StreamsStore(client) : undefined;
  const node = chosen === 'proxy' ? new NodeBehind(client, options) : undefined;
  const backing = new SdkStore({ forward, streams, node });
  const ownFeed = streams === undefined ? node?.feed : createStreamsFeed({ backing, clock });
  const accelerator = createAccelerator({
    ...clientCacheDefaults,
    ...tuning,
    keep: 'values',
    backing,
    feed: ownFeed ?? (typeof chosen === 'object' ? chosen : chosen === 'embedded' ? store?.feed : undefined),
    clock,
  });
  const failure = () => streams?.failure ?? node?.fault;
  const path = new AcceleratedSend({ accelerator, forward, itemsOnly: false, failure });
  const close = async () => {
    path.close();
    await Promise.all([accelerator.close(), ownFeed?.close()]);
    await backing.close();
  };
  return { cache: new ClientCache({ accelerator, path, node, clock }), path, close };
}
