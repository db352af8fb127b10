/** `slipstream store`: the embedded store alone, with an HTTP door straight to it; nothing is cached. */
import { createProxy } from '../proxy/proxy.ts';
import type { ProxyAddresses } from '../proxy/proxy.ts';
import { createLog } from '../telemetry/log.ts';
import { readAuth } from './auth-options.ts';
import { OK } from './exit-code.ts';
import { openEmbeddedStore } from './open-store.ts';
import type { Options } from './option-table.ts';
import { announce } from './ready-line.ts';
import { awaitEnd } from './signals.ts';

export async function serveStore(options: Options): Promise<number> {
  const authFor = readAuth(options);
  const end = awaitEnd();
  const log = createLog(options.logLevel);
  const store = await openEmbeddedStore(options, log);
  const proxy = createProxy({
    backing: store.backing,
    host: options.host,
    httpPort: options.httpPort,
    ...authFor(options.region),
    adminPort: 'off',
    region: options.region,
    corsOrigins: options.cors,
    requestBytesMax: options.requestBytesMax,
    connectionsMax: options.connectionsMax,
    inFlightMax: options.inFlightMax,
    drainTimeoutMs: options.drainTimeoutMs,
    busyPollMs: options.busyPollMs,
    log,
  });
  const close = async () => {
    await proxy.close();
    await store.close();
  };
  let addresses: ProxyAddresses;
  try {
    addresses = await proxy.listen();
  } catch (error) {
    await close();
    throw error;
  }
  announce(addresses);
  log.info({ signal: await end.asked, inFlight: proxy.inFlight }, 'draining');
  await close();
  end.ignore();
  return OK;
}
