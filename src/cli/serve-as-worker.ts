/** One of the processes of `serve --workers`: doors and caches, and a link to the process that started it. */
import { systemClock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import { SharedAccelerator } from '../proxy/shared-accelerator.ts';
import { WorkerLink } from '../proxy/worker-link.ts';
import { workerDefaults } from '../proxy/worker-messages.ts';
import type { FromWorker, ToWorker } from '../proxy/worker-messages.ts';
import { createLog } from '../telemetry/log.ts';
import { readAuth } from './auth-options.ts';
import { daxOptions } from './dax-options.ts';
import { OK } from './exit-code.ts';
import { openBacking } from './open-backing.ts';
import { accelerate, doorsOf } from './open-doors.ts';
import type { OpenDoors } from './open-doors.ts';
import type { Options } from './option-table.ts';
import { INSTANCE } from './worker-pool.ts';

export async function serveAsWorker(options: Options): Promise<number> {
  const ended = endOf();
  const log = createLog(options.logLevel);
  const link = new WorkerLink({ send, timing: workerDefaults, clock: systemClock, log });
  process.on('message', (message: ToWorker) => link.receive(message));
  let doors: OpenDoors | undefined;
  try {
    doors = await openDoors(options, link);
    send({ type: 'ready', addresses: await doors.proxy.listen() });
    await ended;
  } catch (error) {
    const { message } = error as Error;
    send({ type: 'failed', code: error instanceof SlipstreamError ? error.code : undefined, message });
  }
  await doors?.close();
  link.close();
  if (process.connected) process.disconnect();
  return OK;
}

async function openDoors(options: Options, link: WorkerLink): Promise<OpenDoors> {
  const instance = process.env[INSTANCE] as string;
  const log = createLog(options.logLevel);
  const backing = await openBacking(options, instance, log);
  const own = accelerate(options, backing, link.feed, log);
  const accelerator = new SharedAccelerator(own, link);
  const doors = doorsOf(options, {
    instance,
    backing,
    accelerator,
    log,
    more: {
      ...daxOptions(options),
      ...readAuth(options)(backing.region),
      adminPort: 'off',
      whenShared: (tell) => link.whenShared(tell),
      sharedLists: link.lists,
      connectionsMax: Math.ceil(options.connectionsMax / options.workers),
      inFlightMax: Math.ceil(options.inFlightMax / options.workers),
    },
  });
  link.open(own, {
    state: () => ({
      tables: own.tables(),
      inFlight: doors.proxy.inFlight,
      connections: doors.proxy.connections,
    }),
    metrics: () => doors.metrics.values(),
  });
  return doors;
}

/** Told to end, or asked to by a signal of its own, or without the process that it belongs to. */
function endOf(): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message: ToWorker) => {
      if (message.type === 'drain') resolve();
    });
    process.once('disconnect', resolve);
    process.once('SIGTERM', () => resolve());
    // Ctrl-C reaches all processes of a terminal; the first one says when.
    process.on('SIGINT', () => {});
  });
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
