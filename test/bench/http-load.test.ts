/** The load of the bench over real sockets: it asks for what it was given, no more often than it may, and trusts nobody. */
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ReadPool } from '../../bench/dataset.ts';
import { measureHttp } from '../../bench/http-load.ts';
import type { HttpLoad } from '../../bench/http-load.ts';

let server: Server;
afterEach(() => server.close());

/** A server that counts what it is asked for; `answer` may say something else than a hit. */
async function serve(answer: (response: ServerResponse, nth: number) => void): Promise<Map<string, number>> {
  const asked = new Map<string, number>();
  let count = 0;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      asked.set(body, (asked.get(body) ?? 0) + 1);
      count += 1;
      answer(response, count);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return asked;
}

const hit = (response: ServerResponse) => response.setHeader('x-slipstream-cache', 'hit').end('{}');

function load(more: Partial<HttpLoad>): HttpLoad {
  const { port } = server.address() as AddressInfo;
  const reads = new ReadPool('GetItem', 4).take(320);
  const url = `http://127.0.0.1:${port}`;
  return { url, server: { cpuMs: () => 0 }, connections: 32, reads, operationsMax: 320, secondsMax: 10, ...more };
}

describe('load over HTTP', () => {
  it('asks for each read once when it may ask as often as there are reads', async () => {
    const asked = await serve(hit);
    const measurement = await measureHttp(load({ expected: 'hit' }));
    expect(measurement.count).toBe(320);
    expect(new Set(asked.values())).toEqual(new Set([1]));
    expect(asked.size).toBe(320);
  });

  it('ends by time when there is more to ask for', async () => {
    await serve(hit);
    const measurement = await measureHttp(load({ operationsMax: 1_000_000, secondsMax: 0.2, connections: 1 }));
    expect(measurement.count).toBeLessThan(1_000_000);
    expect(measurement.p50Us).toBeLessThanOrEqual(measurement.p99Us);
  });

  it('fails when answers are not what the row is called', async () => {
    await serve((response) => response.setHeader('x-slipstream-cache', 'pass').end('{}'));
    await expect(measureHttp(load({ expected: 'miss' }))).rejects.toThrow('"pass" where "miss" was meant');
  });

  it('fails when the server refuses', async () => {
    await serve((response, nth) => response.writeHead(nth === 100 ? 400 : 200).end('{}'));
    await expect(measureHttp(load({}))).rejects.toThrow('status 400');
  });
});
