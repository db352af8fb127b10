/**
 * The data path of a client: `send` of a command that reads or changes items goes through the accelerator, everything else
 * to the SDK untouched. A hit never enters the SDK's stack.
 *
 * What a caller gets is its own (I10: waiters of one read included): the SDK's object goes to the one caller whose read
 * made it; hits and waiters get objects that are made of the reply for each of them.
 */
import type { Accelerator, Found } from '../accelerator/accelerator.ts';
import type { Answer, ExecuteOptions } from '../accelerator/answer.ts';
import { SlipstreamError } from '../base/errors.ts';
import type { KeyForm } from '../model/key.ts';
import { traitsOf } from '../model/operations.ts';
import { ServiceReply, ServiceRequest } from '../model/service-call.ts';
import { AlteredCall, settleAltered } from './altered-call.ts';
import type { Forward, SdkCommand, SendOptions } from './commands.ts';
import { operationOf } from './commands.ts';
import { fromWire, parseOutput, toWire } from './convert.ts';
import type { DocumentConversion } from './document-conversion.ts';
import { lookOf, spellingOf } from './look.ts';
import type { ResponseMetadata } from './metadata.ts';
import { metadataOf, metadataOfHit, slipstreamMetadata } from './metadata.ts';
import { commandOf, type SdkCall } from './sdk-store.ts';
import { exceptionOf } from './service-exception.ts';
import { documentOutputFrom, sdkOutputFrom } from './unpack.ts';

export interface AcceleratedSendOptions {
  readonly accelerator: Accelerator;
  readonly forward: Forward;
  /**
   * True when the accelerator's store gives replies without the SDK's objects. Descriptions of tables then go the long
   * way, through the SDK's deserialiser, which knows their dates.
   */
  readonly itemsOnly: boolean;
  /** What makes the promises about freshness impossible to keep; undefined when all is well. */
  readonly failure: () => SlipstreamError | undefined;
}

export class AcceleratedSend {
  readonly #accelerator: Accelerator;
  readonly #forward: Forward;
  readonly #itemsOnly: boolean;
  readonly #failure: () => SlipstreamError | undefined;
  #closed = false;

  constructor(options: AcceleratedSendOptions) {
    this.#accelerator = options.accelerator;
    this.#forward = options.forward;
    this.#itemsOnly = options.itemsOnly;
    this.#failure = options.failure;
  }

  /** Answers a command of the low-level client. */
  send(command: SdkCommand, options: SendOptions | undefined): Promise<object> {
    const operation = this.#acceleratedOperation(command, options);
    if (operation === undefined) return this.#forward(command, options);
    const found = this.#find(operation, command.input, 'values', options);
    if (found !== undefined) return Promise.resolve(outputOfHit(found));
    const spelling = spellingOf(operation, command.input, 'values');
    return this.#send(operation, command.input, { command, options }, spelling);
  }

  /**
   * Answers a command of the document client out of the caches, given the low-level command that it wraps and the options of
   * the client. Undefined where that takes more than a look; `sendDocument` says what the answer is then.
   */
  findDocument(
    command: SdkCommand,
    input: object,
    options: SendOptions | undefined,
    translation: Translation | undefined,
  ): object | undefined {
    if (!hasDefaults(translation?.unmarshallOptions)) return undefined;
    const operation = this.#acceleratedOperation(command, options);
    const found = operation === undefined ? undefined : this.#find(operation, input, 'documents', options);
    if (found === undefined || found.value instanceof ServiceReply) return undefined;
    return documentOutputFrom(found.value, metadataOfHit(found.ageMs));
  }

  /**
   * Answers a command of the document client, given the low-level command that it wraps; undefined when this command is
   * not accelerated and the SDK has to send it.
   */
  sendDocument(
    command: SdkCommand,
    conversion: DocumentConversion,
    input: object,
    options: SendOptions | undefined,
  ): Promise<object> | undefined {
    const operation = this.#acceleratedOperation(command, options);
    if (operation === undefined) return undefined;
    return this.#sendDocument(operation, command, conversion, input, options);
  }

  /** From now on everything goes to the SDK untouched, which works on after `destroy()`, too. */
  close(): void {
    this.#closed = true;
  }

