/**
 * A constant-rate schedule. It does not slow down for a server that does: what is late because this process or the server
 * was busy is meant for the moment it was due all the same, so that its latency counts from there.
 */
export interface Pace {
  readonly seconds: number;
  readonly ratePerSecond: number;
}

/** A timer fires up to this late; what is due sooner is waited for turn by turn of the event loop. */
const TIMER_SLACK_MS = 2;

/**
 * Calls `send` with each moment of the schedule (of `performance.now`), at it or as soon after it as this process can, until
 * the time is over or `send` returns false.
 */
export function keepPace({ seconds, ratePerSecond }: Pace, send: (meantMs: number) => boolean): Promise<void> {
  const startMs = performance.now();
  const count = Math.max(1, Math.floor(seconds * ratePerSecond));
  const stepMs = 1000 / ratePerSecond;
  let next = 0;
  return new Promise((resolve, reject) => {
    const turn = () => {
      try {
        let dueMs = startMs + next * stepMs;
        for (; next < count && dueMs <= performance.now(); dueMs = startMs + next * stepMs) {
          next += 1;
          if (!send(dueMs)) return resolve();
        }
        if (next >= count) return resolve();
        const leftMs = dueMs - performance.now() - TIMER_SLACK_MS;
        if (leftMs >= 1) setTimeout(turn, leftMs);
        else setImmediate(turn);
      } catch (error) {
        reject(error as Error);
      }
    };
    turn();
  });
}
