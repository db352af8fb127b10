/** Processes of the bench: each is started here, says one line of JSON when it is ready, and is ended by its own id. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess, Serializable, SpawnOptions } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const READY_MS = 60_000;
const STOP_MS = 5_000;
const RUN_MS = 120_000;
/** `USER_HZ`, which Linux has fixed for what /proc shows. */
const TICKS_A_SECOND = 100;

/** What a server says of itself in its ready line. */
export interface Ready {
  readonly http: string;
  readonly dax?: string;
  readonly admin?: string;
}

/** Ours that run; a signal or a failure that ends the bench ends them. */
const running = new Set<ChildProcess>();
let folder: string | undefined;

/** A folder for whatever the bench and its processes keep in files while they run; it goes with the bench, however that ends. */
export function ownFolder(): string {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'slipstream-bench-'));
    endWithUs(folder);
  }
  return folder;
}

/** Starts a program of the bench, which never outlives it. */
export function spawnOwn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const env = { ...childEnvironment(), TMPDIR: ownFolder() };
  const child = spawn(command, args, { env, ...options });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

function endWithUs(kept: string): void {
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(kept, { recursive: true, force: true, maxRetries: 3 });
  });
  // Without a listener of ours these would end the process with no 'exit'.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
}

/** Asks it to end, and ends it when it does not. */
export async function stopOwn(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(impatient);
}

export class Child {
  readonly pid: number;
  readonly ready: Ready;
  readonly #process: ChildProcess;
  /** The end of what it wrote to stderr. */
  readonly #complaint: () => string;

  private constructor(child: ChildProcess, ready: Ready, complaint: () => string) {
    this.#process = child;
    this.pid = child.pid!;
    this.ready = ready;
    this.#complaint = complaint;
  }

  /** Starts node with `args` and waits for the ready line. */
  static async start(args: readonly string[]): Promise<Child> {
    const child = spawnOwn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    let complaint = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2_000);
    });
    try {
      const line = await firstLine(child);
      return new Child(child, JSON.parse(line) as Ready, () => complaint);
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`${args.join(' ')}: ${(error as Error).message}\n${complaint}`, { cause: error });
    }
  }

  /** Processor time so far, of all its threads; undefined where there is no /proc. */
  cpuMs(): number | undefined {
    return cpuMsOf(this.pid);
  }

  /** Sends a message to one of our own scripts, and resolves with its next message. */
  ask<Answer>(question: Serializable): Promise<Answer> {
    const child = this.#process;
    return new Promise((resolve, reject) => {
      const onMessage = (answer: unknown) => {
        child.off('exit', onExit);
        resolve(answer as Answer);
      };
      const onExit = () => {
        child.off('message', onMessage);
        reject(new Error(`a process of the bench ended while it was asked: ${this.#complaint()}`));
      };
      child.once('message', onMessage);
      child.once('exit', onExit);
      child.send(question);
    });
  }

  stop(): Promise<void> {
    return stopOwn(this.#process);
  }
}

/** Processor time of a process so far, of all its threads; undefined where there is no /proc. */
export function cpuMsOf(pid: number): number | undefined {
  try {
    // After the name, which is in parentheses and may hold anything: state is the third field, utime the 14th.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND;
  } catch {
    return undefined;
  }
}

/** Nothing of the caller's own stores, keys or profiles gets into a measurement, and nobody asks for credentials outside. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS|SLIPSTREAM)_/.test(name));
  return {
    ...Object.fromEntries(inherited),
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    NODE_ENV: 'production',
  };
}

/** Runs node with `args` to its end and returns what it printed. */
export function runToEnd(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: childEnvironment(), timeout: RUN_MS, killSignal: 'SIGKILL' as const };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${args.join(' ')}: ${stderr.slice(-2_000) || error.message}`, { cause: error }));
    });
  });
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! });
    const impatient = setTimeout(() => reject(new Error(`not ready after ${READY_MS} ms`)), READY_MS);
    const settle = (act: () => void) => {
      clearTimeout(impatient);
      act();
    };
    lines.once('line', (line) => settle(() => resolve(line)));
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code, signal) => settle(() => reject(new Error(`ended with ${code ?? signal}`))));
  });
}
