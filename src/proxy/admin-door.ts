/**
 * The door for operators and their tools: health, readiness, metrics, flush. It listens on the loopback unless told
 * otherwise, and shows nothing of what is cached.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { answerClientError } from './client-error.ts';
import { Connections } from './connections.ts';
import type { ResolvedLimits } from './limits.ts';
import { listen, urlOf } from './listen.ts';
import type { Readiness } from './readiness.ts';

/** The text of `/metrics`, as a Prometheus registry writes it. */
export interface MetricsText {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface AdminDoorOptions {
  readonly host: string;
  readonly port: number;
  readonly readiness: Readiness;
  /** Empties the caches, or what they hold of one table, and says how many entries went; undefined where there are none. */
  readonly flush: ((table: string | undefined) => number | Promise<number>) | undefined;
  readonly metrics: MetricsText | undefined;
  readonly limits: ResolvedLimits;
  readonly clock: Clock;
  readonly log: Log;
}

interface AdminAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly allow?: string;
}

type Route = (url: URL) => Promise<AdminAnswer> | AdminAnswer;

const READ = 'GET, HEAD';

const json = (status: number, value: object): AdminAnswer => ({
  status,
  contentType: 'application/json',
  text: `${JSON.stringify(value)}\n`,
});

export class AdminDoor {
  readonly #options: AdminDoorOptions;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #routes: ReadonlyMap<string, { readonly methods: string; readonly answer: Route }>;

  constructor(options: AdminDoorOptions) {
    this.#options = options;
    this.#server = createServer({ maxHeaderSize: options.limits.headerBytesMax });
    this.#connections = new Connections();
    this.#server.on('connection', (socket) => this.#connections.add(socket));
    this.#server.on('request', (request, response) => this.#begin(request, response));
    this.#server.on('clientError', (error, socket) => answerClientError(error, socket, this.#connections));
    this.#routes = new Map<string, { readonly methods: string; readonly answer: Route }>([
      ['/healthz', { methods: READ, answer: () => json(200, { ok: true }) }],
      ['/readyz', { methods: READ, answer: () => this.#ready() }],
      ['/metrics', { methods: READ, answer: () => this.#metrics() }],
      ['/flush', { methods: 'POST', answer: (url) => this.#flush(url) }],
    ]);
  }

  async listen(): Promise<string> {
    const { host, port } = this.#options;
    return urlOf(host, await listen(this.#server, { host, port, option: '--admin-port' }));
  }

  drain(): Promise<void> {
    return this.#connections.drain(this.#server, this.#options.limits.drainTimeoutMs, this.#options.clock);
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    response.once('close', this.#connections.begin(request.socket));
    request.resume();
    this.#answer(request)
      .catch((error: unknown): AdminAnswer => {
        this.#options.log.error({ err: error, path: request.url }, 'an admin call failed by our fault');
        return json(500, { error: 'Slipstream met a fault of its own; its log has the details' });
      })
      .then((answer) => {
        const body = Buffer.from(answer.text, 'utf8');
        response.writeHead(answer.status, {
          'content-type': answer.contentType,
          'content-length': body.length,
          'cache-control': 'no-store',
          ...(answer.allow === undefined ? {} : { allow: answer.allow }),
          ...(this.#connections.draining ? { connection: 'close' } : {}),
        });
        response.end(request.method === 'HEAD' ? undefined : body);
      })
      .catch((error: unknown) => response.destroy(error as Error));
  }

  async #answer(request: IncomingMessage): Promise<AdminAnswer> {
    const url = new URL(request.url ?? '/', 'http://admin');
    const route = this.#routes.get(url.pathname);
    if (route === undefined) return json(404, { error: `no ${url.pathname} here`, paths: [...this.#routes.keys()] });
    if (!route.methods.split(', ').includes(request.method ?? '')) {
      return { ...json(405, { error: `${url.pathname} takes ${route.methods}` }), allow: route.methods };
    }
    // A page in the operator's browser may send a POST to the loopback, and the browser then says which page it was.
    const page = request.headers.origin;
    if (request.method === 'POST' && page !== undefined && page !== `http://${request.headers.host ?? ''}`) {
      return json(403, { error: `a page of ${page} may not change anything here` });
    }
    return route.answer(url);
  }

  async #ready(): Promise<AdminAnswer> {
    const report = await this.#options.readiness.check();
    return json(report.ready ? 200 : 503, report);
  }

  async #metrics(): Promise<AdminAnswer> {
    const { metrics } = this.#options;
    if (metrics === undefined) return json(404, { error: 'no metrics are kept' });
    return { status: 200, contentType: metrics.contentType, text: await metrics.metrics() };
  }

  /** All, or one table: `?table=Movies`. */
  async #flush(url: URL): Promise<AdminAnswer> {
    const { flush } = this.#options;
    if (flush === undefined) return json(404, { error: 'no cache stands behind this door' });
    const table = url.searchParams.get('table') ?? undefined;
    return json(200, { flushed: table ?? '*', entries: await flush(table) });
  }
}
