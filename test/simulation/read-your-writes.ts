/**
 * I3: once a write through the node is acknowledged, the node's caches never answer with the state before it.
 *
 * An item shows the write itself. A page need not: a write that makes no difference to it leaves it alone, and if a change of
 * the same item that nobody has told the node of came between, the page may be from before both until it is told. So the
 * floor of pages rises only over changes that are all known to the node.
 */
import { NotedFloor } from './floor.ts';
import type { Commit, ItemHistory } from './history.ts';

export class ReadYourWrites {
  readonly ofItems = new NotedFloor('read your writes (I3)');
  readonly ofPages = new NotedFloor('read your writes (I3)');
  readonly #waiting = new Map<ItemHistory, Commit[]>();

  /**
   * @param commits what an acknowledged call did; the last of each item is what it left.
   * @param toldOf how far the feed has told of an item.
   */
  acknowledged(commits: readonly Commit[], toldOf: (history: ItemHistory) => number): void {
    for (const commit of commits) {
      const { history, after } = commit;
      this.ofItems.raise(history, after);
      const waiting = [...(this.#waiting.get(history) ?? []), commit].toSorted((a, b) => a.after.index - b.after.index);
      const isKnown = ({ before }: Commit) => before.index <= Math.max(this.ofPages.of(history), toldOf(history));
      while (waiting[0] !== undefined && isKnown(waiting[0])) {
        this.ofPages.raise(history, (waiting.shift() as Commit).after);
      }
      if (waiting.length === 0) this.#waiting.delete(history);
      else this.#waiting.set(history, waiting);
    }
  }
}
