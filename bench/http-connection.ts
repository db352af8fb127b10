/**
 * One connection of a load: sends bytes that were made beforehand, at most `depth` requests ahead of their answers, and tells
 * of each answer's head. It reads as much of HTTP as the servers of the bench write: a status, a content-length, a body.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface ConnectionOptions {
  readonly url: string;
  /** Requests that may be on their way at once. */
  readonly depth: number;
  /** The answer's head, and the moment that was given to `send`. */
  readonly onAnswer: (head: string, meantMs: number) => void;
  readonly onFault: (error: Error) => void;
}

export class HttpConnection {
  readonly #options: ConnectionOptions;
  #socket: Socket | undefined;
  #partial: Buffer | undefined;
  /** When the requests on their way were meant to be sent, oldest first. */
  readonly #meantMs: number[] = [];
  readonly #waiting: { readonly request: Buffer; readonly meantMs: number }[] = [];
  #isClosed = false;

  private constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  static async open(options: ConnectionOptions): Promise<HttpConnection> {
    const connection = new HttpConnection(options);
    await connection.#connect();
    return connection;
  }

  /** Requests that were sent or wait for their turn, and have no answer yet. */
  get outstanding(): number {
    return this.#meantMs.length + this.#waiting.length;
  }

  /** Sends the request now, or when an answer makes room for it. */
  send(request: Buffer, meantMs: number): void {
    if (this.#socket === undefined || this.#meantMs.length >= this.#options.depth) {
      this.#waiting.push({ request, meantMs });
      return;
    }
    this.#meantMs.push(meantMs);
    this.#socket.write(request);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.destroy();
  }

  #connect(): Promise<void> {
    const { hostname, port } = new URL(this.#options.url);
    return new Promise((resolve, reject) => {
      const socket = connect({ port: Number(port), host: hostname.replace(/^\[|\]$/g, ''), noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        this.#socket = socket;
        resolve();
      });
      socket.on('data', (chunk: Buffer) => this.#receive(chunk, socket));
      socket.once('close', () => this.#lost(socket));
    });
  }

  #receive(chunk: Buffer, socket: Socket): void {
    const bytes = this.#partial === undefined ? chunk : Buffer.concat([this.#partial, chunk]);
    const isPipelined = this.#options.depth > 1;
    if (isPipelined) socket.cork();
    let start = 0;
    for (;;) {
      const headEnd = bytes.indexOf('\r\n\r\n', start);
      if (headEnd === -1) break;
      const head = bytes.toString('latin1', start, headEnd);
      const end = headEnd + 4 + bodyBytesOf(head);
      if (Number.isNaN(end)) return this.#options.onFault(new Error(`an answer without a length: ${head}`));
      if (end > bytes.length) break;
      start = end;
      if (/^connection: close/im.test(head)) this.#socket = undefined;
      this.#answered(head);
    }
    this.#partial = start === bytes.length ? undefined : bytes.subarray(start);
    if (isPipelined) socket.uncork();
  }

  #answered(head: string): void {
    const meantMs = this.#meantMs.shift();
    if (meantMs === undefined || head.slice(8, 13) !== ' 200 ') {
      return this.#options.onFault(new Error(`an answer was ${head}`));
    }
    this.#options.onAnswer(head, meantMs);
    if (this.#waiting.length > 0 && this.#socket !== undefined) this.#sendWaiting();
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.#meantMs.length < this.#options.depth) {
      const { request, meantMs } = this.#waiting.shift()!;
      this.send(request, meantMs);
    }
  }

  /** A server may close after each answer, and says so in its head: then the next request goes out on a new connection. */
  #lost(socket: Socket): void {
    if (this.#isClosed) return;
    if (this.#socket === socket || this.#meantMs.length > 0) {
      this.#options.onFault(new Error('a connection was closed'));
      return;
    }
    this.#connect().then(
      () => this.#sendWaiting(),
      (error: unknown) => this.#options.onFault(error as Error),
    );
  }
}

function bodyBytesOf(head: string): number {
  return Number(/content-length: *(\d+)/i.exec(head)?.[1]);
}
