/** Dynalite in a process of its own, which says so as our own servers do: `{"ready":true,"http":"http://127.0.0.1:…"}`. */
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

interface DynaliteOptions {
  readonly createTableMs: number;
}

const dynalite = createRequire(import.meta.url)('dynalite') as (options: DynaliteOptions) => Server;

const server = dynalite({ createTableMs: 0 });
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ ready: true, http: `http://127.0.0.1:${port}`, pid: process.pid }));
});
process.once('SIGTERM', () => process.exit(0));
