/**
 * What the model store really held, and when: every version of every item, in the order of the commits. The store answers
 * from it, lagging replicas and indexes from older versions of it, and the checkers hold answers against it.
 */
import { sameItem, type Item } from '../../src/model/attribute-value.ts';

export interface Version {
  /** Its place among the versions of its item; 0 is the absence that everything begins with. */
  readonly index: number;
  readonly atMs: number;
  readonly image: Item | undefined;
}

export class ItemHistory {
  readonly tableName: string;
  readonly key: Item;
  /** Unique among all tables. */
  readonly name: string;
  readonly versions: Version[] = [{ index: 0, atMs: -Infinity, image: undefined }];

  constructor(tableName: string, key: Item, name: string) {
    this.tableName = tableName;
    this.key = key;
    this.name = name;
  }

  get latest(): Version {
    return this.versions[this.versions.length - 1] as Version;
  }

  /** The version that was current at the end of that millisecond. */
  at(ms: number): Version {
    for (let index = this.versions.length - 1; index > 0; index--) {
      const version = this.versions[index] as Version;
      if (version.atMs <= ms) return version;
    }
    return this.versions[0] as Version;
  }

  /** The newest version that shows this image; undefined when the item never was like that. */
  lastLike(image: Item | undefined): Version | undefined {
    for (let index = this.versions.length - 1; index >= 0; index--) {
      const version = this.versions[index] as Version;
      if (sameItem(version.image, image)) return version;
    }
    return undefined;
  }

  /** The oldest of them from a place on. */
  firstLike(image: Item | undefined, from: number): Version | undefined {
    return this.versions.slice(from).find((version) => sameItem(version.image, image));
  }
}

export interface Commit {
  readonly history: ItemHistory;
  readonly before: Version;
  /** The same as `before` where the write changed nothing. */
  readonly after: Version;
}

export class History {
  readonly #tables = new Map<string, Map<string, ItemHistory>>();
  commits = 0;

  items(tableName: string): Iterable<ItemHistory> {
    return this.#tables.get(tableName)?.values() ?? [];
  }

  *all(): Iterable<ItemHistory> {
    for (const items of this.#tables.values()) yield* items.values();
  }

  /** The item's history; it begins when somebody asks for it. */
  of(tableName: string, key: Item): ItemHistory {
    let items = this.#tables.get(tableName);
    if (items === undefined) this.#tables.set(tableName, (items = new Map()));
    const text = keyText(key);
    let history = items.get(text);
    if (history === undefined) {
      items.set(text, (history = new ItemHistory(tableName, key, `${tableName}/${text}`)));
    }
    return history;
  }

  /** A write that leaves the item as it is makes no version, as it leaves no record in a stream. */
  commit(history: ItemHistory, image: Item | undefined, atMs: number): Commit {
    const before = history.latest;
    if (sameItem(before.image, image)) return { history, before, after: before };
    const after: Version = { index: before.index + 1, atMs, image };
    history.versions.push(after);
    this.commits++;
    return { history, before, after };
  }
}

/** Keys of the model's tables are texts, `pk` before `sk`. */
function keyText(key: Item): string {
  const { pk, sk } = key as Record<string, { readonly S: string }>;
  return sk === undefined ? (pk?.S ?? '') : `${pk?.S ?? ''}/${sk.S}`;
}
