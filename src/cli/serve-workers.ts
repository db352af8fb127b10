/**
 * `serve --workers N`: N processes behind one port, and this one, which starts them, reads the change feed for all, has the
 * admin door, and ends with them.
 */
import { systemClock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { AdminDoor } from '../proxy/admin-door.ts';
import { resolveLimits } from '../proxy/limits.ts';
import { newInstanceId } from '../proxy/proxy.ts';
import type { ProxyAddresses } from '../proxy/proxy.ts';
import { Readiness } from '../proxy/readiness.ts';
import { WorkerHub } from '../proxy/worker-hub.ts';
import { workerDefaults } from '../proxy/worker-messages.ts';
import { addMetrics } from '../telemetry/add-metrics.ts';
import type { MetricValues } from '../telemetry/add-metrics.ts';
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
import { WorkerPool } from './worker-pool.ts';

/** What a worker may take beyond its own drain, to end. */
const END_MS = 5_000;

export async function serveWorkers(options: Options): Promise<number> {
  refuseEmbedded(options);
  // What is wrong with them is said once, here, and not by each worker.
  daxOptions(options);
  readAuth(options);
  const end = awaitEnd();
  const log = createLog(options.logLevel);
  const instance = newInstanceId();
  const backing = await openBacking(options, instance, log);
  const hub = new WorkerHub({ feed: backing.feed, timing: workerDefaults, clock: systemClock, log });
  const pool = new WorkerPool({ hub, count: options.workers, instance, clock: systemClock, log });
  const metrics = new Metrics({ instance, version: packageVersion() });
  const admin = adminDoorOf(options, { backing, hub, pool, metrics, isDraining: () => end.isAsked, log });
  const close = async () => {
    await pool.drain(options.drainTimeoutMs + END_MS);
    await admin?.drain();
    hub.close();
    metrics.close();
    await backing.close();
  };
  let addresses: ProxyAddresses;
  try {
    addresses = { ...(await pool.start()), ...(admin && { admin: await admin.listen() }) };
  } catch (error) {
    await close();
    throw error;
  }
  announce(addresses);
  if (!end.isAsked) process.stderr.write(nextSteps(addresses, false));
  try {
    const signal = await Promise.race([end.asked, pool.failed]);
    log.info({ signal, workers: options.workers }, 'draining');
  } finally {
    await close();
  }
  end.ignore();
  return OK;
}

/** Its file is one process's alone. */
function refuseEmbedded({ workers, backing }: Options): void {
  if (backing !== 'embedded') return;
  throw new SlipstreamError(
    'SLIPSTREAM_BAD_OPTION',
    `--workers ${workers}: the embedded store belongs to one process; give --backing the address of a store, or --workers 1`,
  );
}

interface AdminParts {
  readonly backing: OpenBacking;
  readonly hub: WorkerHub;
  readonly pool: WorkerPool;
  readonly metrics: Metrics;
  readonly isDraining: () => boolean;
  readonly log: Log;
}

function adminDoorOf(
  options: Options,
  { backing, hub, pool, metrics, isDraining, log }: AdminParts,
): AdminDoor | undefined {
  if (options.adminPort === 'off') return undefined;
  return new AdminDoor({
    host: options.adminHost,
    port: options.adminPort,
    readiness: new Readiness({
      backing: backing.store,
      tables: () => hub.tables(),
      draining: isDraining,
      otherReasons: () => pool.reasons,
      clock: systemClock,
    }),
    flush: async (table) => {
      const entries = await hub.ask({ about: 'flush', table });
      return (entries as (number | undefined)[]).reduce<number>((sum, count) => sum + (count ?? 0), 0);
    },
    metrics: { contentType: metrics.contentType, metrics: () => metricsOfAll(hub, metrics) },
    limits: resolveLimits(options),
    clock: systemClock,
    log,
  });
}

async function metricsOfAll(hub: WorkerHub, own: Metrics): Promise<string> {
  const answers = (await hub.ask({ about: 'metrics' })) as (MetricValues | undefined)[];
  return addMetrics([await own.values(), ...answers.filter((values) => values !== undefined)]);
}
