/**
 * DAX's own protocol, for unmodified DAX clients: plain (`dax://`) and over TLS (`daxs://`), on the same accelerator as the
 * HTTP door. The door accepts, answers what clients ask of the protocol itself, and drains.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { RequestIds } from '../wire/aws-json.ts';
import { AttributeLists } from '../wire/dax/attribute-lists.ts';
import type { CborReader } from '../wire/dax/cbor-reader.ts';
import { CborWriter } from '../wire/dax/cbor-writer.ts';
import { writeEndpoints, writeKeySchema, writeNames } from '../wire/dax/control-replies.ts';
import type { DaxCall } from '../wire/dax/dax-call.ts';
import type { ControlMethod } from '../wire/dax/methods.ts';
import { validationError } from '../model/service-error.ts';
import type { AuthoriseConnection } from './authorise.ts';
import { addressBytes, resolveAdvertised, type Advertised } from './dax-advertise.ts';
import type { BusyPoll } from './busy-poll.ts';
import { DaxCalls } from './dax-calls.ts';
import { DaxConnection, type DaxConnectionHost } from './dax-connection.ts';
import type { DaxLimits } from './dax-limits.ts';
import { DaxListFile } from './dax-list-file.ts';
import { DaxTables } from './dax-tables.ts';
import type { Dispatch, FindKnown } from './dispatch.ts';
import type { ResolvedLimits } from './limits.ts';
import { listen, urlOf } from './listen.ts';
import { ReceiveBudget } from './receive.ts';
import type { SharedLists } from './shared-lists.ts';

export interface DaxTls {
  /** PEM. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION for a certificate and a key that do not make a server. */
