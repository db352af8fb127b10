/** Near caches that follow one node, each in a process of its own; the node stands in front of the model store. */
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import type { ChangeFeed, FeedListener } from '../../src/feed/change-feed.ts';
import { ProxyFeed } from '../../src/feed/proxy-feed.ts';
import { ProxyLink } from '../../src/feed/proxy-link.ts';
import { AnswerChecks } from './answer-checks.ts';
import type { Deployment } from './deployment.ts';
import { DropLedger } from './drop-ledger.ts';
import type { ItemHistory } from './history.ts';
import type { ModelFeed } from './model-feed.ts';
import { MODEL_TABLES } from './model-tables.ts';
import { NearStore } from './near-store.ts';
import { listeningTo } from './no-stale-fill.ts';
import { NodeHost } from './node-host.ts';
import { Random, mixSeeds } from './random.ts';
import { LINK_TIMING, SLOW_MS, stalenessBoundMs, type NearSetting, type Scenario } from './scenarios.ts';
import { Sessions } from './sessions.ts';
import { SimulatedLink, type Told } from './simulated-link.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { Simulation } from './simulation.ts';
import { ToldByNode } from './told-by-node.ts';
import type { Action } from './workload.ts';

export class NearCaches implements Deployment {
  readonly fronts: readonly Sessions[];
  readonly #simulation: Simulation;
  readonly #host: NodeHost;
  readonly #caches: readonly NearCache[];
  #isHealed = false;

  constructor(simulation: Simulation, seed: number, setting: NearSetting) {
    this.#simulation = simulation;
    this.#host = new NodeHost(simulation, seed);
    this.#caches = Array.from(
      { length: setting.caches },
      (_, place) => new NearCache(simulation, this.#host, setting, mixSeeds(seed, 11, place), `near ${place}: `),
    );
    this.fronts = this.#caches.map(({ sessions }) => sessions);
  }

  get modelFeed(): ModelFeed | undefined {
    return this.#host.modelFeed;
  }

  get pending(): number {
    return this.#host.network.pending;
  }

