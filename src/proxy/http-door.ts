/**
 * DynamoDB's API over HTTP: receive → authorise → dispatch → respond, one small file a stage. Whatever a caller sends gets
 * an answer in the service's form, and leaves the connection in order for the next call; whatever fails behind the door
 * becomes an answer too (I13).
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { AWS_JSON, RequestIds, replyContentType } from '../wire/aws-json.ts';
import type { Authorise } from './authorise.ts';
import type { BusyPoll } from './busy-poll.ts';
import { Calls } from './calls.ts';
import { answerClientError } from './client-error.ts';
import { Connections } from './connections.ts';
import { preflightOf } from './cors.ts';
import type { CrossOrigin } from './cors.ts';
import type { Dispatch, FindKnown } from './dispatch.ts';
import { FastPath } from './fast-path.ts';
import type { FeedDoor } from './feed-door.ts';
import type { ResolvedLimits } from './limits.ts';
import { listen, urlOf } from './listen.ts';
import { isCall, ReceiveBudget, receiveBody, receivedCallOf } from './receive.ts';
import { refusalOf, tooLarge } from './refuse.ts';
import { respond, respondText } from './respond.ts';
import { Standstill } from './standstill.ts';

export interface HttpDoorOptions {
  readonly dispatch: Dispatch;
  /** Undefined without a cache behind the door. */
  readonly findKnown: FindKnown | undefined;
  /** True when a cache stands behind the door, so that answers say what it did. */
  readonly cached: boolean;
  readonly host: string;
  readonly port: number;
  /** Named in the health text. */
  readonly region: string;
  /** The proxy's own id, for events and to know its own calls. */
  readonly instance: string;
  readonly authorise: Authorise;
  /** Undefined where no page may call. */
  readonly crossOrigin: CrossOrigin | undefined;
  /** Where near caches subscribe; undefined without a cache behind the door. */
  readonly feed: FeedDoor | undefined;
  /** Undefined where the process may sleep as soon as there is nothing to do. */
  readonly busyPoll: BusyPoll | undefined;
  readonly limits: ResolvedLimits;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the service answers to anything that is no call. */
const NO_CALL = '<UnknownOperationException/>\n';

export class HttpDoor {
  readonly #options: HttpDoorOptions;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #calls: Calls;
  readonly #fast: FastPath;
  readonly #budget: ReceiveBudget;
  readonly #ids: RequestIds;
  readonly #standstill: Standstill;

  constructor(options: HttpDoorOptions) {
    this.#options = options;
    const { limits } = options;
    this.#budget = new ReceiveBudget(limits.receivingBytesMax);
    this.#ids = new RequestIds(options.clock);
    this.#server = createServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      noDelay: true,
    });
    this.#connections = new Connections();
    this.#standstill = new Standstill(options.clock);
    this.#calls = new Calls({ ...options, inFlightMax: limits.inFlightMax, standstill: this.#standstill });
    this.#fast = new FastPath(this.#server, {
      ...options,
      calls: this.#calls,
      connections: this.#connections,
      budget: this.#budget,
      ids: this.#ids,
      looksAtPages: options.crossOrigin !== undefined,
    });
    this.#server.on('request', (request, response) => this.#begin(request, response));
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#continueOrRefuse(request, response),
    );
    this.#server.on('clientError', (error, socket) => answerClientError(error, socket, this.#connections));
  }

  /** Calls that wait for their answer. */
  get inFlight(): number {
    return this.#connections.inFlight;
  }

  get connections(): number {
    return this.#connections.open;
  }

  /** Resolves with the door's URL. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    this.#standstill.start();
    return urlOf(host, await listen(this.#server, { host, port, option: '--http-port' }));
  }

  drain(): Promise<void> {
    const { limits, clock, feed } = this.#options;
    feed?.drain();
    const drained = this.#connections.drain(this.#server, limits.drainTimeoutMs, clock, () => this.#fast.endIdle());
    return drained.finally(() => this.#standstill.stop());
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    response.once('close', this.#connections.begin(request.socket));
    this.#serve(request, response).catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'an answer could not be written');
      request.socket.destroy();
    });
  }

  /** A client that asks before it sends a body is told at once that it is too large, and never sends it. */
  #continueOrRefuse(request: IncomingMessage, response: ServerResponse): void {
    const { limits } = this.#options;
    if (Number(request.headers['content-length'] ?? 0) <= limits.requestBytesMax) {
      response.writeContinue();
      this.#begin(request, response);
      return;
    }
    response.once('close', this.#connections.begin(request.socket));
    // The body that was announced will not come, so the end of this request cannot be told from the next one's start.
    respond(response, tooLarge(limits.requestBytesMax), { contentType: AWS_JSON, close: true }, this.#ids);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { limits, crossOrigin } = this.#options;
    const body = await receiveBody(request, limits.requestBytesMax, this.#budget);
    if (body === 'aborted') return;
    const extra = crossOrigin?.(request.headers);
    const close = this.#connections.draining;
    if (body === 'too-large') {
      respond(response, tooLarge(limits.requestBytesMax), { contentType: AWS_JSON, close, extra }, this.#ids);
      return;
    }
    if (body === 'over-budget') {
      const shed = refusalOf(new SlipstreamError('SLIPSTREAM_LIMIT', 'too many bytes of requests are being received'));
      respond(response, shed, { contentType: AWS_JSON, close, extra }, this.#ids);
      return;
    }
    if (!isCall(request.method, request.headers, body)) {
      this.#answerNoCall(request, response, extra);
      return;
    }
    await this.#answerCall(request, response, body, extra);
  }

  async #answerCall(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    extra: Readonly<Record<string, string>> | undefined,
  ): Promise<void> {
    const { cached } = this.#options;
    // This call is among those that are counted.
    const call = receivedCallOf(request, body);
    const { reply, cache, ageMs } = await this.#calls.answer(call, this.#connections.inFlight - 1);
    const contentType = replyContentType(request.headers['content-type']) ?? AWS_JSON;
    const close = this.#connections.draining;
    respond(response, reply, { contentType, close, extra, ...(cached && { cache, ageMs }) }, this.#ids);
  }

  #answerNoCall(
    request: IncomingMessage,
    response: ServerResponse,
    extra: Readonly<Record<string, string>> | undefined,
  ): void {
    const close = this.#connections.draining;
    const headers = { 'x-amzn-requestid': this.#ids.next(), ...extra };
    if (request.method === 'GET' || request.method === 'HEAD') {
      // The space at the end is the service's.
      const text = `healthy: dynamodb.${this.#options.region}.amazonaws.com `;
      respondText(response, 200, text, { close, extra: headers });
    } else if (request.method === 'OPTIONS' && extra !== undefined) {
      respondText(response, 200, '', { close, extra: { ...headers, ...preflightOf(request.headers) } });
    } else {
      respondText(response, 404, NO_CALL, { close, extra: headers });
    }
  }
}
