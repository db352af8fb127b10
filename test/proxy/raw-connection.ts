/** A TCP connection that sends exactly the bytes it is given, and reads whole HTTP answers. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The head as it came. */
  readonly head: string;
}

export class RawConnection implements AsyncDisposable {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  /** @param url such as `http://127.0.0.1:8000` */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: false });
    socket.setNoDelay(true);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Resolves once the bytes are handed to the system. */
  send(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** The next answer; rejects when the connection ends before it is whole. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const answer = this.#take();
      if (answer !== undefined) return answer;
      if (this.#closed) throw new Error(`closed after ${JSON.stringify(this.#received.toString('latin1'))}`);
      await this.#more();
    }
  }

  /** What came and was not taken as an answer. */
  get rest(): string {
    return this.#received.toString('latin1');
  }

  /** Sends no more; answers are still read. */
  end(): void {
    this.#socket.end();
  }

  /** Breaks the connection off, as a client that crashes. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Stops reading what comes, or goes on with it. */
  setReading(reads: boolean): void {
    if (reads) this.#socket.resume();
    else this.#socket.pause();
  }

  /** Resolves when the other side has ended the connection. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#more();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    return this.closed();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #take(): RawAnswer | undefined {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return undefined;
    const [statusLine = '', ...lines] = this.#received.toString('latin1', 0, headEnd).split('\r\n');
    const status = Number(statusLine.split(' ')[1]);
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    // An interim answer (100 Continue) has no body and no length.
    const length = status < 200 ? 0 : Number(headers['content-length']);
    const end = headEnd + 4 + length;
    if (this.#received.length < end) return undefined;
    const head = this.#received.toString('latin1', 0, headEnd);
    const body = this.#received.toString('utf8', headEnd + 4, end);
    this.#received = this.#received.subarray(end);
    return { status, headers, body, head };
  }
}

export interface RawRequest {
  readonly target?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The bytes of an ordinary call. */
export function callBytes({
  target = 'DynamoDB_20120810.ListTables',
  body = '{}',
  headers = {},
}: RawRequest = {}): string {
  const all = {
    host: 'localhost',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': target,
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
