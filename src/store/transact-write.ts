/**
 * TransactWriteItems: every action is judged and computed first, on the newest state and without a pause; then either all are
 * staged, into one LMDB transaction, or none is. So there are no conflicts between transactions, and nothing to
 * roll back.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
import type { ByteString } from '../base/bytes.ts';
import type { Condition } from '../expression/syntax.ts';
import { checkUpdateLeavesKey } from '../expression/update-keys.ts';
import type { Item } from '../model/attribute-value.ts';
import { itemSizeBytes } from '../model/item-size.ts';
import { parseItem } from '../model/parse-item.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { capacityModeOf, ConsumedUnits, TRANSACTION_FACTOR, writeUnits } from './capacity.ts';
import { planChange, stageChange, type ItemChange } from './item-change.ts';
import { collectionMetricsOf, rowKeyOfItem, rowKeyOfKey, tableOf } from './item-write.ts';
import { TRANSACTION_BYTES_MAX } from './limits.ts';
import { transactWriteRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkIndexKeys, checkItemSize } from './put-item.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { storedItem, type StoredItem } from './stored-item.ts';
import type { Table } from './table.ts';
import { parseUpdateParameters, updatedItem } from './update-item.ts';
import { CONDITION_FAILED, conditionHolds, writeConditionOf } from './write-condition.ts';

const KINDS = ['ConditionCheck', 'Put', 'Delete', 'Update'] as const;

/** An action that is known to be well formed; its table and key are looked up when all are. */
interface ParsedAction {
  readonly input: JsonObject;
  readonly condition: Condition | undefined;
  /** @throws {ServiceError} ValidationException for what the table does not take. */
  locate(table: Table): LocatedAction;
}

interface LocatedAction {
  readonly key: ByteString;
  /** Absent for a condition check, which changes nothing. */
  readonly next?: ((old: StoredItem | undefined) => Item | undefined) | undefined;
}

interface Action extends LocatedAction {
  readonly input: JsonObject;
  readonly condition: Condition | undefined;
  readonly table: Table;
}

export interface CancellationReason {
  readonly Code: string;
  readonly Message?: string | undefined;
  readonly Item?: Item | undefined;
}

interface Outcome {
  readonly reason: CancellationReason;
  readonly change: ItemChange | undefined;
}

export async function transactWriteItems(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, transactWriteRules);
  const parsed = (input['TransactItems'] as JsonObject[]).map(parseAction);
  const actions = parsed.map((action): Action => {
    const table = tableOf(parts, action.input);
    return { input: action.input, condition: action.condition, table, ...action.locate(table) };
  });
  if (new Set(actions.map(({ key }) => key)).size < actions.length) {
    throw validationError('Transaction request cannot include multiple operations on one item');
  }
  const outcomes = actions.map((action) => judge(parts, action));
  if (outcomes.some(({ reason }) => reason.Code !== 'None')) {
    for (const { key } of actions) await parts.writer.settled(key);
    throw canceledError(outcomes.map(({ reason }) => reason));
  }
  const changes = outcomes.flatMap(({ change }) => change ?? []);
  if (changes.reduce((sum, change) => sum + change.nextSizeBytes, 0) > TRANSACTION_BYTES_MAX) {
    throw validationError('Collection size exceeded: The aggregate size of items in the transaction exceeded 4 MB');
  }
  for (const change of changes) stageChange(parts, change);
  const output = outputOf(input, actions, changes);
  await parts.writer.committed();
  return ServiceReply.fromOutput(output);
}

export function canceledError(reasons: readonly CancellationReason[]): ServiceError {
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return new ServiceError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { members: { CancellationReasons: reasons } },
  );
}

function parseAction(item: JsonObject): ParsedAction {
  const given = KINDS.filter((kind) => item[kind] !== undefined && item[kind] !== null);
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    throw validationError('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  const input = item[kind] as JsonObject;
  const expressions = kind === 'Update' ? ['UpdateExpression', 'ConditionExpression'] : ['ConditionExpression'];
  checkExpressionParameters(input, expressions, []);
  if (kind === 'Put') return parsePut(input);
  const key = parseItem(input['Key']);
  if (kind === 'Update') return parseUpdateAction(input, key);
  return {
    input,
    condition: writeConditionOf(input),
    locate: (table) => ({
      key: rowKeyOfKey(table, key),
      next: kind === 'Delete' ? () => undefined : undefined,
    }),
  };
}

function parsePut(input: JsonObject): ParsedAction {
  const item = parseItem(input['Item']);
  checkItemSize(item);
  return {
    input,
    condition: writeConditionOf(input),
    locate(table) {
      const key = rowKeyOfItem(table, item);
      checkIndexKeys(table, item);
      return { key, next: () => item };
    },
  };
}

function parseUpdateAction(input: JsonObject, key: Item): ParsedAction {
  const { update, condition } = parseUpdateParameters(input);
  return {
    input,
    condition,
    locate(table) {
      const rowKey = rowKeyOfKey(table, key);
      checkUpdateLeavesKey(update, table.schema);
      return { key: rowKey, next: (old) => updatedItem(table, update, key, old) };
    },
  };
}

const NONE: CancellationReason = { Code: 'None' };

function judge(parts: StoreParts, action: Action): Outcome {
  const old = storedItem(parts.writer.latest(action.key));
  if (!conditionHolds(action.condition, old)) {
    const shows = action.input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD' && old !== undefined;
    const reason = { Code: 'ConditionalCheckFailed', Message: CONDITION_FAILED };
    return { reason: shows ? { ...reason, Item: old.item } : reason, change: undefined };
  }
  if (action.next === undefined) return { reason: NONE, change: undefined };
  try {
    return { reason: NONE, change: planChange(parts, action.table, action.key, old, action.next(old)) };
  } catch (error) {
    // What only the item's state shows to be wrong (an operand's type, the size after the update) cancels the transaction.
    if (!(error instanceof ServiceError) || error.name !== 'ValidationException') throw error;
    return { reason: { Code: 'ValidationError', Message: error.message }, change: undefined };
  }
}

function outputOf(input: JsonObject, actions: readonly Action[], changes: readonly ItemChange[]): JsonObject {
  const output: JsonObject = {};
  const mode = capacityModeOf(input);
  if (mode !== 'NONE') {
    const units = new Map<Table, ConsumedUnits>();
    const unitsOf = (table: Table): ConsumedUnits => {
      let ofTable = units.get(table);
      if (ofTable === undefined) units.set(table, (ofTable = new ConsumedUnits('write')));
      return ofTable;
    };
    for (const change of changes) unitsOf(change.table).addChange(change, TRANSACTION_FACTOR);
    for (const { table, next, input: check } of actions) {
      if (next === undefined) unitsOf(table).addTable(TRANSACTION_FACTOR * writeUnits(itemSizeBytes(check['Key'])));
    }
    output['ConsumedCapacity'] = [...units].map(([table, ofTable]) => ofTable.toOutput(table, mode, true));
  }
  if (input['ReturnItemCollectionMetrics'] === 'SIZE') {
    const metrics = Object.create(null) as Record<string, JsonObject[]>;
    for (const change of changes) {
      const ofChange = collectionMetricsOf(change);
      if (ofChange !== undefined) (metrics[change.table.name] ??= []).push(ofChange);
    }
    output['ItemCollectionMetrics'] = metrics;
  }
  return output;
}
