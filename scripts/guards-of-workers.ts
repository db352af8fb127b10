/** The same of several processes that are one node. */
import type { Guard } from './guards.ts';

const workers = ['test/proxy/workers', 'test/proxy/worker-followers', 'test/proxy/worker-lists'];

export const guardsOfWorkers: readonly Guard[] = [
  {
    name: 'workers: a near cache is told when every worker has taken it',
    file: 'src/proxy/feed-session.ts',
    guard: 'options.whenShared ?? ((tell) => tell())',
    without: '(tell) => tell()',
    suites: workers,
  },
  {
    name: "workers: another worker's write is no record",
    file: 'src/proxy/worker-feed.ts',
    guard: 'onWrite?.(record)',
    without: 'onRecord(record)',
    suites: workers,
  },
  {
    name: 'workers: nothing is served without a lease',
    file: 'src/proxy/worker-link.ts',
    guard: 'return this.#options.clock.monotonicMs() < this.#leaseUntilMs;',
    without: 'return true;',
    suites: workers,
  },
  {
    name: 'workers: no known read is answered without a lease',
    file: 'src/proxy/shared-accelerator.ts',
    guard: 'this.#link.mayServe ? this.#own.findKnown',
    without: 'this.#link !== undefined ? this.#own.findKnown',
    suites: workers,
  },
  {
    name: 'workers: nothing is known by one that was left behind',
    file: 'src/proxy/shared-accelerator.ts',
    guard: 'link.mayServe ? following.stalenessMs() : Infinity',
    without: 'following.stalenessMs()',
    suites: workers,
  },
  {
    name: 'workers: nobody is excused while it may serve',
    file: 'src/proxy/worker-deliveries.ts',
    guard: 'sent.add({ delivery, excusedAtMs });',
    without: 'sent.add({ delivery, excusedAtMs: excusedAtMs - 500 });',
    suites: workers,
  },
  {
    name: 'workers: what one had begun that dies may be done',
    file: 'src/proxy/worker-hub.ts',
    guard: 'if (!isDone) this.#deliver(',
    without: 'if (isDone) this.#deliver(',
    suites: workers,
  },
  {
    name: 'workers: a flush is told when all have done it',
    file: 'src/proxy/worker-hub.ts',
    guard: "if (ask.about === 'flush') this.#deliveries.noteSent(port.id, question, leasedUntilMs);",
    without: '',
    suites: workers,
  },
];
