/** I3: once a write through the node is acknowledged, the node's caches never answer with the state before it. */
import type { Commit } from './history.ts';
import { NotedFloor } from './floor.ts';

export class ReadYourWrites extends NotedFloor {
  constructor() {
    super('read your writes (I3)');
  }

  /** @param commits what an acknowledged call did; the last of each item is what it left. */
  acknowledged(commits: readonly Commit[]): void {
    for (const { history, after } of commits) this.raise(history, after);
  }
}
