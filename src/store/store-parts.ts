/** What the operations of the store share. */
import type { Clock } from '../base/clock.ts';
import type { Catalog } from './catalog.ts';
import type { ChangeLog } from './change-log.ts';
import type { DirectFeed } from './direct-feed.ts';
import type { Environment } from './environment.ts';
import type { Replicas } from './replicas.ts';
import type { TransactionLocks } from './transaction-locks.ts';
import type { TransactionTokens } from './transaction-tokens.ts';
import type { Writer } from './writer.ts';

/** How long tables show their passing statuses, in milliseconds; 0 leaves them out. */
export interface StatusDelays {
  readonly createTableMs: number;
  readonly updateTableMs: number;
  readonly deleteTableMs: number;
}

export interface StoreParts {
  readonly environment: Environment;
  readonly writer: Writer;
  readonly replicas: Replicas;
  readonly catalog: Catalog;
  readonly changeLog: ChangeLog;
  readonly feed: DirectFeed;
  readonly locks: TransactionLocks;
  readonly tokens: TransactionTokens;
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  /** The address that DescribeEndpoints gives. */
  readonly endpoint: string;
  readonly statusDelays: StatusDelays;
}
