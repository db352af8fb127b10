/**
 * What stands behind a door: the accelerator, or a store by itself. The doors know nothing else of either.
 */
import type { Answer, ExecuteOptions } from '../accelerator/answer.ts';
import { planOrPass } from '../accelerator/parameters.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import { traitsOf } from '../model/operations.ts';
import type { ServiceRequest } from '../model/service-call.ts';

/** Synchronous on a hit. Refusals of the store are answers; it throws only when there is none. */
export type Dispatch = (request: ServiceRequest, options: ExecuteOptions) => Answer | Promise<Answer>;

/**
 * Looks for the answer to a read whose text, or another form of the same call, has been asked with before. Undefined says
 * nothing: `Dispatch` does.
 *
 * @param nowMs the clock's monotonic time.
 */
export type FindKnown = (operation: string, text: string, nowMs: number) => Answer | undefined;

/** A door straight to a store: every call passes through. */
export function dispatchTo(store: BackingStore): Dispatch {
  return async (request, options) => ({
    reply: await store.send(request, { signal: options.signal }),
    cache: 'pass',
    ageMs: undefined,
  });
}

/** The same dispatch, which tells of every change to a table when it is answered. */
export function noticeTableChanges(dispatch: Dispatch, changed: (table: string) => void): Dispatch {
  return (request, options) => {
    const answer = dispatch(request, options);
    if (traitsOf(request.operation).path !== 'change-table') return answer;
    return Promise.resolve(answer).finally(() => {
      const name = planOrPass(() => request.input['TableName'] as unknown);
      if (typeof name === 'string') changed(name);
    });
  };
}
