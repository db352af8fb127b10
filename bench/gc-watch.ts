/**
 * Loaded into a server's process before the server (`node --expose-gc --import`): collects the pauses of its garbage collector,
 * and tells them and the process's memory to whoever started it. The server knows nothing of it.
 */
import { PerformanceObserver } from 'node:perf_hooks';

export type GcQuestion = 'collect' | 'begin' | 'report';

export interface GcReport {
  /** Memory of the process. */
  readonly rssBytes: number;
  /** Since `begin`. */
  readonly pauses: number;
  readonly longestPauseMs: number;
  readonly pausedMs: number;
}

const TOLD_WITHIN_MS = 50;

let pausesMs: number[] = [];
const observer = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) pausesMs.push(duration);
});
observer.observe({ entryTypes: ['gc'] });

process.on('message', (question: GcQuestion) => {
  if (question === 'collect') collect();
  // The observer is told of a pause some turns of the loop later.
  setTimeout(() => {
    if (question === 'begin') pausesMs = [];
    process.send!(report());
  }, TOLD_WITHIN_MS);
});
// The channel must not keep the server alive when it wants to end.
process.channel?.unref();

/** Once is not enough: what the first round frees lets go of more. */
function collect(): void {
  const gc = (globalThis as { readonly gc?: () => void }).gc;
  if (gc === undefined) throw new Error('start node with --expose-gc');
  for (let round = 0; round < 3; round++) gc();
}

function report(): GcReport {
  return {
    rssBytes: process.memoryUsage.rss(),
    pauses: pausesMs.length,
    longestPauseMs: Math.max(0, ...pausesMs),
    pausedMs: pausesMs.reduce((sum, pauseMs) => sum + pauseMs, 0),
  };
}
