/**
 * The address at which near caches find their node: an accelerator in a process of its own, or in several, which may end and be
 * followed by another one that knows nothing.
 */
import { createAccelerator, type CacheOutcome } from '../../src/accelerator/accelerator.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { ChangeFeed } from '../../src/feed/change-feed.ts';
import { traitsOf } from '../../src/model/operations.ts';
import { ServiceReply, ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { createFeed } from './create-feed.ts';
import type { Commit } from './history.ts';
import { ModelFeed } from './model-feed.ts';
import type { CallContext } from './model-store.ts';
import { Network } from './network.ts';
import { Random, mixSeeds } from './random.ts';
import { LATENCY_MS, LATE_MS, SLOW_MS, TIMEOUT_MS, WAY_MAX_MS } from './scenarios.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { Simulation } from './simulation.ts';
import { NodeKnowledge } from './told-by-node.ts';
import { NodeProcess, type Node, type NodeParts } from './node-process.ts';
import { NodeWorkers } from './node-workers.ts';
import type { NodeEnd } from './workload.ts';

/** How long a node that goes away ends what it has begun. */
const DRAIN_MS = 5_000;

export interface NodeAnswer {
  readonly reply: ServiceReply;
  readonly cache: CacheOutcome;
}

/** The node has not answered a call, or not with what the store said. */
export class NodeFailure extends Error {}

export class NodeHost {
  readonly network: Network;
  /** Undefined while none is there. */
  current: Node | undefined;
  readonly #simulation: Simulation;
  readonly #seed: number;
  readonly #random: Random;
  #started = 0;

  constructor(simulation: Simulation, seed: number) {
    const { store, scheduler, scenario } = simulation;
    this.#simulation = simulation;
    this.#seed = seed;
    this.#random = new Random(mixSeeds(seed, 9));
    this.network = new Network(store, scheduler, new Random(mixSeeds(seed, 10)), {
      latencyMs: LATENCY_MS,
      slowMs: SLOW_MS,
      slow: scenario.slow,
      faults: scenario.faults,
      // A node never sends a call a second time.
      repeats: false,
      timeoutMs: TIMEOUT_MS,
      lateMs: LATE_MS,
    });
    this.#start();
  }

  get modelFeed(): ModelFeed | undefined {
    const feed = this.current?.feed;
    return feed instanceof ModelFeed ? feed : undefined;
  }

  accept(random: Random): NodeProcess | undefined {
    return this.current?.accept(random);
  }

  restart(how: NodeEnd, downMs: number): void {
    if (this.current === undefined) return;
    if (this.#random.chance(0.7) && this.current.lose(downMs, this.#random)) return;
    this.stop(how);
    this.#simulation.scheduler.after(downMs, () => this.#start());
  }

  stop(how: NodeEnd): void {
    const { current } = this;
    this.current = undefined;
    current?.end(how);
    if (how === 'drained') this.#simulation.scheduler.after(DRAIN_MS, () => current?.close());
    else current?.close();
  }

  /**
   * One call over a connection of its own.
   *
   * @param followed the node that may answer; another one that is reached refuses, which is as if it had failed at once.
   * @param arrive is given the answer, or undefined where the node failed; never called when it fell silent.
   */
  ask(
    request: ServiceRequest,
    context: CallContext | undefined,
    followed: string | undefined,
    arrive: (answer: NodeAnswer | undefined) => void,
  ): void {
    const { scheduler, scenario } = this.#simulation;
    const random = context?.random ?? this.#random;
    const way = () => random.next() * (random.chance(scenario.slow) ? SLOW_MS : WAY_MAX_MS);
    scheduler.after(way(), () => {
      const { current } = this;
      const node = current?.accept(random);
      if (current === undefined || node === undefined || node.name !== followed) {
        scheduler.after(way(), () => arrive(undefined));
        return;
      }
      let isOver = false;
      const answer = (given: NodeAnswer | undefined) => {
        if (!isOver) scheduler.after(way(), () => arrive(given));
        isOver = true;
      };
      node.onEnd((how) => {
        if (how === 'drained') return;
        if (how === 'killed') answer(undefined);
        isOver = true;
      });
      node.process.enter(
        () =>
          void answerOf(node, request, context).then((given) => {
            this.#note(current, request, given, context);
            answer(given);
          }),
      );
    });
  }

  #note(node: Node, request: ServiceRequest, given: NodeAnswer | undefined, context: CallContext | undefined): void {
    if (given?.reply.ok !== true || context === undefined || !traitsOf(request.operation).mutates) return;
    const commits = this.#simulation.store.commitsOf.get(context.operationId);
    if (commits !== undefined) node.noteAcknowledged(commits);
  }

  #start(): void {
    const simulation = this.#simulation;
    const place = ++this.#started;
    const parts: NodeParts = {
      simulation,
      name: `node ${place}`,
      seed: mixSeeds(this.#seed, 8, place),
      backingOf: (process, acknowledged) => this.#backingOf(process, acknowledged),
    };
    const count = simulation.scenario.near?.workers;
    this.current = count === undefined ? new SingleProcess(parts) : new NodeWorkers(parts, count);
    simulation.trace(`${parts.name} is there`);
  }

  #backingOf(process: SimulatedProcess, acknowledged: (commits: readonly Commit[]) => void): BackingStore {
    const { network } = this;
    const { store } = this.#simulation;
    return {
      async send(request) {
        const reply = await process.arrived(network.send(request));
        const context = request.native as CallContext | undefined;
        const commits = context === undefined ? undefined : store.commitsOf.get(context.operationId);
        // The read that follows a write of unknown outcome goes by the same id, and acknowledges nothing.
        const isWrite = traitsOf(request.operation).mutates;
        if (isWrite && reply.ok && commits !== undefined) acknowledged(commits);
        return reply;
      },
      close: () => Promise.resolve(),
    };
  }
}

