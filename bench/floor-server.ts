/**
 * Servers that do nothing but answer, as floors to measure ours against: `net` writes the same bytes for every segment that
 * comes, `http` is `node:http` with a fixed answer. The answer is the file's that is named: a whole one of ours. `relay` hands on
 * what comes to the server whose address is named, and what that answers: one more process on the way, and nothing else.
 * `dispatch` does the same call by call, by undici's pool.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';

const [kind, subject] = process.argv.slice(2);
const kinds: Readonly<Record<string, (subject: string) => Server>> = {
  net: (file) => netServer(readFileSync(file)),
  http: (file) => httpServer(readFileSync(file)),
  relay: (url) => relayServer(new URL(url)),
  dispatch: (url) => dispatchServer(new Pool(url, { connections: 256, pipelining: 1 })),
};
const start = kinds[kind ?? ''];
if (start === undefined || subject === undefined) {
  throw new Error('usage: floor-server.ts net|http FILE, or relay|dispatch URL');
}

const server = start(subject);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ http: `http://127.0.0.1:${port}` })}\n`);
});
process.once('SIGTERM', () => process.exit(0));

function netServer(answer: Buffer): Server {
  return createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(answer));
    socket.on('error', () => socket.destroy());
  });
}

function httpServer(answer: Buffer): Server {
  const bodyStart = answer.indexOf('\r\n\r\n') + 4;
  const body = answer.subarray(bodyStart);
  const headers = answer
    .toString('latin1', 0, bodyStart - 4)
    .split('\r\n')
    .slice(1)
    .flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
  return createHttpServer({ noDelay: true }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(200, headers);
      response.end(body);
    });
  });
}

function relayServer({ hostname, port }: URL): Server {
  return createServer({ noDelay: true }, (socket) => {
    const behind = connect({ host: hostname, port: Number(port), noDelay: true });
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      one.on('data', (bytes: Buffer) => other.write(bytes));
      one.on('error', () => one.destroy());
      one.on('close', () => other.destroy());
    }
  });
}

/** One call at a time on a connection, and each in one piece, as the bench sends them. */
function dispatchServer(pool: Pool): Server {
  return createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      const bodyStart = bytes.indexOf('\r\n\r\n') + 4;
      const headers = bytes
        .toString('latin1', 0, bodyStart - 4)
        .split('\r\n')
        .slice(1)
        .flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
        .filter((_, place, all) => !OWN_FIELDS.has(all[place - (place % 2)]!));
      const body = bytes.subarray(bodyStart);
      pool.dispatch({ method: 'POST', path: '/', headers, body }, new HandOn(socket));
    });
  });
}

/** Of each connection. */
const OWN_FIELDS = new Set(['connection', 'content-length', 'host']);

class HandOn implements Dispatcher.DispatchHandler {
  readonly #socket: Socket;
  #body: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  onRequestStart(): void {}

  onResponseStart(): void {}

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body = this.#body.length === 0 ? chunk : Buffer.concat([this.#body, chunk]);
  }

  onResponseEnd(): void {
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${this.#body.length}\r\n\r\n`;
    this.#socket.write(Buffer.concat([Buffer.from(head), this.#body]));
  }

  onResponseError(): void {
    this.#socket.destroy();
  }
}
