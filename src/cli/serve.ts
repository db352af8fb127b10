/** `slipstream serve`: the accelerator in front of a store, until a signal asks for its end. */
import cluster from 'node:cluster';
import { newInstanceId } from '../proxy/proxy.ts';
import type { ProxyAddresses } from '../proxy/proxy.ts';
import { createLog } from '../telemetry/log.ts';
import { readAuth } from './auth-options.ts';
import { daxOptions } from './dax-options.ts';
import { OK } from './exit-code.ts';
import { nextSteps } from './next-steps.ts';
import { openBacking } from './open-backing.ts';
import { accelerate, doorsOf } from './open-doors.ts';
import type { Options } from './option-table.ts';
import { announce } from './ready-line.ts';
import { serveAsWorker } from './serve-as-worker.ts';
import { serveWorkers } from './serve-workers.ts';
import { awaitEnd } from './signals.ts';

export async function serve(options: Options): Promise<number> {
  if (options.workers > 1) return cluster.isPrimary ? serveWorkers(options) : serveAsWorker(options);
  const dax = daxOptions(options);
  const authFor = readAuth(options);
  const end = awaitEnd();
  const log = createLog(options.logLevel);
  const instance = newInstanceId();
  const backing = await openBacking(options, instance, log);
  const accelerator = accelerate(options, backing, backing.feed, log);
  const more = { ...dax, ...authFor(backing.region) };
  const { proxy, close } = doorsOf(options, { instance, backing, accelerator, log, more });
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
