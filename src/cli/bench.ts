import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAILED } from './exit-code.ts';
import { packageFolder } from './version.ts';

/** `slipstream bench`: runs the repository's bench with the arguments given; resolves with its exit code. */
export function bench(args: readonly string[]): Promise<number> {
  const main = fileURLToPath(new URL('bench/main.ts', packageFolder));
  if (!existsSync(main)) {
    process.stderr.write(
      'slipstream bench: the bench and what it compares with are not in the published package; clone the repository, ' +
        'then: npm ci && npm run bench\n',
    );
    return Promise.resolve(FAILED);
  }
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
      cwd: fileURLToPath(packageFolder),
      stdio: 'inherit',
    });
    running.once('error', reject);
    running.once('exit', (code) => resolve(code ?? FAILED));
  });
}
