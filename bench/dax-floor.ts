/**
 * Hits by raw frames beside a bare `net` server that answers each segment with as many bytes: what of a hit is the system's and
 * Node's own, and what is ours. Both take turns, so that what else the machine does falls on both.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, ownFolder } from './child.ts';
import { askFrame, measureFrames } from './dax-load.ts';
import type { Measurement } from './measurement.ts';
import { pairedRatios, ratioText } from './paired.ts';

export interface HitPlan {
  /** `dax://host:port` of a proxy to which every request is a hit. */
  readonly dax: string;
  readonly cpuMs: () => number | undefined;
  readonly requests: readonly Buffer[];
  readonly turns: number;
  readonly seconds: number;
}

export interface HitFigures {
  readonly connections: number;
  /** The turn of each with the median processor time. */
  readonly hit: Measurement;
  readonly floor: Measurement;
  /** Processor time of a hit over that of the floor: median and quartiles. */
  readonly ratio: string;
}

const script = join(import.meta.dirname, 'floor-server.ts');

export async function measureHits(plan: HitPlan, connections: readonly number[]): Promise<HitFigures[]> {
  const file = join(ownFolder(), 'dax-answer');
  writeFileSync(file, await askFrame(plan.dax, plan.requests[0]!));
  const child = await Child.start([...process.execArgv, script, 'net', file]);
  try {
    const figures: HitFigures[] = [];
    for (const count of connections) figures.push(await measureBeside(child, plan, count));
    return figures;
  } finally {
    await child.stop();
  }
}

async function measureBeside(child: Child, plan: HitPlan, connections: number): Promise<HitFigures> {
  const { dax, cpuMs, requests, turns, seconds } = plan;
  const hits: Measurement[] = [];
  const floors: Measurement[] = [];
  for (let turn = -1; turn < turns; turn++) {
    const load = { connections, requests, seconds };
    const hit = await measureFrames({ ...load, url: dax, cpuMs });
    const floor = await measureFrames({ ...load, url: child.ready.http, cpuMs: () => child.cpuMs(), greets: false });
    // The turn before the first warms up.
    if (turn < 0) continue;
    hits.push(hit);
    floors.push(floor);
  }
  const ratios = pairedRatios(hits, floors, ({ cpuUs }) => cpuUs);
  return { connections, hit: middleOf(hits), floor: middleOf(floors), ratio: ratioText(ratios) };
}

function middleOf(measured: readonly Measurement[]): Measurement {
  return measured.toSorted((a, b) => (a.cpuUs ?? 0) - (b.cpuUs ?? 0))[measured.length >> 1]!;
}
