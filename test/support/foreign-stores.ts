/**
 * Stores that we did not write, for tests that must not just agree with ourselves: dynalite (npm), moto's server (Python)
 * and any other by SLIPSTREAM_TEST_STORE. Each on a free port of the loopback.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

export interface ForeignStore {
  readonly url: string;
  close(): Promise<void>;
}

/** dynalite comes without types. */
const dynalite = createRequire(import.meta.url)('dynalite') as (options: Record<string, unknown>) => Server;

/** dynalite, in memory: the classic data plane, no Streams, no transactions. */
export async function startDynalite(): Promise<ForeignStore> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

const IMPORTS =
  'import sys; from importlib.util import find_spec as f; sys.exit(not (f("moto") and f("moto.server") and f("flask")))';

/** Why moto's server cannot run here; undefined where it can. */
export function motoMissing(): string | undefined {
  const probe = spawnSync('python3', ['-c', IMPORTS], { encoding: 'utf8', timeout: 60_000 });
  if (probe.status === 0) return undefined;
  return 'this needs moto’s server: install Python 3 and `pip install "moto[server,dynamodb]"`';
}

/**
 * Whether tests that need moto's server can run. Where it is missing, a CI run fails; a local run names the tests as
 * skipped and says on stderr what they need.
 */
export function motoIsHere(): boolean {
  const missing = motoMissing();
  if (missing === undefined) return true;
  if (process.env['CI'] === 'true') throw new Error(missing);
  console.error(`${expect.getState().testPath ?? 'tests'}: not run, ${missing}`);
  return false;
}

/** moto's server as a child process: Streams, transactions, PartiQL; slow. */
export async function startMoto(): Promise<ForeignStore> {
  const port = await freePort();
  const child = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4_000)));
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(child, `${url}/moto-api/data.json`, () => errors);
  return {
    url,
    close: async () => {
      process.removeListener('exit', onExit);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const killed = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await exited;
      clearTimeout(killed);
    },
  };
}

/** The store that SLIPSTREAM_TEST_STORE names; closing it leaves it alone. */
export function storeByUrl(): ForeignStore | undefined {
  const url = process.env['SLIPSTREAM_TEST_STORE'];
  return url === undefined || url === '' ? undefined : { url, close: () => Promise.resolve() };
}

async function untilAnswers(child: ChildProcess, url: string, errors: () => string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`moto's server ended at once: ${errors()}`);
    try {
      const response = await fetch(url);
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // It does not listen yet.
    }
    await delay(100);
  }
  child.kill('SIGKILL');
  throw new Error(`moto's server did not answer within 30 s: ${errors()}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
