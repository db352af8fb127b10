/**
 * Where near caches subscribe: a WebSocket at the HTTP door's own port, for whoever the door would answer (I12). It has a
 * parser of its own, so that no other request is ever taken for a subscription because it offers an upgrade.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Accelerator } from '../accelerator/accelerator.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { FEED_PATH, FEED_PROTOCOL } from '../wire/feed-messages.ts';
import { AWS_JSON } from '../wire/aws-json.ts';
import type { Authorise } from './authorise.ts';
import type { FeedLimits, FeedSocket, WhenShared } from './feed-session.ts';
import { FeedSession } from './feed-session.ts';
import { callHeadOf } from './receive.ts';
import { refusalOf } from './refuse.ts';

export interface FeedDoorOptions {
  readonly accelerator: Accelerator;
  readonly authorise: Authorise;
  readonly instance: string;
  readonly whenShared: WhenShared | undefined;
  readonly limits: FeedLimits;
  /** How long a client may take to send the head of its request. */
  readonly headersTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const REQUEST_LINE = Buffer.from(`GET ${FEED_PATH} `);
/** A near cache asks for tables by name; it sends nothing larger. */
const MESSAGE_BYTES_MAX = 256 * 1024;
const NO_BODY = Buffer.alloc(0);
/** @see https://www.rfc-editor.org/rfc/rfc6455.html#section-7.4.1 */
const GOING_AWAY = 1001;
const POLICY = 1008;

export class FeedDoor {
  readonly #options: FeedDoorOptions;
  readonly #handshakes: Server;
  readonly #sockets: WebSocketServer;
  /** Until connections that are not admitted by then are cut. */
  readonly #waiting = new WeakMap<Duplex, Timer>();

  constructor(options: FeedDoorOptions) {
    this.#options = options;
    this.#handshakes = createServer();
    this.#handshakes.on('request', (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
    });
    this.#handshakes.on('upgrade', (request, socket, head) => this.#admit(request, socket as Socket, head));
    this.#handshakes.on('clientError', (_error, socket) => socket.destroy());
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
      handleProtocols: () => FEED_PROTOCOL,
    });
  }

  /** Near caches that follow this node now. */
  get subscribers(): number {
    return this.#sockets.clients.size;
  }

  /** True of the first bytes of a connection that asks for the feed. */
  wants(bytes: Buffer): boolean {
    return bytes.subarray(0, REQUEST_LINE.length).equals(REQUEST_LINE);
  }

  /** Takes a connection that the door has read nothing else from. */
  take(socket: Socket): void {
    const { clock, headersTimeoutMs } = this.#options;
    // In all, and not since the last byte; a server that does not listen itself looks after none of its connections.
    const timer = clock.after(headersTimeoutMs, () => socket.destroy());
    this.#waiting.set(socket, timer);
    socket.once('close', () => timer.cancel());
    this.#handshakes.emit('connection', socket);
  }

  /** Tells all near caches to go elsewhere. */
  drain(): void {
    for (const socket of this.#sockets.clients) socket.close(GOING_AWAY, 'the node is going away');
  }

  #admit(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { authorise, limits } = this.#options;
    try {
      authorise(callHeadOf(request), NO_BODY);
    } catch (error) {
      const { status, body } = refusalOf(error);
      refuse(socket, status, body);
      return;
    }
    const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
    if (!offered.includes(FEED_PROTOCOL)) {
      const message = `this node speaks ${FEED_PROTOCOL}, the client ${offered.join(', ') || 'nothing'}`;
      refuse(socket, 426, json('SLIPSTREAM_VERSION_MISMATCH', message), `upgrade: ${FEED_PROTOCOL}\r\n`);
      return;
    }
    if (this.subscribers >= limits.subscribersMax) {
      refuse(socket, 503, json('SLIPSTREAM_LIMIT', `${limits.subscribersMax} near caches follow this node already`));
      return;
    }
    this.#waiting.get(socket)?.cancel();
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, socket));
  }

  #serve(webSocket: WebSocket, socket: Socket): void {
    const { accelerator, instance: node, whenShared, clock, log } = this.#options;
    const feedSocket: FeedSocket = {
      send: (text) => webSocket.send(text),
      get queuedBytes() {
        return webSocket.bufferedAmount;
      },
      end: (reason) => {
        log.info({ peer: socket.remoteAddress, reason }, 'a near cache was cut off');
        webSocket.close(POLICY, reason);
        // A peer that does not read does not say goodbye either.
        clock.after(1_000, () => webSocket.terminate());
      },
    };
    const limits = this.#limitsOfOne();
    const session = new FeedSession({ accelerator, socket: feedSocket, node, whenShared, limits, clock });
    webSocket.on('message', (bytes) => session.receive((bytes as Buffer).toString('utf8')));
    webSocket.on('error', (error) => log.debug({ err: error }, 'the connection of a near cache failed'));
    webSocket.on('close', () => session.close());
  }

  #limitsOfOne(): FeedLimits {
    const { limits } = this.#options;
    const shareBytes = () => limits.queuesBytesMax / Math.max(1, this.subscribers);
    return {
      ...limits,
      get queueBytesMax() {
        return Math.min(limits.queueBytesMax, shareBytes());
      },
    };
  }
}

function json(type: string, message: string): Buffer {
  return Buffer.from(JSON.stringify({ __type: type, message }));
}

function refuse(socket: Duplex, status: number, body: Buffer, more = ''): void {
  const head =
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: ${AWS_JSON}\r\n` +
    `content-length: ${body.length}\r\n${more}\r\n`;
  socket.end(Buffer.concat([Buffer.from(head), body]));
}
