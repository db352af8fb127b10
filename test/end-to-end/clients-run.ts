/**
 * Several applications with drop-in clients, a store, and a proxy that is killed and comes back, or one of whose workers is
 * killed or stands still, at times that a seed chooses. Each application checks what it is told (`consistency-run.ts`); here it is
 * checked that all of them end.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CliProcess } from '../cli/cli-process.ts';
import type { ClientProcessOptions, ClientReport, Deaths } from './client-process.ts';
import type { Fallback } from './client-session.ts';
import { nowMs } from './client-session.ts';
import { createTable, Dice } from './consistency-workload.ts';

export interface ClientsRunOptions {
  readonly feed: 'streams' | 'proxy';
  readonly clients: number;
  /** Processes of the proxy. */
  readonly workers: number;
  readonly seconds: number;
  readonly seed: number;
  /** How long the quiet lasts: longer than the feeds trail, and than it takes to follow a proxy that is back. */
  readonly settleMs: number;
}

export interface ClientsReport {
  readonly reports: readonly ClientReport[];
  readonly deaths: number;
  /** All of them, by death and client. */
  readonly fallbacks: readonly Fallback[];
  /** Everything that must not be: each with what it was. */
  readonly failures: readonly string[];
}

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const PROGRAM = fileURLToPath(new URL('./client-process.ts', import.meta.url));
/** A process that has reported, and destroyed its client, has nothing more to do. */
const EXIT_MS = 10_000;

export async function runClients(options: ClientsRunOptions): Promise<ClientsReport> {
  const { feed, clients, workers, seconds, seed, settleMs } = options;
  await using store = new CliProcess(['store', '--in-memory', '--http-port', '0']);
  const storeUrl = (await store.ready()).http as string;
  await using proxy = await MortalProxy.start(storeUrl, workers);
  await createTable(storeUrl);
  const allNames = Array.from({ length: clients }, (_, i) => `c${i}`);
  const processes = allNames.map((name, i) => {
    const settings = { feed, name, allNames, proxyUrl: proxy.url, storeUrl, seconds, settleMs };
    return new ClientProcess({ ...settings, seed: seed + 1_000 * i });
  });
  try {
    await Promise.all(processes.map((child) => child.said('ready')));
    for (const child of processes) child.tell('go');
    const died = proxy.dieNowAndThen(seconds * 1_000, new Dice(seed + 77));
    await Promise.all([died, ...processes.map((child) => child.said('done'))]);
    const deathsMs = await died;
    const reports = await Promise.all(processes.map((child) => child.report({ deathsMs })));
    const ends = await Promise.all(processes.map((child) => child.end()));
    return {
      reports,
      deaths: deathsMs.length,
      fallbacks: reports.flatMap((report) => report.fallbacks.filter((fallback) => fallback !== undefined)),
      failures: reports.flatMap((report, i) => failuresOf(feed, report, ends[i], deathsMs.length)),
    };
  } finally {
    for (const child of processes) child.kill();
  }
}

function failuresOf(feed: string, report: ClientReport, end: string | undefined, deaths: number): string[] {
  const failures = [...report.violations, ...report.differences];
  // The writers past a client with streams go through the proxy, and fail with it.
  if (feed === 'proxy') {
    for (const [fault, times] of Object.entries(report.faults)) failures.push(`${times} calls failed: ${fault}`);
    if (report.proxyState !== 'live') failures.push(`the proxy is back, and its link is ${String(report.proxyState)}`);
    const answered = report.fallbacks.filter((fallback) => fallback !== undefined).length;
    if (answered < deaths) failures.push(`${deaths - answered} times no call was answered after the proxy was killed`);
  }
  if (report.checkedHits === 0) failures.push('no answer was checked');
  if (end !== undefined) failures.push(end);
  return failures;
}

/** A proxy that dies, without a word or as asked, and comes back at the same address, or stands still; or one of its workers does. */
class MortalProxy implements AsyncDisposable {
  readonly url: string;
  readonly #backing: string;
  readonly #workers: number;
  #life: CliProcess;

