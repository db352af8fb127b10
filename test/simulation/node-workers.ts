/**
 * A node of several processes behind one port, and the one that started them: workers of the project's own over lines on which
 * texts take their time, any of which may stand still, or die and be replaced.
 */
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import { silentLog } from '../../src/base/log.ts';
import type { ChangeFeed, FeedListener } from '../../src/feed/change-feed.ts';
import { SharedAccelerator } from '../../src/proxy/shared-accelerator.ts';
import { WorkerHub } from '../../src/proxy/worker-hub.ts';
import { WorkerLink } from '../../src/proxy/worker-link.ts';
import { createFeed } from './create-feed.ts';
import type { Commit } from './history.ts';
import { listeningTo } from './no-stale-fill.ts';
import type { Node, NodeParts } from './node-process.ts';
import { NodeProcess } from './node-process.ts';
import { mixSeeds, Random } from './random.ts';
import { WORKER_TIMING } from './scenarios.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { NodeKnowledge } from './told-by-node.ts';
import { Way } from './way.ts';
import type { NodeEnd } from './workload.ts';

interface Worker {
  readonly id: number;
  readonly node: NodeProcess;
  readonly ways: readonly Way[];
}

export class NodeWorkers implements Node {
  readonly name: string;
  readonly feed: ChangeFeed | undefined;
  readonly #parts: NodeParts;
  readonly #primary: SimulatedProcess;
  readonly #hub: WorkerHub;
  readonly #random: Random;
  /** What the feed has told to the primary. */
  readonly #told: NodeKnowledge;
  readonly #workers = new Map<number, Worker>();
  #started = 0;

  constructor(parts: NodeParts, count: number) {
    const { simulation, name, seed, backingOf } = parts;
    const { store, scheduler, scenario, history } = simulation;
    this.name = name;
    this.#parts = parts;
    this.#random = new Random(mixSeeds(seed, 1));
    this.#primary = new SimulatedProcess(scheduler);
    this.#told = new NodeKnowledge(history, scenario.feed);
    const backing = backingOf(this.#primary, () => {});
    this.feed = createFeed(scenario, store, backing, this.#primary, new Random(seed));
    this.#hub = new WorkerHub({
      feed: this.feed === undefined ? noFeed : this.#told.watching(this.feed),
      timing: WORKER_TIMING,
      clock: this.#primary,
      log: silentLog,
    });
    for (let i = 0; i < count; i++) this.#start();
  }

  accept(random: Random): NodeProcess | undefined {
    const workers = [...this.#workers.values()];
    return workers.length === 0 ? undefined : random.pick(workers).node;
  }

  /** What the primary has heard may still be on its way to a worker, or from there: not while the near caches wait for it. */
  isDrained(tableName: string): boolean {
    return this.#told.told.isDrained(tableName) && [...this.#workers.values()].every(({ ways }) => ways.every(isEmpty));
  }

  noteAcknowledged(commits: readonly Commit[]): void {
    for (const { node } of this.#workers.values()) node.knowledge.noteAcknowledged(commits);
  }

  freeze(ms: number, random: Random): void {
    const processes = [...this.#workers.values()].map(({ node }) => node.process);
    random.pick([this.#primary, ...processes]).pause(ms, random.chance(0.5));
  }

  lose(downMs: number, random: Random): boolean {
    const workers = [...this.#workers.values()];
    if (workers.length > 0) this.#kill(random.pick(workers), downMs);
    return true;
  }

  end(how: NodeEnd): void {
    for (const { node } of this.#workers.values()) node.end(how);
  }

  close(): void {
    this.#hub.close();
    this.#primary.end();
    for (const { node } of this.#workers.values()) node.process.end();
    void this.feed?.close();
  }

  #kill({ id, node, ways }: Worker, downMs: number): void {
    if (!this.#workers.delete(id)) return;
    this.#parts.simulation.trace(`worker ${id} of ${this.name} ends`);
    for (const way of ways) way.cut();
    node.end('killed');
    this.#primary.after(this.#random.next() * 5, () => {
      this.#hub.leave(id, false);
      this.#primary.after(downMs, () => this.#start());
    });
  }

  #start(): void {
    const { simulation, name, backingOf } = this.#parts;
    const { scheduler, scenario, history } = simulation;
    const id = ++this.#started;
    const process = new SimulatedProcess(scheduler);
    const [down, up] = [new Way(scheduler, this.#random), new Way(scheduler, this.#random)];
    const receive = this.#hub.join({
      id,
      send: (message) => {
        const text = JSON.stringify(message);
        down.send(text.length, () => process.enter(() => link.receive(JSON.parse(text) as typeof message)));
      },
      kill: () => {
        const worker = this.#workers.get(id);
        if (worker !== undefined) this.#kill(worker, 0);
      },
    });
    const link = new WorkerLink({
      send: (message) => {
        const text = JSON.stringify(message);
        up.send(text.length, () => this.#primary.enter(() => receive(JSON.parse(text) as typeof message)));
      },
      timing: WORKER_TIMING,
      clock: process,
      log: silentLog,
    });
    const knowledge = new NodeKnowledge(history, scenario.feed);
    const accelerator = createAccelerator({
      backing: backingOf(process, (commits) => knowledge.noteAcknowledged(commits)),
      feed: knowing(link.feed, knowledge),
      clock: process,
      feedStartMs: 200,
      ...scenario.tuning,
    });
    link.open(accelerator, {
      state: () => ({ tables: [], inFlight: 0, connections: 0 }),
      metrics: () => Promise.resolve([]),
    });
    const node = new NodeProcess({
      name,
      process,
      accelerator: new SharedAccelerator(accelerator, link),
      knowledge,
      whenShared: (tell) => link.whenShared(tell),
    });
    this.#workers.set(id, { id, node, ways: [down, up] });
  }
}

const noFeed: ChangeFeed = {
  subscribe: () => {},
  watch: () => Promise.resolve('none'),
  unwatch: () => {},
  state: () => 'none',
  close: () => Promise.resolve(),
};

/**
 * Notes what the records tell a worker. A gap tells it nothing: another worker may have had the gap before it, and show what was
 * then; and of another worker's write all know when it is answered.
 */
function knowing(feed: ChangeFeed, knowledge: NodeKnowledge): ChangeFeed {
  const wrapped = (listener: FeedListener): FeedListener => ({
    ...listener,
    onRecord: (record) => {
      knowledge.noteRecord(record);
      listener.onRecord(record);
    },
  });
  return listeningTo(feed, wrapped);
}

function isEmpty({ queuedBytes }: Way): boolean {
  return queuedBytes === 0;
}
