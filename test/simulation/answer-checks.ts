/**
 * Applies the checkers to an answer. A hit is held to all floors as they stand now. An answer that the store gave to a miss
 * is held to what was noted when it was asked for, for recent keys are read strongly (I2); all else that the store says is
 * held to how far its replicas and indexes may lag.
 */
import type { Answer } from '../../src/accelerator/accelerator.ts';
import { sameItem, type Item } from '../../src/model/attribute-value.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { BoundedStaleness } from './bounded-staleness.ts';
import { highestOf, type Floor } from './floor.ts';
import type { Commit, History, ItemHistory, Version } from './history.ts';
import { MonotonicReads } from './monotonic-reads.ts';
import { NoStaleFill } from './no-stale-fill.ts';
import type { PageSpec } from './page-spec.ts';
import { judgePage } from './page-window.ts';
import { ReadYourWrites } from './read-your-writes.ts';
import { SLOW_MS, type Scenario } from './scenarios.ts';

/** The floors of the items concerned, as they stood when a call was made. */
export interface Asked {
  readonly atMs: number;
  readonly floors: ReadonlyMap<ItemHistory, number>;
}

type Fail = (rule: string, text: string, operationId: number) => void;

export class AnswerChecks {
  readonly readYourWrites = new ReadYourWrites();
  readonly noStaleFill: NoStaleFill;
  undecided = 0;
  readonly #nowMs: () => number;
  readonly #scenario: Scenario;
  readonly #history: History;
  readonly #fail: Fail;
  readonly #monotonic = new MonotonicReads();
  readonly #notedOfItems: readonly Floor[];
  readonly #notedOfPages: readonly Floor[];
  readonly #ofItemHits: readonly Floor[];
  readonly #ofPageHits: readonly Floor[];

  constructor(scenario: Scenario, history: History, nowMs: () => number, fail: Fail) {
    this.#nowMs = nowMs;
    this.#scenario = scenario;
    this.#history = history;
    this.#fail = fail;
    this.noStaleFill = new NoStaleFill(history);
    const staleness = new BoundedStaleness(stalenessBoundMs(scenario));
    this.#notedOfItems = [this.readYourWrites.ofItems, this.noStaleFill];
    this.#notedOfPages = [this.readYourWrites.ofPages, this.noStaleFill];
    this.#ofItemHits = [...this.#notedOfItems, staleness, ...(isMonotonic(scenario) ? [this.#monotonic] : [])];
    this.#ofPageHits = [...this.#notedOfPages, staleness];
  }

  askedItems(items: readonly ItemHistory[]): Asked {
    return this.#asked(items, this.#notedOfItems);
  }

  askedPage(items: readonly ItemHistory[]): Asked {
    return this.#asked(items, this.#notedOfPages);
  }

