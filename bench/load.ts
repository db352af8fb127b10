/**
 * Load over HTTP connections, bounded in time and count, in one of two ways:
 *
 * - flat out: each connection asks again as soon as it has its answer. This tells what the server can do (operations a second,
 *   processor time of one), but not how long callers wait: a server that stalls is asked less while it does (coordinated
 *   omission).
 * - at a rate: requests are meant for moments of a constant schedule, whatever the server does, and an answer's latency
 *   counts from the moment its request was meant to be sent, also where it had to wait behind a slower one.
 */
import type { Histogram } from 'hdr-histogram-js';
import { HttpConnection } from './http-connection.ts';
import { cpuBetween, latencyHistogram, recordMs } from './measurement.ts';
import type { Sample } from './measurement.ts';
import { keepPace } from './pace.ts';

/** How long one run may take, and how often it asks; without a rate, flat out. */
export interface Effort {
  readonly seconds: number;
  readonly ratePerSecond?: number | undefined;
}

export interface Load {
  readonly url: string;
  readonly cpuMs: () => number | undefined;
  readonly connections: number;
  /** Requests that a connection may send ahead of their answers; 1: no pipelining. */
  readonly depth?: number | undefined;
  /** The next request of a connection (by its number); undefined when there is nothing left to ask. */
  readonly next: (connection: number) => Buffer | undefined;
  /** What the head of every answer has to have in it. */
  readonly expected?: string | undefined;
  /** Is told of each answer's head. */
  readonly observe?: ((head: string) => void) | undefined;
}

/** Answers that are still missing after so much longer than the run was to take are missing for good. */
const GRACE_MS = 20_000;

export async function runLoad(load: Load, effort: Effort): Promise<Sample> {
  const histogram = latencyHistogram();
  const run = new Run(load, histogram);
  try {
    await run.open();
    const cpuBefore = load.cpuMs();
    const startedMs = performance.now();
    await Promise.race([
      effort.ratePerSecond === undefined
        ? run.flatOut(effort.seconds)
        : run.paced(effort.seconds, effort.ratePerSecond),
      run.fault,
    ]);
    const elapsedMs = performance.now() - startedMs;
    return { histogram, elapsedMs, cpuMs: cpuBetween(cpuBefore, load.cpuMs()) };
  } finally {
    run.close();
  }
}

/** Each connection has its share, and begins again at the end of it. */
export function dealOut(requests: readonly Buffer[], connections: number): Load['next'] {
  const places = Array.from({ length: connections }, (_, connection) => connection % requests.length);
  return (connection) => {
    const place = places[connection]!;
    places[connection] = (place + connections) % requests.length;
    return requests[place];
  };
}

/** Each request goes out once, whoever is free. */
export function onceEach(requests: readonly Buffer[]): Load['next'] {
  let next = 0;
  return () => requests[next++];
}

class Run {
  readonly fault: Promise<never>;
  readonly #load: Load;
  readonly #histogram: Histogram;
  #connections: readonly HttpConnection[] = [];
  #failed: (error: Error) => void = () => undefined;
  #onAnswer: (connection: number) => void = () => undefined;
  #giveUp: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(load: Load, histogram: Histogram) {
    this.#load = load;
    this.#histogram = histogram;
    this.fault = new Promise((_, reject) => {
      this.#failed = reject;
    });
    // Whoever opens the connections waits for the fault only afterwards.
    this.fault.catch(() => undefined);
  }

  async open(): Promise<void> {
    const { url, connections, depth = 1, expected, observe } = this.#load;
    const openOne = (connection: number) =>
      HttpConnection.open({
        url,
        depth,
        onAnswer: (head, meantMs) => {
          recordMs(this.#histogram, performance.now() - meantMs);
          if (expected !== undefined && !head.includes(expected)) {
            this.#failed(new Error(`"${expected}" is not in an answer's head: ${head}`));
          }
          observe?.(head);
          this.#onAnswer(connection);
        },
        onFault: (error) => this.#failed(error),
      });
    this.#connections = await Promise.all(Array.from({ length: connections }, (_, connection) => openOne(connection)));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#giveUp);
    for (const connection of this.#connections) connection.close();
  }

  flatOut(seconds: number): Promise<void> {
    this.#limit(seconds);
    const until = performance.now() + seconds * 1000;
    const send = (connection: number): boolean => {
      const now = performance.now();
      const request = now < until ? this.#load.next(connection) : undefined;
      if (request !== undefined) this.#connections[connection]!.send(request, now);
      return request !== undefined;
    };
    return new Promise((resolve) => {
      this.#onAnswer = (connection) => {
        if (!send(connection) && this.#isQuiet()) resolve();
      };
      this.#connections.forEach((_, connection) => {
        for (let ahead = 0; ahead < (this.#load.depth ?? 1) && send(connection); ahead += 1);
      });
      if (this.#isQuiet()) resolve();
    });
  }

  async paced(seconds: number, ratePerSecond: number): Promise<void> {
    this.#limit(seconds);
    let count = 0;
    await keepPace({ seconds, ratePerSecond }, (meantMs) => {
      const connection = count++ % this.#connections.length;
      const request = this.#isClosed ? undefined : this.#load.next(connection);
      if (request !== undefined) this.#connections[connection]!.send(request, meantMs);
      return request !== undefined;
    });
    if (this.#isQuiet()) return;
    await new Promise<void>((resolve) => {
      this.#onAnswer = () => {
        if (this.#isQuiet()) resolve();
      };
    });
  }

  #isQuiet(): boolean {
    return this.#connections.every(({ outstanding }) => outstanding === 0);
  }

  #limit(seconds: number): void {
    this.#giveUp = setTimeout(
      () => this.#failed(new Error(`answers are missing ${GRACE_MS} ms after the end`)),
      seconds * 1000 + GRACE_MS,
    );
  }
}
