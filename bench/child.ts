/** Processes of the bench: each is started here, says one line of JSON when it is ready, and is ended by its own id. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const READY_MS = 20_000;
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

export class Child {
  readonly pid: number;
  readonly ready: Ready;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, pid: number, ready: Ready) {
    this.#process = child;
    this.pid = pid;
    this.ready = ready;
  }

  /** Starts node with `args` and waits for the ready line. */
  static async start(args: readonly string[]): Promise<Child> {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: childEnvironment() });
    const endWithUs = () => child.kill('SIGKILL');
    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2_000);
    });
    try {
      const line = await firstLine(child);
      return new Child(child, child.pid!, JSON.parse(line) as Ready);
    } catch (error) {
      endWithUs();
      throw new Error(`${args.join(' ')}: ${(error as Error).message}\n${complaint}`, { cause: error });
    }
  }

  /** Processor time so far, of all its threads; undefined where there is no /proc. */
  cpuMs(): number | undefined {
    return cpuMsOf(this.pid);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    const impatient = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    this.#process.kill('SIGTERM');
    await exited;
    clearTimeout(impatient);
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
