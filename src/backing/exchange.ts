/**
 * One HTTP exchange over a pool of connections: a request's bytes out, a reply's bytes in, nothing parsed. Ends in exactly
 * one of: a reply, a `SlipstreamError`, the caller's abort reason.
 */
import { gunzipSync, brotliDecompressSync, inflateSync } from 'node:zlib';
import type { Dispatcher, Pool } from 'undici';
import type { Clock, Timer } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import { ServiceReply } from '../model/service-call.ts';

export interface ExchangeLimits {
  /** From the start to the reply's headers, the wait for a free connection included. */
  readonly headersTimeoutMs: number;
  /** From the reply's headers to its last byte. */
  readonly bodyTimeoutMs: number;
  readonly replyBytesMax: number;
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** By name, or names and values by turns. */
  readonly headers: Record<string, string> | string[];
  readonly body: Buffer | null;
  /** Longest wait for a free connection, where one has to be waited for; what waits longer is never sent. */
  readonly queueTimeoutMs?: number | undefined;
  /** True for a request whose connection is to serve no other. */
  readonly endsConnection?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const unanswered = new WeakSet<object>();

/** True of the error of an exchange whose connection went before any byte of the reply: how the close of a kept-alive connection looks. */
export function wasUnanswered(error: unknown): boolean {
  return typeof error === 'object' && error !== null && unanswered.has(error);
}

export function exchange(
  pool: Pool,
  request: ExchangeRequest,
  limits: ExchangeLimits,
  clock: Clock,
): Promise<ServiceReply> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body, endsConnection = false } = request;
    const call = new Exchange(resolve, reject, request, limits, clock);
    if (call.ended) return;
    const sent = { method, path, headers, body } as const;
    pool.dispatch(endsConnection ? { ...sent, reset: true } : sent, call);
  });
}

/** What a call waits for: a connection, the reply's headers, or the rest of the reply. */
type Stage = 'connection' | 'headers' | 'body';

