/**
 * Closes a run with one line that people and CI can read: `N passed, N failed, N skipped`. It is written while the
 * process exits, after all that vitest itself prints, and it agrees with the exit code.
 *
 * Whatever went wrong counts as a failure: a test, a hook of a suite, a file that does not load, an error outside any
 * test, a test that never came to its end.
 */
import { writeSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export function countResults(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Counts {
  const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    // Errors of the module itself: it did not load, or a hook at its top failed.
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'pending') counts.failed += 1;
      else counts[state] += 1;
    }
  }
  return counts;
}

export class SummaryReporter implements Reporter {
  #counts: Counts = { passed: 0, failed: 0, skipped: 0 };

  onInit(_vitest: Vitest): void {
    process.once('exit', (exitCode) => this.#close(exitCode));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#counts = countResults(modules, unhandledErrors);
  }

  #close(exitCode: number): void {
    const { passed, skipped } = this.#counts;
    // vitest also fails without a failed test, for one when it finds no test file.
    const failed = exitCode !== 0 ? Math.max(1, this.#counts.failed) : this.#counts.failed;
    if (failed > 0 && exitCode === 0) process.exitCode = 1;
    writeSync(process.stdout.fd, `${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}

export default SummaryReporter;
