/** The doors that one process of `serve` opens, and the accelerator behind them, as the options say. */
import { createAccelerator } from '../accelerator/accelerator.ts';
import type { Accelerator } from '../accelerator/accelerator.ts';
import type { Log } from '../base/log.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';
import { createProxy } from '../proxy/proxy.ts';
import type { Proxy, ProxyOptions } from '../proxy/proxy.ts';
import { Metrics } from '../telemetry/metrics.ts';
import type { OpenBacking } from './open-backing.ts';
import type { Options } from './option-table.ts';
import { packageVersion } from './version.ts';

export interface OpenDoors {
  readonly proxy: Proxy;
  readonly metrics: Metrics;
  /** Doors first, store last: a call in flight still needs all that is behind it. */
  readonly close: () => Promise<void>;
}

export interface DoorParts {
  readonly instance: string;
  readonly backing: OpenBacking;
  readonly accelerator: Accelerator;
  readonly log: Log;
  /** What stands in place of what the options say. */
  readonly more: Partial<ProxyOptions>;
}

export function doorsOf(options: Options, { instance, backing, accelerator, log, more }: DoorParts): OpenDoors {
  const metrics = new Metrics({
    instance,
    version: packageVersion(),
    accelerator,
    doors: () => ({ inFlight: proxy.inFlight, connections: proxy.connections }),
  });
  const proxy = createProxy({
    backing: backing.store,
    accelerator,
    host: options.host,
    httpPort: options.httpPort,
    adminHost: options.adminHost,
    adminPort: options.adminPort,
    region: backing.region,
    corsOrigins: options.cors,
    requestBytesMax: options.requestBytesMax,
    connectionsMax: options.connectionsMax,
    inFlightMax: options.inFlightMax,
    drainTimeoutMs: options.drainTimeoutMs,
    busyPollMs: options.busyPollMs,
    metrics,
    instance,
    log,
    ...more,
  });
  const close = async () => {
    await proxy.close();
    await accelerator.close();
    metrics.close();
    await backing.close();
  };
  return { proxy, metrics, close };
}

export function accelerate(options: Options, { store }: OpenBacking, feed: ChangeFeed, log: Log): Accelerator {
  return createAccelerator({
    log,
    backing: store,
    feed,
    itemTtlMs: options.itemTtlMs,
    queryTtlMs: options.queryTtlMs,
    negativeTtlMs: options.negativeTtlMs,
    ttls: options.ttls,
    itemCacheBytes: options.itemCacheBytes,
    queryCacheBytes: options.queryCacheBytes,
    entryBytesMax: options.entryBytesMax,
    mutationLogMs: options.mutationLogMs,
    mutationLogBytes: options.mutationLogBytes,
    maxStalenessMs: options.maxStalenessMs,
    onFeedLoss: options.onFeedLoss,
    auditRate: options.auditRate,
    staleIfErrorMs: options.staleIfErrorMs,
  });
}
