/**
 * Load over bare sockets, for servers that are faster than an HTTP client in JavaScript: each connection sends bytes that
 * were made beforehand, waits for the answer and sends the next. Bounded in time.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Histogram } from 'hdr-histogram-js';
import { latencyHistogram, measurementOf, recordMs } from './measurement.ts';
import type { Measurement } from './measurement.ts';

export interface RawLoad {
  readonly url: string;
  readonly cpuMs: () => number | undefined;
  readonly connections: number;
  /** Dealt out to the connections, which begin again at the end of their share. */
  readonly requests: readonly Buffer[];
  readonly seconds: number;
  /** What every answer has to have in its head. */
  readonly expected: string;
}

export async function measureRaw(load: RawLoad): Promise<Measurement> {
  const { hostname, port } = new URL(load.url);
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => open(Number(port), hostname)));
  const histogram = latencyHistogram();
  const cpuBefore = load.cpuMs();
  const startedAt = performance.now();
  const until = startedAt + load.seconds * 1000;
  try {
    await Promise.all(sockets.map((socket, index) => talk(socket, index, load, until, histogram)));
    const elapsedMs = performance.now() - startedAt;
    const cpuAfter = load.cpuMs();
    const cpuMs = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
    return measurementOf(histogram, elapsedMs, cpuMs);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** The answer to one request, as it came. */
export async function askOnce(url: string, request: Buffer): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  const socket = await open(Number(port), hostname);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      let received = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (answerBytes(received) === received.length) resolve(received);
      });
      socket.once('close', () => reject(new Error('the connection was closed')));
      socket.write(request);
    });
  } finally {
    socket.destroy();
  }
}

function open(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

function talk(socket: Socket, index: number, load: RawLoad, until: number, histogram: Histogram): Promise<void> {
  const { requests, connections, expected } = load;
  return new Promise((resolve, reject) => {
    let next = index;
    let sentAt = 0;
    let partial: Buffer | undefined;
    const send = () => {
      sentAt = performance.now();
      socket.write(requests[next]!);
      next = next + connections < requests.length ? next + connections : index;
    };
    socket.on('data', (chunk: Buffer) => {
      const bytes = partial === undefined ? chunk : Buffer.concat([partial, chunk]);
      partial = bytes;
      if (answerBytes(bytes) > bytes.length) return;
      partial = undefined;
      const now = performance.now();
      recordMs(histogram, now - sentAt);
      if (!bytes.includes(expected)) {
        reject(new Error(`an answer was ${bytes.toString('latin1')}`));
      } else if (now < until) {
        send();
      } else {
        resolve();
      }
    });
    socket.once('close', () => reject(new Error('a connection was closed')));
    send();
  });
}

/** Length of the answer that begins there; Infinity while that cannot be told. */
function answerBytes(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return Infinity;
  const length = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))?.[1];
  return headEnd + 4 + Number(length);
}
