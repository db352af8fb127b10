/** nginx with one worker that answers every request with the same body: what the machine itself allows. */
import { spawn } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { cpuMsOf } from './child.ts';

const READY_MS = 5_000;

/** The binary, or undefined where none is installed. */
export function findNginx(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((path) => join(path, 'nginx')).find(isExecutable);
}

export async function startNginx(
  binary: string,
  folder: string,
  answer: Buffer,
): Promise<{ readonly url: string; readonly cpuMs: () => number | undefined; readonly stop: () => Promise<void> }> {
  const port = await freePort();
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4).toString('latin1');
  const config = join(folder, 'nginx.conf');
  // One process that does not leave for the background, so that its id is the one that was started.
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${join(folder, 'nginx.pid')}; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server { listen 127.0.0.1:${port}; location / { return 200 '${body.replaceAll(/['\\$]/g, 'x')}'; } } }
`,
  );
  const child = spawn(binary, ['-p', folder, '-c', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  for (const until = performance.now() + READY_MS; ;) {
    try {
      await fetch(url);
      break;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const stop = () => {
    child.kill('SIGTERM');
    return exited;
  };
  return { url, cpuMs: () => cpuMsOf(child.pid!), stop };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
