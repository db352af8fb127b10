/** The whole conformance table. */
import type { Behaviour } from './behaviour.ts';
import { batches } from './table-batches.ts';
import { conditions } from './table-conditions.ts';
import { indexes } from './table-indexes.ts';
import { items } from './table-items.ts';
import { keysAndValues } from './table-keys-and-values.ts';
import { legacyUpdates } from './table-legacy-updates.ts';
import { limits } from './table-limits.ts';
import { partiql } from './table-partiql.ts';
import { queries } from './table-queries.ts';
import { streams } from './table-streams.ts';
import { tableChanges } from './table-changes.ts';
import { tables } from './table-tables.ts';
import { transactions } from './table-transactions.ts';
import { updates } from './table-updates.ts';

export const conformanceTable: readonly Behaviour[] = [
  ...tables,
  ...tableChanges,
  ...items,
  ...keysAndValues,
  ...updates,
  ...legacyUpdates,
  ...conditions,
  ...batches,
  ...queries,
  ...indexes,
  ...transactions,
  ...partiql,
  ...streams,
  ...limits,
];
