/**
 * I6: when writes stop and the feed has drained, every cached entry and page equals the store. Everything is asked for
 * several times, and what the caches answer is held to the one state that is left.
 */
import type { Simulation } from './simulation.ts';
import { MUTATION_LOG_MS } from './scenarios.ts';

/** Longest time that a feed may take to tell of everything, once nothing fails any more. */
const DRAIN_MAX_MS = 120_000;
const STEP_MS = 250;

export async function converge(simulation: Simulation): Promise<void> {
  const { network, scheduler, deployment, workload } = simulation;
  network.isFaulty = false;
  deployment.heal();
  const context = simulation.contextOf(0);
  const askAll = async () => {
    for (const front of deployment.fronts) {
      for (const of of workload.keys) await front.read(of, 'whole', undefined, context);
      for (const [page, spec] of workload.pages.entries()) {
        await front.readPage(spec, simulation.inputOfPage(page, false), undefined, context);
      }
    }
  };
  // Late effects of calls that were given up come first.
  await sleepOn(simulation, 3_000);
  await askAll();
  const deadlineMs = scheduler.monotonicMs() + DRAIN_MAX_MS;
  while (!deployment.isDrained()) {
    await sleepOn(simulation, STEP_MS);
    if (scheduler.monotonicMs() > deadlineMs) {
      simulation.fail('convergence (I6)', 'the feed has not told of everything, nor of a gap', 0);
      return;
    }
  }
  deployment.noteDrained();
  // The first round finds what was left, the next ones what is filled now, those of global indexes once H is over.
  await askAll();
  await sleepOn(simulation, MUTATION_LOG_MS + 1);
  await askAll();
  await askAll();
}

function sleepOn({ scheduler }: Simulation, ms: number): Promise<void> {
  return new Promise((resolve) => void scheduler.after(ms, resolve));
}
