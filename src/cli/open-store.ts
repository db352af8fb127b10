/** The embedded store of `serve` and `store`, as the options want it: slow, lagging and unreliable by choice too. */
import type { BackingStore } from '../backing/backing-store.ts';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { openStore, type EmbeddedStore } from '../store/embedded-store.ts';
import { withFaults } from '../testing/with-faults.ts';
import type { Options } from './option-table.ts';
import { badOption } from './read-options.ts';

export interface OpenedStore {
  /** Without faults, for what this process does itself. */
  readonly embedded: EmbeddedStore;
  /** With the faults that the options choose. */
  readonly backing: BackingStore;
  close(): Promise<void>;
}

/** What each option of these stands at while nothing is to go wrong. */
const calm = { replicaLagMs: 0, indexLagMs: 0, latency: undefined, errorRate: 0, throttleRate: 0 } as const;

const chosenFlags = {
  replicaLagMs: '--replica-lag',
  indexLagMs: '--index-lag',
  latency: '--latency',
  errorRate: '--error-rate',
  throttleRate: '--throttle',
} as const satisfies Record<keyof typeof calm, string>;

/** How long `--delay-transient-statuses` lets a table show each of its passing statuses. */
const TRANSIENT_STATUS_MS = 1_000;

export async function openEmbeddedStore(options: Options, log: Log): Promise<OpenedStore> {
  const seed = options.seed ?? Math.floor(systemClock.random() * 2 ** 32);
  const embedded = await openStore({
    ...(options.inMemory ? { inMemory: true } : { dataDir: options.data }),
    durability: options.durability,
    region: options.region,
    endpoint: options.httpPort === 'off' ? undefined : `${options.host}:${options.httpPort}`,
    expirySweepMs: options.expirySweepMs,
    transactionConflicts: options.transactionConflicts,
    streamShards: options.streamShards,
    streamShardsMax: options.streamShardsMax,
    shardRollMs: options.shardRollMs,
    createTableMs: statusMs(options, options.createTableMs),
    updateTableMs: statusMs(options, options.updateTableMs),
    deleteTableMs: statusMs(options, options.deleteTableMs),
    replicaLagMs: options.replicaLagMs,
    indexLagMs: options.indexLagMs,
    lagBytesMax: options.lagBytesMax,
    seed,
  });
  const [latencyMs, latencyJitterMs] = options.latency ?? [];
  const backing = withFaults(embedded, {
    latencyMs,
    latencyJitterMs,
    errorRate: options.errorRate,
    throttleRate: options.throttleRate,
    // Another sequence than the store's: or the same draws would decide about the age of a read and its failure.
    seed: seed + 1,
  });
  const chosen = chosenAmong(options);
  if (chosen.length > 0) log.warn({ seed, options: chosen }, 'the embedded store lags or fails, as it was told to');
  const close = async () => {
    await embedded.feed.close();
    await backing.close();
  };
  return { embedded, backing, close };
}

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION when one was chosen that only the embedded store knows. */
export function refuseStoreFaults(options: Options): void {
  const [flag] = chosenAmong(options);
  if (flag === undefined) return;
  throw badOption(`${flag}: only the embedded store does that; --backing is ${options.backing}`);
}

/** The flags by which something is to go wrong. */
function chosenAmong(options: Options): string[] {
  const names = Object.keys(chosenFlags) as (keyof typeof calm)[];
  return names.filter((name) => options[name] !== calm[name]).map((name) => chosenFlags[name]);
}

function statusMs(options: Options, given: number): number {
  return given === 0 && options.delayTransientStatuses ? TRANSIENT_STATUS_MS : given;
}
