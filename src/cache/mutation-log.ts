/**
 * The mutations of one table in the last moments, and the fill tokens that are positions in it (I1, I2).
 *
 * A token is taken before the store is asked. The answer may be cached only if no mutation of what was read came after the
 * token: a slow read that began before a write must not put the old state back after the write's invalidation went by. The
 * token lives here and not in the cache, for an entry that was evicted meanwhile would take the evidence with it.
 *
 * A mutation is filed under topics: the key of its item, the partitions of each index that it touches. What a topic means is
 * the caller's business.
 */

export interface MutationLogOptions {
  /** How long a mutation is kept: longer than replica lag, index lag and the longest fill. */
  readonly retentionMs: number;
  /** When the log is larger, its oldest mutations go and tokens older than they are refused. */
  readonly limitBytes: number;
}

/** A position in the log: the number of mutations before it. */
export type FillToken = number;

interface LoggedMutation<M> {
  readonly sequence: number;
  readonly atMs: number;
  readonly topics: readonly string[];
  readonly sizeBytes: number;
  readonly mutation: M;
}

export class MutationLog<M> {
  readonly #options: MutationLogOptions;
  readonly #byTopic = new Map<string, LoggedMutation<M>[]>();
  #entries: LoggedMutation<M>[] = [];
  /** Entries before this place in `#entries` are gone; the array is compacted now and then. */
  #head = 0;
  #next: FillToken = 0;
  /** Tokens below this one are refused: a mutation after them is no longer remembered. */
  #first: FillToken = 0;
  #sizeBytes = 0;
  /** Until then any key may be recent, because younger mutations than the retention were forgotten. */
  #allRecentUntilMs = -Infinity;

  constructor(options: MutationLogOptions) {
    this.#options = options;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  token(): FillToken {
    return this.#next;
  }

  append(topics: readonly string[], mutation: M, sizeBytes: number, nowMs: number): void {
    const entry = { sequence: this.#next++, atMs: nowMs, topics, sizeBytes, mutation };
    this.#entries.push(entry);
    this.#sizeBytes += sizeBytes;
    for (const topic of topics) {
      const filed = this.#byTopic.get(topic);
      if (filed === undefined) this.#byTopic.set(topic, [entry]);
      else filed.push(entry);
    }
    this.#trim(nowMs);
  }

  /** True while the log still knows every mutation that came after the token. */
  reaches(token: FillToken): boolean {
    return token >= this.#first;
  }

  /** True while every key counts as recent, because mutations younger than the retention were forgotten. */
  isBlurred(nowMs: number): boolean {
    return nowMs < this.#allRecentUntilMs;
  }

  /** The mutations of a topic that are younger than the retention, oldest first. */
  recent(topic: string, nowMs: number): Iterable<M> {
    this.#trim(nowMs);
    return mutationsFrom(this.#byTopic.get(topic), 0);
  }

  /** The mutations of a topic that came after the token, oldest first. Only complete while `reaches(token)`. */
  since(topic: string, token: FillToken): Iterable<M> {
    return mutationsFrom(this.#byTopic.get(topic), token);
  }

  hasAnySince(token: FillToken): boolean {
    return this.#next > token;
  }

  hasAnyRecent(nowMs: number): boolean {
    this.#trim(nowMs);
    return this.length > 0;
  }

  /** Forgets everything: tokens given so far are refused and every key is recent for one retention. */
  reset(nowMs: number): void {
    this.#entries = [];
    this.#head = 0;
    this.#byTopic.clear();
    this.#sizeBytes = 0;
    // A token taken now is good; one taken before is not. The step makes the two differ.
    this.#first = ++this.#next;
    this.#allRecentUntilMs = nowMs + this.#options.retentionMs;
  }

  #trim(nowMs: number): void {
    const oldestMs = nowMs - this.#options.retentionMs;
    for (;;) {
      const entry = this.#entries[this.#head];
      if (entry === undefined) break;
      const isOver = this.#sizeBytes > this.#options.limitBytes;
      if (entry.atMs > oldestMs && !isOver) break;
      if (entry.atMs > oldestMs) this.#allRecentUntilMs = entry.atMs + this.#options.retentionMs;
      this.#forget(entry);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  #forget(entry: LoggedMutation<M>): void {
    this.#head++;
    this.#first = entry.sequence + 1;
    this.#sizeBytes -= entry.sizeBytes;
    for (const topic of entry.topics) {
      const filed = this.#byTopic.get(topic);
      if (filed === undefined) continue;
      // Mutations leave in the order in which they came, so the one that leaves is the first of each of its topics.
      filed.shift();
      if (filed.length === 0) this.#byTopic.delete(topic);
    }
  }
}

function* mutationsFrom<M>(filed: readonly LoggedMutation<M>[] | undefined, token: FillToken): Iterable<M> {
  if (filed === undefined) return;
  let start = filed.length;
  while (start > 0 && (filed[start - 1] as LoggedMutation<M>).sequence >= token) start--;
  for (let i = start; i < filed.length; i++) yield (filed[i] as LoggedMutation<M>).mutation;
}
