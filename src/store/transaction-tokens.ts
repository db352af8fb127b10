/**
 * ClientRequestTokens, which make a write transaction idempotent for ten minutes. A token is written in the commit of its
 * transaction: after a crash either both are there or none is, so a client that never got its answer may send the
 * transaction again, to this process or to the next. Rows are grouped by the ten minutes in which they were
 * written: a look-up asks two groups, and a group that is over goes as a whole.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
import { createHash } from 'node:crypto';
import type { ByteString } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Environment } from './environment.ts';
import { tokenKey, tokenPeriod } from './key-space.ts';
import type { Writer } from './writer.ts';

const VALID_MS = 10 * 60 * 1000;
const TIME_BYTES = 8;
/** Rows removed in one group, so that requests get their turns. */
const SWEEP_ROWS_MAX = 1000;

export interface TransactionToken {
  /** True when its transaction was applied already. */
  readonly isRepeat: boolean;
  /** Stages the token; to be called where the transaction's rows are staged. */
  keep(): void;
}

export class TransactionTokens {
  readonly #environment: Environment;
  readonly #writer: Writer;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(environment: Environment, writer: Writer, clock: Clock) {
    this.#environment = environment;
    this.#writer = writer;
    this.#clock = clock;
    this.#sweepLater(0);
  }

  /**
   * Looks a token up. Undefined when the caller gave none.
   *
   * @param parameters what has to be the same in a repeat; the order of members does not matter.
   * @throws {ServiceError} IdempotentParameterMismatchException; TransactionInProgressException while the first
   *   transaction of that token is not committed.
   */
  open(token: string | undefined, parameters: unknown): TransactionToken | undefined {
    if (token === undefined) return undefined;
    const nowMs = this.#clock.wallMs();
    const fingerprint = createHash('sha256').update(canonicalText(parameters)).digest();
    const found = this.#find(token, nowMs);
    if (found !== undefined) {
      if (!found.row.subarray(TIME_BYTES).equals(fingerprint)) {
        throw new ServiceError(
          'IdempotentParameterMismatchException',
          'DynamoDB rejected the request because you retried a request with a different payload but with an ' +
            'idempotent token that was already used.',
        );
      }
      if (this.#writer.settled(found.key) !== undefined) {
        throw new ServiceError(
          'TransactionInProgressException',
          'Transaction from previous request is still in progress',
        );
      }
    }
    const keep = (): void => {
      const row = Buffer.allocUnsafe(TIME_BYTES + fingerprint.length);
      row.writeDoubleBE(nowMs + VALID_MS, 0);
      fingerprint.copy(row, TIME_BYTES);
      this.#writer.put(tokenKey(periodOf(nowMs), token), row);
    };
    return { isRepeat: found !== undefined, keep };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#sweeping;
  }

  #find(token: string, nowMs: number): { readonly key: ByteString; readonly row: Buffer } | undefined {
    const period = periodOf(nowMs);
    for (const candidate of [period, period - 1]) {
      const key = tokenKey(candidate, token);
      const row = this.#writer.latest(key);
      if (row !== undefined && row.readDoubleBE(0) > nowMs) return { key, row };
    }
    return undefined;
  }

  #sweepLater(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => {
      // A sweep that failed is tried again next time; a broken writer has told its callers already.
      this.#sweeping = this.#sweep().catch(() => undefined);
      this.#sweepLater(VALID_MS);
    });
  }

  async #sweep(): Promise<void> {
    const range = { start: tokenPeriod(0), end: tokenPeriod(periodOf(this.#clock.wallMs()) - 1) };
    for (let count = SWEEP_ROWS_MAX; count === SWEEP_ROWS_MAX && this.#writer.isOpen && !this.#closed;) {
      count = 0;
      for (const key of this.#environment.keys(range)) {
        this.#writer.remove(key);
        if (++count === SWEEP_ROWS_MAX) break;
      }
      if (count > 0) await this.#writer.committed();
    }
  }
}

function periodOf(ms: number): number {
  return Math.floor(ms / VALID_MS);
}

/**
 * One text for all spellings of the same parameters: clients that keep their members in hash tables shuffle them. Texts and
 * lists go in behind their lengths, so nothing needs escaping; nobody reads it but the hash.
 */
function canonicalText(value: unknown): string {
  if (typeof value === 'string') return `${value.length}"${value}`;
  if (typeof value !== 'object' || value === null) return `${String(value)};`;
  if (Array.isArray(value)) return `${value.length}[${value.map(canonicalText).join('')}`;
  const members = value as Record<string, unknown>;
  const names = Object.keys(members);
  if (names.length > 1) names.sort();
  let text = `${names.length}{`;
  for (const name of names) text += canonicalText(name) + canonicalText(members[name]);
  return text;
}
