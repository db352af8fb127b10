/**
 * The fast path of the HTTP door: its connections, what they share, and their time limits. The limits are looked after in
 * steps, all connections at once, so that no request sets a timer; a limit is kept to within a step.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { afterTurn } from '../base/clock.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { RequestIds } from '../wire/aws-json.ts';
import type { BusyPoll } from './busy-poll.ts';
import type { Calls } from './calls.ts';
import type { Connections } from './connections.ts';
import type { FeedDoor } from './feed-door.ts';
import { FastConnection } from './fast-connection.ts';
import type { FastHost } from './fast-connection.ts';
import { HeadReader } from './head-reader.ts';
import type { ResolvedLimits } from './limits.ts';
import { Outbox } from './outbox.ts';
import type { ReceiveBudget } from './receive.ts';
import { refusalOf } from './refuse.ts';

export interface FastPathOptions {
  readonly calls: Calls;
  readonly connections: Connections;
  readonly budget: ReceiveBudget;
  readonly ids: RequestIds;
  readonly cached: boolean;
  readonly looksAtPages: boolean;
  /** Undefined where no cache stands behind the door that could be followed. */
  readonly feed: FeedDoor | undefined;
  readonly busyPoll: BusyPoll | undefined;
  readonly limits: ResolvedLimits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Larger bodies are received by `node:http`, which does not wait for the whole of them. */
const BODY_BYTES_MAX = 64 * 1024;
const STEP_MS_MIN = 10;
const STEP_MS_MAX = 5_000;
/** Connections over the limit that are answered at one time. */
const SURPLUS_MAX = 1_000;
/** Steps that the shortest limit has. */
const STEPS_A_LIMIT = 5;

export class FastPath implements FastHost {
  readonly reader: HeadReader;
  readonly outbox: Outbox;
  readonly calls: Calls;
  readonly connections: Connections;
  readonly budget: ReceiveBudget;
  readonly busyPoll: BusyPoll | undefined;
  readonly clock: Clock;
  readonly log: Log;
  coarseMs: number;
  readonly #open = new Set<FastConnection>();
  readonly #limits: ResolvedLimits;
  readonly #stepMs: number;
  readonly #server: Server;
  /** How `node:http` takes a connection. */
  readonly #takers: readonly ((socket: Socket) => void)[];
  readonly #feed: FeedDoor | undefined;
  #timer: Timer | undefined;

  /** Takes every connection of the server from now on; `node:http` gets those that it has to serve. */
  constructor(server: Server, options: FastPathOptions) {
    const { calls, connections, budget, ids, cached, looksAtPages, feed, busyPoll, limits, clock, log } = options;
    this.calls = calls;
    this.connections = connections;
    this.budget = budget;
    this.busyPoll = busyPoll;
    this.clock = clock;
    this.log = log;
    this.#feed = feed;
    this.reader = new HeadReader({
      headBytesMax: limits.headerBytesMax,
      bodyBytesMax: Math.min(BODY_BYTES_MAX, limits.requestBytesMax),
      looksAtPages,
    });
    this.outbox = new Outbox({ cached, keepAliveTimeoutMs: limits.keepAliveTimeoutMs, ids, clock });
    this.coarseMs = clock.monotonicMs();
    this.#limits = limits;
    const shortestMs = Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs, limits.keepAliveTimeoutMs);
    this.#stepMs = Math.min(STEP_MS_MAX, Math.max(STEP_MS_MIN, Math.ceil(shortestMs / STEPS_A_LIMIT)));
    this.#server = server;
    this.#takers = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    // Those beyond the limit are told so, as long as they are not too many to be told.
    server.maxConnections = limits.connectionsMax + SURPLUS_MAX;
    server.on('connection', (socket: Socket) => {
      const isSurplus = connections.open >= limits.connectionsMax;
      connections.add(socket);
      const connection = new FastConnection(socket, this);
      this.#open.add(connection);
      if (isSurplus) connection.shed(refusalOf(tooManyConnections(limits.connectionsMax)));
    });
    server.once('listening', () => this.#step());
  }

  leave(connection: FastConnection): void {
    this.#open.delete(connection);
  }

  handOver(socket: Socket, bytes: Buffer): void {
    // Paused, so that nothing is read before the parser is there, and what was read comes first.
    socket.pause();
    if (this.#feed?.wants(bytes) === true) this.#feed.take(socket);
    else for (const take of this.#takers) take.call(this.#server, socket);
    socket.unshift(bytes);
    socket.resume();
  }

  /**
   * Ends the connections on which nothing is under way, and stops the clock. What has reached this machine but not this
   * process is read first: two turns of the event loop are a whole look at every socket.
   */
  endIdle(): void {
    this.#timer?.cancel();
    afterTurn(() =>
      afterTurn(() => {
        for (const connection of this.#open) connection.endIfIdle();
      }),
    );
  }

  #step(): void {
    this.coarseMs = this.clock.monotonicMs();
    for (const connection of this.#open) this.#check(connection);
    this.#timer = this.clock.after(this.#stepMs, () => this.#step());
  }

  #check(connection: FastConnection): void {
    const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = this.#limits;
    // The phase may have begun up to a step after the time that it was given.
    const lastedMs = this.coarseMs - connection.sinceMs - this.#stepMs;
    switch (connection.phase) {
      case 'new':
      case 'head':
        if (lastedMs >= headersTimeoutMs) connection.refuse(408);
        break;
      case 'body':
        if (lastedMs >= requestTimeoutMs) connection.refuse(408);
        break;
      case 'idle':
        if (lastedMs >= keepAliveTimeoutMs) connection.endIfIdle();
        break;
      case 'blocked':
      case 'ending':
        if (lastedMs >= requestTimeoutMs) connection.destroy();
        break;
      case 'waiting':
      case 'gone':
        // The store has its own time limits.
        break;
    }
  }
}

function tooManyConnections(limit: number): SlipstreamError {
  return new SlipstreamError('SLIPSTREAM_LIMIT', `${limit} connections are open`);
}
