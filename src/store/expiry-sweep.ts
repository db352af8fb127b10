/**
 * Deletes expired items, as a background process of DynamoDB does: soon after their time, not at it. A deletion leaves
 * a stream record that names the service as its author, and is told by the direct feed like any other. An item whose time
 * was more than five years ago is left alone: its attribute is more likely to mean something else.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 */
import type { Timer } from '../base/clock.ts';
import { expiryKeyOf, type TimeToLive } from './expiry.ts';
import { planChange, stageChange } from './item-change.ts';
import { expiringPlaceOf, expiryKey, keyAfter, type KeyRange } from './key-space.ts';
import type { StoreParts } from './store-parts.ts';
import { storedItem } from './stored-item.ts';
import type { Table } from './table.ts';

const SERVICE = { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' };
const FIVE_YEARS_SECONDS = 5 * 365 * 24 * 60 * 60;
/** Items deleted in one group, so that requests get their turns. */
const SWEEP_ITEMS_MAX = 250;

export class ExpirySweep {
  readonly #parts: StoreParts;
  readonly #everyMs: number;
  #timer: Timer | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param everyMs how long after one sweep the next one begins. */
  constructor(parts: StoreParts, everyMs: number) {
    this.#parts = parts;
    this.#everyMs = everyMs;
    this.#sweepLater();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#sweeping;
  }

  #sweepLater(): void {
    if (this.#closed) return;
    this.#timer = this.#parts.clock.after(this.#everyMs, () => {
      // A sweep that failed is tried again next time; a broken writer has told its callers already.
      this.#sweeping = this.#sweep()
        .catch(() => undefined)
        .then(() => this.#sweepLater());
    });
  }

  async #sweep(): Promise<void> {
    for (const table of [...this.#parts.catalog.tables()]) {
      const { timeToLive } = table;
      if (timeToLive?.status !== 'ENABLED') continue;
      const nowSeconds = Math.floor(this.#parts.clock.wallMs() / 1000);
      const oldest = Math.max(0, nowSeconds - FIVE_YEARS_SECONDS);
      let due: KeyRange | undefined = {
        start: expiryKey(timeToLive.number, oldest, ''),
        end: expiryKey(timeToLive.number, nowSeconds, ''),
      };
      while (due !== undefined && this.#mayDelete(table)) {
        due = this.#deleteSome(table, timeToLive, due);
        await this.#parts.writer.committed();
      }
    }
  }

  #mayDelete(table: Table): boolean {
    const { catalog, writer } = this.#parts;
    return !this.#closed && writer.isOpen && catalog.find(table.name) === table && table.schema.active;
  }

  /** Returns what is left of `due`. No pause in here: every item is judged by its newest state. */
  #deleteSome(table: Table, timeToLive: TimeToLive, due: KeyRange): KeyRange | undefined {
    const { environment, locks, writer } = this.#parts;
    let count = 0;
    for (const row of environment.keys(due)) {
      const key = table.space + expiringPlaceOf(row);
      const old = storedItem(writer.latest(key));
      // A write that is not committed yet may have given the item another time; its row will say so.
      if (old !== undefined && expiryKeyOf(timeToLive, key, old.item) === row && !locks.isHeld(key)) {
        stageChange(this.#parts, planChange(this.#parts, table, key, old, undefined, SERVICE));
      }
      if (++count === SWEEP_ITEMS_MAX) return { start: keyAfter(row), end: due.end };
    }
    return undefined;
  }
}
