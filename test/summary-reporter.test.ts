/**
 * Goal: the last line of a run counts all that happened, and agrees with the exit code.
 * Method: vitest itself runs, with the reporter, over files that go wrong in each way there is.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const root = join(import.meta.dirname, '..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-summary-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true }));

// A run of vitest inside a run of vitest has the processor to itself only by luck.
vi.setConfig({ testTimeout: 60_000 });

/** Runs vitest over test files, given by what follows the import of vitest; returns the last line and the exit code. */
function run(...files: readonly string[]): { lastLine: string | undefined; exitCode: number | null } {
  for (const [index, text] of files.entries()) {
    const imports = "import { beforeAll, describe, expect, it } from 'vitest';\n";
    writeFileSync(join(folder, `${index}.test.ts`), imports + text);
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', `--reporter=${join(root, 'test/support/summary-reporter.ts')}`];
  const child = spawnSync(process.execPath, [vitest, 'run', '--root', folder, '--maxWorkers=1', ...reporters], {
    encoding: 'utf8',
    env: { ...process.env, VITEST: undefined, VITEST_WORKER_ID: undefined, VITEST_POOL_ID: undefined },
  });
  return { lastLine: child.stdout.trimEnd().split('\n').at(-1), exitCode: child.status };
}

it('counts what passes and what is skipped, and exits with 0', () => {
  const text = "it('a', () => expect(1).toBe(1));\nit('b', () => expect(1).toBe(1));\nit.skip('c', () => {});\n";
  expect(run(text)).toEqual({ lastLine: '2 passed, 0 failed, 1 skipped', exitCode: 0 });
});

it('counts failed tests, hooks that fail, files that do not load and errors outside the tests', () => {
  const outcome = run(
    "it('passes', () => {});\nit('fails', () => expect(1).toBe(2));\n",
    "describe('suite', () => {\n  beforeAll(() => { throw new Error('hook'); });\n  it('never runs', () => {});\n});\n",
    "import './no-such-file.ts';\nit('never runs', () => {});\n",
    "it('leaves a rejection', () => void Promise.reject(new Error('lost')));\n",
  );
  expect(outcome).toEqual({ lastLine: '2 passed, 4 failed, 1 skipped', exitCode: 1 });
});

it('counts the tests of a process that dies', () => {
  const outcome = run("it('dies', () => process.kill(process.pid, 'SIGKILL'));\nit('never runs', () => {});\n");
  // Two tests without a result, and the error of the process.
  expect(outcome).toEqual({ lastLine: '0 passed, 3 failed, 0 skipped', exitCode: 1 });
});

it('does not call a run without tests a success', () => {
  expect(run()).toEqual({ lastLine: '0 passed, 1 failed, 0 skipped', exitCode: 1 });
});
