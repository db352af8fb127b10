/**
 * `npm run bench [-- --quick] [--store URL] [--only SECTION] [--json FILE] [--html FILE]`: what is measured, in which order. One
 * run is one report: a table on the terminal, the same as JSON, and a page with charts. All load goes to this machine's
 * loopback, and all processes that it starts end with it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { thisMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import { othersShare, processorTime } from './neighbours.ts';
import { plans, readBenchOptions } from './options.ts';
import type { BenchOptions, Plan } from './options.ts';
import { aimsOf } from './report/aims.ts';
import { pageOf } from './report/page.ts';
import type { Result, Section } from './report/result.ts';
import { resultText } from './report/table.ts';
import { measureHitRatio } from './rows/hit-ratio.ts';
import { measureHits } from './rows/hits.ts';
import { measureInvalidation } from './rows/invalidation.ts';
import { measureMemory } from './rows/memory.ts';
import { measureMisses } from './rows/misses.ts';
import { measureTryDax } from './rows/try-dax.ts';
import { measureYcsb } from './rows/ycsb.ts';

const sections = {
  hits: measureHits,
  misses: measureMisses,
  ycsb: measureYcsb,
  'try-dax': measureTryDax,
  'hit-ratio': measureHitRatio,
  invalidation: measureInvalidation,
  memory: measureMemory,
} as const satisfies Record<string, (plan: Plan, options: BenchOptions) => Promise<Section>>;

/** The figures of a machine that others had more of than this are no measure of anything. */
const OTHERS_SHARE_MAX = 0.1;

const options = readBenchOptions(process.argv.slice(2), Object.keys(sections));
const plan = options.quick ? plans.quick : plans.full;
const startedAt = new Date();
const machine = thisMachine();
const before = processorTime();
const measured: Section[] = [];
const failures: string[] = [];
for (const [id, measure] of Object.entries(sections)) {
  if (options.only.length > 0 && !options.only.includes(id)) continue;
  try {
    measured.push(await measure(plan, options));
  } catch (error) {
    // The other sections are worth their minutes all the same.
    failures.push(`${id} failed: ${(error as Error).message}`);
    console.error(error);
    process.exitCode = 1;
  }
}

const others = othersShare(before, processorTime());
const result: Result = {
  startedAt: startedAt.toISOString(),
  quick: options.quick,
  seconds: (Date.now() - startedAt.getTime()) / 1000,
  machine,
  othersShare: others,
  remarks: remarksOn(machine),
  aims: aimsOf(measured),
  sections: measured,
};
const name = join(import.meta.dirname, 'results', result.startedAt.replaceAll(':', '-'));
console.log(`\n${resultText(result)}\n`);
console.log(`JSON: ${save(options.json ?? `${name}.json`, `${JSON.stringify(result, undefined, 1)}\n`)}`);
console.log(`page: ${save(options.html ?? `${name}.html`, pageOf(result))}`);

/** What a reader has to know before believing the figures. */
function remarksOn({ loadAtStart, cores }: Machine): string[] {
  return [
    ...failures,
    ...(options.quick ? ['A quick run shows that everything works; for figures, run without --quick.'] : []),
    ...(loadAtStart > cores / 2
      ? [`The machine was busy when the run began: a load of ${loadAtStart} on ${cores} cores.`]
      : []),
    ...(others !== undefined && others > OTHERS_SHARE_MAX
      ? [
          `Other processes took ${Math.round(100 * others)} % of the machine's processors meanwhile: believe its ratios at most.`,
        ]
      : []),
  ];
}

function save(file: string, text: string): string {
  const path = resolve(file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
