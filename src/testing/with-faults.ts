/**
 * Makes a store slow, unreliable or short of capacity by choice, as DynamoDB can be: every answer late, some calls
 * failing, calls above a rate throttled. Tables are described and changed without faults, only late, so that a test can
 * set its stage.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
import type { BackingStore } from '../backing/backing-store.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import { SeededRandom } from '../base/seeded-random.ts';
import { STREAMS_TARGET, traitsOf, type Path } from '../model/operations.ts';
import type { ServiceRequest } from '../model/service-call.ts';
import { ServiceError } from '../model/service-error.ts';
import { FaultyStore, type Fault } from './faulty-store.ts';
import { TokenBucket } from './token-bucket.ts';

export interface ChosenFaults {
  /** How much later every answer comes, in milliseconds; half of it passes before the store sees the call. */
  readonly latencyMs?: number | undefined;
  /** Up to this much is added to each latency, uniformly. */
  readonly latencyJitterMs?: number | undefined;
  /**
   * Chance, from 0 to 1, that a call on items or streams fails with InternalServerError or ServiceUnavailable. Half of
   * the writes that fail have taken effect.
   */
  readonly errorRate?: number | undefined;
  /** Calls on items a second above which they are throttled; 0 or undefined for no limit. A batch is one call. */
  readonly throttleRate?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Makes the faults of a run those of another run; undefined: the clock's random numbers. */
  readonly seed?: number | undefined;
}

const THROTTLED =
  'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning ' +
  'level with the UpdateTable API';

const ITEM_PATHS: ReadonlySet<Path> = new Set<Path>([
  'read-item',
  'read-batch',
  'read-page',
  'write-item',
  'write-batch',
  'write-transaction',
  'write-statement',
]);

/** The store with these faults, or the store itself where none is chosen. Closing it closes the store. */
export function withFaults(backing: BackingStore, chosen: ChosenFaults): BackingStore {
  const { latencyMs = 0, latencyJitterMs = 0, errorRate = 0, throttleRate = 0, clock = systemClock } = chosen;
  const seeded = chosen.seed === undefined ? undefined : new SeededRandom(chosen.seed);
  const random = seeded === undefined ? () => clock.random() : () => seeded.next();
  let store = backing;
  if (errorRate > 0 || throttleRate > 0) {
    const bucket = throttleRate > 0 ? new TokenBucket(clock, throttleRate) : undefined;
    const faults = (request: ServiceRequest): Fault => {
      if (bucket !== undefined && isOnItems(request) && !bucket.take()) return throttled();
      if (errorRate === 0 || !canFail(request) || random() >= errorRate) return { kind: 'none' };
      return {
        kind: random() < 0.5 ? 'internal-error' : 'unavailable',
        effect: traitsOf(request.operation).mutates && random() < 0.5 ? 'applied' : 'none',
      };
    };
    store = new FaultyStore({ backing: store, clock, faults });
  }
  if (latencyMs > 0 || latencyJitterMs > 0) {
    const faults = (): Fault => ({ kind: 'delay', ms: latencyMs + random() * latencyJitterMs });
    store = new FaultyStore({ backing: store, clock, faults });
  }
  return store;
}

function throttled(): Fault {
  return { kind: 'throttled', error: new ServiceError('ProvisionedThroughputExceededException', THROTTLED) };
}

function isOnItems({ operation }: ServiceRequest): boolean {
  return ITEM_PATHS.has(traitsOf(operation).path) || operation === 'TransactGetItems';
}

function canFail(request: ServiceRequest): boolean {
  return isOnItems(request) || request.api === STREAMS_TARGET;
}