  #asked(items: readonly ItemHistory[], noted: readonly Floor[]): Asked {
    const atMs = this.#nowMs();
    return { atMs, floors: new Map(items.map((history) => [history, highestOf(noted, history, atMs)])) };
  }

  /** A write was acknowledged that did this. */
  noteAcknowledged(commits: readonly Commit[]): void {
    this.readYourWrites.acknowledged(commits, (history) => this.noStaleFill.of(history));
  }

  /**
   * I5: a write may have been applied, so nothing that was cached before is served of its items any more, and what is read
   * then is read strongly for a while.
   */
  noteUnknown(items: readonly ItemHistory[]): void {
    for (const history of items) this.readYourWrites.ofItems.raise(history, history.latest);
  }

  /** After it nothing that was cached before is there; what is read then is read strongly for a while. */
  noteFlush(tableName: string): void {
    for (const history of this.#history.items(tableName)) this.noStaleFill.raise(history, history.latest);
  }

  /**
   * Returns the place of the version that was shown. Some items of a batch come from the cache and some from the store, and
   * nothing tells which, so each is held to what both must fulfil.
   */
  item(
    history: ItemHistory,
    shown: Item | undefined,
    names: readonly string[] | undefined,
    answer: Answer,
    asked: Asked,
    operationId: number,
    isOfBatch = false,
  ): number {
    const version = lastShownAs(history, shown, names);
    if (version === undefined) {
      this.#fail('answers are the store’s', `${history.name} never was ${JSON.stringify(shown)}`, operationId);
      return -1;
    }
    const floor =
      isOfBatch && answer.cache !== 'pass'
        ? (asked.floors.get(history) ?? 0)
        : this.#floorOf(answer, asked, false, this.#ofItemHits)(history);
    if (version.index < floor) {
      const rule = this.#brokenRule(answer, history, version.index, this.#ofItemHits);
      this.#fail(
        rule,
        `${answer.cache} on ${history.name} shows version ${version.index}, it must be at least ${floor} of ${history.latest.index}`,
        operationId,
      );
    }
    if (answer.cache === 'hit' && names === undefined && !isOfBatch) {
      // An item that came back to what it was: nobody can say that more was shown than the first of the equal versions.
      this.#monotonic.raise(history, history.firstLike(shown, floor) ?? version);
    }
    return version.index;
  }

  page(
    spec: PageSpec,
    items: readonly ItemHistory[],
    output: JsonObject,
    answer: Answer,
    asked: Asked,
    operationId: number,
  ): void {
    const isGlobal = spec.index.kind === 'GSI';
    if (answer.cache === 'coalesced' && isGlobal) return;
    const floorOf = this.#floorOf(answer, asked, isGlobal, this.#ofPageHits);
    const verdict = judgePage(spec, output, items, floorOf, this.#scenario.pageBytes);
    if (verdict === 'right') return;
    if (verdict === 'undecided') {
      this.undecided++;
      return;
    }
    this.#fail(
      this.#brokenRuleOfPage(spec, items, output, answer),
      `${answer.cache} on a page is not what any state allows: ${JSON.stringify(output)}`,
      operationId,
    );
  }

  #floorOf(
    answer: Answer,
    asked: Asked,
    isGlobal: boolean,
    ofHits: readonly Floor[],
  ): (history: ItemHistory) => number {
    if (answer.cache === 'hit') {
      const nowMs = this.#nowMs();
      return (history) => Math.max(highestOf(ofHits, history, nowMs), asked.floors.get(history) ?? 0);
    }
    const lagMs = isGlobal ? this.#scenario.indexLagMs : this.#scenario.replicaLagMs;
    const trailing = (history: ItemHistory) => history.at(asked.atMs - lagMs - 1).index;
    if (answer.cache === 'coalesced') return (history) => asked.floors.get(history) ?? 0;
    if (answer.cache !== 'miss' || isGlobal) return trailing;
    return (history) => Math.max(trailing(history), asked.floors.get(history) ?? 0);
  }

  #brokenRule(answer: Answer, history: ItemHistory, index: number, ofHits: readonly Floor[]): string {
    const floors = answer.cache === 'hit' ? ofHits : this.#notedOfItems;
    return floors.find((floor) => index < floor.of(history, this.#nowMs()))?.name ?? 'answers are the store’s';
  }

  /** The one floor that the page breaks by itself, if there is one. */
  #brokenRuleOfPage(spec: PageSpec, items: readonly ItemHistory[], output: JsonObject, answer: Answer): string {
    const nowMs = this.#nowMs();
    if (answer.cache !== 'hit') return 'pages equal a fresh evaluation';
    const broken = this.#ofPageHits.find(
      (floor) =>
        judgePage(spec, output, items, (history) => floor.of(history, nowMs), this.#scenario.pageBytes) === 'wrong',
    );
    return broken?.name ?? 'pages equal a fresh evaluation';
  }
}

/** How old a hit may be. A direct feed tells of a change before anybody can know of it. */
function stalenessBoundMs({ feed, tuning, replicaLagMs, indexLagMs }: Scenario): number {
  const { itemTtlMs = 0, queryTtlMs = 0, maxStalenessMs = 0, onFeedLoss } = tuning;
  if (feed === 'direct') return 0;
  if (feed !== 'none' && onFeedLoss !== 'ttl') return maxStalenessMs;
  // An answer is at most this old when it arrives: the lag, a slow way back and a pause of the process.
  return Math.max(itemTtlMs, queryTtlMs) + Math.max(replicaLagMs, indexLagMs) + 2 * SLOW_MS + 500;
}

/**
 * A store whose replicas lag may go back between two reads, and so may what is cached of it. Where entries are evicted, a
 * read that was long under way may be cached after one that was newer and has been evicted.
 */
function isMonotonic({ replicaLagMs, tuning }: Scenario): boolean {
  return replicaLagMs === 0 && tuning.itemCacheBytes === undefined;
}

function lastShownAs(
  history: ItemHistory,
  shown: Item | undefined,
  names: readonly string[] | undefined,
): Version | undefined {
  if (names === undefined) return history.lastLike(shown);
  return history.versions.findLast(({ image }) => sameItem(image && pick(image, names), shown));
}

function pick(image: Item, names: readonly string[]): Item {
  return Object.fromEntries(Object.entries(image).filter(([name]) => names.includes(name)));
}
