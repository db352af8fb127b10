/**
 * More than a proxy may take: floods of connections, of slow and half-open ones, of large bodies and of calls to a store that
 * is slow, throttles, talks rubbish or is gone. Meanwhile one client asks as clients should, and must be answered. Ends
 * with 1 when that client was failed or kept waiting, when a flood got an answer that it should not, or when memory grew.
 *
 * `npm run flood` takes less than a minute.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { CliProcess } from '../test/cli/cli-process.ts';
import { callBytes, RawConnection } from '../test/proxy/raw-connection.ts';
import { TroubledStore } from './troubled-store.ts';

const CONNECTIONS = 10_000;
const OPENED_AT_ONCE = 250;
const GOOD_EVERY_MS = 10;
/** Bounds that only a proxy which stands still or keeps everything breaks, also on a machine that is busy. */
const GOOD_P99_MS = 3_000;
const WORST_MISS_MS = 15_000;
const GROWTH_BYTES_MAX = 700 * 2 ** 20;
const MIB = 2 ** 20;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const getItem = (id: string) => callBytes({ target: 'DynamoDB_20120810.GetItem', body: readOf(id) });
const readOf = (id: string) => JSON.stringify({ TableName: 'Things', Key: { id: { S: id } } });

const store = await TroubledStore.listen();
const flags = ['--http-port', '0', '--admin-port', 'off', '--log-level', 'error'];
await using proxy = new CliProcess(['serve', '--backing', store.url, ...flags]);
const { http, pid } = await proxy.ready();
const url = new URL(http as string);
const complaints: string[] = [];
let lastId = 0;

/** The client that behaves: one connection, one call at a time, always the same item. */
class GoodClient {
  readonly #latenciesMs: number[] = [];
  #isOver = false;
  readonly #asking: Promise<void>;

  constructor(connection: RawConnection) {
    this.#asking = this.#ask(connection);
  }

  async #ask(connection: RawConnection): Promise<void> {
    while (!this.#isOver) {
      const startMs = performance.now();
      await connection.send(getItem('good'));
      const { status, body } = await connection.answer();
      this.#latenciesMs.push(performance.now() - startMs);
      if (status !== 200) complaints.push(`the good client was told ${status} ${body}`);
      await pause(GOOD_EVERY_MS);
    }
  }

  takeP99(): number {
    const sorted = this.#latenciesMs.splice(0).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#asking;
  }
}

const residentBytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** Our own code, or the exception's name. */
const errorIn = (body: string) => (/SLIPSTREAM_\w+/.exec(body) ?? /[A-Z]\w+Exception/.exec(body))?.[0] ?? body;

async function open(count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - sockets.length) }, () => {
      const socket = connect({ port: Number(url.port), host: url.hostname });
      socket.on('error', () => {});
      return socket;
    });
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  return sockets;
}

function endAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** So many calls at once that have to ask the store; how often each answer came, and how long the last one took. */
async function misses(count: number, allowed: RegExp): Promise<string> {
  const outcomes = new Map<string, number>();
  let worstMs = 0;
  const ask = async () => {
    await using connection = await RawConnection.open(url.href);
    const startMs = performance.now();
    await connection.send(getItem(`miss-${++lastId}`));
    const { status, body } = await connection.answer();
    worstMs = Math.max(worstMs, performance.now() - startMs);
    const name = status === 200 ? '200' : `${status} ${errorIn(body)}`;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  };
  await Promise.all(Array.from({ length: count }, ask));
  for (const name of outcomes.keys()) if (!allowed.test(name)) complaints.push(`a call was told ${name}`);
  if (worstMs > WORST_MISS_MS) complaints.push(`a call waited for ${worstMs.toFixed(0)} ms`);
  return `${[...outcomes].map(([name, times]) => `${times} × ${name}`).join(', ')}; the last after ${worstMs.toFixed(0)} ms`;
}

const floods: Readonly<Record<string, () => Promise<string>>> = {
  'connections that say nothing': async () => {
    const sockets = await open(CONNECTIONS);
    await pause(1_000);
    endAll(sockets);
    return `${CONNECTIONS} opened`;
  },
  'heads that come byte by byte': async () => {
    const sockets = await open(1_000);
    const bytes = getItem('slow');
    for (let at = 0; at < 20; at++) {
      for (const socket of sockets) socket.write(bytes[at] as string);
      await pause(100);
    }
    endAll(sockets);
    return '1000 writers, a byte each 100 ms';
  },
  'clients that do not read': async () => {
    const sockets = await open(200);
    const burst = getItem('good').repeat(2_000);
    for (const socket of sockets) {
      socket.pause();
      socket.write(burst);
    }
    await pause(2_000);
    endAll(sockets);
    return '200 readers, 2000 calls each';
  },
  'large bodies that do not end': async () => {
    const sockets = await open(150);
    const head = callBytes({ headers: { 'content-length': String(16 * MIB) }, body: '' });
    const part = Buffer.alloc(4 * MIB, ' ');
    for (const socket of sockets) {
      socket.resume();
      socket.write(head);
      socket.write(part);
    }
    await pause(3_000);
    endAll(sockets);
    return '150 bodies of 16 MiB, of which 4 come';
  },
  'requests that are cut off': async () => {
    const sockets = await open(1_000);
    const half = getItem('half').slice(0, 60);
    for (const [place, socket] of sockets.entries()) {
      socket.resume();
      socket.write(half);
      if (place % 2 === 0) socket.end();
      else socket.resetAndDestroy();
    }
    await pause(500);
    endAll(sockets);
    return '500 ended, 500 reset';
  },
  'a store that is slow': () => {
    store.trouble = 'slow';
    return misses(2_000, /^(200|400 SLIPSTREAM_LIMIT|504 SLIPSTREAM_BACKING_TIMEOUT)$/);
  },
  'a store that throttles': () => {
    store.trouble = 'throttling';
    return misses(500, /^400 ProvisionedThroughputExceededException$/);
  },
  'a store that talks rubbish': () => {
    store.trouble = 'rubbish';
    return misses(500, /^(503 SLIPSTREAM_CONNECTION_LOST|400 SLIPSTREAM_LIMIT)$/);
  },
  'a store that is gone': async () => {
    await store.close();
    return misses(500, /^503 SLIPSTREAM_(BACKING_UNREACHABLE|CONNECTION_LOST)$/);
  },
};

const good = new GoodClient(await RawConnection.open(url.href));
await pause(1_000);
const atStartBytes = residentBytes();
good.takeP99();
for (const [name, flood] of Object.entries(floods)) {
  const told = await flood();
  const p99Ms = good.takeP99();
  const grownBytes = residentBytes() - atStartBytes;
  if (p99Ms > GOOD_P99_MS) complaints.push(`${name}: the good client waited for ${p99Ms.toFixed(0)} ms`);
  if (grownBytes > GROWTH_BYTES_MAX) complaints.push(`${name}: memory grew by ${(grownBytes / MIB).toFixed(0)} MiB`);
  const figures = `good p99 ${p99Ms.toFixed(1)} ms, memory ${grownBytes < 0 ? '' : '+'}${(grownBytes / MIB).toFixed(0)} MiB`;
  process.stdout.write(`${name.padEnd(30)}${figures.padEnd(42)}${told}\n`);
}
await good.stop();
proxy.kill('SIGTERM');
const { code } = await proxy.exit();
if (code !== 0) complaints.push(`the proxy ended with ${code}`);
for (const complaint of new Set(complaints)) process.stdout.write(`NOT GOOD: ${complaint}\n`);
process.exit(complaints.length === 0 ? 0 : 1);
