/**
 * UpdateTimeToLive and DescribeTimeToLive.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
 */
import type { ByteString } from '../base/bytes.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { stageExpiry, type TimeToLive } from './expiry.ts';
import { itemSpace, keyAfter, rangeOfPrefix } from './key-space.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { decodeItem } from './stored-item.ts';
import { namedTableRules, timeToLiveRules } from './table-rules.ts';
import type { Table } from './table.ts';
import { afterDelay, checkNotInUse, withTableName } from './tables.ts';

/** Items that one turn looks at while rows for older items are made, so that requests get theirs. */
const FILL_ROWS = 500;
/** Steps made before UpdateTimeToLive answers; a table that needs more is reported as ENABLING. */
const FILL_STEPS_BEFORE_REPLY = 8;

export async function updateTimeToLive(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(withTableName(input), timeToLiveRules);
  const table = parts.catalog.named(tableNameOf(input['TableName'] as string));
  checkNotInUse(table);
  const { Enabled, AttributeName } = input['TimeToLiveSpecification'] as JsonObject;
  checkChange(table.timeToLive, Enabled as boolean, AttributeName as string);
  if (Enabled === true) {
    setTimeToLive(parts, table, {
      attributeName: AttributeName as string,
      number: parts.catalog.nextNumber(),
      status: 'ENABLING',
    });
    // Items that were staged before are committed by now, and the fill will meet them.
    await parts.writer.committed();
    await fillTimeToLive(parts, table);
  } else {
    setTimeToLive(parts, table, { ...(table.timeToLive as TimeToLive), status: 'DISABLING' });
    if (parts.statusDelays.updateTableMs === 0) dropTimeToLive(parts, table);
    else afterDelay(parts, parts.statusDelays.updateTableMs, () => dropTimeToLive(parts, table));
    await parts.writer.committed();
  }
  return ServiceReply.fromOutput({ TimeToLiveSpecification: { Enabled, AttributeName } });
}

export function describeTimeToLive(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(withTableName(input), namedTableRules);
  const { timeToLive } = parts.catalog.named(tableNameOf(input['TableName'] as string));
  return ServiceReply.fromOutput({
    TimeToLiveDescription:
      timeToLive === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: timeToLive.status, AttributeName: timeToLive.attributeName },
  });
}

function checkChange(current: TimeToLive | undefined, enable: boolean, attributeName: string): void {
  if (current !== undefined && current.status !== 'ENABLED') {
    throw validationError('Time to live has been modified multiple times within a fixed interval');
  }
  if (current === undefined) {
    if (enable) return;
    throw validationError('TimeToLive is already disabled');
  }
  if (current.attributeName !== attributeName) {
    throw validationError(
      `TimeToLive is active on a different AttributeName: current AttributeName is ${current.attributeName}`,
    );
  }
  if (enable) throw validationError('TimeToLive is already enabled');
}

function setTimeToLive(parts: StoreParts, table: Table, timeToLive: TimeToLive | undefined): void {
  table.timeToLive = timeToLive;
  parts.catalog.save(table);
}

/** Forgets when the items of a table expire. */
export function dropTimeToLive(parts: StoreParts, table: Table): void {
  if (table.timeToLive === undefined || parts.catalog.find(table.name) !== table) return;
  parts.catalog.drop(table.timeToLive.number);
  setTimeToLive(parts, table, undefined);
}

/**
 * Makes the rows of the items that were there before, and then lets items expire. Resolves when that is done or after
 * the first steps, whichever comes first. Called again for a table that a crash left unfinished: it begins anew.
 */
export async function fillTimeToLive(parts: StoreParts, table: Table): Promise<void> {
  const { writer, catalog, statusDelays } = parts;
  const { number } = table.timeToLive as TimeToLive;
  let after: ByteString | undefined;
  const isCurrent = (): boolean =>
    writer.isOpen && catalog.find(table.name) === table && table.timeToLive?.number === number;
  const finish = (): void => {
    const { timeToLive } = table;
    if (isCurrent() && timeToLive !== undefined) setTimeToLive(parts, table, { ...timeToLive, status: 'ENABLED' });
  };
  const step = async (): Promise<boolean> => {
    if (!isCurrent()) return false;
    after = fillStep(parts, table, after);
    if (after === undefined && statusDelays.updateTableMs === 0) finish();
    if (after === undefined) afterDelay(parts, statusDelays.updateTableMs, finish);
    await writer.committed();
    return after !== undefined;
  };
  for (let steps = 0; steps < FILL_STEPS_BEFORE_REPLY; steps++) if (!(await step())) return;
  const rest = async (): Promise<void> => {
    while (await step());
  };
  // A failed commit has told every writer; the table stays ENABLING and is resumed by the next open.
  rest().catch(() => undefined);
}

/**
 * Every item is taken as the writer has it now, and all writes keep the rows from the moment of enabling; so items
 * that change meanwhile come out right, whichever side comes first.
 */
function fillStep({ environment, writer }: StoreParts, table: Table, after: ByteString | undefined) {
  const range = rangeOfPrefix(itemSpace(table.number));
  let count = 0;
  for (const key of environment.keys({ start: after === undefined ? range.start : keyAfter(after), end: range.end })) {
    const row = writer.latest(key);
    if (row !== undefined) stageExpiry(writer, table, key, decodeItem(row));
    if (++count === FILL_ROWS) return key;
  }
  return undefined;
}
