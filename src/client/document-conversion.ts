/**
 * How the document client's values become attribute values and back. The SDK does it in two middlewares that each document
 * command adds to the command it wraps; they are taken from there and run by themselves, so that every option, error and
 * later addition of the SDK holds, without the rest of its stack.
 */
import type { SdkCommand, SdkHandler, SdkMiddleware, SdkStack } from './commands.ts';

export interface DocumentConversion {
  /** Parameters with attribute values; a rejected promise when a value has no such form. */
  marshall(input: object): object | Promise<never>;
  unmarshall(output: object): Promise<object>;
}

const MARSHALL = 'DocumentMarshall';
const UNMARSHALL = 'DocumentUnmarshall';

/** A document command, with what TypeScript keeps for its subclasses. */
interface DocumentCommand {
  readonly inputKeyNodes: unknown;
  readonly outputKeyNodes: unknown;
  readonly addMarshallingMiddleware: ((this: object, configuration: object) => void) | undefined;
}

/** The conversion of a command of the document client; undefined when it is not known how it converts. */
export function conversionOfCommand(command: SdkCommand, configuration: object): DocumentConversion | undefined {
  const { inputKeyNodes, outputKeyNodes, addMarshallingMiddleware } = command as unknown as DocumentCommand;
  if (addMarshallingMiddleware === undefined) return undefined;
  const found = new FoundMiddleware();
  // Called on a stand-in, for on the command itself it would add to the stack of the command it wraps, each time.
  const standIn = { inputKeyNodes, outputKeyNodes, clientCommand: { middlewareStack: found } };
  addMarshallingMiddleware.call(standIn, configuration);
  return found.conversion();
}

/** The conversion that a document command has left in the stack of the command it wraps; undefined on any other stack. */
export function conversionOfStack(stack: SdkStack): DocumentConversion | undefined {
  const found = new FoundMiddleware();
  stack.applyToStack(found);
  return found.conversion();
}

/** The same stack without the conversion, for parameters that have been converted. */
export function withoutDocumentMiddleware(stack: SdkStack): SdkStack {
  if (conversionOfStack(stack) === undefined) return stack;
  const clone = stack.clone();
  clone.remove(MARSHALL);
  clone.remove(UNMARSHALL);
  return clone;
}

/** Stands where a middleware stack is expected and keeps the two middlewares that matter. */
class FoundMiddleware implements Pick<SdkStack, 'add' | 'addRelativeTo'> {
  #marshall: SdkMiddleware | undefined;
  #unmarshall: SdkMiddleware | undefined;

  add(): void {}

  addRelativeTo(middleware: SdkMiddleware, options: { readonly name?: string }): void {
    if (options.name === MARSHALL) this.#marshall = middleware;
    if (options.name === UNMARSHALL) this.#unmarshall = middleware;
  }

  conversion(): DocumentConversion | undefined {
    const marshall = this.#marshall;
    const unmarshall = this.#unmarshall;
    if (marshall === undefined || unmarshall === undefined) return undefined;
    return {
      marshall: (input) => runMarshall(marshall, input),
      unmarshall: async (output) => {
        const result = await unmarshall(() => Promise.resolve({ output }), {})({ input: {} });
        return result.output;
      },
    };
  }
}

/** The middleware calls the next one within the call itself, so that what it passes on is at hand without a wait. */
function runMarshall(middleware: SdkMiddleware, input: object): object | Promise<never> {
  let marshalled: object | undefined;
  const next: SdkHandler = (args) => {
    marshalled = args.input;
    return Promise.resolve({ output: {} });
  };
  const finished = middleware(next, {})({ input });
  return marshalled ?? finished.then(neverReached);
}

function neverReached(): never {
  throw new Error('DocumentMarshall neither failed nor called the next middleware');
}
