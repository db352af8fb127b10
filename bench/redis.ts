/** Redis (or Valkey), which keeps nothing on disk, filled with items as the cache-aside that people write keeps them: JSON. */
import { createClient } from '@redis/client';
import { cpuMsOf } from './child.ts';
import type { Request } from './dataset.ts';
import { freePort, startProgram } from './program.ts';

export async function startRedis(
  binary: string,
  folder: string,
): Promise<{ readonly url: string; readonly cpuMs: () => number | undefined; readonly stop: () => Promise<void> }> {
  const port = await freePort();
  const keepNothing = ['--save', '', '--appendonly', 'no', '--loglevel', 'warning', '--dir', folder];
  const { pid, stop } = await startProgram(
    binary,
    ['--bind', '127.0.0.1', '--port', String(port), ...keepNothing],
    port,
  );
  return { url: `redis://127.0.0.1:${port}`, cpuMs: () => cpuMsOf(pid), stop };
}

export async function fillRedis(url: string, entries: ReadonlyMap<string, string>): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  await Promise.all([...entries].map(([key, value]) => client.set(key, value)));
  client.destroy();
}

/** The key under which the cache-aside keeps what a GetItem asks for. */
export function redisKeyOf({ input }: Request): string {
  const { TableName, Key } = input as { TableName: string; Key: { pk: { S: string }; sk: { N: string } } };
  return `${TableName}:${Key.pk.S}:${Key.sk.N}`;
}
