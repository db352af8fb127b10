/**
 * Takes out each guard of the invariants, one at a time, in a copy of the sources, and tells which test notices. A guard
 * whose removal nothing notices is a missing test, and the script fails.
 *
 * `npx tsx scripts/prove-guards.ts [name…]`
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { guardsOfWorkers } from './guards-of-workers.ts';
import type { Guard } from './guards.ts';
import { guards } from './guards.ts';

const ofOneNode = ['test/accelerator', 'test/cache', 'test/simulation/races'];
const root = resolve(import.meta.dirname ?? '.', '..');
const wanted = process.argv.slice(2);
const copy = mkdtempSync(join(tmpdir(), 'slipstream-guards-'));
let survivors = 0;
try {
  for (const part of ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const guard of [...guards, ...guardsOfWorkers]) {
    if (wanted.length > 0 && !wanted.some((word) => guard.name.includes(word))) continue;
    const noticed = noticedBy(guard);
    if (noticed.length === 0) survivors++;
    console.log(`${noticed.length === 0 ? 'NOT NOTICED' : 'noticed'}  ${guard.name}`);
    for (const test of noticed.slice(0, 3)) console.log(`           ${test}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
if (survivors > 0) {
  console.log(`${survivors} guards can be taken out without a test noticing`);
  process.exitCode = 1;
}

function noticedBy({ name, file, guard, without, suites = ofOneNode }: Guard): string[] {
  const path = join(copy, file);
  const intact = readFileSync(path, 'utf8');
  if (intact.split(guard).length !== 2) throw new Error(`${name}: its text does not stand exactly once in ${file}`);
  writeFileSync(
    path,
    intact.replace(guard, () => without),
  );
  try {
    const report = join(copy, 'report.json');
    spawnSync('npx', ['vitest', 'run', ...suites, '--reporter=json', `--outputFile=${report}`], { cwd: copy });
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
    };
    return testResults.flatMap(({ name: suite, status, assertionResults }) => {
      const failed = assertionResults.filter((result) => result.status === 'failed').map((result) => result.fullName);
      return failed.length === 0 && status === 'failed' ? [`${suite} (does not load)`] : failed;
    });
  } finally {
    writeFileSync(path, intact);
  }
}
