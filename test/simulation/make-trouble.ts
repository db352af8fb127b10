/** What happens between the calls of a run: flushes, pauses, jumps of the clock, and what feeds, streams and tables suffer. */
import { MODEL_TABLES } from './model-tables.ts';
import { Random } from './random.ts';
import type { Simulation } from './simulation.ts';
import type { Action } from './workload.ts';

export function makeTrouble(simulation: Simulation, action: Action, seed: number): void {
  const { accelerator, checks, modelFeed, scheduler, store } = simulation;
  switch (action.kind) {
    case 'flush':
      accelerator.flush();
      for (const tableName of MODEL_TABLES.keys()) checks.noteFlush(tableName);
      return;
    case 'invalidate':
      accelerator.invalidate(action.of.tableName, action.of.key);
      return;
    case 'stall':
      modelFeed?.stall(action.ms);
      return;
    case 'pause':
      scheduler.pause(action.ms);
      return;
    case 'jump':
      scheduler.jumpWall(action.ms);
      return;
    case 'gap':
      modelFeed?.lose(action.tableName, action.reason);
      return;
    case 'roll':
      store.stream?.roll(action.tableName, new Random(seed));
      return;
    case 'trim':
      store.stream?.trim(action.tableName);
      return;
    case 'renew':
      store.stream?.renew(action.tableName);
      return;
    case 'recreate':
      store.recreate(action.tableName);
      modelFeed?.lose(action.tableName, 'table-created');
      return;
    default:
      throw new Error(`${action.kind} is no trouble`);
  }
}
