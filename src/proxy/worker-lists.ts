/**
 * A worker's side of the attribute lists that all workers share. A list is defined when every worker that is there has it; one
 * that begins later is told of all before it opens its doors (`worker-hub.ts`).
 */
import type { ListDictionary, SharedLists } from './shared-lists.ts';
import type { WorkerAsk } from './worker-messages.ts';

export class WorkerLists implements SharedLists {
  readonly #ask: (ask: WorkerAsk) => Promise<unknown>;
  /** By their names: those of which every worker has said that it knows them, or is about to. */
  readonly #shared = new Map<string, Promise<void> | undefined>();
  #dictionary: ListDictionary | undefined;
  /** Those that came before there was a door. */
  #early: (readonly string[])[] = [];

  constructor(ask: (ask: WorkerAsk) => Promise<unknown>) {
    this.#ask = ask;
  }

  define(names: readonly string[]): Promise<void> | undefined {
    const text = JSON.stringify(names);
    if (this.#shared.has(text)) return this.#shared.get(text);
    const defining = this.#ask({ about: 'define-lists', lists: [names] }).then(
      () => void this.#shared.set(text, undefined),
    );
    this.#shared.set(text, defining);
    return defining;
  }

  async find(id: number): Promise<readonly string[] | undefined> {
    return (await this.#ask({ about: 'list', id })) as readonly string[] | undefined;
  }

  meet(dictionary: ListDictionary): void {
    this.#dictionary = dictionary;
    this.take(this.#early);
    this.#early = [];
  }

  /** Of another worker. */
  take(lists: readonly (readonly string[])[]): void {
    if (this.#dictionary === undefined) this.#early.push(...lists);
    else for (const names of lists) this.#dictionary.define(names);
  }

  namesOf(id: number): readonly string[] | undefined {
    return this.#dictionary?.namesOf(id);
  }
}
