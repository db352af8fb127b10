/** The command line as a user runs it: a process of its own, its ready line, its stderr, its exit code. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface ReadyLine {
  readonly ready: true;
  readonly http?: string;
  readonly dax?: string;
  readonly admin?: string;
  readonly pid: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class CliProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<Exit>;
  #stdout = '';
  #stderr = '';

  /** `env` is all that the process gets beside PATH: nothing of this machine's settings. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd: string = tmpdir()) {
    this.#child = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
      cwd,
      // The DAX door has a port of its own by default, which processes side by side cannot share.
      env: { PATH: process.env['PATH'] ?? '', SLIPSTREAM_DAX_PORT: 'off', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#exit = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** Resolves with the ready line; rejects when the process ends without one. */
  async ready(): Promise<ReadyLine> {
    while (!this.#stdout.includes('\n')) {
      const ended = await Promise.race([once(this.#child.stdout, 'data').then(() => undefined), this.#exit]);
      if (ended !== undefined && !this.#stdout.includes('\n')) throw new Error(`ended: ${JSON.stringify(ended)}`);
    }
    return JSON.parse(this.#stdout.slice(0, this.#stdout.indexOf('\n'))) as ReadyLine;
  }

  /** Resolves once stderr has this text, or what it has said is enough. */
  async told(what: string | (() => boolean)): Promise<void> {
    const isTold = typeof what === 'string' ? () => this.#stderr.includes(what) : what;
    while (!isTold()) {
      const ended = await Promise.race([once(this.#child.stderr, 'data').then(() => undefined), this.#exit]);
      if (ended !== undefined && !isTold()) throw new Error(`ended: ${JSON.stringify(ended)}`);
    }
  }

  /** What stderr has said so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Processes of `--workers` that have become ready, in their order, those that have ended since included. */
  get workerPids(): readonly number[] {
    return [...this.#stderr.matchAll(/^.*"pid":(\d+),"msg":"a worker is ready".*$/gm)].map(([, pid]) => Number(pid));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  exit(): Promise<Exit> {
    return this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}

export async function runCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Exit> {
  await using running = new CliProcess(args, env);
  return await running.exit();
}

/** A directory that goes with the test. */
export class TempFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'slipstream-cli-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** One call of DynamoDB's API, unsigned. */
export async function callApi(
  url: string,
  operation: string,
  input: object,
): Promise<{ readonly status: number; readonly cache: string | null; readonly output: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
    body: JSON.stringify(input),
  });
  const output = (await response.json()) as Record<string, unknown>;
  return { status: response.status, cache: response.headers.get('x-slipstream-cache'), output };
}
