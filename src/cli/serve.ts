/** `slipstream serve`: the accelerator in front of a store, until a signal asks for its end. */
import { createAccelerator } from '../accelerator/accelerator.ts';
import type { Log } from '../base/log.ts';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { createProxy, newInstanceId } from '../proxy/proxy.ts';
import type { ProxyAddresses } from '../proxy/proxy.ts';
import { createLog } from '../telemetry/log.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { readAuth } from './auth-options.ts';
import { daxOptions } from './dax-options.ts';
import { OK } from './exit-code.ts';
import { nextSteps } from './next-steps.ts';
import { openBacking } from './open-backing.ts';
import type { OpenBacking } from './open-backing.ts';
import type { Options } from './option-table.ts';
import { announce } from './ready-line.ts';
import { awaitEnd } from './signals.ts';
import { packageVersion } from './version.ts';

export async function serve(options: Options): Promise<number> {
  const dax = daxOptions(options);
  const authFor = readAuth(options);
  const end = awaitEnd();
  const log = createLog(options.logLevel);
  const instance = newInstanceId();
  const backing = await openBacking(options, instance, log);
  const accelerator = accelerate(options, backing, log);
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
    ...dax,
    ...authFor(backing.region),
    adminHost: options.adminHost,
    adminPort: options.adminPort,
    region: backing.region,
    corsOrigins: options.cors,
    requestBytesMax: options.requestBytesMax,
    connectionsMax: options.connectionsMax,
    inFlightMax: options.inFlightMax,
    drainTimeoutMs: options.drainTimeoutMs,
    metrics,
    instance,
    log,
  });
  // Doors first, store last: a call in flight still needs all that is behind it.
  const close = async () => {
    await proxy.close();
    await accelerator.close();
    metrics.close();
    await backing.close();
  };
  let addresses: ProxyAddresses;
  try {
    addresses = await proxy.listen();
  } catch (error) {
    await close();
    throw error;
  }
  announce(addresses);
  if (!end.isAsked) process.stderr.write(nextSteps(addresses, backing.hasDemo));
  const signal = await end.asked;
  log.info({ signal, inFlight: proxy.inFlight }, 'draining');
  await close();
  end.ignore();
  return OK;
}

function accelerate(options: Options, backing: OpenBacking, log: Log): Accelerator {
  return createAccelerator({
    log,
    backing: backing.store,
    feed: backing.feed,
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
