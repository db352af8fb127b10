/**
 * The doors in front of an accelerator, or of a store by itself: they open together, and close without losing a call.
 */
import type { Accelerator } from '../accelerator/accelerator.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import { systemClock } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import type { Log } from '../base/log.ts';
import { AdminDoor } from './admin-door.ts';
import type { MetricsText } from './admin-door.ts';
import { authoriseAnyone } from './authorise.ts';
import type { Authorise, AuthoriseConnection } from './authorise.ts';
import { busyPollOf } from './busy-poll.ts';
import type { BusyPoll } from './busy-poll.ts';
import { crossOriginOf } from './cors.ts';
import { DaxDoor } from './dax-door.ts';
import type { DaxTls } from './dax-door.ts';
import { daxDefaults } from './dax-limits.ts';
import type { DaxLimits } from './dax-limits.ts';
import { dispatchTo, noticeTableChanges } from './dispatch.ts';
import type { Dispatch, FindKnown } from './dispatch.ts';
import { FeedDoor } from './feed-door.ts';
import { feedDefaults } from './feed-session.ts';
import type { FeedLimits, WhenShared } from './feed-session.ts';
import { flushCaches } from './flush-caches.ts';
import { HttpDoor } from './http-door.ts';
import { resolveLimits } from './limits.ts';
import type { DoorLimits, ResolvedLimits } from './limits.ts';
import { Readiness } from './readiness.ts';
import type { SharedLists } from './shared-lists.ts';

/** A TCP port, 0 for a free one, or `off` for no door. */
export type DoorPort = number | 'off';

export interface ProxyOptions extends DoorLimits {
  /** The store that the accelerator stands on; it is asked whether it answers (`/readyz`). */
  readonly backing: BackingStore;
  /** Without one, every call goes to `backing`. */
  readonly accelerator?: Accelerator | undefined;
  readonly host?: string | undefined;
  readonly httpPort?: DoorPort | undefined;
  /** The loopback unless told otherwise, whatever `host` says. */
  readonly adminHost?: string | undefined;
  readonly adminPort?: DoorPort | undefined;
  /** Named in the health text; nothing else depends on it. */
  readonly region?: string | undefined;
  /** Pages that may call from a browser, such as `http://localhost:5173`; `*` for any. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** How long a core stays awake for the next call once one has come; 0, unless told otherwise: not at all. */
  readonly busyPollMs?: number | undefined;
  readonly authorise?: Authorise | undefined;
  /** The same for connections of the DAX doors. */
  readonly authoriseConnection?: AuthoriseConnection | undefined;
  /** `off` unless told otherwise. */
  readonly daxPort?: DoorPort | undefined;
  /** Opened when `daxTls` is given; `off` unless told otherwise. */
  readonly daxTlsPort?: DoorPort | undefined;
  readonly daxTls?: DaxTls | undefined;
  /** `host` or `host:port` by which DAX clients reach this node, where that is not the address they came in by. */
  readonly daxAdvertise?: string | undefined;
  /** File that keeps the attribute lists which DAX clients define: without it, clients must be restarted with the proxy. */
  readonly daxListFile?: string | undefined;
  readonly daxLimits?: Partial<DaxLimits> | undefined;
  /** Where this is one of several processes behind one port, which are one proxy: see `WorkerLink`. */
  readonly whenShared?: WhenShared | undefined;
  readonly sharedLists?: SharedLists | undefined;
  /** Bounds of the near caches that follow this proxy. */
  readonly feedLimits?: Partial<FeedLimits> | undefined;
  readonly metrics?: MetricsText | undefined;
  /** This proxy's id, as `newInstanceId` makes them: what a remote store's `via` says, to know a loop. */
  readonly instance?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly log?: Log | undefined;
}

export const proxyDefaults = {
  host: '127.0.0.1',
  httpPort: 8000,
  /** Where `serve` opens them; `createProxy` opens them only when it is told to. */
  daxPort: 8111,
  daxTlsPort: 9111,
  adminHost: '127.0.0.1',
  adminPort: 8110,
  region: 'us-east-1',
} as const;

/** URLs of the doors that are open. */
export interface ProxyAddresses {
  readonly http?: string;
  readonly dax?: string;
  readonly daxs?: string;
  readonly admin?: string;
}