class SingleProcess implements Node {
  readonly name: string;
  readonly feed: ChangeFeed | undefined;
  readonly #process: NodeProcess;

  constructor({ simulation, name, seed, backingOf }: NodeParts) {
    const { store, scheduler, scenario, history } = simulation;
    const process = new SimulatedProcess(scheduler);
    const knowledge = new NodeKnowledge(history, scenario.feed);
    const backing = backingOf(process, (commits) => knowledge.noteAcknowledged(commits));
    const feed = createFeed(scenario, store, backing, process, new Random(seed));
    const accelerator = createAccelerator({
      backing,
      feed: feed && knowledge.watching(feed),
      clock: process,
      feedStartMs: 200,
      ...scenario.tuning,
    });
    this.name = name;
    this.feed = feed;
    this.#process = new NodeProcess({ name, process, accelerator, knowledge, whenShared: undefined });
  }

  accept(): NodeProcess {
    return this.#process;
  }

  isDrained(tableName: string): boolean {
    return this.#process.knowledge.told.isDrained(tableName);
  }

  noteAcknowledged(): void {
    // It has known that since it had the answer of the store.
  }

  freeze(ms: number, random: Random): void {
    this.#process.process.pause(ms, random.chance(0.5));
  }

  lose(): boolean {
    return false;
  }

  end(how: NodeEnd): void {
    this.#process.end(how);
  }

  close(): void {
    this.#process.process.end();
    void this.feed?.close();
  }
}

/** As it comes over the wire: a status, bytes, and how old they were. */
async function answerOf(
  { accelerator }: NodeProcess,
  { operation, input }: ServiceRequest,
  context: CallContext | undefined,
): Promise<NodeAnswer | undefined> {
  try {
    const { reply, ageMs, cache } = await accelerator.execute(
      ServiceRequest.fromInput(operation, input, { native: context }),
    );
    const output = JSON.parse(reply.body.toString('utf8')) as JsonObject;
    return { reply: ServiceReply.fromOutput(output, { status: reply.status, ageMs }), cache };
  } catch {
    return undefined;
  }
}
