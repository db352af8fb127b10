/**
 * The DAX door under mutated frames, a million unless told otherwise: none may end it, stall it, be a fault of ours, or leave
 * anything behind. Ends with 1 at the first that does, and tells the seed.
 *
 * `npm run fuzz:dax -- [--frames 1000000] [--seed N]`
 */
import { parseArgs } from 'node:util';
import { closeAll, openDax } from '../test/dax/dax-rig.ts';
import { FuzzRun, Mutator } from '../test/dax/fuzz-run.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const frames = Number(values.frames);
const seed = Number(values.seed);

const CALLERS = 32;
const REPORT_EVERY = 50_000;
/** Longest time that a healthy client may wait while the door is fuzzed. */
const STALL_MS = 5_000;
/** What the heap may grow by, over all frames, once the door is warm. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;

const collect = (globalThis as { readonly gc?: () => void }).gc;
const heapBytes = (): number => {
  collect?.();
  return process.memoryUsage().heapUsed;
};

const run = await FuzzRun.open();
const mutator = new Mutator(seed);
const healthy = openDax({ endpoint: run.rig.dax });
let sent = 0;

async function send(until: number): Promise<void> {
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (sent < until) {
        sent++;
        await run.send(mutator.next());
      }
    }),
  );
}

async function check(): Promise<void> {
  const startMs = performance.now();
  await healthy.getItem({ TableName: 'hash', Key: { pk: { S: 'alive' } } });
  const waitedMs = performance.now() - startMs;
  const fault = run.faults[0];
  if (fault !== undefined) throw new Error('a fault of ours', { cause: fault });
  if (waitedMs > STALL_MS) throw new Error(`a healthy client waited ${Math.round(waitedMs)} ms`);
  if (run.rig.proxy.inFlight > 0) throw new Error(`${run.rig.proxy.inFlight} calls wait for an answer`);
}

try {
  let warmBytes: number | undefined;
  while (sent < frames) {
    await send(Math.min(frames, sent + REPORT_EVERY));
    await check();
    const heap = heapBytes();
    warmBytes ??= heap;
    process.stdout.write(`${sent} frames, ${JSON.stringify(run.counts)}, heap ${(heap / 1e6).toFixed(1)} MB\n`);
    if (collect !== undefined && heap - warmBytes > GROWTH_BYTES_MAX) throw new Error('the heap grows');
  }
  process.stdout.write(`seed ${seed}: ${frames} frames, none that the door did not bear\n`);
} catch (error) {
  process.stderr.write(`seed ${seed}, after ${sent} frames: `);
  throw error;
} finally {
  await closeAll();
}
