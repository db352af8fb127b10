/** What happens between the calls of a run: flushes, pauses, jumps of the clock, and what feeds, streams and tables suffer. */
import { Random } from './random.ts';
import type { Sessions } from './sessions.ts';
import type { Simulation } from './simulation.ts';
import type { Action } from './workload.ts';

export function makeTrouble(simulation: Simulation, front: Sessions, action: Action, seed: number): void {
  const { deployment, scheduler, store } = simulation;
  const { modelFeed } = deployment;
  const { accelerator } = front;
  switch (action.kind) {
    case 'flush':
      accelerator.flush();
      front.onFlush();
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
      deployment.disturb(action, seed);
  }
}
