/**
 * A miss: one read of the store for all who miss the same thing at the same time (I10), under a lease that is taken before
 * the store is asked (I1).
 */
import type { SingleFlight } from '../cache/single-flight.ts';
import type { ServiceReply } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered, orAbort, share } from './ask-store.ts';
import type { Capacity } from './parameters.ts';
import type { Parts } from './parts.ts';
import type { FillLease, LogPosition } from './table.ts';
import type { OpenTable } from './tables.ts';

export interface Miss {
  readonly table: OpenTable;
  readonly flights: SingleFlight<ServiceReply>;
  /** The key under which the answer is cached, with the table's prefix. */
  readonly key: string;
  readonly capacity: Capacity;
  /** No mutation of what is read came after the position. */
  isUntouchedSince(position: LogPosition): boolean;
  /** Asks the store, and fills if the lease still holds when it has answered. */
  read(lease: FillLease): Promise<ServiceReply>;
}

export async function load(parts: Parts, miss: Miss, { control, signal }: ExecuteOptions): Promise<Answer> {
  const { table, flights, key, capacity } = miss;
  // What a read consumed is its caller's own figure, so a call that asks for it reads by itself.
  const isShared = capacity === 'NONE' && control !== 'refresh';
  const flying = isShared
    ? flights.join(key, (token) => miss.isUntouchedSince({ token, epoch: table.epoch }))
    : undefined;
  if (flying !== undefined) return answered(share(await orAbort(flying, signal)), 'coalesced');
  const lease = table.lease(parts.clock.monotonicMs());
  const read = () => miss.read(lease);
  return answered(await orAbort(isShared ? flights.lead(key, lease.token, read) : read(), signal), 'miss');
}
