/**
 * A leader and a replica, both real stores. Writes go to the leader; reads that are not strongly consistent, and all reads
 * of global indexes, are answered by the replica, which learns of writes only when the test says so.
 */
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { ServiceReply, ServiceRequest } from '../../src/model/service-call.ts';
import { traitsOf } from '../../src/model/operations.ts';

export class LaggingStore implements BackingStore {
  readonly #leader: BackingStore;
  readonly #replica: BackingStore;
  #behind: ServiceRequest[] = [];

  constructor(leader: BackingStore, replica: BackingStore) {
    this.#leader = leader;
    this.#replica = replica;
  }

  async send(request: ServiceRequest): Promise<ServiceReply> {
    const { mutates, path } = traitsOf(request.operation);
    if (path === 'change-table') {
      await this.#replica.send(request);
      return this.#leader.send(request);
    }
    if (mutates) {
      this.#behind.push(request);
      return this.#leader.send(request);
    }
    const isRead = path === 'read-item' || path === 'read-page' || path === 'read-batch';
    return isRead && !isStrong(request) ? this.#replica.send(request) : this.#leader.send(request);
  }

  /** The replica applies what it has not seen yet. */
  async catchUp(): Promise<void> {
    const behind = this.#behind;
    this.#behind = [];
    for (const request of behind) await this.#replica.send(request);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function isStrong({ operation, input }: ServiceRequest): boolean {
  if (operation !== 'BatchGetItem') return input['ConsistentRead'] === true;
  return Object.values(input['RequestItems'] as Record<string, { ConsistentRead?: boolean }>).every(
    (asked) => asked.ConsistentRead === true,
  );
}