export function checkDaxTls({ cert, key }: DaxTls): void {
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new SlipstreamError(
      'SLIPSTREAM_BAD_OPTION',
      `--dax-tls-cert and --dax-tls-key do not belong together, or are no PEM: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

export interface DaxDoorOptions {
  readonly dispatch: Dispatch;
  readonly findKnown: FindKnown | undefined;
  readonly busyPoll: BusyPoll | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly tlsPort: number | undefined;
  readonly tls: DaxTls | undefined;
  /** `host` or `host:port`; the address that a connection came in by unless told otherwise. */
  readonly advertise: string | undefined;
  /** Where the attribute lists that clients define are kept; in memory alone without it. */
  readonly listFile: string | undefined;
  /** Where other processes answer at the same port. */
  readonly sharedLists: SharedLists | undefined;
  readonly region: string;
  readonly instance: string;
  readonly authorise: AuthoriseConnection | undefined;
  readonly limits: ResolvedLimits;
  readonly daxLimits: DaxLimits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DaxAddresses {
  readonly dax?: string;
  readonly daxs?: string;
}

/**
 * TCP's own probes find peers that are gone; no connection is closed for being idle. A client that has said all it has to say
 * gets its answers all the same.
 */
const CONNECTION = { keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true, allowHalfOpen: true } as const;

export class DaxDoor {
  readonly #options: DaxDoorOptions;
  readonly #plain: Server | undefined;
  readonly #tls: Server | undefined;
  readonly #connections = new Map<Socket, DaxConnection>();
  /** What lies below the connections, handshakes that are not finished included. */
  readonly #sockets = new Set<Socket>();
  readonly #lists: AttributeLists;
  readonly #tables: DaxTables;
  readonly #calls: DaxCalls;
  readonly #writer = new CborWriter();
  readonly #host: DaxConnectionHost;
  #listFile: DaxListFile | undefined;
  #advertised: Advertised | undefined;
  #inFlight = 0;
  #draining = false;

  /** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION. */
  constructor(options: DaxDoorOptions) {
    this.#options = options;
    const { dispatch, findKnown, clock, log, instance, daxLimits } = options;
    this.#lists = new AttributeLists(daxLimits.attributeLists);
    options.sharedLists?.meet({
      define: (names) => this.#takeList(names),
      namesOf: (id) => this.#lists.named(id)?.names,
    });
    const { schemaTtlMs: ttlMs, tablesMax } = daxLimits;
    this.#tables = new DaxTables({ dispatch, clock, ttlMs, tablesMax });
    const ids = new RequestIds(clock);
    this.#calls = new DaxCalls({
      dispatch,
      findKnown,
      tables: this.#tables,
      lists: this.#lists,
      ids,
      readyBytesMax: daxLimits.readyBytesMax,
      instance,
      clock,
      log,
    });
    this.#host = this.#connectionHost();
    if (options.port !== undefined) {
      this.#plain = createServer(CONNECTION, (socket) => this.#accept(socket));
    }
    if (options.tlsPort !== undefined && options.tls !== undefined) {
      checkDaxTls(options.tls);
      this.#tls = this.#createTls(options.tls);
    }
    for (const server of this.#servers) {
      server.maxConnections = options.limits.connectionsMax;
      server.on('connection', (socket: Socket) => {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      });
    }
  }

  /** Calls that wait for their answer. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** A table was made, changed or deleted through another door. */
  noteTableChange(name: string): void {
    this.#tables.forget([name]);
  }

  async listen(): Promise<DaxAddresses> {
    const { host, port = 0, tlsPort = 0, advertise, listFile, log } = this.#options;
    if (advertise !== undefined) this.#advertised = await resolveAdvertised(advertise);
    if (listFile !== undefined) this.#listFile = await openListFile(listFile, this.#lists, log);
    const address = (scheme: string, at: number) => urlOf(host, at).replace(/^http/, scheme);
    return {
      ...(this.#plain && { dax: address('dax', await listen(this.#plain, { host, port, option: '--dax-port' })) }),
      ...(this.#tls && {
        daxs: address('daxs', await listen(this.#tls, { host, port: tlsPort, option: '--dax-tls-port' })),
      }),
    };
  }

  /**
   * Stops accepting and lets calls in flight be answered. An idle connection is not closed: its client would not notice, and
   * wait for ever on the next call that it sends there. It ends when the client closes it, or sends a call, which then fails
   * in a way that clients repeat; what is left is cut when the time is over.
   */
  async drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const { clock, limits, daxLimits } = this.#options;
    const closed = this.#servers.map((server) => closedOf(server));
    for (const [socket, connection] of this.#connections) if (connection.isFresh) socket.destroy();
    const idle = clock.after(Math.min(daxLimits.drainIdleMs, limits.drainTimeoutMs), () => {
      for (const [socket, connection] of this.#connections) if (!connection.isBusy) socket.destroy();
    });
    const last = clock.after(limits.drainTimeoutMs, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    await Promise.all(closed);
    idle.cancel();
    last.cancel();
    await this.#listFile?.close();
  }

  get #servers(): readonly Server[] {
    return [this.#plain, this.#tls].filter((server) => server !== undefined);
  }

  #createTls({ cert, key }: DaxTls): Server {
    const { log } = this.#options;
    const server = createTlsServer({ ...CONNECTION, cert, key }, (socket) => this.#accept(socket));
    server.on('tlsClientError', (error) => log.debug({ err: error }, 'a TLS handshake failed'));
    return server;
  }

  #accept(socket: Socket): void {
    this.#connections.set(socket, new DaxConnection(socket, this.#host));
    socket.once('close', () => this.#connections.delete(socket));
  }

  #connectionHost(): DaxConnectionHost {
    const { busyPoll, clock, log, limits, daxLimits, authorise } = this.#options;
    const isDraining = (): boolean => this.#draining;
    return {
      frameLimits: {
        bytesMax: limits.requestBytesMax,
        itemsMax: daxLimits.frameItemsMax,
        depthMax: daxLimits.frameDepthMax,
      },
      firstMessageMs: limits.headersTimeoutMs,
      requestMs: limits.requestTimeoutMs,
      authorizationMs: daxLimits.authorizationMs,
      budget: new ReceiveBudget(limits.receivingBytesMax),
      busyPoll,
      clock,
      log,
      get draining() {
        return isDraining();
      },
      authorise,
      begin: () => this.#begin(),
      answerKnown: (frame) => (this.#isFull() ? undefined : this.#calls.answerKnown(frame)),
      answerCall: (frame, read) => this.#answerCall(frame, read),
      answerControl: (method, reader, socket) => this.#answerControl(method, reader, socket),
      refusal: (error) => this.#calls.refusal(error),
    };
  }

  #begin(): () => void {
    this.#inFlight++;
    return () => {
      this.#inFlight--;
    };
  }

  #isFull(): boolean {
    return this.#inFlight >= this.#options.limits.inFlightMax;
  }

  #answerCall(frame: string | undefined, read: () => DaxCall): Buffer | Promise<Buffer> {
    if (this.#isFull()) {
      const { inFlightMax } = this.#options.limits;
      throw new SlipstreamError('SLIPSTREAM_LIMIT', `more than ${inFlightMax} calls wait for their answer`);
    }
    return this.#calls.answer(frame, read);
  }

  #answerControl(method: ControlMethod, reader: CborReader, socket: Socket): Buffer | Promise<Buffer> {
    switch (method) {
      case 'endpoints':
        return this.#success((writer) => writeEndpoints(writer, [this.#endpointFor(socket)]));
      case 'defineKeySchema':
        return this.#defineKeySchema(reader.name());
      case 'defineAttributeListId':
        return this.#defineList(reader);
      case 'defineAttributeList':
        return this.#nameList(reader.smallInteger());
      case 'authorizeConnection':
        throw new Error('authorizeConnection has no answer');
    }
  }

  /** Byte for byte the same every time: clients build their routes anew when anything in it changes. */
  #endpointFor({ localAddress = '127.0.0.1', localPort = 0 }: Socket) {
    const { region } = this.#options;
    const { hostname, address, port } = this.#advertised ?? {
      hostname: localAddress,
      address: addressBytes(localAddress),
      port: undefined,
    };
    return { nodeId: 1, hostname, address, port: port ?? localPort, zone: `${region}a`, leaderSessionId: 1 };
  }

  async #defineKeySchema(table: string): Promise<Buffer> {
    try {
      const found = this.#tables.get(table, this.#options.clock.monotonicMs()) ?? (await this.#tables.open(table));
      if ('status' in found) return this.#calls.errorBytes(found);
      return this.#success((writer) => writeKeySchema(writer, found.schema.key));
    } catch (error) {
      return this.#calls.refusal(error);
    }
  }

  /** @throws {ServiceError} ValidationException. */
  #nameList(id: number): Buffer | Promise<Buffer> {
    const answer = (names: readonly string[] | undefined): Buffer => {
      if (names === undefined) throw validationError(`The attribute list ${id} is not known here`);
      return this.#success((writer) => writeNames(writer, names));
    };
    const names = this.#lists.named(id)?.names;
    const { sharedLists } = this.#options;
    if (names !== undefined || sharedLists === undefined) return answer(names);
    return sharedLists
      .find(id)
      .then(answer)
      .catch((error: unknown) => this.#calls.refusal(error));
  }

  /** @throws {ServiceError} LimitExceededException. */
  #defineList(reader: CborReader): Buffer | Promise<Buffer> {
    const names: string[] = [];
    reader.eachElement(() => names.push(reader.text()));
    const list = this.#lists.define(names);
    const answer = (): Buffer => this.#success((writer) => writer.integer(list.id));
    const keeping = this.#listFile?.keep(list);
    const sharing = this.#options.sharedLists?.define(names);
    if (keeping === undefined && sharing === undefined) return answer();
    return Promise.all([keeping, sharing]).then(answer, (error: unknown) => this.#calls.refusal(error));
  }

  /** Another process has let a client define it, within the bounds that are the same here. */
  #takeList(names: readonly string[]): void {
    try {
      this.#lists.define(names);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'an attribute list of another worker is one too many');
    }
  }

  #success(write: (writer: CborWriter) => void): Buffer {
    this.#writer.clear();
    this.#writer.arrayHead(0);
    write(this.#writer);
    return this.#writer.take();
  }
}

function closedOf(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** A file system that cannot be written to is no reason not to serve. */
async function openListFile(path: string, lists: AttributeLists, log: Log): Promise<DaxListFile | undefined> {
  try {
    return await DaxListFile.open(path, lists, log);
  } catch (error) {
    log.warn(
      { err: error, path },
      'attribute lists are kept in memory alone: DAX clients must be restarted with the proxy',
    );
    return undefined;
  }
}
