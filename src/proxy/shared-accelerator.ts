/**
 * The accelerator of one of several processes behind one port. Its writes are answered when every other process has taken them
 * (I3 holds for a client whose connections land on different ones), and out of its caches it answers only while it is sure to
 * hear of theirs (`worker-hub.ts` has the argument).
 *
 * Near caches cannot follow one of several: what one process has told them, another may not have taken yet when they ask it.
 */
import type {
  Accelerator,
  AcceleratorStats,
  Following,
  TableFollower,
  TableStatus,
} from '../accelerator/accelerator.ts';
import type { Answer, ExecuteOptions } from '../accelerator/answer.ts';
import type { Mutation } from '../accelerator/mutation.ts';
import { planOrPass } from '../accelerator/parameters.ts';
import { tablesOfCall } from '../accelerator/tables-of-call.ts';
import type { FeedRecord } from '../feed/change-feed.ts';
import type { Item } from '../model/attribute-value.ts';
import { traitsOf } from '../model/operations.ts';
import type { ServiceRequest } from '../model/service-call.ts';
import { tableNameOf } from '../model/table-schema.ts';
import type { WorkerLink } from './worker-link.ts';

const NO_OPTIONS: ExecuteOptions = Object.freeze({});

export class SharedAccelerator implements Accelerator {
  readonly #own: Accelerator;
  readonly #link: WorkerLink;
  /** Tables whose mutations and resets are told to the others. */
  readonly #followed = new Map<string, Promise<boolean>>();

  constructor(own: Accelerator, link: WorkerLink) {
    this.#own = own;
    this.#link = link;
  }

  execute(request: ServiceRequest, options: ExecuteOptions = NO_OPTIONS): Answer | Promise<Answer> {
    if (traitsOf(request.operation).mutates) return this.#write(request, options);
    return this.#own.execute(request, this.#link.mayServe ? options : { ...options, control: 'bypass' });
  }

  async #write(request: ServiceRequest, options: ExecuteOptions): Promise<Answer> {
    const names = (planOrPass(() => tablesOfCall(request)) ?? []).map(tableNameOf);
    const isChanged = traitsOf(request.operation).path === 'change-table';
    // Of a change to a table, and of a write to one that cannot be described here, no mutation tells.
    const unseen = new Set<string>();
    for (const name of names) if (isChanged || !(await this.#follow(name))) unseen.add(name);
    try {
      return await this.#own.execute(request, options);
    } finally {
      for (const table of unseen) this.#link.post({ type: 'reset', table, isChanged });
      await this.#link.settled();
    }
  }

  #follow(name: string): Promise<boolean> {
    const known = this.#followed.get(name);
    if (known !== undefined) return known;
    const following = this.#own.follow(name, this.#followerOf(name)).then(
      (found) => {
        if (found === undefined) this.#followed.delete(name);
        return found !== undefined;
      },
      () => {
        this.#followed.delete(name);
        return false;
      },
    );
    this.#followed.set(name, following);
    return following;
  }

  #followerOf(table: string): TableFollower {
    const link = this.#link;
    return {
      onMutation: (mutation) => {
        if (!link.isTaking) link.post({ type: 'mutation', record: recordOf(table, mutation) });
      },
      onReset: (isChanged) => {
        if (!link.isTaking) link.post({ type: 'reset', table, isChanged });
      },
    };
  }

  stats(): AcceleratorStats {
    return this.#own.stats();
  }

  tables(): readonly TableStatus[] {
    return this.#own.tables();
  }

  /** The others are told, and nobody waits for them: it is no client's write. */
  invalidate(tableName: string, key?: Item): number {
    this.#link.post({ type: 'reset', table: tableNameOf(tableName), isChanged: false });
    return this.#own.invalidate(tableName, key);
  }

  flush(): void {
    this.#own.flush();
  }

  follow(): Promise<Following | undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    return this.#own.close();
  }
}

/** An image that is left out of a record of both is one that is not known, unless the kind says that there is none. */
function recordOf(tableName: string, { key, oldImage, newImage }: Mutation): FeedRecord {
  const kind = oldImage === undefined ? 'INSERT' : newImage === undefined ? 'REMOVE' : 'MODIFY';
  return {
    tableName,
    key,
    oldImage: oldImage === 'unknown' ? undefined : oldImage,
    newImage: newImage === 'unknown' ? undefined : newImage,
    kind,
    viewType: 'NEW_AND_OLD_IMAGES',
  };
}
