/**
 * The address at which near caches find their node: an accelerator in a process of its own, which may end and be followed
 * by another one that knows nothing.
 */
import { createAccelerator, type Accelerator, type CacheOutcome } from '../../src/accelerator/accelerator.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { ChangeFeed } from '../../src/feed/change-feed.ts';
import { traitsOf } from '../../src/model/operations.ts';
import { ServiceReply, ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { createFeed } from './create-feed.ts';
import { ModelFeed } from './model-feed.ts';
import type { CallContext } from './model-store.ts';
import { Network } from './network.ts';
import { Random, mixSeeds } from './random.ts';
import { LATENCY_MS, LATE_MS, SLOW_MS, TIMEOUT_MS, WAY_MAX_MS } from './scenarios.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { Simulation } from './simulation.ts';
import { NodeKnowledge } from './told-by-node.ts';
import type { NodeEnd } from './workload.ts';

/** How long a node that goes away ends what it has begun. */
const DRAIN_MS = 5_000;

export interface NodeAnswer {
  readonly reply: ServiceReply;
  readonly cache: CacheOutcome;
}

/** The node has not answered a call, or not with what the store said. */
export class NodeFailure extends Error {}

type EndListener = (end: NodeEnd) => void;

export interface NodeProcess {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly accelerator: Accelerator;
  readonly feed: ChangeFeed | undefined;
  readonly knowledge: NodeKnowledge;
  onEnd(listener: EndListener): void;
}

export class NodeHost {
  readonly network: Network;
  /** Undefined while no process is there. */
  current: NodeProcess | undefined;
  readonly #simulation: Simulation;
  readonly #seed: number;
  readonly #random: Random;
  #started = 0;
  #endListeners: EndListener[] = [];

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

  restart(how: NodeEnd, downMs: number): void {
    if (this.current === undefined) return;
    this.stop(how);
    this.#simulation.scheduler.after(downMs, () => this.#start());
  }

  stop(how: NodeEnd): void {
    const { current } = this;
    this.current = undefined;
    const close = () => {
      current?.process.end();
      void current?.feed?.close();
    };
    if (how === 'drained') this.#simulation.scheduler.after(DRAIN_MS, close);
    else close();
    for (const listener of this.#endListeners.splice(0)) listener(how);
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
      const node = this.current;
      if (node === undefined || node.name !== followed) {
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
      node.process.enter(() => void answerOf(node, request, context).then(answer));
    });
  }

  #start(): void {
    const { store, scheduler, scenario, history } = this.#simulation;
    const place = ++this.#started;
    const process = new SimulatedProcess(scheduler);
    const knowledge = new NodeKnowledge(history, scenario.feed);
    const backing = this.#backingOf(process, knowledge);
    const feed = createFeed(scenario, store, backing, process, new Random(mixSeeds(this.#seed, 8, place)));
    const accelerator = createAccelerator({
      backing,
      feed: feed && knowledge.watching(feed),
      clock: process,
      feedStartMs: 200,
      ...scenario.tuning,
    });
    const endListeners: EndListener[] = (this.#endListeners = []);
    this.current = {
      name: `node ${place}`,
      process,
      accelerator,
      feed,
      knowledge,
      onEnd: (listener) => void endListeners.push(listener),
    };
    this.#simulation.trace(`node ${place} is there`);
  }

  #backingOf(process: SimulatedProcess, knowledge: NodeKnowledge): BackingStore {
    const { network } = this;
    const { store } = this.#simulation;
    return {
      async send(request) {
        const reply = await process.arrived(network.send(request));
        const context = request.native as CallContext | undefined;
        const commits = context === undefined ? undefined : store.commitsOf.get(context.operationId);
        // The read that follows a write of unknown outcome goes by the same id, and acknowledges nothing.
        const isWrite = traitsOf(request.operation).mutates;
        if (isWrite && reply.ok && commits !== undefined) knowledge.noteAcknowledged(commits);
        return reply;
      },
      close: () => Promise.resolve(),
    };
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
