/** Which of the SDK's commands take part in the caches, and what the commands and the client look like from here. */
import * as sdk from '@aws-sdk/client-dynamodb';
import { traitsOf } from '../model/operations.ts';

/** An SDK command, as far as it is looked into. */
export interface SdkCommand {
  readonly input: object;
  readonly middlewareStack: SdkStack;
  readonly schema?: unknown;
  /** Only on the document client's commands: the command of the low-level client that they wrap. */
  readonly clientCommand?: SdkCommand | undefined;
}

export type SdkHandler = (args: { readonly input: object }) => Promise<{ output: object }>;
export type SdkMiddleware = (next: SdkHandler, context: object) => SdkHandler;

export interface SdkStack {
  add(middleware: SdkMiddleware, options: object): void;
  addRelativeTo(middleware: SdkMiddleware, options: object): void;
  applyToStack(stack: Pick<SdkStack, 'add' | 'addRelativeTo'>): void;
  clone(): SdkStack;
  remove(name: string): boolean;
}

type SdkSendOptions = NonNullable<Parameters<sdk.DynamoDBClient['send']>[1]>;

/** Options of one `send`: the SDK's, and which way to take past the caches. */
export type SendOptions = SdkSendOptions & {
  /** `bypass` asks the store and leaves the caches alone; `refresh` asks the store and caches what it says. */
  readonly slipstream?: 'bypass' | 'refresh' | undefined;
};

// oxlint-disable-next-line no-explicit-any -- as the SDK has it: a callback that reads `error.name` goes on compiling
export type SendCallback<Output = object> = (error: any, output?: Output) => void;

/** Calls back as the SDK does: never within `send` itself, and what the callback throws is lost. */
export async function callBack<Output>(result: Promise<Output>, callback: SendCallback<Output>): Promise<void> {
  let output: Output;
  try {
    output = await result;
  } catch (error) {
    return call(() => callback(error));
  }
  call(() => callback(null, output));
}

function call(callback: () => void): void {
  try {
    callback();
  } catch {
    // As with the SDK, whose promise of the call nobody holds.
  }
}

/** The SDK's own `send`: signs, retries, runs the user's middleware, asks the store. */
export type Forward = (command: SdkCommand, options: SendOptions | undefined) => Promise<object>;

type CommandClass = new (input: never) => object;

/** Commands that go through the accelerator, and those that it sends by itself. */
const commandClasses = {
  GetItem: sdk.GetItemCommand,
  BatchGetItem: sdk.BatchGetItemCommand,
  Query: sdk.QueryCommand,
  Scan: sdk.ScanCommand,
  PutItem: sdk.PutItemCommand,
  UpdateItem: sdk.UpdateItemCommand,
  DeleteItem: sdk.DeleteItemCommand,
  BatchWriteItem: sdk.BatchWriteItemCommand,
  TransactWriteItems: sdk.TransactWriteItemsCommand,
  ExecuteStatement: sdk.ExecuteStatementCommand,
  BatchExecuteStatement: sdk.BatchExecuteStatementCommand,
  ExecuteTransaction: sdk.ExecuteTransactionCommand,
  CreateTable: sdk.CreateTableCommand,
  UpdateTable: sdk.UpdateTableCommand,
  DeleteTable: sdk.DeleteTableCommand,
  DescribeTable: sdk.DescribeTableCommand,
} as const satisfies Record<string, CommandClass>;

/** A command of the SDK for a call that the accelerator makes on its own account; undefined when it makes none such. */
export function commandFor(operation: string, input: object): SdkCommand | undefined {
  if (!Object.hasOwn(commandClasses, operation)) return undefined;
  const commandClass: CommandClass = commandClasses[operation as keyof typeof commandClasses];
  return new commandClass(input as never) as SdkCommand;
}

const PASS = '';
const operationsByClass = new WeakMap<object, string>();

/** The operation of a command that has to go through the accelerator; undefined for one that is not its concern. */
export function operationOf(command: SdkCommand): string | undefined {
  let operation = operationsByClass.get(command.constructor);
  if (operation === undefined) {
    operation = nameOf(command);
    if (traitsOf(operation).path === 'pass') operation = PASS;
    operationsByClass.set(command.constructor, operation);
  }
  return operation === PASS ? undefined : operation;
}

/**
 * By class, which survives a bundler that shortens names; then by the command's schema and its class name, for a command
 * of another copy of the SDK: a write that is not recognised would leave what it changes in the caches.
 */
function nameOf(command: SdkCommand): string {
  // A document command: its parameters are not attribute values yet.
  if (command.clientCommand !== undefined) return PASS;
  for (const [operation, commandClass] of Object.entries(commandClasses)) {
    if (command instanceof commandClass) return operation;
  }
  if (Array.isArray(command.schema) && typeof command.schema[2] === 'string') return command.schema[2];
  return command.constructor.name.replace(/Command$/, '');
}

/** The same command with other parameters, sharing what its user added to its middleware. */
export function withInput(command: SdkCommand, input: object, middlewareStack: SdkStack): SdkCommand {
  const clone = Object.create(Object.getPrototypeOf(command) as object) as SdkCommand;
  return Object.assign(clone, command, { input, middlewareStack });
}
