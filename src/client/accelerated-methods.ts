/**
 * The types of a client's `send`, and of its methods where it has one for each operation: the SDK's own, with options that
 * say which way to take past the caches, and answers that say where they came from.
 */
import type { $Command, ListTablesCommandOutput } from '@aws-sdk/client-dynamodb';
import type { SendCallback, SendOptions } from './commands.ts';
import type { Accelerated } from './metadata.ts';

/** What every answer has. */
type Output = Pick<ListTablesCommandOutput, '$metadata'>;

/** `send` in the three forms of the SDK. A client's type has it beside the SDK's own, which it goes before. */
export interface Sender<ServiceInput extends object, ServiceOutput extends Output, Configuration> {
  send<I extends ServiceInput, O extends ServiceOutput>(
    command: $Command<I, O, Configuration, ServiceInput, ServiceOutput>,
    options?: SendOptions,
  ): Promise<Accelerated<O>>;
  send<I extends ServiceInput, O extends ServiceOutput>(
    command: $Command<I, O, Configuration, ServiceInput, ServiceOutput>,
    callback: SendCallback<Accelerated<O>>,
  ): void;
  send<I extends ServiceInput, O extends ServiceOutput>(
    command: $Command<I, O, Configuration, ServiceInput, ServiceOutput>,
    options: SendOptions,
    callback: SendCallback<Accelerated<O>>,
  ): void;
}

interface Method<I, O> {
  (args: I, options?: SendOptions): Promise<Accelerated<O>>;
  (args: I, callback: SendCallback<Accelerated<O>>): void;
  (args: I, options: SendOptions, callback: SendCallback<Accelerated<O>>): void;
}

/** By the last form of a method, which names all that is in the others; paginators and waiters have no such form. */
type MethodOf<M> = M extends (
  args: infer I,
  options: infer _Options,
  callback: (error: infer _Error, output?: infer O) => void,
) => void
  ? O extends Output
    ? Method<I, O>
    : never
  : never;

/** A client's methods of one operation each; none on a client that has `send` alone. */
export type AcceleratedMethods<Client> = {
  [Name in keyof Client as Name extends 'send' ? never : MethodOf<Client[Name]> extends never ? never : Name]: MethodOf<
    Client[Name]
  >;
};
