/**
 * A page is right when it equals a fresh evaluation on some state in which each item is as new as its floor allows. Where
 * nothing is on its way that is one state, and the page must equal it to the letter.
 */
import { sameItem, type Item } from '../../src/model/attribute-value.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { ItemHistory, Version } from './history.ts';
import { evaluatePlainly, partitionOf, type Page, type PageSpec } from './page-spec.ts';

/** States that are tried before a page counts as undecided. */
const STATES_MAX = 100;

export type PageVerdict = 'right' | 'wrong' | 'undecided';

interface Choice {
  readonly history: ItemHistory;
  readonly versions: readonly Version[];
}

export function judgePage(
  spec: PageSpec,
  shown: JsonObject,
  items: readonly ItemHistory[],
  floorOf: (history: ItemHistory) => number,
  pageBytes: number,
): PageVerdict {
  const open: Choice[] = [];
  let states = 1;
  for (const history of items) {
    const versions = versionsThatMatter(spec, history, floorOf(history));
    if (versions.length < 2) continue;
    open.push({ history, versions });
    states *= versions.length;
  }
  const chosen = new Map<ItemHistory, Version>();
  const choose = (history: ItemHistory) => chosen.get(history) ?? history.latest;
  const tries = Math.min(states, STATES_MAX);
  for (let state = 0; state < tries; state++) {
    // Counts through all combinations; the first has every item at its newest.
    let rest = state;
    for (const { history, versions } of open) {
      chosen.set(history, versions[rest % versions.length] as Version);
      rest = Math.floor(rest / versions.length);
    }
    if (isSamePage(evaluatePlainly(spec, items, choose, pageBytes), shown)) return 'right';
  }
  return tries < states ? 'undecided' : 'wrong';
}

/** Newest first; only the newest where the item is in another partition all the time. */
function versionsThatMatter(spec: PageSpec, history: ItemHistory, floor: number): readonly Version[] {
  const { versions, latest } = history;
  if (floor >= latest.index) return [latest];
  const window = versions.slice(floor).toReversed();
  const matters = window.some(({ image }) => {
    const partition = partitionOf(spec.index, image);
    return partition !== undefined && (spec.partition === undefined || partition === spec.partition);
  });
  return matters ? window : [latest];
}

export function isSamePage(page: Page, shown: JsonObject): boolean {
  const { Items: items, Count: count, ScannedCount: scanned, LastEvaluatedKey: last } = shown;
  if (page.count !== count || page.scanned !== scanned || !sameItem(page.last, last as Item | undefined)) return false;
  if (page.items === undefined || items === undefined) return page.items === items;
  const listed = items as readonly Item[];
  return listed.length === page.items.length && page.items.every((item, place) => sameItem(item, listed[place]));
}
