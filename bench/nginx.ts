/** nginx with one worker that answers every request with the same body: what the machine itself allows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuMsOf } from './child.ts';
import { freePort, startProgram } from './program.ts';

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
  const { pid, stop } = await startProgram(binary, ['-p', folder, '-c', config], port);
  return { url: `http://127.0.0.1:${port}`, cpuMs: () => cpuMsOf(pid), stop };
}
