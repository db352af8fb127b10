/** A Node process that uses the client, is watched line by line, and can be sent signals. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';

const root = join(import.meta.dirname, '..', '..');

export class LineProcess implements AsyncDisposable {
  /** All that it has said. */
  readonly lines: string[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  #errors = '';
  #wake: () => void = () => {};

  /** `script` finds the swapped modules as `slipstream`, and `configuration`. Its stdin ends with this process. */
  constructor(script: string, configuration: object) {
    const source = `
      const configuration = ${JSON.stringify(configuration)};
      const slipstream = await import(${JSON.stringify(join(root, 'src/client/client-dynamodb.ts'))});
      ${script}
    `;
    this.#child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
      cwd: root,
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'close');
    void this.#ended.then(() => this.#wake());
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.#wake();
    });
  }

  /** Resolves when it has said this, from here on. */
  async until(line: string): Promise<void> {
    for (let seen = this.lines.length; ; seen++) {
      while (seen >= this.lines.length) {
        if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.lines.join('|')} ${this.#errors}`);
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.lines[seen] === line) return;
    }
  }

  /** Resolves with the number of lines when all that it had said before it was stopped has arrived. */
  async quiet(): Promise<number> {
    let count: number;
    do {
      count = this.lines.length;
      await delay(50);
    } while (count !== this.lines.length);
    return count;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
