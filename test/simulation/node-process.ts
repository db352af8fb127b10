/** A node that near caches follow, and the processes that it consists of. */
import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { ChangeFeed } from '../../src/feed/change-feed.ts';
import type { WhenShared } from '../../src/proxy/feed-session.ts';
import type { Commit } from './history.ts';
import type { Random } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Simulation } from './simulation.ts';
import type { NodeKnowledge } from './told-by-node.ts';
import type { NodeEnd } from './workload.ts';

type EndListener = (end: NodeEnd) => void;

/** One process of a node, in which calls are answered and near caches are told. */
export class NodeProcess {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly accelerator: Accelerator;
  readonly knowledge: NodeKnowledge;
  /** Where it is not the only one. */
  readonly whenShared: WhenShared | undefined;
  #endListeners: EndListener[] = [];

  constructor(parts: Pick<NodeProcess, 'name' | 'process' | 'accelerator' | 'knowledge' | 'whenShared'>) {
    this.name = parts.name;
    this.process = parts.process;
    this.accelerator = parts.accelerator;
    this.knowledge = parts.knowledge;
    this.whenShared = parts.whenShared;
  }

  onEnd(listener: EndListener): void {
    this.#endListeners.push(listener);
  }

  /** Its connections end; it does, unless it goes on for a while. */
  end(how: NodeEnd): void {
    if (how !== 'drained') this.process.end();
    for (const listener of this.#endListeners.splice(0)) listener(how);
  }
}

/** A node from its start to its end. */
export interface Node {
  readonly name: string;
  readonly feed: ChangeFeed | undefined;
  /** The process that gets the next connection; undefined while none is there. */
  accept(random: Random): NodeProcess | undefined;
  isDrained(tableName: string): boolean;
  /** A write was answered. */
  noteAcknowledged(commits: readonly Commit[]): void;
  freeze(ms: number, random: Random): void;
  /** One of several processes ends, and another takes its place; false where there is but one. */
  lose(downMs: number, random: Random): boolean;
  end(how: NodeEnd): void;
  /** After it was drained. */
  close(): void;
}

export interface NodeParts {
  readonly simulation: Simulation;
  readonly name: string;
  readonly seed: number;
  readonly backingOf: (process: SimulatedProcess, acknowledged: (commits: readonly Commit[]) => void) => BackingStore;
}
