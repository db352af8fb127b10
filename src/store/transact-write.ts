/**
 * TransactWriteItems: every action is judged and computed first, on the newest state and without a pause; then either all are
 * staged, into one LMDB transaction, or none is. So there is nothing to roll back. What overlaps with a
 * transaction that is not committed yet meets a conflict, as in DynamoDB (see `transaction-locks.ts`).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
import type { ByteString } from '../base/bytes.ts';
import type { Condition } from '../expression/syntax.ts';
import { checkUpdateLeavesKey } from '../expression/update-keys.ts';
import type { Item } from '../model/attribute-value.ts';
import { parseItem } from '../model/parse-item.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { planChange, stageChange, type ItemChange } from './item-change.ts';
import { rowKeyOfItem, rowKeyOfKey, tableOf } from './item-write.ts';
import { TRANSACTION_BYTES_MAX } from './limits.ts';
import { transactWriteRules } from './operation-rules.ts';
import { checkExpressionParameters } from './parameters.ts';
import { checkIndexKeys, checkItemSize } from './put-item.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { storedItem, type StoredItem } from './stored-item.ts';
import type { Table } from './table.ts';
import { CONFLICT } from './transaction-locks.ts';
import { repeatOutput, transactionOutput } from './transaction-output.ts';
import { parseUpdateParameters, updatedItem } from './update-item.ts';
import { CONDITION_FAILED, conditionHolds, writeConditionOf } from './write-condition.ts';

const KINDS = ['ConditionCheck', 'Put', 'Delete', 'Update'] as const;

/** An action that is known to be well formed; its table and key are looked up when all are. */
interface ParsedAction {
  readonly input: JsonObject;
  readonly condition: Condition | undefined;
  /** @throws {ServiceError} ValidationException for what no state of the item would allow. */
  check?: ((table: Table) => void) | undefined;
  /** @throws {ServiceError} ValidationException for a key that is not the table's, or an index key of another type. */
  locate(table: Table): LocatedAction;
}

interface LocatedAction {
  readonly key: ByteString;
  /** Absent for a condition check, which changes nothing. */
  readonly next?: ((old: StoredItem | undefined) => Item | undefined) | undefined;
}

/** One action of a transaction, ready to be judged. */
export interface Action extends LocatedAction {
  /** Its parameters: of a ConditionCheck, Put, Delete or Update. */
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
  const tables = parsed.map((action) => tableOf(parts, action.input));
  parsed.forEach((action, i) => action.check?.(tables[i] as Table));
  const actions = locateAll(parsed, (action, i): Action => {
    const table = tables[i] as Table;
    return { input: action.input, condition: action.condition, table, ...action.locate(table) };
  });
  return ServiceReply.fromOutput(await commitActions(parts, input, actions));
}

/**
 * Applies all of `actions` or none, once for each ClientRequestToken.
 *
 * @returns ConsumedCapacity and ItemCollectionMetrics, where `input` asks for them.
 * @throws {ServiceError} TransactionCanceledException, or what the token or the request as a whole is refused for.
 */
export async function commitActions(
  parts: StoreParts,
  input: JsonObject,
  actions: readonly Action[],
): Promise<JsonObject> {
  const keys = actions.map(({ key }) => key);
  if (new Set(keys).size < keys.length) {
    throw validationError('Transaction request cannot include multiple operations on one item');
  }
  const token = parts.tokens.open(
    (input['ClientRequestToken'] ?? undefined) as string | undefined,
    input['TransactItems'] ?? input['TransactStatements'],
  );
  if (token?.isRepeat === true) return repeatOutput(parts, input, actions);
  let changes: readonly ItemChange[];
  try {
    changes = planAll(parts, actions);
  } catch (refusal) {
    for (const key of keys) await parts.writer.settled(key);
    throw refusal;
  }
  // From the plan to here there is no pause, so nobody has come in between.
  const release = parts.locks.hold(keys);
  try {
    for (const change of changes) stageChange(parts, change);
    token?.keep();
    await parts.writer.committed();
  } finally {
    release();
  }
  return transactionOutput(input, actions, changes);
}

/** What the actions would change, on the newest state. */
function planAll(parts: StoreParts, actions: readonly Action[]): readonly ItemChange[] {
  const outcomes = actions.map((action) => judge(parts, action));
  if (outcomes.some(({ reason }) => reason.Code !== 'None')) {
    throw canceledError(outcomes.map(({ reason }) => reason));
  }
  const changes = outcomes.flatMap(({ change }) => change ?? []);
  if (changes.reduce((sum, change) => sum + change.nextSizeBytes, 0) > TRANSACTION_BYTES_MAX) {
    throw validationError('Collection size exceeded: The aggregate size of items in the transaction exceeded 4 MB');
  }
  return changes;
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
    check: (table) => checkUpdateLeavesKey(update, table.schema),
    locate: (table) => ({
      key: rowKeyOfKey(table, key),
      next: (old) => updatedItem(table, update, key, old),
    }),
  };
}

const NONE: CancellationReason = { Code: 'None' };

/** Of the exceptions that cancel a transaction; a duplicate item is met by INSERT alone. */
const REASON_CODES: Readonly<Partial<Record<string, string>>> = {
  ValidationException: 'ValidationError',
  DuplicateItemException: 'DuplicateItem',
};

/** DynamoDB refuses the request as a whole for an empty key, wherever it comes up, and for what is no reason to cancel. */
function reasonOf(error: unknown): CancellationReason {
  const code = error instanceof ServiceError ? REASON_CODES[error.name] : undefined;
  const { message } = error as ServiceError;
  if (code === undefined || message.startsWith('One or more parameter values are not valid.')) throw error;
  return { Code: code, Message: message };
}

/**
 * Finds the item of every member of a transaction.
 *
 * @throws {ServiceError} TransactionCanceledException with a reason for each that has none, as for a key of another type.
 */
export function locateAll<T, U>(members: readonly T[], locate: (member: T, position: number) => U): U[] {
  const located: U[] = [];
  const reasons = members.map((member, i): CancellationReason => {
    try {
      located.push(locate(member, i));
      return NONE;
    } catch (error) {
      return reasonOf(error);
    }
  });
  if (located.length < members.length) throw canceledError(reasons);
  return located;
}

function judge(parts: StoreParts, action: Action): Outcome {
  if (parts.locks.isHeld(action.key)) {
    return { reason: { Code: 'TransactionConflict', Message: CONFLICT }, change: undefined };
  }
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
    return { reason: reasonOf(error), change: undefined };
  }
}
