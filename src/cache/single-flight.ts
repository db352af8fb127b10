/**
 * One read of the store for concurrent misses of the same thing (I10). The leader's read belongs to nobody: a caller that
 * gives up stops waiting, the read goes on and fills the cache for the others.
 */
import type { FillToken } from './mutation-log.ts';

interface Flight<T> {
  readonly token: FillToken;
  readonly result: Promise<T>;
  waiters: number;
}

export interface SingleFlightOptions {
  /** Callers that may share one flight; one more reads by itself. */
  readonly waitersMax: number;
}

export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();
  readonly #options: SingleFlightOptions;
  /** Callers that were served by somebody else's read. */
  coalesced = 0;

  constructor(options: SingleFlightOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#flights.size;
  }

  /**
   * The flight that is under way for `key`, if a caller that comes now may share it: `isCurrent` says whether no mutation
   * came after the flight's token. A reader that comes after a write was acknowledged must not join a read that began
   * before it, for that read may answer with the state before the write (I3).
   */
  join(key: string, isCurrent: (token: FillToken) => boolean): Promise<T> | undefined {
    const flight = this.#flights.get(key);
    if (flight === undefined || flight.waiters >= this.#options.waitersMax) return undefined;
    if (!isCurrent(flight.token)) return undefined;
    flight.waiters++;
    this.coalesced++;
    return flight.result;
  }

  /** Starts a read as the flight that later callers may join; it takes the place of an older one. */
  lead(key: string, token: FillToken, read: () => Promise<T>): Promise<T> {
    const result = read();
    const flight: Flight<T> = { token, result, waiters: 0 };
    this.#flights.set(key, flight);
    const land = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    result.then(land, land);
    return result;
  }
}
