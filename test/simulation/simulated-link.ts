/**
 * The connection of one near cache to the node: texts in order, some time on their way, each way by itself. It can be cut
 * with both ends told, one or none, and its reader can be slow.
 */
import { lost, type Connect } from '../../src/feed/proxy-link.ts';
import { FeedSession, feedDefaults, type FeedSocket, type WhenShared } from '../../src/proxy/feed-session.ts';
import type { FromNode } from '../../src/wire/feed-messages.ts';
import type { NodeHost } from './node-host.ts';
import type { NodeProcess } from './node-process.ts';
import type { Random } from './random.ts';
import { NODE_SILENCE_MS, WAY_MAX_MS } from './scenarios.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Knowledge } from './told-by-node.ts';
import { Way } from './way.ts';
import type { ToldOf } from './workload.ts';

/** A text of the node, and how far the node knew of all items when it left. */
export interface Told {
  readonly message: FromNode;
  readonly knowledge: Knowledge;
}

export interface SimulatedLinkOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly host: NodeHost;
  readonly near: SimulatedProcess;
  readonly queueBytesMax: number;
  /** Called around what the cache does with a text. */
  readonly taking: (told: Told, take: () => void) => void;
}

export class SimulatedLink {
  readonly #options: SimulatedLinkOptions;
  #connections: LinkConnection[] = [];

  constructor(options: SimulatedLinkOptions) {
    this.#options = options;
  }

  readonly connect: Connect = (handlers) => {
    const connection = new LinkConnection(this.#options, handlers);
    this.#connections = [...this.#connections.filter(({ isOver }) => !isOver), connection];
    return { send: (text) => connection.sendToNode(text), close: () => connection.closeNear() };
  };

  cut(told: ToldOf): void {
    for (const connection of this.#connections) connection.cut(told);
  }

  slow(ms: number): void {
    for (const connection of this.#connections) connection.slow(ms);
  }
}

type Handlers = Parameters<Connect>[0];

class LinkConnection {
  readonly #options: SimulatedLinkOptions;
  readonly #handlers: Handlers;
  readonly #toNode: Way;
  readonly #toNear: Way;
  #node: NodeProcess | undefined;
  #session: FeedSession | undefined;
  #known: Knowledge | undefined;
  #isNearClosed = false;
  #isNodeClosed = false;

  constructor(options: SimulatedLinkOptions, handlers: Handlers) {
    this.#options = options;
    this.#handlers = handlers;
    const { scheduler, random } = options;
    this.#toNode = new Way(scheduler, random);
    this.#toNear = new Way(scheduler, random);
    this.#toNode.send(0, () => this.#open());
  }

  get isOver(): boolean {
    return this.#isNearClosed && this.#isNodeClosed;
  }

  sendToNode(text: string): void {
    this.#toNode.send(text.length, () => {
      this.#node?.process.enter(() => {
        if (!this.#isNodeClosed) this.#session?.receive(text);
      });
    });
  }

  /** The near cache has ended it; the node hears of that, unless the way is cut. */
  closeNear(): void {
    this.#isNearClosed = true;
    this.#toNode.send(0, () => this.#closeNode());
  }

  cut(told: ToldOf): void {
    this.#toNode.cut();
    this.#toNear.cut();
    const { scheduler, random } = this.#options;
    const soon = () => random.next() * WAY_MAX_MS;
    if (told === 'both' || told === 'near') scheduler.after(soon(), () => this.#endNear('the connection was cut'));
    if (told === 'both' || told === 'node') scheduler.after(soon(), () => this.#closeNode());
  }

  slow(ms: number): void {
    this.#toNear.stall(ms);
  }

  #open(): void {
    const { host, queueBytesMax } = this.#options;
    const node = host.accept(this.#options.random);
    if (node === undefined) {
      this.#isNodeClosed = true;
      this.#toNear.send(0, () => this.#endNear('nobody listens there'));
      return;
    }
    this.#node = node;
    node.onEnd((how) => {
      if (how === 'drained') this.#goAway();
      else this.cut(how === 'killed' ? 'both' : 'nobody');
    });
    const limits = { ...feedDefaults, queueBytesMax, silenceMs: NODE_SILENCE_MS };
    const { accelerator, process: clock, name } = node;
    node.process.enter(() => {
      const whenShared = this.#whenShared(node);
      this.#session = new FeedSession({
        accelerator,
        socket: this.#socketOf(node),
        node: name,
        whenShared,
        limits,
        clock,
      });
    });
  }

  /** The node says goodbye after all that it has said. */
  #goAway(): void {
    this.#closeNode();
    this.#toNear.send(0, () => this.#endNear('the node is going away'));
  }

  /** What a node of several processes says when it knows that all show it, it knew when it began to ask whether they do. */
  #whenShared({ whenShared, knowledge }: NodeProcess): WhenShared | undefined {
    if (whenShared === undefined) return undefined;
    return (tell) => {
      const known = knowledge.now();
      whenShared(() => {
        this.#known = known;
        tell();
        this.#known = undefined;
      });
    };
  }

  #socketOf(node: NodeProcess): FeedSocket {
    const toNear = this.#toNear;
    return {
      get queuedBytes() {
        return toNear.queuedBytes;
      },
      send: (text) => {
        const told = { message: JSON.parse(text) as FromNode, knowledge: this.#known ?? node.knowledge.now() };
        toNear.send(text.length, () => this.#deliver(text, told));
      },
      end: (reason) => {
        this.#isNodeClosed = true;
        toNear.send(0, () => this.#endNear(reason));
      },
    };
  }

  #deliver(text: string, told: Told): void {
    const { near, taking } = this.#options;
    near.enter(() => {
      if (!this.#isNearClosed) taking(told, () => this.#handlers.onText(text));
    });
  }

  #endNear(reason: string): void {
    this.#options.near.enter(() => {
      if (this.#isNearClosed) return;
      this.#isNearClosed = true;
      this.#handlers.onEnd(lost(reason));
    });
  }

  #closeNode(): void {
    if (this.#isNodeClosed) return;
    this.#isNodeClosed = true;
    this.#node?.process.enter(() => this.#session?.close());
  }
}
