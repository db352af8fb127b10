import type { BackingStore } from '../backing/backing-store.ts';
import { backingChannel } from '../base/channels.ts';
import { systemClock } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';

/** The same store, telling on `slipstream:backing` of each call that it was asked and how long it took. */
export function observeStore(store: BackingStore, instance: string, clock: Clock = systemClock): BackingStore {
  const publish = (operation: string, status: number | undefined, startMs: number) =>
    backingChannel.publish({ instance, operation, status, durationMs: clock.monotonicMs() - startMs });
  return {
    async send(request, options) {
      if (!backingChannel.hasSubscribers) return store.send(request, options);
      const startMs = clock.monotonicMs();
      try {
        const reply = await store.send(request, options);
        publish(request.operation, reply.status, startMs);
        return reply;
      } catch (error) {
        publish(request.operation, undefined, startMs);
        throw error;
      }
    },
    close: () => store.close(),
  };
}
