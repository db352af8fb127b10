/** What a result depends on besides our code: the machine, and the versions of what ran. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { programVersion } from './program.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Processes that ran or wanted to, over the last minute; 0 where the system does not tell. */
  readonly loadAtStart: number;
  readonly versions: Readonly<Record<string, string>>;
}

const PACKAGES = [
  '@aws-sdk/client-dynamodb',
  '@redis/client',
  'autocannon',
  'dynalite',
  'hdr-histogram-js',
  'lmdb',
  'lru-cache',
  'undici',
];

export function thisMachine(): Machine {
  const root = join(import.meta.dirname, '..');
  const installed = PACKAGES.map((name) => [name, versionIn(join(root, 'node_modules', name))]);
  const programs = [programVersion('nginx'), programVersion('redis-server', 'valkey-server')].filter(
    (program) => program !== undefined,
  );
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    loadAtStart: Number(loadavg()[0]!.toFixed(1)),
    versions: {
      slipstream: versionIn(root),
      node: process.version,
      ...Object.fromEntries([...installed, ...programs]),
    },
  };
}

function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}
