/** The store behind `serve`, embedded or at an address, with the change feed that belongs to it. */
import { SlipstreamError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { createRemoteStore } from '../backing/remote-store.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';
import { createStreamsFeed } from '../feed/streams-feed.ts';
import { observeStore } from '../telemetry/observe-store.ts';
import { ServiceRequest } from '../model/service-call.ts';
import { DEMO_TABLE, DemoMark, loadDemo } from './demo.ts';
import { findMovies, readMovies } from './movies.ts';
import { openEmbeddedStore, refuseStoreFaults } from './open-store.ts';
import type { Options } from './option-table.ts';
import { refuseOwnAddress } from './own-address.ts';

export interface OpenBacking {
  readonly store: BackingStore;
  readonly feed: ChangeFeed;
  readonly region: string | undefined;
  /** True while the demo table is there. */
  readonly hasDemo: boolean;
  close(): Promise<void>;
}

/** @throws {SlipstreamError} What keeps the store from opening, with the option to change. */
export function openBacking(options: Options, instance: string, log: Log): Promise<OpenBacking> {
  const { backing } = options;
  return backing === 'embedded' ? openEmbedded(options, instance, log) : openRemote(options, backing, instance, log);
}

async function openEmbedded(options: Options, instance: string, log: Log): Promise<OpenBacking> {
  const dataDir = options.inMemory ? undefined : options.data;
  const mark = new DemoMark(dataDir);
  const wantsDemo = mark.begin(options.demo);
  warnOfShortLog(options, log);
  const opened = await openEmbeddedStore(options, log);
  const { embedded } = opened;
  if (wantsDemo) await fillWithDemo(embedded, mark, log);
  return {
    store: observeStore(opened.backing, instance),
    feed: embedded.feed,
    region: options.region,
    hasDemo: await hasTable(embedded, DEMO_TABLE),
    close: () => opened.close(),
  };
}

/** Behind a lag that outlasts the log, what a read brings may be older than a change that is forgotten (I2). */
function warnOfShortLog({ replicaLagMs, indexLagMs, mutationLogMs }: Options, log: Log): void {
  const lagMs = Math.max(replicaLagMs, indexLagMs);
  if (lagMs < mutationLogMs) return;
  log.warn({ lagMs, mutationLogMs }, 'caches may keep stale answers: --mutation-log has to be longer than the lags');
}

async function hasTable(store: BackingStore, name: string): Promise<boolean> {
  return (await store.send(ServiceRequest.fromInput('DescribeTable', { TableName: name }))).ok;
}

/** A demo that cannot be loaded is no reason not to serve; the next start tries again. */
async function fillWithDemo(store: BackingStore, mark: DemoMark, log: Log): Promise<void> {
  const file = findMovies();
  if (file === undefined) {
    log.info({}, 'no demo table: the npm package vega-datasets, where its films are, is not installed');
    return;
  }
  try {
    await loadDemo(store, readMovies(file), process.stderr);
    mark.finish();
  } catch (error) {
    log.error({ err: error }, 'the demo table could not be loaded');
  }
}

async function openRemote(options: Options, url: string, instance: string, log: Log): Promise<OpenBacking> {
  refuseStoreFaults(options);
  await refuseOwnAddress(url, options.host, options.httpPort);
  const remote = createRemoteStore({
    url,
    region: options.region,
    headersTimeoutMs: options.backingTimeoutMs,
    bodyTimeoutMs: options.backingTimeoutMs,
    queueTimeoutMs: options.backingQueueMs,
    via: instance,
  });
  try {
    await remote.ping();
  } catch (error) {
    await remote.close();
    if (!(error instanceof SlipstreamError)) throw error;
    throw new SlipstreamError(error.code, `--backing ${url}: ${error.message}; is the store running there?`, {
      cause: error,
    });
  }
  log.info({ backing: remote.url.origin, region: remote.region }, 'the backing store answers');
  const store = observeStore(remote, instance);
  const feed = createStreamsFeed({ backing: store, enableStreams: options.enableStreams });
  const close = async () => {
    await feed.close();
    await remote.close();
  };
  return { store, feed, region: remote.region, hasDemo: false, close };
}
