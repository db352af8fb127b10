/** Programs of others that the bench compares with: found where they are installed, started on a port that is free. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { basename, delimiter, join } from 'node:path';
import { spawnOwn, stopOwn } from './child.ts';

const READY_MS = 60_000;

export interface Program {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** The first of the binaries that is installed, or undefined. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** The first of the binaries that is installed, with its version as it tells it itself. */
export function programVersion(...names: readonly string[]): readonly [name: string, version: string] | undefined {
  const binary = findProgram(...names);
  if (binary === undefined) return undefined;
  const { stdout, stderr } = spawnSync(binary, ['-v'], { encoding: 'utf8', timeout: READY_MS });
  return [basename(binary), /\d+(\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown'];
}

/** Starts it, in the foreground, and waits until it takes connections on the port. */
export async function startProgram(binary: string, args: readonly string[], port: number): Promise<Program> {
  const child = spawnOwn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${binary} ended with ${code ?? signal}`)));
  });
  // It also ends when it is stopped, long after anybody waits for that.
  failed.catch(() => undefined);
  try {
    for (const until = performance.now() + READY_MS; !(await Promise.race([failed, answers(port)]));) {
      if (performance.now() > until) throw new Error(`${binary} does not listen after ${READY_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } catch (error) {
    await stopOwn(child);
    throw error;
  }
  return { pid: child.pid!, stop: () => stopOwn(child) };
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
