/**
 * The simulator at length: seed after seed through all scenarios, on several processes, until so many operations are done or
 * so much time has gone. Ends with the first seeds that break an invariant, shrunk, and with what the caches did.
 *
 * `npm run soak -- --operations 20000000 --minutes 25 --workers 2 --seed 1000`
 * `npm run soak -- --scenario 'streams, lag' --seed 4711 --explain` shows one seed.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { explainFailure, runSeed } from '../test/simulation/explain.ts';
import { SCENARIOS, type Scenario } from '../test/simulation/scenarios.ts';
import type { RunResult } from '../test/simulation/simulation.ts';

const OPERATIONS_A_SEED = 4_000;
const FAILURES_MAX = 3;

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '20000000' },
    minutes: { type: 'string', default: '25' },
    workers: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    seed: { type: 'string', default: '1000' },
    scenario: { type: 'string' },
    explain: { type: 'boolean', default: false },
    worker: { type: 'string' },
  },
});
const workers = Number(values.workers);
const firstSeed = Number(values.seed);
const scenarios: readonly Scenario[] = SCENARIOS.filter(({ name }) => [undefined, name].includes(values.scenario));

interface Report {
  readonly seed: number;
  readonly scenario: string;
  readonly result: Omit<RunResult, 'trace'>;
}

/** One of the processes: its share of the seeds, until it is stopped. */
async function work(place: number): Promise<void> {
  process.on('disconnect', () => process.exit());
  for (let seed = firstSeed + place; ; seed += workers) {
    for (const scenario of scenarios) {
      const { trace: _trace, ...result } = await runSeed(seed, scenario, OPERATIONS_A_SEED);
      process.send?.({ seed, scenario: scenario.name, result } satisfies Report);
    }
  }
}

async function supervise(): Promise<void> {
  const total = Number(values.operations);
  const startMs = performance.now();
  const endMs = startMs + Number(values.minutes) * 60_000;
  const totals = new Totals();
  const failures: Report[] = [];
  let shownMs = startMs;
  await new Promise<void>((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      for (const child of children) child.kill();
      resolve();
    };
    const timer = setTimeout(stop, endMs - startMs);
    const children = Array.from({ length: workers }, (_, place) => {
      const child = fork(process.argv[1] as string, [...process.argv.slice(2), '--worker', String(place)]);
      child.on('message', (report: Report) => {
        totals.add(report);
        if (report.result.violation !== undefined) {
          failures.push(report);
          console.log(`seed ${report.seed} of '${report.scenario}' failed`);
        }
        const nowMs = performance.now();
        if (nowMs - shownMs > 30_000) {
          shownMs = nowMs;
          console.log(totals.line((nowMs - startMs) / 1_000));
        }
        if (totals.operations >= total || failures.length >= FAILURES_MAX) stop();
      });
      child.on('exit', (code) => {
        if (code !== null && code !== 0) {
          console.log(`a worker ended with code ${code}`);
          process.exitCode = 1;
          stop();
        }
      });
      return child;
    });
  });
  const seconds = (performance.now() - startMs) / 1_000;
  console.log(totals.text(seconds));
  if (totals.operations < total) {
    console.log(
      `NOT ALL: ${totals.operations} of ${total} operations were done in the ${seconds.toFixed(0)} s allowed`,
    );
  }
  for (const { seed, scenario } of failures) {
    process.exitCode = 1;
    console.log(await explainFailure(seed, scenario, OPERATIONS_A_SEED));
  }
}

class Totals {
  operations = 0;
  readonly #seeds = new Set<number>();
  readonly #byScenario = new Map<string, number>();
  readonly #answers: Record<string, number> = {};
  #failed = 0;
  #commits = 0;
  #records = 0;
  #itemDrops = 0;
  #pageDrops = 0;
  #notNeeded = 0;
  #kept = 0;
  #undecided = 0;

  add({ seed, scenario, result }: Report): void {
    this.operations += result.operations;
    this.#seeds.add(seed);
    this.#byScenario.set(scenario, (this.#byScenario.get(scenario) ?? 0) + result.operations);
    for (const [name, count] of Object.entries(result.answers)) {
      this.#answers[name] = (this.#answers[name] ?? 0) + count;
    }
    if (result.violation !== undefined) this.#failed++;
    this.#commits += result.commits;
    this.#records += result.feedRecords;
    this.#itemDrops += result.itemDrops;
    this.#pageDrops += result.pageDrops;
    this.#notNeeded += result.pageDropsNotNeeded;
    this.#kept += result.hitsKept;
    this.#undecided += result.undecided;
  }

  line(seconds: number): string {
    const rate = Math.round(this.operations / seconds);
    return `${this.operations} operations, ${this.#seeds.size} seeds, ${rate} a second, ${this.#failed} runs failed`;
  }

  text(seconds: number): string {
    const { hit = 0, miss = 0, coalesced = 0 } = this.#answers;
    const seeds = [...this.#seeds].toSorted((a, b) => a - b);
    return [
      this.line(seconds),
      `seeds ${seeds[0] ?? '-'} to ${seeds.at(-1) ?? '-'}, by scenario:`,
      ...[...this.#byScenario].map(([name, count]) => `  ${count}  ${name}`),
      `answers: ${Object.entries(this.#answers)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}`,
      `hit ratio ${percent(hit, hit + miss + coalesced)} of what a cache may answer`,
      `changes ${this.#commits}, feed records ${this.#records}`,
      `entries dropped ${this.#itemDrops}, pages dropped that were in use ${this.#pageDrops}, ` +
        `${percent(this.#notNeeded, this.#pageDrops)} of them although the store would have given the same`,
      `page hits kept that dropping the partition would have lost: ${(this.#kept / this.#commits).toFixed(2)} a change`,
      `pages with too many states on their way to decide: ${this.#undecided}`,
    ].join('\n');
  }
}

function percent(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} %`;
}

if (scenarios.length === 0) throw new Error(`no scenario is called ${values.scenario ?? ''}`);
if (values.explain) {
  for (const { name } of scenarios) console.log(await explainFailure(firstSeed, name, OPERATIONS_A_SEED));
} else if (values.worker === undefined) {
  await supervise();
} else {
  await work(Number(values.worker));
}
