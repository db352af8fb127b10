/**
 * Listens to a feed and holds it to its promises against what a `StreamModel` really did: no item's changes out of order,
 * none missing, no claim of freshness that was not earned.
 */
import type { Clock } from '../../src/base/clock.ts';
import type { FeedListener, FeedRecord, GapReason } from '../../src/feed/change-feed.ts';
import type { Item } from '../../src/model/attribute-value.ts';
import type { StreamModel } from './stream-model.ts';

export class FeedChecker implements FeedListener {
  readonly gaps: GapReason[] = [];
  readonly problems: string[] = [];
  readonly delivered = new Map<string, number>();
  records = 0;
  asOfMs = -Infinity;
  readonly #model: StreamModel;
  readonly #clock: Clock;
  /** Before it nothing is promised. */
  #gapMs = Infinity;

  constructor(model: StreamModel, clock: Clock) {
    this.#model = model;
    this.#clock = clock;
  }

  onRecord(record: FeedRecord): void {
    this.records++;
    const key = (record.key['id'] as { S: string }).S;
    const version = Number(((record.newImage as Item)['version'] as { N: string }).N);
    const last = this.delivered.get(key) ?? 0;
    if (version <= last) this.problems.push(`${key}: version ${version} came after ${last}`);
    this.delivered.set(key, version);
  }

  onCaughtUp(_tableName: string, asOfMs: number): void {
    if (asOfMs <= this.asOfMs) this.problems.push(`freshness went back from ${this.asOfMs} to ${asOfMs}`);
    if (asOfMs > this.#clock.monotonicMs()) this.problems.push('freshness of the future');
    this.asOfMs = asOfMs;
    this.#expectDelivered(asOfMs, 'fresh');
  }

  onGap(_tableName: string, reason: GapReason): void {
    this.gaps.push(reason);
    this.#gapMs = this.#clock.monotonicMs();
    // A new session may read again what the last one had read; only order within a session is promised.
    this.delivered.clear();
  }

  /** At the end of a run, with everything healed and read. */
  expectAllDelivered(): void {
    this.#expectDelivered(Infinity, 'at the end');
  }

  #expectDelivered(beforeMs: number, when: string): void {
    for (const { key, version, ackedMs } of this.#model.writes) {
      if (ackedMs < this.#gapMs || ackedMs >= beforeMs) continue;
      if ((this.delivered.get(`key-${key}`) ?? 0) < version) {
        this.problems.push(`${when}: version ${version} of key-${key}, acknowledged at ${ackedMs}, was not delivered`);
      }
    }
  }
}
