/**
 * The accelerator of one of several processes behind one port. Its writes are answered when every other process has taken them
 * (I3 holds for a client whose connections land on different ones), and out of its caches it answers only while it is sure to
 * hear of theirs (`worker-hub.ts` has the argument).
 *
 * A near cache follows one of them and asks all: whoever tells it of what took effect here has to wait until it has taken
 * effect everywhere (`WorkerLink.whenShared`).
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
import type { Change } from './worker-messages.ts';

const NO_OPTIONS: ExecuteOptions = Object.freeze({});

export class SharedAccelerator implements Accelerator {
  readonly #own: Accelerator;
  readonly #link: WorkerLink;
  readonly #shared = new Map<string, Promise<boolean>>();

  constructor(own: Accelerator, link: WorkerLink) {
    this.#own = own;
    this.#link = link;
  }

  execute(request: ServiceRequest, options: ExecuteOptions = NO_OPTIONS): Answer | Promise<Answer> {
    if (traitsOf(request.operation).mutates) return this.#write(request, options);
    return this.#link.mayServe ? this.#own.execute(request, options) : this.#readPast(request, options);
  }

  findKnown(operation: string, text: string, nowMs: number): Answer | undefined {
    return this.#link.mayServe ? this.#own.findKnown?.(operation, text, nowMs) : undefined;
  }

  /** Its answer says what is the matter: the caches are not trusted now, so that a near cache does not keep it either. */
  async #readPast(request: ServiceRequest, options: ExecuteOptions): Promise<Answer> {
    const answer = await this.#own.execute(request, { ...options, control: 'bypass' });
    return options.control === 'bypass' ? answer : { ...answer, cache: 'pass' };
  }

  async #write(request: ServiceRequest, options: ExecuteOptions): Promise<Answer> {
    const names = (planOrPass(() => tablesOfCall(request)) ?? []).map(tableNameOf);
    const isChanged = traitsOf(request.operation).path === 'change-table';
    // Of a change to a table, and of a write to one that cannot be described here, no mutation tells.
    const unseen = new Set<string>();
    for (const name of names) if (isChanged || !(await this.#share(name))) unseen.add(name);
    try {
      return await this.#own.execute(request, options);
    } finally {
      for (const table of unseen) this.#link.post(gap(table, isChanged));
      await this.#link.settled();
    }
  }

  /** From here on mutations and resets of the table are told to the others; false where it cannot be described now. */
  #share(name: string): Promise<boolean> {
    const known = this.#shared.get(name);
    if (known !== undefined) return known;
    const following = this.#own.follow(name, this.#followerOf(name)).then(
      (found) => {
        if (found === undefined) this.#shared.delete(name);
        return found !== undefined;
      },
      () => {
        this.#shared.delete(name);
        return false;
      },
    );
    this.#shared.set(name, following);
    return following;
  }

  #followerOf(table: string): TableFollower {
    const link = this.#link;
    return {
      onMutation: (mutation) => {
        if (!link.isTaking) link.post({ type: 'write', record: recordOf(table, mutation) });
      },
      onReset: (isChanged) => {
        if (!link.isTaking) link.post(gap(table, isChanged));
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
    this.#link.post(gap(tableNameOf(tableName), false));
    return this.#own.invalidate(tableName, key);
  }

  flush(): void {
    this.#own.flush();
  }

  /** As elsewhere in the turn in which it takes effect here, which is before it has taken effect in the others. */
  async follow(tableName: string, follower: TableFollower): Promise<Following | undefined> {
    const link = this.#link;
    // What is found out here of the table alone, such as another schema, has to reach the others before the follower.
    await this.#share(tableNameOf(tableName));
    const following = await this.#own.follow(tableName, follower);
    if (following === undefined) return undefined;
    return {
      // The others do not wait for a process that serves nothing, so that it may have missed any change.
      stalenessMs: () => (link.mayServe ? following.stalenessMs() : Infinity),
      stop: () => following.stop(),
    };
  }

  close(): Promise<void> {
    return this.#own.close();
  }
}

function gap(table: string, isChanged: boolean): Change {
  return { type: 'gap', table, reason: isChanged ? 'table-created' : 'restart' };
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
