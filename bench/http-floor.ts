/**
 * `npm run bench:door [-- --quick]`: what a GetItem hit over HTTP costs the server's process, beside floors that do nothing but
 * answer: a bare `net` server, `node:http`, and nginx where it is installed. All get the same requests, signed as an SDK
 * signs them, and answer with as many bytes; they take turns, so that what else the machine does falls on all of them.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { signRequest, SigningKeys } from '../src/wire/sigv4.ts';
import { Child } from './child.ts';
import { batchWrites, createTable, ReadPool } from './dataset.ts';
import type { Request } from './dataset.ts';
import { thisMachine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import { startNginx } from './nginx.ts';
import { findProgram } from './program.ts';
import { askOnce, measureRaw } from './raw-load.ts';

interface Server {
  readonly name: string;
  readonly url: string;
  readonly cpuMs: () => number | undefined;
  readonly expected: string;
  stop(): Promise<void>;
}

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const rounds = values.quick ? 3 : 8;
const seconds = values.quick ? 1 : 2;
const CONNECTIONS = [1, 32] as const;
const PARTITIONS = 20;
const HOT_READS = 1_000;

const credentials = { accessKeyId: 'BENCHKEY', secretAccessKey: 'bench-secret' };
const scope = { region: 'us-east-1', service: 'dynamodb' };
const root = join(import.meta.dirname, '..');
const slipstream = join(root, 'dist/cli/main.js');
const floor = join(root, 'bench/floor-server.ts');
const folder = mkdtempSync(join(tmpdir(), 'slipstream-bench-'));
const servers: Server[] = [];

try {
  await run();
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const reads = new ReadPool('GetItem', PARTITIONS).take(HOT_READS);
  const requests = reads.map(bytesOf);
  const hit = { name: 'hit, fast door', ...(await startHit([])) };
  servers.push(hit);
  await fill(hit.url, requests);
  const answer = await askOnce(hit.url, requests[0]!);
  const file = join(folder, 'answer');
  writeFileSync(file, answer);
  servers.unshift(
    { name: 'bare net', ...(await startFloor('net', file)) },
    { name: 'node:http', ...(await startFloor('http', file)) },
  );
  const signed = {
    name: 'hit, --auth sigv4',
    ...(await startHit(['--auth', 'sigv4', '--credentials', credentialsFile()])),
  };
  servers.push(signed);
  await fill(signed.url, requests);
  const nginx = findProgram('nginx');
  if (nginx === undefined) process.stdout.write('nginx is not installed here: its row is left out\n');
  else servers.push({ name: 'nginx return 200', expected: '200', ...(await startNginx(nginx, folder, answer)) });

  const results = new Map<string, Measurement[]>();
  for (let round = -1; round < rounds; round++) {
    for (const server of servers) {
      for (const connections of CONNECTIONS) {
        const { url, cpuMs, expected } = server;
        // The round before the first warms up.
        const load = { url, cpuMs, expected, connections, requests, seconds: round < 0 ? 2 : seconds };
        const measured = await measureRaw(load);
        const key = `${server.name}|${connections}`;
        if (round >= 0) results.set(key, [...(results.get(key) ?? []), measured]);
      }
    }
  }
  report(results);
}

/** A call as the SDK writes it, with all its headers. */
function bytesOf({ operation, input }: Request): Buffer {
  const body = Buffer.from(JSON.stringify(input));
  const headers = {
    'amz-sdk-invocation-id': '5b3f4e0e-58c4-4d4c-9f5e-4a3c8a2f9f55',
    'amz-sdk-request': 'attempt=1; max=3',
    'content-length': String(body.length),
    'content-type': 'application/x-amz-json-1.0',
    host: '127.0.0.1:8000',
    'user-agent': 'aws-sdk-js/3.1162.0 ua/2.1 os/linux#6.1.0 lang/js md/nodejs#20.20.2 api/dynamodb#3.1162.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
  };
  const request = { method: 'POST', path: '/', query: '', headers, body };
  const all = signRequest(request, credentials, scope, Date.now(), new SigningKeys());
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${lines.join('')}connection: keep-alive\r\n\r\n`), body]);
}

function credentialsFile(): string {
  const file = join(folder, 'credentials.json');
  writeFileSync(file, JSON.stringify([credentials]));
  return file;
}

/** Our proxy over its embedded store, as a user starts it. */
async function startHit(flags: readonly string[]): Promise<Omit<Server, 'name'>> {
  const doors = ['--http-port', '0', '--admin-port', '0', '--dax-port', 'off', '--dax-tls-port', 'off'];
  const child = await Child.start([slipstream, 'serve', '--in-memory', '--no-demo', ...doors, ...flags]);
  return serverOf(child, 'x-slipstream-cache: hit');
}

async function startFloor(kind: 'net' | 'http', file: string): Promise<Omit<Server, 'name'>> {
  return serverOf(await Child.start([...process.execArgv, floor, kind, file]), '200 OK');
}

function serverOf(child: Child, expected: string): Omit<Server, 'name'> {
  return { url: child.ready.http, cpuMs: () => child.cpuMs(), expected, stop: () => child.stop() };
}

/** Loads the table and asks for every item once, so that each is a hit from then on. */
async function fill(url: string, requests: readonly Buffer[]): Promise<void> {
  const writes = [createTable(true), ...batchWrites(PARTITIONS)];
  for (const write of writes) {
    const answer = await askOnce(url, bytesOf(write));
    if (!answer.includes('200 OK')) throw new Error(answer.toString('latin1'));
  }
  for (const request of requests) await askOnce(url, request);
  for (const request of requests) {
    const answer = await askOnce(url, request);
    if (!answer.includes('x-slipstream-cache: hit')) throw new Error(answer.toString('latin1'));
  }
}

function report(results: ReadonlyMap<string, readonly Measurement[]>): void {
  const { cpu, cores, versions, loadAtStart } = thisMachine();
  const lines = [
    `${cpu}, ${cores} cores, node ${versions['node'] ?? ''}, load ${loadAtStart}; median of ${rounds} rounds`,
  ];
  lines.push(
    `${'server'.padEnd(20)}${'connections'.padStart(12)}${'CPU µs'.padStart(10)}${'spread'.padStart(14)}${'ops/s'.padStart(10)}${'p50 µs'.padStart(10)}${'p99 µs'.padStart(10)}`,
  );
  for (const [key, measured] of [...results].sort(([a], [b]) => connectionsOf(a) - connectionsOf(b))) {
    const [name = '', connections = ''] = key.split('|');
    const cpus = measured.map(({ cpuUs }) => cpuUs ?? Number.NaN).sort((a, b) => a - b);
    const cells = [
      median(cpus).toFixed(1).padStart(10),
      `${cpus[0]!.toFixed(1)}–${cpus.at(-1)!.toFixed(1)}`.padStart(14),
      median(measured.map(({ operationsPerSecond }) => operationsPerSecond))
        .toFixed(0)
        .padStart(10),
      median(measured.map(({ p50Us }) => p50Us))
        .toFixed(0)
        .padStart(10),
      median(measured.map(({ p99Us }) => p99Us))
        .toFixed(0)
        .padStart(10),
    ];
    lines.push(`${name.padEnd(20)}${connections.padStart(12)}${cells.join('')}`);
  }
  const cpuOf = (name: string, connections = 32) =>
    median((results.get(`${name}|${connections}`) ?? []).map(({ cpuUs }) => cpuUs ?? Number.NaN));
  const hit = cpuOf('hit, fast door');
  lines.push(
    '',
    `at 32 connections a hit costs ${(hit / cpuOf('bare net')).toFixed(2)} times the bare net floor ` +
      `and ${(hit / cpuOf('node:http')).toFixed(2)} times node:http with a fixed answer;`,
    `a signature costs ${(cpuOf('hit, --auth sigv4') - hit).toFixed(1)} µs more`,
  );
  if (results.has('nginx return 200|32')) {
    lines.push(`nginx needs ${(cpuOf('nginx return 200') / hit).toFixed(2)} times the CPU of a hit`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function connectionsOf(key: string): number {
  return Number(key.split('|')[1]);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
