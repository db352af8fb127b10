/**
 * What stands behind a door: the accelerator, or a store by itself. The doors know nothing else of either.
 */
import type { Answer, ExecuteOptions } from '../accelerator/answer.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import type { ServiceRequest } from '../model/service-call.ts';

/** Synchronous on a hit. Refusals of the store are answers; it throws only when there is none. */
export type Dispatch = (request: ServiceRequest, options: ExecuteOptions) => Answer | Promise<Answer>;

/** A door straight to a store: every call passes through. */
export function dispatchTo(store: BackingStore): Dispatch {
  return async (request, options) => ({
    reply: await store.send(request, { signal: options.signal }),
    cache: 'pass',
    ageMs: undefined,
  });
}
