/** What the bench starts goes with it: its processes and its files, when it is interrupted and when it fails. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { withServers } from '../../bench/with-servers.ts';

interface Started {
  readonly url: string;
  readonly folder: string;
}

/** Runs `start-server.ts` until `end` has ended it; resolves with its exit code and with what it had started. */
async function run(args: readonly string[], signal?: NodeJS.Signals): Promise<Started & { readonly code: number }> {
  const command = ['--import', 'tsx', join(import.meta.dirname, 'start-server.ts'), ...args];
  const bench = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(bench, 'exit');
  const [line] = (await once(createInterface({ input: bench.stdout }), 'line')) as [string];
  const started = JSON.parse(line) as Started;
  if (signal !== undefined) {
    expect(await listens(started.url)).toBe(true);
    expect(existsSync(started.folder)).toBe(true);
    bench.kill(signal);
  }
  const [code] = (await ended) as [number];
  return { ...started, code };
}

function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: hostname }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('the processes of the bench', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('end on %s, and their files go', async (signal, exitCode) => {
    const { url, folder, code } = await run([], signal);
    expect(code).toBe(exitCode);
    await expect.poll(() => listens(url), { timeout: 10_000 }).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it('end when the bench fails', async () => {
    const { url, folder, code } = await run(['fail']);
    expect(code).toBe(1);
    await expect.poll(() => listens(url), { timeout: 10_000 }).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('servers of a measurement', () => {
  const server = (name: string, stopped: string[]) => ({
    name,
    stop: () => {
      stopped.push(name);
      return Promise.resolve();
    },
  });

  it('are stopped when it is done', async () => {
    const stopped: string[] = [];
    const result = await withServers(async (keep) => (await keep(Promise.resolve(server('one', stopped)))).name);
    expect(result).toBe('one');
    expect(stopped).toEqual(['one']);
  });

  it('are stopped when it fails, also those that are still starting', async () => {
    const stopped: string[] = [];
    let ready: (started: ReturnType<typeof server>) => void = () => undefined;
    const starting = new Promise<ReturnType<typeof server>>((resolve) => (ready = resolve));
    const measuring = withServers(async (keep) => {
      await keep(Promise.resolve(server('one', stopped)));
      await Promise.all([keep(starting), keep(Promise.reject<never>(new Error('no port is free')))]);
    });
    setImmediate(() => ready(server('late', stopped)));
    await expect(measuring).rejects.toThrow('no port is free');
    expect(stopped.toSorted()).toEqual(['late', 'one']);
  });
});
