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
import type { Scenario } from './scenarios.ts';

/** The floors of the items concerned, as they stood when a call was made. */
export interface Asked {
  readonly atMs: number;
  readonly floors: ReadonlyMap<ItemHistory, number>;
  /** Of the unsettled reads, all until then; undefined while one was under way. */
  readonly unsettled: number | undefined;
}

/** How far a cache was told of each item. */
export interface Told {
  readonly items: Floor;
  readonly pages: Floor;
}

export interface AnswerChecksOptions {
  readonly scenario: Scenario;
  readonly history: History;
  readonly nowMs: () => number;
  readonly fail: (rule: string, text: string, operationId: number) => void;
  /** How old a hit may be. */
  readonly hitBoundMs: number;
  /** How old an answer from behind the cache may be; what replicas and indexes lag unless given. */
  readonly behindBoundMs?: number | undefined;
  /** What the cache was told; what `noStaleFill` saw unless given. */
  readonly told?: Told | undefined;
  /** Counts the reads behind the cache that may see less than it was told: those under way, and all. */
  readonly unsettled?: { readonly underWay: number; readonly total: number } | undefined;
}

export class AnswerChecks {
  readonly readYourWrites = new ReadYourWrites();
  readonly noStaleFill: NoStaleFill;
  undecided = 0;
  readonly #options: AnswerChecksOptions;
  readonly #told: Told;
  readonly #monotonic = new MonotonicReads();
  readonly #notedOfItems: readonly Floor[];
  readonly #notedOfPages: readonly Floor[];
  readonly #ofItemHits: readonly Floor[];
  readonly #ofPageHits: readonly Floor[];

  constructor(options: AnswerChecksOptions) {
    const { scenario, history, hitBoundMs } = options;
    this.#options = options;
    this.noStaleFill = new NoStaleFill(history, scenario.feed === 'streams');
    this.#told = options.told ?? { items: this.noStaleFill, pages: this.noStaleFill };
    const staleness = new BoundedStaleness(hitBoundMs);
    this.#notedOfItems = [this.readYourWrites.ofItems, this.#told.items];
    this.#notedOfPages = [this.readYourWrites.ofPages, this.#told.pages];
    this.#ofItemHits = [...this.#notedOfItems, staleness, ...(isMonotonic(scenario) ? [this.#monotonic] : [])];
    this.#ofPageHits = [...this.#notedOfPages, staleness];
  }

  askedItems(items: readonly ItemHistory[]): Asked {
    return this.#asked(items, this.#notedOfItems);
  }

  askedPage(items: readonly ItemHistory[]): Asked {
    return this.#asked(items, this.#notedOfPages);
  }

  /** What was shown so far binds no more: the cache was emptied, and asks somebody else now. */
  forgetShown(): void {
    this.#monotonic.clear();
  }

  #asked(items: readonly ItemHistory[], noted: readonly Floor[]): Asked {
    const atMs = this.#options.nowMs();
    const { unsettled = { underWay: 0, total: 0 } } = this.#options;
    return {
      atMs,
      floors: new Map(items.map((history) => [history, highestOf(noted, history, atMs)])),
      unsettled: unsettled.underWay > 0 ? undefined : unsettled.total,
    };
  }

  /** A write was acknowledged that did this. */
  noteAcknowledged(commits: readonly Commit[]): void {
    this.readYourWrites.acknowledged(commits, (history) => this.#told.pages.of(history, 0));
  }

  /**
   * I5: a write may have been applied, so nothing that was cached before is served of its items any more, and what is read
   * then is read strongly for a while. Where a node answers, it has emptied itself some time before the caller hears of that.
   */
  noteUnknown(items: readonly ItemHistory[], beganMs: number): void {
    const isNear = this.#options.told !== undefined;
    for (const history of items) {
      this.readYourWrites.ofItems.raise(history, isNear ? history.at(beganMs) : history.latest);
    }
  }

  /** After it nothing that was cached before is there; what is read then is read strongly for a while. */
  noteFlush(tableName: string): void {
    for (const history of this.#options.history.items(tableName)) this.noStaleFill.raise(history, history.latest);
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
      this.#options.fail('answers are the store’s', `${history.name} never was ${JSON.stringify(shown)}`, operationId);
      return -1;
    }
    const floor =
      isOfBatch && answer.cache !== 'pass'
        ? this.#isUnsettled(asked)
          ? 0
          : (asked.floors.get(history) ?? 0)
        : this.#floorOf(answer, asked, false, this.#ofItemHits)(history);
    if (version.index < floor) {
      const rule = this.#brokenRule(answer, history, version.index, this.#ofItemHits);
      this.#options.fail(
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
    const verdict = judgePage(spec, output, items, floorOf, this.#options.scenario.pageBytes);
    if (verdict === 'right') return;
    if (verdict === 'undecided') {
      this.undecided++;
      return;
    }
    this.#options.fail(
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
      const nowMs = this.#options.nowMs();
      return (history) => Math.max(highestOf(ofHits, history, nowMs), asked.floors.get(history) ?? 0);
    }
    const { scenario, behindBoundMs = 0 } = this.#options;
    const lagMs = Math.max(behindBoundMs, isGlobal ? scenario.indexLagMs : scenario.replicaLagMs);
    const trailing = (history: ItemHistory) => history.at(asked.atMs - lagMs - 1).index;
    // A read that is shared was asked earlier, nobody can say when.
    if (this.#isUnsettled(asked)) return answer.cache === 'coalesced' ? () => 0 : trailing;
    if (answer.cache === 'coalesced') return (history) => asked.floors.get(history) ?? 0;
    if (answer.cache !== 'miss' || isGlobal) return trailing;
    return (history) => Math.max(trailing(history), asked.floors.get(history) ?? 0);
  }

  /** Perhaps: nothing tells which of the reads under way an answer comes from. */
  #isUnsettled({ unsettled }: Asked): boolean {
    return unsettled !== (this.#options.unsettled?.total ?? 0);
  }

  #brokenRule(answer: Answer, history: ItemHistory, index: number, ofHits: readonly Floor[]): string {
    const floors = answer.cache === 'hit' ? ofHits : this.#notedOfItems;
    return floors.find((floor) => index < floor.of(history, this.#options.nowMs()))?.name ?? 'answers are the store’s';
  }

  /** The one floor that the page breaks by itself, if there is one. */
  #brokenRuleOfPage(spec: PageSpec, items: readonly ItemHistory[], output: JsonObject, answer: Answer): string {
    const nowMs = this.#options.nowMs();
    if (answer.cache !== 'hit') return 'pages equal a fresh evaluation';
    const broken = this.#ofPageHits.find(
      (floor) =>
        judgePage(spec, output, items, (history) => floor.of(history, nowMs), this.#options.scenario.pageBytes) ===
        'wrong',
    );
    return broken?.name ?? 'pages equal a fresh evaluation';
  }
}

/**
 * A store whose replicas lag may go back between two reads, and so may what is cached of it. Where entries are evicted, a
 * read that was long under way may be cached after one that was newer and has been evicted. And a node of several processes may
 * show a write in one of them that another has not taken yet, until it is acknowledged.
 */
function isMonotonic({ replicaLagMs, tuning, near }: Scenario): boolean {
  return replicaLagMs === 0 && tuning.itemCacheBytes === undefined && (near?.workers ?? 1) === 1;
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
