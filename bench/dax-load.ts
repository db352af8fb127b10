/**
 * Load of raw DAX frames: each connection sends a request that was made beforehand, waits for its answer, and sends the next.
 * What a client's own encoding and decoding costs is left out, so that the figures are the server's.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Histogram } from 'hdr-histogram-js';
import { CborWriter } from '../src/wire/dax/cbor-writer.ts';
import { FrameScanner, frameDefaults } from '../src/wire/dax/frame-scanner.ts';
import { latencyHistogram, measurementOf, recordMs } from './measurement.ts';
import type { Measurement } from './measurement.ts';

export interface FrameLoad {
  /** `dax://host:port` */
  readonly url: string;
  readonly cpuMs: () => number | undefined;
  readonly connections: number;
  /** Dealt out to the connections. */
  readonly requests: readonly Buffer[];
  /** Without it each request is sent once. */
  readonly seconds?: number | undefined;
  /** False for a server that would take the first message for a request. */
  readonly greets?: boolean | undefined;
}

/** The empty list of error codes, and the map of results. */
const ANSWER_ITEMS = 2;
const SUCCESS = 0x80;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export async function measureFrames(load: FrameLoad): Promise<Measurement> {
  const { hostname, port } = new URL(load.url);
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => open(Number(port), hostname)));
  if (load.greets !== false) for (const socket of sockets) socket.write(greeting());
  const histogram = latencyHistogram();
  const cpuBefore = load.cpuMs();
  const startedAt = performance.now();
  try {
    await Promise.all(sockets.map((socket, index) => talk(socket, index, load, startedAt, histogram)));
    const elapsedMs = performance.now() - startedAt;
    const cpuAfter = load.cpuMs();
    const cpuMs = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
    return measurementOf(histogram, elapsedMs, cpuMs);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** The answer to one request, as it came. */
export async function askFrame(url: string, request: Buffer): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  const socket = await open(Number(port), hostname);
  const scanner = new FrameScanner({ bytesMax: ANSWER_BYTES_MAX, ...frameDefaults });
  scanner.expect(ANSWER_ITEMS);
  socket.write(Buffer.concat([greeting(), request]));
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (scanner.scan(received)) return received;
  }
  throw new Error('the connection was closed');
}

function open(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const opening = connect({ port, host, noDelay: true });
    opening.once('error', reject);
    opening.once('connect', () => resolve(opening));
  });
}

function greeting(): Buffer {
  const writer = new CborWriter();
  writer.text('J7yne5G');
  writer.integer(0);
  writer.null();
  writer.mapHead(0);
  writer.integer(0);
  return writer.take();
}

function talk(socket: Socket, index: number, load: FrameLoad, startedAt: number, histogram: Histogram): Promise<void> {
  const { requests, connections, seconds } = load;
  const until = seconds === undefined ? Infinity : startedAt + seconds * 1000;
  const scanner = new FrameScanner({ bytesMax: ANSWER_BYTES_MAX, ...frameDefaults });
  return new Promise((resolve, reject) => {
    let next = index;
    let sentAt = 0;
    let partial: Buffer | undefined;
    const send = () => {
      const request = requests[next];
      if (request === undefined) return resolve();
      next += connections;
      if (seconds !== undefined && next >= requests.length) next = index;
      scanner.begin();
      scanner.expect(ANSWER_ITEMS);
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on('data', (chunk: Buffer) => {
      partial = partial === undefined ? chunk : Buffer.concat([partial, chunk]);
      if (!scanner.scan(partial)) return;
      const now = performance.now();
      recordMs(histogram, now - sentAt);
      if (partial[0] !== SUCCESS) return reject(new Error(`an answer was ${partial.toString('latin1')}`));
      partial = undefined;
      if (now < until) send();
      else resolve();
    });
    socket.once('close', () => reject(new Error('the connection was closed')));
    send();
  });
}
