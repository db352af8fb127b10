/**
 * The store behind a near cache: the node while the link to it is live, the store itself while it is not, by the rules of
 * `src/client/proxy-route.ts` and `src/client/sdk-store.ts`, which are bound to the SDK.
 */
import { isForKeeping, tablesWritten } from '../../src/accelerator/node-behind-rules.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { sleep, type Timer } from '../../src/base/clock.ts';
import type { ProxyLink } from '../../src/feed/proxy-link.ts';
import { traitsOf } from '../../src/model/operations.ts';
import { ServiceReply, ServiceRequest } from '../../src/model/service-call.ts';
import type { CallContext, ModelStore } from './model-store.ts';
import type { Network } from './network.ts';
import { NodeFailure, type NodeHost } from './node-host.ts';
import { Random } from './random.ts';
import { LINK_TIMING } from './scenarios.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export interface NearStoreOptions {
  readonly process: SimulatedProcess;
  readonly link: ProxyLink;
  readonly host: NodeHost;
  readonly network: Network;
  readonly store: ModelStore;
  readonly random: Random;
}

/** One attempt of a call is told from another by what is added to the operation's id. */
const THROUGH_NODE = 0.25;
const PAST_NODE = 0.5;

export class NearStore implements BackingStore {
  /** Calls to the node that wait for their answer. */
  readonly #waiting = new Set<(error: NodeFailure) => void>();
  /**
   * Reads that were left to the node and went past it, or that it has passed on as they were, or pages that it was reading
   * already: a lagging replica or index may show less than the node told of.
   */
  readonly unsettled = { underWay: 0, total: 0 };
  readonly #options: NearStoreOptions;

  constructor(options: NearStoreOptions) {
    this.#options = options;
    const { link, process } = options;
    let lostNode: string | undefined;
    let grace: Timer | undefined;
    link.listen({
      onLive: () => {
        if (link.node === lostNode) grace?.cancel();
      },
      onLost: (_why, isGivenUp) => {
        lostNode = link.node;
        const begun = [...this.#waiting];
        const abandon = () => {
          for (const fail of begun) if (this.#waiting.delete(fail)) fail(new NodeFailure('the link was lost'));
        };
        if (isGivenUp) abandon();
        else grace = process.after(LINK_TIMING.silenceMs, abandon);
      },
    });
  }

  get settlesReads(): boolean {
    return this.#options.link.state === 'live';
  }

  async send(request: ServiceRequest): Promise<ServiceReply> {
    const { link, process } = this.#options;
    const random = (request.native as CallContext | undefined)?.random ?? this.#options.random;
    const wasLive = this.settlesReads;
    // What the SDK does before it sends takes a while: the link may be another one by then.
    if (random.chance(0.1)) await sleep(process, random.below(5));
    await link.settled();
    if (link.state !== 'live') return this.#goPast(request, random, false, wasLive);
    const { node } = link;
    let reply: ServiceReply;
    try {
      reply = await this.#throughNode(request, random);
    } catch (error) {
      if (!(error instanceof NodeFailure)) throw error;
      return this.#goPast(request, random, true, true);
    }
    if (link.state !== 'live' || link.node !== node) await this.#noteWrites(request, reply);
    else link.rememberWrites(tablesWritten(request, isRefusal(reply)));
    return reply;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #throughNode(request: ServiceRequest, random: Random): Promise<ServiceReply> {
    const { host, process, link } = this.#options;
    const context = this.#attempt(request, THROUGH_NODE, random);
    return new Promise<ServiceReply>((resolve, reject) => {
      this.#waiting.add(reject);
      host.ask(request, context, link.node, (answer) => {
        process.enter(() => {
          if (!this.#waiting.delete(reject)) return;
          if (answer === undefined) {
            reject(new NodeFailure('the node has failed'));
            return;
          }
          const { reply, cache } = answer;
          this.#settle(request, context, reply);
          const isUnsettled = !isForKeeping(request.operation, cache);
          if (isUnsettled) this.unsettled.total++;
          resolve(isUnsettled ? uncertain(reply) : reply);
        });
      });
    });
  }

  async #goPast(request: ServiceRequest, random: Random, isRepeated: boolean, wasLive: boolean): Promise<ServiceReply> {
    const { network, process } = this.#options;
    const context = this.#attempt(request, PAST_NODE, random);
    const isUnsettled = wasLive && !traitsOf(request.operation).mutates;
    if (isUnsettled) this.unsettled.underWay++;
    let reply: ServiceReply | undefined;
    try {
      const sent = ServiceRequest.fromInput(request.operation, request.input, { native: context, api: request.api });
      reply = await process.arrived(network.send(sent));
      this.#settle(request, context, reply);
    } finally {
      if (isUnsettled) {
        this.unsettled.underWay--;
        this.unsettled.total++;
      }
      // A refusal says nothing of an attempt before it.
      await this.#noteWrites(request, isRepeated ? undefined : reply);
    }
    return isRepeated ? uncertain(reply) : reply;
  }

  async #noteWrites(request: ServiceRequest, reply: ServiceReply | undefined): Promise<void> {
    await this.#options.link.noteWrites(tablesWritten(request, reply !== undefined && isRefusal(reply)));
  }

  /** What the store does for an attempt is known by the attempt. */
  #attempt(request: ServiceRequest, part: number, random: Random): CallContext | undefined {
    const context = request.native as CallContext | undefined;
    if (context === undefined) return undefined;
    return { operationId: context.operationId + part, random: new Random(random.below(2 ** 31)) };
  }

  /** The attempt that was answered is the one that its caller hears of. */
  #settle(request: ServiceRequest, attempt: CallContext | undefined, reply: ServiceReply): void {
    const context = request.native as CallContext | undefined;
    if (context === undefined || attempt === undefined || !traitsOf(request.operation).mutates) return;
    const { commitsOf } = this.#options.store;
    const commits = commitsOf.get(attempt.operationId);
    commitsOf.delete(attempt.operationId);
    if (reply.ok && commits !== undefined) commitsOf.set(context.operationId, commits);
  }
}

/** The first attempt of a write may have been applied, a read is not to be kept; see `ServiceReply.isUncertain`. */
function uncertain({ output, status }: ServiceReply): ServiceReply {
  return ServiceReply.fromOutput(output, { status, isUncertain: true });
}

/** The store did not do it, and no attempt before. */
function isRefusal({ status, isUncertain }: ServiceReply): boolean {
  return status >= 400 && status < 500 && !isUncertain;
}