  disturb(action: Action, seed: number): void {
    if (this.#isHealed) return;
    switch (action.kind) {
      case 'cut':
        this.#caches[action.place]?.link.cut(action.told);
        return;
      case 'restart':
        this.#host.restart(action.how, action.downMs);
        return;
      case 'slow':
        this.#caches[action.place]?.link.slow(action.ms);
        return;
      case 'freeze': {
        const random = new Random(seed);
        const cache = this.#caches[action.place];
        if (cache === undefined) this.#host.current?.freeze(action.ms, random);
        else cache.process.pause(action.ms, random.chance(0.5));
        return;
      }
      default:
        throw new Error(`${action.kind} is no trouble`);
    }
  }

  heal(): void {
    this.#isHealed = true;
    this.#host.network.isFaulty = false;
  }

  isDrained(): boolean {
    const { current } = this.#host;
    if (current === undefined || !this.#caches.every(({ isFollowing }) => isFollowing)) return false;
    return current.feed === undefined || [...MODEL_TABLES.keys()].every((name) => current.isDrained(name));
  }

  noteDrained(): void {
    // Without a feed nobody tells the node of what was written past it.
    if (this.#host.current?.feed === undefined) return;
    for (const { told } of this.#caches) told.noteAll(this.#simulation.history);
  }

  close(): void {
    for (const cache of this.#caches) cache.close();
    this.#host.stop('silently');
  }
}

class NearCache {
  readonly process: SimulatedProcess;
  readonly link: SimulatedLink;
  readonly told = new ToldByNode();
  readonly sessions: Sessions;
  readonly #proxyLink: ProxyLink;
  readonly #feed: ProxyFeed;
  #taking: Told | undefined;

  constructor(simulation: Simulation, host: NodeHost, setting: NearSetting, seed: number, name: string) {
    const { scheduler, scenario, history, network, store } = simulation;
    const process = (this.process = new SimulatedProcess(scheduler));
    this.link = new SimulatedLink({
      scheduler,
      random: new Random(mixSeeds(seed, 1)),
      host,
      near: process,
      queueBytesMax: setting.queueBytesMax,
      taking: (told, take) => {
        this.#taking = told;
        simulation.trace(`${name}takes ${JSON.stringify(told.message)}`);
        take();
        this.#taking = undefined;
      },
    });
    const link = (this.#proxyLink = new ProxyLink({ connect: this.link.connect, clock: process, ...LINK_TIMING }));
    this.#feed = new ProxyFeed(link, process);
    const random = new Random(mixSeeds(seed, 2));
    const backing = new NearStore({ process, link, host, network, store, random });
    const { hitBoundMs, behindBoundMs } = boundsOf(scenario, setting);
    const checks = new AnswerChecks({
      scenario,
      history,
      nowMs: () => process.monotonicMs(),
      fail: (rule, text, id) => simulation.fail(rule, `${name}${text}`, id),
      hitBoundMs,
      behindBoundMs,
      told: this.told,
      unsettled: backing.unsettled,
    });
    link.listen({
      onLive: () => simulation.trace(`${name}the link is live`),
      onLost: ({ message }) => simulation.trace(`${name}the link is lost: ${message}`),
      onGap: () => simulation.trace(`${name}a gap`),
    });
    const accelerator = createAccelerator({
      backing,
      feed: this.#watching(this.#feed, checks),
      clock: process,
      feedStartMs: 200,
      ...setting.tuning,
    });
    this.sessions = new Sessions(simulation, {
      name,
      accelerator: simulation.options.spoil?.({ accelerator }) ?? accelerator,
      checks,
      ledger: new DropLedger(setting.tuning.queryTtlMs ?? 0),
      // What the node has cached may be as old as it was.
      onFlush: () => checks.forgetShown(),
      enter: (begin) => process.enter(begin),
    });
  }

  /** The node tells it of all tables of which it may have cached something, and it has heard that. */
  get isFollowing(): boolean {
    const isFollowed = (name: string) => ['live', 'none'].includes(this.#feed.state(name));
    return this.#proxyLink.state === 'live' && [...MODEL_TABLES.keys()].every(isFollowed);
  }

  close(): void {
    void this.sessions.accelerator.close();
    void this.#feed.close();
    this.process.end();
  }

  /** Notes what the cache has been told once it has taken it. */
  #watching(feed: ChangeFeed, checks: AnswerChecks): ChangeFeed {
    const wrapped = (listener: FeedListener): FeedListener => ({
      onRecord: (record) => {
        listener.onRecord(record);
        const text = JSON.stringify(record.key);
        this.#raise(({ tableName, key }) => tableName === record.tableName && JSON.stringify(key) === text);
      },
      onCaughtUp: (tableName, asOfMs) => listener.onCaughtUp(tableName, asOfMs),
      onGap: (tableName, reason) => {
        listener.onGap(tableName, reason);
        checks.forgetShown();
        // A cache that follows anew, perhaps another node, or none: what the last one knew binds no longer.
        if (this.#taking === undefined || this.#taking.message.type === 'watching') this.told.forget(tableName);
        this.#raise((history) => history.tableName === tableName);
      },
    });
    return listeningTo(feed, wrapped);
  }

  #raise(concerns: (history: ItemHistory) => boolean): void {
    if (this.#taking !== undefined) this.told.raise(this.#taking.knowledge, concerns);
  }
}

/** A hit may be as old as the near cache allows, what the node answers as old as the node allows. */
function boundsOf(scenario: Scenario, { tuning }: NearSetting) {
  const behindBoundMs = stalenessBoundMs(scenario);
  const hasFeed = scenario.feed !== 'none';
  // Both caches count an answer's lifetime from when the store was asked for it.
  const hitBoundMs = hasFeed ? (tuning.maxStalenessMs ?? 0) : behindBoundMs + (tuning.itemTtlMs ?? 0);
  // The node may join a call to a read that was asked a while before.
  return {
    hitBoundMs,
    behindBoundMs: Math.max(behindBoundMs, scenario.replicaLagMs, scenario.indexLagMs) + 2 * SLOW_MS,
  };
}
