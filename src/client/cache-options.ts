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
   * - `'proxy'`: a Slipstream proxy tells it, over one long-lived connection, of all that the proxy sees. For any number of
   *   processes, which keep a near cache each: a miss asks the proxy, and what is known there is known here;
   * - `'embedded'` (default where `store` is given): the store's own feed;
   * - `'none'`: entries live by TTL and this client's own writes;
   * - a `ChangeFeed`. Whoever made it closes it.
   */
  readonly feed?: 'streams' | 'proxy' | 'embedded' | 'none' | ChangeFeed | undefined;
  /**
   * Address of the proxy that is followed with feed `'proxy'`, such as `http://slipstream.internal:8000`: of one process, not of
   * several behind a balancer. Calls go there while it answers, and to the client's own endpoint while it does not (2 s after
   * it fell silent, at once when it is gone). Without this option the client's own endpoint has to be the proxy, and
   * there is nowhere else to go.
   */
  readonly proxy?: string | undefined;
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

type FeedName = Extract<ClientCacheOptions['feed'], string>;

const feedNames: readonly FeedName[] = ['streams', 'proxy', 'embedded', 'none'];

/** The feed that the options ask for: by its name, or as it is. */
export function feedOf({ feed, store, proxy }: ClientCacheOptions): FeedName | ChangeFeed {
  if (feed !== undefined) return feed;
  if (proxy !== undefined) return 'proxy';
  return store === undefined ? 'streams' : 'embedded';
}

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION */
export function checkCacheOptions(options: ClientCacheOptions): void {
  const { feed, store, accelerator, proxy } = options;
  if (accelerator !== undefined && (feed !== undefined || store !== undefined || proxy !== undefined)) {
    throw badOption(
      'cache.accelerator brings its own feed and store: leave out cache.feed, cache.store and cache.proxy',
    );
  }
  const isFeed = typeof feed === 'object' && typeof feed.subscribe === 'function';
  if (feed !== undefined && !isFeed && !feedNames.includes(feed as FeedName)) {
    const names = feedNames.map((name) => `'${name}'`).join(', ');
    throw badOption(`cache.feed must be ${names} or a ChangeFeed, not ${JSON.stringify(feed)}`);
  }
  const chosen = feedOf(options);
  if (store !== undefined && (chosen === 'streams' || chosen === 'proxy')) {
    throw badOption("cache.store brings its own feed: leave out cache.feed and cache.proxy, or choose 'none'");
  }
  if (chosen === 'embedded' && store?.feed === undefined && feed !== undefined) {
    throw badOption("cache.feed 'embedded' needs cache.store: a store in this process, as openStore() gives");
  }
  if (proxy === undefined) return;
  if (chosen !== 'proxy') throw badOption(`cache.proxy is for cache.feed 'proxy', which is ${JSON.stringify(feed)}`);
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    throw badOption(
      `cache.proxy must be the http or https address of a Slipstream proxy, not ${JSON.stringify(proxy)}`,
    );
  }
}

function badOption(message: string): SlipstreamError {
  return new SlipstreamError('SLIPSTREAM_BAD_OPTION', message);
}
