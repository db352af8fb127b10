/** What a client's `cache` option may say, and what is refused. */
import type { Accelerator } from '../accelerator/accelerator.ts';
import type { AcceleratorTuning } from '../accelerator/options.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';

/** A store in this process, such as `openStore()` of `slipstream/store` gives. */
export interface InProcessStore extends BackingStore {
  readonly feed?: ChangeFeed | undefined;
}

export interface ClientCacheOptions extends AcceleratorTuning {
  /**
   * Where the client learns of writes that others make:
   * - `'streams'` (default): it reads the tables' DynamoDB Streams itself. DynamoDB allows two readers a shard, so this is
   *   for one or two processes. A table without a stream lives by TTL and this client's own writes;
   * - `'none'`: entries live by TTL and this client's own writes;
   * - a `ChangeFeed`. Whoever made it closes it.
   */
  readonly feed?: 'streams' | 'none' | ChangeFeed | undefined;
  /** Answers every call in this process instead of the network; its own feed is used. It stays open after `destroy()`. */
  readonly store?: InProcessStore | undefined;
  /**
   * Shares the caches and the store of an accelerator that is there already; it stays open after `destroy()`. Tuning and
   * feed are its own then. The SDK's middleware sees only what is not an item operation.
   */
  readonly accelerator?: Accelerator | undefined;
  readonly clock?: Clock | undefined;
}

/** Half of it for items, half for query pages: a cache beside an application, not instead of one. */
export const clientCacheDefaults = {
  itemCacheBytes: 32 * 1024 * 1024,
  queryCacheBytes: 32 * 1024 * 1024,
} as const;

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION */
export function checkCacheOptions(options: ClientCacheOptions): void {
  const { feed, store, accelerator } = options;
  if (accelerator !== undefined && (feed !== undefined || store !== undefined)) {
    throw badOption('cache.accelerator brings its own feed and store: leave out cache.feed and cache.store');
  }
  if (store !== undefined && feed === 'streams') {
    throw badOption("cache.store brings its own feed: leave out cache.feed, or choose 'none'");
  }
  const isFeed = typeof feed === 'object' && typeof feed.subscribe === 'function';
  if (feed !== undefined && feed !== 'streams' && feed !== 'none' && !isFeed) {
    throw badOption(`cache.feed must be 'streams', 'none' or a ChangeFeed, not ${JSON.stringify(feed)}`);
  }
}

function badOption(message: string): SlipstreamError {
  return new SlipstreamError('SLIPSTREAM_BAD_OPTION', message);
}