  private constructor(url: string, backing: string, workers: number, life: CliProcess) {
    this.url = url;
    this.#backing = backing;
    this.#workers = workers;
    this.#life = life;
  }

  static async start(backing: string, workers: number): Promise<MortalProxy> {
    const life = serve(backing, '0', workers);
    return new MortalProxy((await life.ready()).http as string, backing, workers, life);
  }

  /** Resolves, when it is back for good, with the moments of its deaths. */
  async dieNowAndThen(durationMs: number, dice: Dice): Promise<readonly number[]> {
    const endMs = nowMs() + durationMs;
    const deathsMs: number[] = [];
    for (;;) {
      await delay(1_000 + dice.below(Math.min(5_000, durationMs / 2)));
      if (nowMs() > endMs) return deathsMs;
      deathsMs.push(nowMs());
      if (this.#workers > 1 && dice.below(3) > 0) await this.#loseWorker(dice);
      else if (this.#workers === 1 && dice.below(3) === 0) await standStill((signal) => this.#life.kill(signal), dice);
      else await this.#die(dice);
    }
  }

  async #die(dice: Dice): Promise<void> {
    this.#life.kill(dice.below(3) === 0 ? 'SIGTERM' : 'SIGKILL');
    await this.#life.exit();
    await delay(dice.below(1_500));
    this.#life = serve(this.#backing, new URL(this.url).port, this.#workers);
    await this.#life.ready();
  }

  /** One of them ends and is replaced, or stands still for a while. */
  async #loseWorker(dice: Dice): Promise<void> {
    const life = this.#life;
    const { workerPids: known } = life;
    const pid = known[known.length - 1 - dice.below(this.#workers)] as number;
    if (dice.below(2) === 0) {
      await standStill((signal) => process.kill(pid, signal), dice);
      return;
    }
    process.kill(pid, 'SIGKILL');
    await life.told(() => life.workerPids.length > known.length);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life[Symbol.asyncDispose]();
  }
}

/** For less and for longer than a link may be silent: what has been given up meanwhile must not be done later. */
async function standStill(kill: (signal: NodeJS.Signals) => void, dice: Dice): Promise<void> {
  kill('SIGSTOP');
  await delay(500 + dice.below(3_500));
  kill('SIGCONT');
}

function serve(backing: string, port: string, workers: number): CliProcess {
  const doors = ['--http-port', port, '--admin-port', 'off'];
  return new CliProcess(['serve', '--backing', backing, '--workers', String(workers), ...doors]);
}

class ClientProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #errors = '';

  constructor(options: ClientProcessOptions) {
    this.#child = fork(PROGRAM, [JSON.stringify(options)], {
      execArgv: ['--import', TSX],
      env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#ended = once(this.#child, 'close');
  }

  tell(message: string | Deaths): void {
    this.#child.send(message);
  }

  async said(word: string): Promise<void> {
    const message = await this.#hear();
    if (message !== word) throw new Error(`it said ${JSON.stringify(message)} instead of ${word}`);
  }

  async report(deaths: Deaths): Promise<ClientReport> {
    const report = this.#hear();
    this.tell(deaths);
    return (await report) as ClientReport;
  }

  /** What was wrong with the way in which it ended. */
  async end(): Promise<string | undefined> {
    const timer = delay(EXIT_MS, 'alive', { ref: false });
    const end = await Promise.race([this.#ended, timer]);
    if (end === 'alive') return `it did not end by itself within ${EXIT_MS} ms after its client was destroyed`;
    return end[0] === 0 ? undefined : `it ended with ${String(end[0])}: ${this.#errors}`;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #hear(): Promise<unknown> {
    const message = once(this.#child, 'message').then(([said]) => said as unknown);
    const ended = this.#ended.then(() => {
      throw new Error(`a client's process ended too early: ${this.#errors}`);
    });
    return Promise.race([message, ended]);
  }
}
