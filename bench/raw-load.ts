/** One request over a bare socket, and the load of `load.ts` as one measurement, flat out. */
import { connect } from 'node:net';
import { dealOut, runLoad } from './load.ts';
import { measurementOf } from './measurement.ts';
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

export async function measureRaw({ requests, seconds, ...load }: RawLoad): Promise<Measurement> {
  const next = dealOut(requests, load.connections);
  const { histogram, elapsedMs, cpuMs } = await runLoad({ ...load, next }, { seconds });
  return measurementOf(histogram, elapsedMs, cpuMs);
}

/** The answer to one request, as it came. */
export function askOnce(url: string, request: Buffer): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  return new Promise<Buffer>((resolve, reject) => {
    let received = Buffer.alloc(0);
    const socket = connect({ port: Number(port), host: hostname, noDelay: true }, () => socket.write(request));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (!isWhole(received)) return;
      socket.destroy();
      resolve(received);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}

function isWhole(bytes: Buffer): boolean {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  const length = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))?.[1];
  return bytes.length >= headEnd + 4 + Number(length);
}