export interface Proxy {
  readonly instance: string;
  /** Calls that wait for their answer, and open connections, at the doors of the data plane. */
  readonly inFlight: number;
  readonly connections: number;
  /**
   * Opens the doors: all of them, or none.
   *
   * @throws {SlipstreamError} SLIPSTREAM_PORT_IN_USE or SLIPSTREAM_BAD_OPTION.
   */
  listen(): Promise<ProxyAddresses>;
  /**
   * Stops accepting, answers what is in flight, ends all connections; after `drainTimeoutMs` cuts what is left. The
   * accelerator, the store and the feed stay open: whoever made them closes them.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function newInstanceId(clock: Clock = systemClock): string {
  return Buffer.from(clock.randomBytes(12)).toString('hex');
}

export function createProxy(options: ProxyOptions): Proxy {
  return new Doors(options);
}

class Doors implements Proxy {
  readonly instance: string;
  readonly #http: HttpDoor | undefined;
  readonly #dax: DaxDoor | undefined;
  readonly #admin: AdminDoor | undefined;
  #draining = false;
  #closed: Promise<void> | undefined;

  constructor(options: ProxyOptions) {
    const { backing, accelerator, clock = systemClock, log = silentLog } = options;
    const { httpPort = proxyDefaults.httpPort, adminPort = proxyDefaults.adminPort } = options;
    const limits = resolveLimits(options);
    this.instance = options.instance ?? newInstanceId(clock);
    const dispatch: Dispatch =
      accelerator === undefined ? dispatchTo(backing) : (call, asked) => accelerator.execute(call, asked);
    const findKnown: FindKnown | undefined =
      accelerator?.findKnown && ((operation, text, nowMs) => accelerator.findKnown?.(operation, text, nowMs));
    const busyPoll = busyPollOf(clock, options.busyPollMs ?? 0);
    const dax = daxDoorOf(options, { dispatch, findKnown, instance: this.instance, busyPoll, limits, clock, log });
    this.#dax = dax;
    if (httpPort !== 'off') {
      this.#http = new HttpDoor({
        // Tables are made and deleted here, and the DAX door has to know their keys.
        dispatch: dax === undefined ? dispatch : noticeTableChanges(dispatch, (name) => dax.noteTableChange(name)),
        findKnown,
        cached: accelerator !== undefined,
        host: options.host ?? proxyDefaults.host,
        port: httpPort,
        region: options.region ?? proxyDefaults.region,
        instance: this.instance,
        authorise: options.authorise ?? authoriseAnyone,
        feed: feedDoorOf(options, { instance: this.instance, limits, clock, log }),
        crossOrigin: crossOriginOf(options.corsOrigins ?? []),
        busyPoll,
        limits,
        clock,
        log,
      });
    }
    if (adminPort !== 'off') {
      this.#admin = new AdminDoor({
        host: options.adminHost ?? proxyDefaults.adminHost,
        port: adminPort,
        readiness: new Readiness({
          backing,
          tables: () => accelerator?.tables() ?? [],
          draining: () => this.#draining,
          clock,
        }),
        flush: accelerator && ((table) => flushCaches(accelerator, table)),
        metrics: options.metrics,
        limits,
        clock,
        log,
      });
    }
  }

  get inFlight(): number {
    return (this.#http?.inFlight ?? 0) + (this.#dax?.inFlight ?? 0);
  }

  get connections(): number {
    return (this.#http?.connections ?? 0) + (this.#dax?.connections ?? 0);
  }

  async listen(): Promise<ProxyAddresses> {
    try {
      const http = await this.#http?.listen();
      const dax = await this.#dax?.listen();
      const admin = await this.#admin?.listen();
      return { ...(http === undefined ? {} : { http }), ...dax, ...(admin === undefined ? {} : { admin }) };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#drain());
  }

  /** The admin door closes last, so that `/readyz` says "draining" while the others drain. */
  async #drain(): Promise<void> {
    this.#draining = true;
    await Promise.all([this.#http?.drain(), this.#dax?.drain()]);
    await this.#admin?.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function feedDoorOf(
  { accelerator, authorise = authoriseAnyone, whenShared, feedLimits }: ProxyOptions,
  parts: {
    readonly instance: string;
    readonly limits: ResolvedLimits;
    readonly clock: Clock;
    readonly log: Log;
  },
): FeedDoor | undefined {
  if (accelerator === undefined) return undefined;
  const { instance, limits, clock, log } = parts;
  const { headersTimeoutMs } = limits;
  return new FeedDoor({
    accelerator,
    authorise,
    instance,
    whenShared,
    limits: { ...feedDefaults, ...feedLimits },
    headersTimeoutMs,
    clock,
    log,
  });
}

function daxDoorOf(
  options: ProxyOptions,
  parts: {
    readonly dispatch: Dispatch;
    readonly findKnown: FindKnown | undefined;
    readonly busyPoll: BusyPoll | undefined;
    readonly instance: string;
    readonly limits: ResolvedLimits;
    readonly clock: Clock;
    readonly log: Log;
  },
): DaxDoor | undefined {
  const { daxPort = 'off', daxTlsPort = 'off', daxTls: tls, authorise, authoriseConnection } = options;
  const hasTls = daxTlsPort !== 'off' && tls !== undefined;
  if (daxPort === 'off' && !hasTls) return undefined;
  // One door that asks for signatures beside one that does not would be no door at all (I12).
  if (authorise !== undefined && authoriseConnection === undefined) {
    throw new SlipstreamError(
      'SLIPSTREAM_BAD_OPTION',
      'a proxy with authorise and a DAX door needs authoriseConnection as well',
    );
  }
  return new DaxDoor({
    ...parts,
    host: options.host ?? proxyDefaults.host,
    port: daxPort === 'off' ? undefined : daxPort,
    tlsPort: hasTls ? daxTlsPort : undefined,
    tls,
    advertise: options.daxAdvertise,
    listFile: options.daxListFile,
    sharedLists: options.sharedLists,
    region: options.region ?? proxyDefaults.region,
    authorise: authoriseConnection,
    daxLimits: { ...daxDefaults, ...options.daxLimits },
  });
}