class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (reply: ServiceReply) => void;
  readonly #reject: (error: Error) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: (() => void) | undefined;
  readonly #limits: ExchangeLimits;
  readonly #clock: Clock;
  readonly #startMs: number;
  #controller: Dispatcher.DispatchController | undefined;
  #stage: Stage;
  #stageEndsMs: number;
  #timer: Timer | undefined;
  #timerFiresMs = Infinity;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #sizeBytes = 0;
  #failure: Error | undefined;
  ended = false;

  constructor(
    resolve: (reply: ServiceReply) => void,
    reject: (error: Error) => void,
    { signal, queueTimeoutMs }: ExchangeRequest,
    limits: ExchangeLimits,
    clock: Clock,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#limits = limits;
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
    this.#stage = queueTimeoutMs === undefined ? 'headers' : 'connection';
    this.#stageEndsMs = this.#startMs + (queueTimeoutMs ?? limits.headersTimeoutMs);
    if (signal !== undefined) {
      if (signal.aborted) {
        this.#fail(signal.reason as Error);
        return;
      }
      this.#onAbort = () => this.#fail(signal.reason as Error);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    this.#setTimer(this.#startMs);
  }

  #enter(stage: Stage, nowMs: number, endsMs: number): void {
    this.#stage = stage;
    this.#stageEndsMs = endsMs;
    // One that fires before the stage ends is set on then. Nearly every call ends before that, so that it costs one timer.
    if (this.#timerFiresMs > endsMs) this.#setTimer(nowMs);
  }

  #setTimer(nowMs: number): void {
    this.#timer?.cancel();
    this.#timerFiresMs = this.#stageEndsMs;
    this.#timer = this.#clock.after(this.#stageEndsMs - nowMs, () => this.#onTimer());
  }

  #onTimer(): void {
    const nowMs = this.#clock.monotonicMs();
    // A timer may fire a little early, too.
    if (nowMs < this.#stageEndsMs) return this.#setTimer(nowMs);
    const { headersTimeoutMs, bodyTimeoutMs } = this.#limits;
    if (this.#stage === 'body') return this.#fail(timeoutError(`the reply did not end within ${bodyTimeoutMs} ms`));
    if (this.#stage === 'headers') return this.#fail(timeoutError(`no reply within ${headersTimeoutMs} ms`));
    if (this.#controller === undefined) {
      const waitedMs = Math.round(this.#stageEndsMs - this.#startMs);
      return this.#fail(
        new SlipstreamError('SLIPSTREAM_LIMIT', `no connection to the store was free for ${waitedMs} ms`),
      );
    }
    this.#timerFiresMs = Infinity;
    this.#enter('headers', nowMs, this.#startMs + headersTimeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It ended while it waited for a connection: aborted here, it is never written.
    if (this.#failure !== undefined) controller.abort(this.#failure);
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = endToEnd(headers);
    const nowMs = this.#clock.monotonicMs();
    this.#enter('body', nowMs, nowMs + this.#limits.bodyTimeoutMs);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.#limits.replyBytesMax) {
      this.#fail(tooLarge(this.#limits.replyBytesMax));
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.ended) return;
    // A copy even of a single chunk: chunks are windows into 64 KiB read buffers, which a cached reply would keep alive.
    let body: Buffer = Buffer.concat(this.#chunks, this.#sizeBytes);
    try {
      body = decode(body, this.#headers, this.#limits.replyBytesMax);
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#end();
    this.#resolve(ServiceReply.fromBody(this.#status, body, this.#headers));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(this.#ownError(error));
  }

  #fail(error: Error): void {
    if (this.ended) return;
    this.#failure = error;
    this.#end();
    this.#controller?.abort(error);
    this.#reject(error);
  }

  #end(): void {
    this.ended = true;
    this.#timer?.cancel();
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #ownError(cause: Error): Error {
    if (cause instanceof SlipstreamError) return cause;
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
      return new SlipstreamError('SLIPSTREAM_CLOSED', 'the store was closed', { cause });
    }
    // Without a controller the request was never on a connection: nothing can have been applied.
    if (this.#controller === undefined) {
      const reason = code === '' ? cause.message : `${code}: ${cause.message}`;
      return new SlipstreamError('SLIPSTREAM_BACKING_UNREACHABLE', `cannot connect to the store (${reason})`, {
        cause,
      });
    }
    const message = `the connection to the store was lost (${cause.message})`;
    const error = new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', message, { cause });
    if (this.#status === 0) unanswered.add(error);
    return error;
  }
}

/** Headers between two neighbours; `content-length` goes too, as each door counts for itself. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

/** @see https://www.rfc-editor.org/rfc/rfc9110.html#section-7.6.1 */
function endToEnd(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const kept: Record<string, string> = {};
  const connection = headers['connection'];
  const named =
    connection === undefined || connection === 'keep-alive'
      ? undefined
      : new Set(
          String(connection)
            .toLowerCase()
            .split(/[,\s]+/),
        );
  // The pool gives all names in lower case.
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || HOP_BY_HOP.has(name) || named?.has(name) === true) continue;
    kept[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return kept;
}

/** We never ask for a compressed reply; a proxy on the way may send one all the same. */
function decode(body: Buffer, headers: Record<string, string>, bytesMax: number): Buffer {
  const encoding = headers['content-encoding']?.toLowerCase();
  if (encoding === undefined || encoding === 'identity') return body;
  const decoders = { gzip: gunzipSync, 'x-gzip': gunzipSync, deflate: inflateSync, br: brotliDecompressSync };
  const decoder = Object.hasOwn(decoders, encoding) ? decoders[encoding as keyof typeof decoders] : undefined;
  if (decoder === undefined) {
    throw new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', `the store replied in an unknown encoding: ${encoding}`);
  }
  delete headers['content-encoding'];
  // It is the checksum of the compressed bytes.
  delete headers['x-amz-crc32'];
  try {
    return decoder(body, { maxOutputLength: bytesMax });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
    throw new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'the reply could not be decompressed', { cause });
  }
}

function timeoutError(what: string): SlipstreamError {
  return new SlipstreamError('SLIPSTREAM_BACKING_TIMEOUT', `the store is too slow: ${what}`);
}

function tooLarge(bytesMax: number): SlipstreamError {
  return new SlipstreamError('SLIPSTREAM_LIMIT', `the store's reply is larger than ${bytesMax} bytes`);
}