  /** A hit that takes but a look. It is read from the parameters as they are, for it is done before `send` returns. */
  #find(operation: string, input: object, form: KeyForm, options: SendOptions | undefined): Found | undefined {
    const accelerator = this.#accelerator;
    if (accelerator.find === undefined || options?.slipstream !== undefined) return undefined;
    if (!LOOKED_UP.has(operation) || this.#failure() !== undefined) return undefined;
    try {
      const look = lookOf(operation, input, form);
      return look && accelerator.find(look);
    } catch {
      // Parameters that cannot be read, such as a getter of the user's that throws: a rejection, later, and not within `send`.
      return undefined;
    }
  }

  async #send(operation: string, input: object, call: SdkCall, spelling: string | undefined): Promise<object> {
    const failure = this.#failure();
    if (failure !== undefined) throw failure;
    const request = ServiceRequest.fromInput(operation, toWire(input), { native: call, spelling });
    let answer: Answer;
    try {
      const executed = this.#accelerator.execute(request, executeOptionsOf(call.options));
      answer = executed instanceof Promise ? await executed : executed;
    } catch (error) {
      if (!(error instanceof AlteredCall)) throw sdkErrorOf(error, call.options);
      return settleAltered(this.#accelerator, request, error, () =>
        this.#forward(commandOf(request, call.command), call.options),
      );
    }
    return outputOf(answer);
  }

  async #sendDocument(
    operation: string,
    command: SdkCommand,
    conversion: DocumentConversion,
    input: object,
    options: SendOptions | undefined,
  ): Promise<object> {
    const spelling = spellingOf(operation, input, 'documents');
    const marshalled = conversion.marshall(input);
    const parameters = marshalled instanceof Promise ? await marshalled : marshalled;
    return conversion.unmarshall(await this.#send(operation, parameters, { command, options }, spelling));
  }

  #acceleratedOperation(command: SdkCommand, options: SendOptions | undefined): string | undefined {
    // An abort that came first is the SDK's to report, in its own words; it does so before it sends anything.
    if (this.#closed || options?.abortSignal?.aborted === true) return undefined;
    const operation = operationOf(command);
    if (operation === undefined) return undefined;
    return this.#itemsOnly && traitsOf(operation).path === 'change-table' ? undefined : operation;
  }
}

/** Reads of which an answer may be found by a look. */
const LOOKED_UP = new Set(['GetItem', 'Query', 'Scan']);

/** Of a document client, as far as it is looked into. */
export interface Translation {
  readonly unmarshallOptions?: Readonly<Record<string, unknown>> | undefined;
}

/** True when items become what `documentOutputFrom` makes of them. The SDK itself fills in the second option. */
function hasDefaults(options: Readonly<Record<string, unknown>> | undefined): boolean {
  for (const name in options) {
    if (options[name] !== undefined && !(name === 'wrapNumbers' && options[name] === false)) {
      if (name !== 'convertWithoutMapWrapper' || options[name] !== true) return false;
    }
  }
  return true;
}

function executeOptionsOf(options: SendOptions | undefined): ExecuteOptions | undefined {
  if (options === undefined) return undefined;
  const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined;
  return { control: options.slipstream, signal };
}

/** @throws the SDK's exception when the store refused the call. */
function outputOf(answer: Answer): object {
  const { reply, cache } = answer;
  // A reply that the accelerator reworked has no native object, and one that callers share must not give it to all.
  const native = cache === 'hit' || cache === 'coalesced' ? undefined : reply.native;
  if (!reply.ok) throw native === undefined ? exceptionOf(answer) : (native as Error);
  if (native === undefined) return madeFrom(reply.packed ?? reply, metadataOf(answer));
  const output = native as { $metadata?: ResponseMetadata };
  output.$metadata = { ...output.$metadata, slipstream: slipstreamMetadata(answer) };
  return output;
}

function outputOfHit({ value, ageMs }: Found): object {
  return madeFrom(value, metadataOfHit(ageMs));
}

function madeFrom(answer: Found['value'], metadata: ResponseMetadata): object {
  if (!(answer instanceof ServiceReply)) return sdkOutputFrom(answer, metadata);
  const output = answer.isParsed ? fromWire(answer.output) : parseOutput(answer.body);
  output['$metadata'] = metadata;
  return output;
}

/** What the SDK alone would have thrown: its own error where one lies beneath ours, its form of an abort. */
function sdkErrorOf(error: unknown, options: SendOptions | undefined): unknown {
  if (error instanceof SlipstreamError && error.code !== 'SLIPSTREAM_BAD_OPTION' && error.cause !== undefined) {
    return error.cause;
  }
  if (options?.abortSignal?.aborted !== true) return error;
  const aborted = new Error('Request aborted', { cause: error });
  aborted.name = 'AbortError';
  return aborted;
}
