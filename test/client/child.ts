/** Runs a script that uses the client in a Node process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface ChildEnd {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `script` finds the swapped modules as `slipstream`, and `configuration` to reach a store. It has to end by itself. */
export function runChild(script: string, configuration: object): Promise<ChildEnd> {
  const module = JSON.stringify(join(root, 'src/client/client-dynamodb.ts'));
  const source = `
    const configuration = ${JSON.stringify(configuration)};
    const slipstream = await import(${module});
    ${script}
  `;
  const options = { cwd: root, env: { ...process.env, NODE_NO_WARNINGS: '1' } };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', source],
      options,
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr }),
    );
  });
}
