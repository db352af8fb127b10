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
  readonly headers: Record<string, string>;
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
    const { method, path, headers, body, endsConnection } = request;
    const call = new Exchange(resolve, reject, request, limits, clock);
    if (call.ended) return;
    pool.dispatch({ method, path, headers, body, ...(endsConnection && { reset: true }) }, call);
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (reply: ServiceReply) => void;
  readonly #reject: (error: Error) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #limits: ExchangeLimits;
  readonly #clock: Clock;
  readonly #onAbort = () => this.#fail(this.#signal?.reason as Error);
  #controller: Dispatcher.DispatchController | undefined;
  #timer: Timer | undefined;
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
    if (signal?.aborted) {
      this.#fail(signal.reason as Error);
      return;
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (queueTimeoutMs === undefined) this.#awaitReply(limits.headersTimeoutMs);
    else this.#timer = clock.after(queueTimeoutMs, () => this.#endQueue(queueTimeoutMs));
  }

  #awaitReply(leftMs: number): void {
    this.#timer = this.#clock.after(leftMs, () =>
      this.#fail(timeoutError(`no reply within ${this.#limits.headersTimeoutMs} ms`)),
    );
  }

  #endQueue(waitedMs: number): void {
    if (this.#controller !== undefined) this.#awaitReply(Math.max(0, this.#limits.headersTimeoutMs - waitedMs));
    else this.#fail(new SlipstreamError('SLIPSTREAM_LIMIT', `no connection to the store was free for ${waitedMs} ms`));
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
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#limits.bodyTimeoutMs, () =>
      this.#fail(timeoutError(`the reply did not end within ${this.#limits.bodyTimeoutMs} ms`)),
    );
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
    this.#signal?.removeEventListener('abort', this.#onAbort);
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

const NAMES_NOTHING: ReadonlySet<string> = new Set();

/** @see https://www.rfc-editor.org/rfc/rfc9110.html#section-7.6.1 */
function endToEnd(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const kept: Record<string, string> = {};
  const connection = headers['connection'];
  const named =
    connection === undefined || connection === 'keep-alive'
      ? NAMES_NOTHING
      : new Set(
          String(connection)
            .toLowerCase()
            .split(/[,\s]+/),
        );
  // The pool gives all names in lower case.
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name)) continue;
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
